package store_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// odd draws a key of the account at every edge of the rules of attention, with its last use.
func odd(r *rand.Rand, n int, of models.Account) (models.Key, models.LastUsed) {
	pick := func(times ...time.Duration) time.Time {
		if d := times[r.IntN(len(times))]; d != none {
			return noon.Add(d)
		}
		return time.Time{}
	}
	k := key(n, of)
	k.CreatedAt = noon.Add(-[]time.Duration{time.Hour, models.NeverUsedAfter, models.NeverUsedAfter - time.Microsecond, 90 * 24 * time.Hour}[r.IntN(4)])
	k.ExpiresAt = pick(none, 0, time.Microsecond, models.ExpiringWithin, models.ExpiringWithin+time.Microsecond)
	k.DefaultScopes = r.IntN(3) == 0
	k.Scopes = []string{"a.a", "a.b", "a.c", "a.d", "a.e", "a.f"}[:models.BroadScopes-1+r.IntN(3)]
	if r.IntN(2) == 0 {
		k.Disabled = models.Restriction{At: noon.Add(-2 * time.Hour), Until: pick(none, 0, time.Hour)}
	}
	if r.IntN(5) == 0 {
		k.Revoked.At = noon.Add(-time.Hour)
	}
	last := models.LastUsed{KeyID: k.ID}
	last.Allowed.At = pick(none, -time.Minute, -models.UnusedFor, -models.UnusedFor+time.Microsecond)
	last.Refused.At = pick(none, -time.Minute, -2*time.Hour, -2*time.Hour+time.Microsecond, -models.RefusedWithin)
	return k, last
}

const none = time.Duration(1 << 62)

// The list counts in SQL what models.Key.Attention says of each key: of the live ones.
func TestAttentionIsCountedAsItIsDefined(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := rand.New(rand.NewPCG(1, 2))
		want := map[string]store.AccountKeys{}
		flush := models.Flush{GateID: "g", Sequence: 1}
		write(t, s, func(tx *store.Tx) error {
			var err error
			flush.Last = nil
			for i := range 6 {
				a := account(i, []string{"a-a", "b-b", "c-c", "d-d", "e-e", "f-f"}[i])
				err = errors.Join(err, tx.InsertAccount(a))
				var sum store.AccountKeys
				why := map[models.Attention]int{}
				for j := range 40 * min(i, 1) { // the first account has no keys
					k, last := odd(r, 100*i+j, a)
					err = errors.Join(err, tx.InsertKey(k))
					flush.Last = append(flush.Last, last)
					if k.Dead(noon) {
						continue
					}
					sum.LiveKeys++
					for _, reason := range k.Attention(last, noon) {
						why[reason]++
					}
				}
				for _, reason := range models.Attentions {
					if n := why[reason]; n > 0 {
						sum.Attention = append(sum.Attention, models.AttentionCount{Why: reason, Keys: n})
					}
				}
				want[a.ID] = sum
			}
			return err
		})
		if err := s.Flush(t.Context(), flush); err != nil {
			t.Fatal(err)
		}
		page := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) {
			return tx.Accounts(store.AccountQuery{Scope: everywhere, Now: noon, Limit: 10})
		})
		if len(page.Rows) != 6 {
			t.Fatalf("%d accounts", len(page.Rows))
		}
		for _, row := range page.Rows {
			if d := cmp.Diff(want[row.ID], row.AccountKeys); d != "" {
				t.Errorf("%s: %s", row.Name, d)
			}
		}
	})
}

// An account with more keys than a list looks at says so, and is counted from its newest.
func TestAVeryLargeAccountIsLookedAtInPart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, _ := made(t, s, 0)
		const more = 5
		write(t, s, func(tx *store.Tx) error {
			var err error
			for i := range store.AccountKeysMost + more { // all of one moment: ids break the tie
				k := key(i, acct)
				k.Secrets, k.Scopes, k.DefaultScopes = nil, nil, i < more+2 // the oldest by id, two of them within
				err = errors.Join(err, tx.InsertKey(k))
			}
			return err
		})
		row := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) {
			return tx.Accounts(store.AccountQuery{Scope: everywhere, Now: noon, Limit: 10})
		}).Rows[0]
		want := store.AccountKeys{LiveKeys: store.AccountKeysMost, MoreKeys: true, Attention: []models.AttentionCount{
			{Why: models.DefaultScopes, Keys: 2}, {Why: models.NoExpiry, Keys: store.AccountKeysMost},
		}}
		if d := cmp.Diff(want, row.AccountKeys); d != "" {
			t.Error(d)
		}
	})
}

func TestKeysByUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 5)
		write(t, s, func(tx *store.Tx) error {
			k := keys[1]
			k.Version, k.Revoked.At = 1, noon
			return tx.UpdateKey(everywhere, k)
		})
		used(t, s, 1, map[string]time.Time{keys[0].ID: noon, keys[1].ID: noon.Add(time.Hour), keys[2].ID: noon.Add(2 * time.Hour), keys[3].ID: noon.Add(-time.Hour)})
		list := read(t, s, func(tx *store.Tx) ([]store.KeyRow, error) { return tx.KeysByUse(everywhere, acct.ID, 2) })
		if len(list) != 2 || list[0].ID != keys[2].ID || list[1].ID != keys[0].ID || len(list[0].Secrets) != 1 || !list[1].LastUsed.Allowed.At.Equal(noon) {
			t.Errorf("by use: %+v", list)
		}
		if list := read(t, s, func(tx *store.Tx) ([]store.KeyRow, error) { return tx.KeysByUse(models.FolderScope{}, acct.ID, 2) }); len(list) != 0 {
			t.Errorf("without a folder: %+v", list)
		}
		ids := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.StandingKeys(everywhere, acct.ID, 3) })
		if want := []string{keys[4].ID, keys[3].ID, keys[2].ID}; !slices.Equal(ids, want) {
			t.Errorf("standing %v, want %v", ids, want)
		}
	})
}
