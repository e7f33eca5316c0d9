package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestRecentUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 2)
		day := 24 * time.Hour
		use := func(ago time.Duration, scope, network string, count, further int64) models.Use {
			at := noon.Add(-ago)
			return models.Use{
				KeyID: keys[0].ID, AccountID: acct.ID, SecretID: "s", Bucket: at.Truncate(time.Hour), Requested: scope, Granted: scope,
				Outcome: models.Allowed, Network: network, Count: count, Further: further, LastAt: at,
			}
		}
		refused := use(time.Hour, "orders.read", "10.0.0.0/24", 99, 0)
		refused.Outcome, refused.Granted = models.InsufficientScope, ""
		other := use(time.Hour, "orders.read", "10.0.0.0/24", 7, 0)
		other.KeyID = keys[1].ID
		err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Uses: []models.Use{
			use(time.Minute, "orders.read", "10.0.0.0/24", 5, 0),
			use(time.Minute, "orders.write", "10.0.0.0/24", 4, 3), // three of them ask for orders.read as well
			use(2*day, "orders.read", "192.0.2.0/24", 10, 0),
			use(8*day, "orders.read", "192.0.2.0/24", 20, 0),
			use(31*day, "orders.read", "192.0.2.0/24", 40, 0),
			refused, other,
		}})
		if err != nil {
			t.Fatal(err)
		}
		w := models.RecentAt(noon)
		got := read(t, s, func(tx *store.Tx) (store.RecentUse, error) { return tx.RecentOfKey(keys[0].ID, w) })
		last, before := noon.Add(-time.Minute), noon.Add(-2*day)
		want := store.RecentUse{
			Total: models.RecentCount{Day: 6, Week: 16, Month: 36, LastAt: last},
			Scopes: []models.RecentCount{
				{Name: "orders.read", Day: 5, Week: 15, Month: 35, LastAt: last}, {Name: "orders.write", Day: 4, Week: 4, Month: 4, LastAt: last},
			},
			Networks: []models.RecentCount{
				{Name: "192.0.2.0/24", Week: 10, Month: 30, LastAt: before}, {Name: "10.0.0.0/24", Day: 6, Week: 6, Month: 6, LastAt: last},
			},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		all := read(t, s, func(tx *store.Tx) (models.RecentCount, error) { return tx.RecentOfAccount(acct.ID, w) })
		if want := (models.RecentCount{Day: 13, Week: 23, Month: 43, LastAt: last}); all != want {
			t.Errorf("of the account: %+v, want %+v", all, want)
		}
		none := read(t, s, func(tx *store.Tx) (models.RecentCount, error) { return tx.RecentOfAccount("nobody", w) })
		if none != (models.RecentCount{}) {
			t.Errorf("of nobody: %+v", none)
		}
		scopes := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.UsedScopes(keys[0].ID, noon.Add(-90*day)) })
		if d := cmp.Diff([]string{"orders.read", "orders.write"}, scopes); d != "" {
			t.Errorf("used scopes: %s", d)
		}
	})
}

// A key that is used from everywhere is read in part, the latest first, and says so.
// Of an account, what is older than two days is kept by the day: its windows hold at least what they say.
func TestRecentUseOfAnAccountOutlivesItsHours(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 1)
		var uses []models.Use
		for _, days := range []int{7, 30} {
			at := noon.AddDate(0, 0, -days).Add(time.Hour) // within the window, and its day began before it
			uses = append(uses, models.Use{
				KeyID: keys[0].ID, AccountID: acct.ID, SecretID: "s", Bucket: at.Truncate(time.Hour), Requested: "a.a", Granted: "a.a",
				Outcome: models.Allowed, Network: "10.0.0.0/24", Count: 3, LastAt: at,
			})
		}
		if err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Uses: uses}); err != nil {
			t.Fatal(err)
		}
		for _, when := range []string{"before", "after"} {
			got := read(t, s, func(tx *store.Tx) (models.RecentCount, error) {
				return tx.RecentOfAccount(acct.ID, models.RecentAt(noon))
			})
			if got.Week != 3 || got.Month != 6 {
				t.Errorf("%s its hours became days: %+v", when, got)
			}
			if err := s.Compact(t.Context(), noon); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRecentUseIsBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 1)
		var uses []models.Use
		for i := range store.RecentRowsMost + 10 {
			at := noon.Add(-time.Duration(i/100) * time.Hour)
			uses = append(uses, models.Use{
				KeyID: keys[0].ID, AccountID: acct.ID, Bucket: at.Truncate(time.Hour), Granted: "a.a", Requested: "a.a", Outcome: models.Allowed,
				Network: fmt.Sprint(i % 100), Count: 1, LastAt: at,
			})
		}
		sequence := int64(0)
		for part := range slices.Chunk(uses, 2000) {
			sequence++
			if err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: sequence, Uses: part}); err != nil {
				t.Fatal(err)
			}
		}
		got := read(t, s, func(tx *store.Tx) (store.RecentUse, error) { return tx.RecentOfKey(keys[0].ID, models.RecentAt(noon)) })
		if !got.Partial || got.Total.Month != store.RecentRowsMost || got.Total.Day != 2500 {
			t.Errorf("partial %v, %+v", got.Partial, got.Total)
		}
	})
}

func TestAccountDays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 1)
		midnight := noon.Truncate(24 * time.Hour)
		use := func(at time.Time, outcome models.Outcome, count, further int64) models.Use {
			return models.Use{KeyID: keys[0].ID, AccountID: acct.ID, Bucket: at.Truncate(time.Hour), Outcome: outcome, Count: count, Further: further, LastAt: at}
		}
		err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Uses: []models.Use{
			use(noon, models.Allowed, 5, 2), use(midnight, models.Allowed, 1, 0), use(midnight.Add(-time.Second), models.Allowed, 7, 0),
			use(midnight.Add(-time.Hour), models.RevokedKey, 2, 0), use(midnight.AddDate(0, 0, -3), models.Allowed, 11, 0),
		}})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]models.AccountUse{acct.ID: {
			{AccountID: acct.ID, Bucket: midnight.AddDate(0, 0, -1), Allowed: 7, Refused: 2}, {AccountID: acct.ID, Bucket: midnight, Allowed: 4},
		}}
		for range 2 { // before and after hours became days
			got := read(t, s, func(tx *store.Tx) (map[string][]models.AccountUse, error) {
				return tx.AccountDays([]string{acct.ID, "nobody"}, midnight.AddDate(0, 0, -2))
			})
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if err := s.Compact(t.Context(), noon.AddDate(0, 0, 10)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
