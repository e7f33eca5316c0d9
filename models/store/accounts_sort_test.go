package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// used says that a key was used at a time, as a gate's flush does.
func used(t *testing.T, s *store.Store, sequence int64, at map[string]time.Time) {
	t.Helper()
	f := models.Flush{GateID: "g", Sequence: sequence}
	for key, when := range at {
		f.Last = append(f.Last, models.LastUsed{KeyID: key, Allowed: models.Sighting{At: when}})
	}
	if err := s.Flush(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// Names, creations and uses repeat, uses within one minute too; pages of every size still show each account once, in every
// order and both directions.
func TestAccountOrders(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		uses, list := map[string]time.Time{}, []store.AccountRow{}
		write(t, s, func(tx *store.Tx) error {
			var err error
			for i := range 9 {
				a := account(i, fmt.Sprintf("name-%d", 9-i))
				a.CreatedAt = noon.Add(time.Duration(i%3) * time.Hour)
				row := store.AccountRow{Account: a}
				err = errors.Join(err, tx.InsertAccount(a))
				if i > 1 { // two were never used
					k := key(i, a)
					err = errors.Join(err, tx.InsertKey(k))
					row.LastUsed = noon.Add(time.Duration(i%4)*time.Second + time.Duration(i%2)*time.Minute)
					uses[k.ID] = row.LastUsed
				}
				list = append(list, row)
			}
			return err
		})
		used(t, s, 1, uses)
		for by, compare := range map[models.AccountOrder]func(a, b store.AccountRow) int{
			models.AccountsByName:    func(a, b store.AccountRow) int { return cmpText(a.Name+a.ID, b.Name+b.ID) },
			models.AccountsByUse:     func(a, b store.AccountRow) int { return either(a.LastUsed.Compare(b.LastUsed), cmpText(a.ID, b.ID)) },
			models.AccountsByCreated: func(a, b store.AccountRow) int { return either(a.CreatedAt.Compare(b.CreatedAt), cmpText(a.ID, b.ID)) },
		} {
			slices.SortFunc(list, compare)
			for _, down := range []bool{false, true} {
				want := make([]string, len(list))
				for i, r := range list {
					want[i] = r.ID
				}
				if down {
					slices.Reverse(want)
				}
				for _, size := range []int{1, 2, 4, 10} {
					q := store.AccountQuery{Scope: everywhere, Now: noon, Limit: size, By: by, Down: down}
					forwards, last := walkAccounts(t, s, q)
					if d := cmp.Diff(want, forwards); d != "" {
						t.Errorf("by %s, down %v, pages of %d: %s", by, down, size, d)
					}
					q.Before, q.After = true, last
					backwards, _ := walkAccounts(t, s, q)
					slices.Reverse(backwards)
					if d := cmp.Diff(want[:8], backwards); d != "" {
						t.Errorf("by %s, down %v, pages of %d backwards: %s", by, down, size, d)
					}
				}
			}
		}
	})
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func either(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

// The last use of an account never moves back, whichever of its keys a late flush speaks of.
func TestLastUseOfAnAccountMovesForward(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 2)
		late, early := noon.Add(90*time.Second), noon.Add(time.Second)
		used(t, s, 1, map[string]time.Time{keys[0].ID: late})
		used(t, s, 2, map[string]time.Time{keys[0].ID: early, keys[1].ID: early, id("ajk", 99): noon.Add(time.Hour)})
		page := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) {
			return tx.Accounts(store.AccountQuery{Scope: everywhere, Now: noon, Limit: 10})
		})
		if got := page.Rows[0].LastUsed; !got.Equal(late) {
			t.Errorf("last used %v, want %v", got, late)
		}
	})
}

// variety keeps accounts whose keys differ in one thing each.
func variety(t *testing.T, s *store.Store) {
	t.Helper()
	day := 24 * time.Hour
	uses := map[string]time.Time{}
	write(t, s, func(tx *store.Tx) error {
		var err error
		add := func(n int, name, owner string, change func(*models.Key)) {
			a := account(n, name)
			a.Owner = owner
			k := key(n, a)
			k.CreatedAt = noon.Add(-40 * day)
			change(&k)
			err = errors.Join(err, tx.InsertAccount(a), tx.InsertKey(k))
		}
		add(1, "busy", "Olga@example.org", func(k *models.Key) { uses[k.ID] = noon })
		add(2, "idle", "team_a@example.org", func(k *models.Key) { uses[k.ID] = noon.Add(-30 * day) })
		add(3, "never", "team@example.org", func(*models.Key) {})
		add(4, "fresh", "team@example.org", func(k *models.Key) { k.CreatedAt = noon })
		add(5, "ending", "team@example.org", func(k *models.Key) { k.ExpiresAt, uses[k.ID] = noon.Add(day), noon })
		add(6, "ended", "team@example.org", func(k *models.Key) { k.ExpiresAt = noon })
		add(7, "revoked", "team@example.org", func(k *models.Key) { k.Revoked.At, k.ExpiresAt = noon, noon.Add(day) })
		add(8, "narrow", "team@example.org", func(k *models.Key) {
			k.Scopes, uses[k.ID] = []string{"orders.read"}, noon.Add(-30*day+time.Microsecond)
		})
		return err
	})
	used(t, s, 1, uses)
}

func TestAccountsByTheirKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		variety(t, s)
		day := 24 * time.Hour
		for name, tc := range map[string]struct {
			q    store.AccountQuery
			want []string
		}{
			"unused for 30 days":       {store.AccountQuery{UnusedSince: noon.Add(-30 * day)}, []string{"idle", "never"}},
			"ending within a day":      {store.AccountQuery{ExpiringBefore: noon.Add(day)}, []string{"ending"}},
			"ending before that":       {store.AccountQuery{ExpiringBefore: noon.Add(day - time.Microsecond)}, nil},
			"a scope":                  {store.AccountQuery{HasScope: "orders.write"}, []string{"busy", "ending", "fresh", "idle", "never"}},
			"a part of a scope":        {store.AccountQuery{HasScope: "orders"}, nil},
			"an owner":                 {store.AccountQuery{Owner: "oLGA@"}, []string{"busy"}},
			"an owner with a wildcard": {store.AccountQuery{Owner: "m_a"}, []string{"idle"}},
			"all of it":                {store.AccountQuery{Owner: "team", UnusedSince: noon.Add(-30 * day), HasScope: "orders.read"}, []string{"idle", "never"}},
		} {
			t.Run(name, func(t *testing.T) {
				tc.q.Scope, tc.q.Now, tc.q.Limit = everywhere, noon, 20
				page := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) { return tx.Accounts(tc.q) })
				var got []string
				for _, r := range page.Rows {
					got = append(got, r.Name)
				}
				if d := cmp.Diff(tc.want, got); d != "" {
					t.Error(d)
				}
				if n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountAccounts(tc.q, 20) }); n != len(tc.want) {
					t.Errorf("counted %d", n)
				}
			})
		}
	})
}
