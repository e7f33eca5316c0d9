package store_test

import (
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestRefusedSince(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 2)
		use := func(key int, at time.Time, because models.Outcome, n int64) models.Use {
			return models.Use{
				KeyID: keys[key].ID, AccountID: acct.ID, SecretID: "s", Bucket: at.Truncate(time.Hour), Requested: "orders.read",
				Outcome: because, Network: "10.0.0.0/24", Count: n, LastAt: at,
			}
		}
		stop := noon.Add(10 * time.Minute)
		err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Uses: []models.Use{
			use(0, stop.Add(-time.Minute), models.ExpiredKey, 3),     // another reason
			use(0, stop.Add(-2*time.Hour), models.RevokedKey, 5),     // before
			use(0, stop.Add(-time.Second), models.DisabledKey, 7),    // before, in the same hour
			use(0, stop.Add(time.Second), models.RevokedKey, 11),     // since
			use(0, stop.Add(50*24*time.Hour), models.RevokedKey, 13), // long since
			use(1, stop.Add(time.Minute), models.RevokedKey, 17),     // of the other key
			use(1, stop.Add(time.Minute), models.SuspendedAccount, 19),
		}})
		if err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			read func(tx *store.Tx) (int64, error)
			want int64
		}{
			"of a key":     {func(tx *store.Tx) (int64, error) { return tx.RefusedOfKey(keys[0].ID, stop, models.RevokedKey) }, 24},
			"lifted":       {func(tx *store.Tx) (int64, error) { return tx.RefusedOfKey(keys[0].ID, stop, models.DisabledKey) }, 0},
			"of all":       {func(tx *store.Tx) (int64, error) { return tx.RefusedOfAccount(acct.ID, stop, models.RevokedKey) }, 41},
			"of suspended": {func(tx *store.Tx) (int64, error) { return tx.RefusedOfAccount(acct.ID, stop, models.SuspendedAccount) }, 19},
		} {
			if got := read(t, s, tc.read); got != tc.want {
				t.Errorf("%s: %d, want %d", name, got, tc.want)
			}
		}
		last := read(t, s, func(tx *store.Tx) (time.Time, error) { return tx.LastRevokeOf(acct.ID) })
		if !last.IsZero() {
			t.Errorf("nothing was revoked, and the last revoke is %v", last)
		}
	})
}
