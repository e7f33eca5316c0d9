package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// company is keys of every kind, drawn at random, beside what is known of their use.
type company struct {
	accounts map[string]models.Account
	keys     map[string]models.Key
	last     map[string]models.LastUsed
}

const day = 24 * time.Hour

// around draws a moment around d before noon, often enough exactly there.
func around(r *rand.Rand, d time.Duration) time.Time {
	return noon.Add(-d).Add([]time.Duration{0, -time.Microsecond, time.Microsecond, -3 * day, 3 * day, -time.Hour, time.Hour}[r.IntN(7)])
}

func oneIn(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

// draw makes one key. Its dates lie around everything that is measured.
func (c company) draw(r *rand.Rand, n int, of models.Account) models.Key {
	k := key(n, of)
	k.CreatedAt = around(r, []time.Duration{models.NeverUsedAfter, 60 * day, 200 * day}[r.IntN(3)])
	k.Scopes = []string{"orders.read", "b.x", "c.x", "d.x", "e.x", "f.x"}[r.IntN(5):]
	k.DefaultScopes = oneIn(r, 5)
	if !oneIn(r, 3) {
		k.ExpiresAt = around(r, []time.Duration{0, -models.ExpiringWithin, -80 * day, 90 * day}[r.IntN(4)])
	}
	if oneIn(r, 5) {
		k.Disabled = models.Restriction{At: around(r, models.RefusedWithin), Reason: models.ReasonUnused}
		if oneIn(r, 2) {
			k.Disabled.Until = around(r, 0)
		}
	}
	if oneIn(r, 6) {
		k.Revoked = models.Restriction{At: around(r, models.RefusedWithin+2*time.Hour), Reason: models.ReasonLeaked}
		if k.Revoked.At.After(noon) {
			k.Revoked.At = noon
		}
	}
	last := models.LastUsed{KeyID: k.ID, AccountID: k.AccountID, FolderID: k.FolderID}
	if !oneIn(r, 3) {
		last.Allowed = models.Sighting{At: around(r, []time.Duration{time.Hour, models.UnusedFor, 50 * day}[r.IntN(3)]), Scope: "orders.read", Address: "10.0.0.9"}
	}
	if oneIn(r, 3) {
		last.Refused = models.Sighting{At: around(r, models.RefusedWithin), Scope: "orders.read", Address: "10.0.0.9", Reason: models.ExpiredKey}
	}
	c.keys[k.ID], c.last[k.ID] = k, last
	return k
}

// drawCompany keeps n keys of three accounts: made, changed and used through the store's own doors.
func drawCompany(t *testing.T, s *store.Store, r *rand.Rand, n int) company {
	t.Helper()
	c := company{map[string]models.Account{}, map[string]models.Key{}, map[string]models.LastUsed{}}
	accounts := []models.Account{account(1, "orders-api"), account(2, "billing"), account(3, "import")}
	accounts[1].Owner = "Olga@Example.org"
	write(t, s, func(tx *store.Tx) (err error) {
		for _, a := range accounts {
			c.accounts[a.ID] = a
			err = errors.Join(err, tx.InsertAccount(a))
		}
		for i := range n {
			k := c.draw(r, i+1, accounts[r.IntN(len(accounts))])
			made := k
			made.Revoked, made.Disabled, made.ExpiresAt, made.DefaultScopes = models.Restriction{}, models.Restriction{}, time.Time{}, false
			made.Scopes = []string{"first.scope"}
			err = errors.Join(err, tx.InsertKey(made))
			k.Version = 1
			err = errors.Join(err, tx.UpdateKey(everywhere, k), tx.SetKeyScopes(k.ID, k.Scopes, k.DefaultScopes, ""))
		}
		return err
	})
	f := models.Flush{GateID: "g", Sequence: 1}
	for id, l := range c.last {
		earlier := l // a use is counted more than once, and in any order
		earlier.Allowed.At, earlier.Refused.At = before(l.Allowed.At), before(l.Refused.At)
		f.Last = append(f.Last, l, earlier)
		if !l.Allowed.At.IsZero() {
			f.Uses = append(f.Uses, models.Use{KeyID: id, AccountID: l.AccountID, Bucket: l.Allowed.At.Truncate(time.Hour), Outcome: models.Allowed, Network: "10.0.0.0/24", Count: 1, LastAt: l.Allowed.At})
		}
	}
	if err := s.Flush(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	return c
}

func before(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-40 * day)
}

// listed says by the domain's own rules whether a tab lists a key.
func (c company) listed(t models.KeyTab, k models.Key) bool {
	l := c.last[k.ID]
	why := k.Attention(l, noon)
	has := func(a models.Attention) bool { return slices.Contains(why, a) }
	switch t {
	case models.AttentionKeys:
		return len(why) > 0
	case models.UnusedKeys:
		return has(models.Unused)
	case models.NeverUsedKeys:
		return has(models.NeverUsed)
	case models.ExpiringKeys:
		return has(models.Expiring)
	case models.NoExpiryKeys:
		return has(models.NoExpiry)
	case models.DefaultScopeKeys:
		return has(models.DefaultScopes)
	case models.RefusedKeys:
		return !l.Refused.At.IsZero() && noon.Sub(l.Refused.At) < models.RefusedWithin
	case models.DisabledKeys:
		return k.State(noon) == models.KeyDisabled
	}
	return true
}

// compare puts keys in the order of a sort that has a column.
func (c company) compare(s models.KeySort) func(a, b string) int {
	value := func(id string) time.Time {
		switch s.By {
		case models.ByUsed:
			return c.last[id].Allowed.At.Truncate(day)
		case models.ByExpires:
			if at := c.keys[id].ExpiresAt; !at.IsZero() {
				return at
			}
			return noon.AddDate(5000, 0, 0)
		}
		return c.keys[id].CreatedAt
	}
	return func(a, b string) int {
		order := cmp.Or(value(a).Compare(value(b)), cmp.Compare(a, b))
		if s.Down {
			return -order
		}
		return order
	}
}

func (c company) want(q store.KeySearch, also func(models.Key) bool) []string {
	var ids []string
	for id, k := range c.keys {
		if c.listed(q.Tab, k) && also(k) {
			ids = append(ids, id)
		}
	}
	sort := q.Sort.Resolved(q.Tab)
	if sort.By == models.TabOrder { // its order is tested apart
		sort = models.KeySort{By: models.ByCreated}
	}
	slices.SortFunc(ids, c.compare(sort))
	return ids
}

func anyKey(models.Key) bool { return true }

// walkSearch reads page after page, and returns the ids in the order of the list, whichever way it was read.
func walkSearch(t *testing.T, s *store.Store, q store.KeySearch) []string {
	t.Helper()
	var met []string
	for {
		page := read(t, s, func(tx *store.Tx) (models.Page[store.ListedKey], error) { return tx.SearchKeys(q) })
		var ids []string
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		if q.Back {
			met = append(ids, met...)
		} else {
			met = append(met, ids...)
		}
		if !page.More {
			return met
		}
		q.After = page.Next
	}
}

// settle brings a walk in the tab's own order, where that has no column, into one that can be compared.
func (c company) settle(q store.KeySearch, ids []string) []string {
	if q.Sort.Resolved(q.Tab).By != models.TabOrder {
		return ids
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, c.compare(models.KeySort{By: models.ByCreated}))
	return ids
}

var everySort = []models.KeySort{
	{}, {By: models.ByCreated}, {By: models.ByCreated, Down: true}, {By: models.ByUsed}, {By: models.ByUsed, Down: true},
	{By: models.ByExpires}, {By: models.ByExpires, Down: true},
}

// Every tab lists what the rules of the domain say, each key once, in each order, in pages of any size and both ways;
// before what is past is swept, and after.
func TestTabsListWhatTheRulesSay(t *testing.T) {
	for seed := range uint64(2) {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			c := drawCompany(t, s, rand.New(rand.NewPCG(seed, 8)), 70) //nolint:gosec // a test's
			for range 2 {
				for _, tab := range models.KeyTabs {
					for _, sort := range everySort {
						c.compareTab(t, s, store.KeySearch{Scope: everywhere, Tab: tab, Sort: sort, Now: noon, Limit: 19})
					}
				}
				if err := s.SweepKeys(t.Context(), noon); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func (c company) compareTab(t *testing.T, s *store.Store, q store.KeySearch) {
	t.Helper()
	name := fmt.Sprintf("%q by %q down %v", q.Tab, q.Sort.By, q.Sort.Down)
	want, forwards := c.want(q, anyKey), walkSearch(t, s, q)
	if d := gocmp.Diff(want, c.settle(q, forwards)); d != "" {
		t.Errorf("%s: %s", name, d)
		return
	}
	all := walkSearch(t, s, q)
	q.Back = true
	if backwards := walkSearch(t, s, q); !slices.Equal(all, backwards) {
		t.Errorf("%s backwards: %v", name, backwards)
	}
	q.Back = false
	for _, most := range []int{1, 20, 1000} {
		if n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountSearch(q, most) }); n != min(most, len(all)) {
			t.Errorf("%s: counted %d of %d, capped at %d", name, n, len(all), most)
		}
	}
	var streamed []string
	err := s.Stream(t.Context(), func(tx *store.Tx) error {
		streamed = nil
		return tx.StreamKeys(q, func(k *store.ListedKey) error {
			streamed = append(streamed, k.ID)
			c.compareStreamed(t, k)
			return nil
		})
	})
	slices.Sort(streamed)
	slices.Sort(all)
	if d := gocmp.Diff(all, streamed); d != "" || err != nil {
		t.Errorf("%s as a stream: %v %s", name, err, d)
	}
}

func (c company) compareStreamed(t *testing.T, k *store.ListedKey) {
	t.Helper()
	want := c.keys[k.ID]
	a := c.accounts[want.AccountID]
	last := c.last[k.ID]
	same := k.State(noon) == want.State(noon) && slices.Equal(k.Scopes, want.Scopes) && k.Mask() == want.Mask() && k.Account.Name == a.Name &&
		k.Account.Owner == a.Owner && k.CreatedAt.Equal(want.CreatedAt) && k.ExpiresAt.Equal(want.ExpiresAt) &&
		k.LastUsed.Allowed.At.Equal(last.Allowed.At) && k.LastUsed.Refused.At.Equal(last.Refused.At) && k.AccountID == want.AccountID &&
		slices.Equal(k.Attention(k.LastUsed, noon), want.Attention(last, noon))
	if !same {
		t.Errorf("streamed %+v, want %+v used %+v", k, want, last)
	}
}

// A filter takes away, whatever tab and order it is laid over.
func TestSearchFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := drawCompany(t, s, rand.New(rand.NewPCG(9, 9)), 90) //nolint:gosec // a test's
		since, until := noon.Add(-40*day).Truncate(day), noon.Add(20*day).Truncate(day)
		type filter struct {
			set  func(*store.KeySearch)
			pass func(models.Key) bool
		}
		filters := map[string]filter{
			"account": {func(q *store.KeySearch) { q.AccountID = id("aje", 1) }, func(k models.Key) bool { return k.AccountID == id("aje", 1) }},
			"owner":   {func(q *store.KeySearch) { q.Owner = "oLGA@example.org" }, func(k models.Key) bool { return k.AccountID == id("aje", 2) }},
			"scope":   {func(q *store.KeySearch) { q.HasScope = "orders.read" }, func(k models.Key) bool { return slices.Contains(k.Scopes, "orders.read") }},
			"unused since": {func(q *store.KeySearch) { q.UnusedSince = since }, func(k models.Key) bool {
				return c.last[k.ID].Allowed.At.Before(since) && k.CreatedAt.Before(since)
			}},
			"expiring before": {func(q *store.KeySearch) { q.ExpiringBefore = until }, func(k models.Key) bool { return !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(until) }},
			"network":         {func(q *store.KeySearch) { q.Network = "10.0.0.0/24" }, func(k models.Key) bool { return !c.last[k.ID].Allowed.At.IsZero() }},
			"another network": {func(q *store.KeySearch) { q.Network = "10.0.1.0/24" }, func(models.Key) bool { return false }},
			"another folder":  {func(q *store.KeySearch) { q.Scope = models.FolderScope{IDs: []string{"b1gother000000000000"}} }, func(models.Key) bool { return false }},
			"the folder":      {func(q *store.KeySearch) { q.Scope = models.FolderScope{IDs: []string{defaultFolder}} }, anyKey},
			"no folder":       {func(q *store.KeySearch) { q.Scope = models.FolderScope{} }, func(models.Key) bool { return false }},
		}
		for _, state := range []models.KeyState{models.KeyActive, models.KeyDisabled, models.KeyExpired, models.KeyRevoked} {
			filters[string(state)] = filter{func(q *store.KeySearch) { q.State = state }, func(k models.Key) bool { return k.State(noon) == state }}
		}
		for range 2 {
			for name, f := range filters {
				for _, tab := range models.KeyTabs {
					q := store.KeySearch{Scope: everywhere, Tab: tab, Sort: models.KeySort{By: models.ByCreated}, Now: noon, Limit: 50}
					f.set(&q)
					if d := gocmp.Diff(c.want(q, f.pass), walkSearch(t, s, q)); d != "" {
						t.Errorf("%s in %q: %s", name, tab, d)
					}
					q.Sort = models.KeySort{}
					if n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountSearch(q, 1000) }); n != len(walkSearch(t, s, q)) {
						t.Errorf("%s in %q: counted %d", name, tab, n)
					}
				}
			}
			if err := s.SweepKeys(t.Context(), noon); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What a filter leaves few keys of is read another way, which shows the same keys in the same order, page by page either way.
func TestUrgencyIsTheSameForFewKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		drawCompany(t, s, rand.New(rand.NewPCG(5, 5)), 200) //nolint:gosec // a test's
		everything := store.KeySearch{Scope: everywhere, Tab: models.AttentionKeys, Now: noon, Limit: 7}
		order := walkSearch(t, s, everything)
		for name, set := range map[string]func(*store.KeySearch){
			"account": func(q *store.KeySearch) { q.AccountID = id("aje", 1) },
			"owner":   func(q *store.KeySearch) { q.Owner = "olga@example.org" },
			"scope":   func(q *store.KeySearch) { q.HasScope = "orders.read" },
			"network": func(q *store.KeySearch) { q.Network = "10.0.0.0/24" },
		} {
			q := everything
			set(&q)
			forwards := walkSearch(t, s, q)
			want := slices.DeleteFunc(slices.Clone(order), func(id string) bool { return !slices.Contains(forwards, id) })
			q.Back = true
			if backwards := walkSearch(t, s, q); len(want) < 8 || !slices.Equal(want, forwards) || !slices.Equal(want, backwards) {
				t.Errorf("%s: %v, want %v, backwards %v", name, forwards, want, backwards)
			}
		}
	})
}

// The attention tab begins with what is most pressing, and names each key under the first of its reasons.
func TestAttentionIsListedByUrgency(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := drawCompany(t, s, rand.New(rand.NewPCG(4, 4)), 90) //nolint:gosec // a test's
		if err := s.SweepKeys(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		order := []models.Attention{models.StillTried, models.Expiring, models.Unused, models.NeverUsed, models.Broad, models.DefaultScopes, models.NoExpiry}
		var ranks []int
		for _, id := range walkSearch(t, s, store.KeySearch{Scope: everywhere, Tab: models.AttentionKeys, Now: noon, Limit: 7}) {
			ranks = append(ranks, slices.Index(order, c.keys[id].Attention(c.last[id], noon)[0]))
		}
		if !slices.IsSorted(ranks) || len(slices.Compact(slices.Clone(ranks))) < 6 {
			t.Errorf("reasons in the order of the list: %v", ranks)
		}
	})
}

func TestAForgedPlaceIsRefused(t *testing.T) {
	s := storetest.New(t)
	for _, at := range []string{"x", "9/a", "-1/a", "1/a"} {
		err := s.Read(t.Context(), func(tx *store.Tx) error {
			_, err := tx.SearchKeys(store.KeySearch{Scope: everywhere, Now: noon, Limit: 5, After: models.Cursor{ID: at}})
			return err
		})
		if models.CodeOf(err) != models.Invalid {
			t.Errorf("%q: %v", at, err)
		}
	}
}
