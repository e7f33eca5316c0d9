package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestKeyFigures compares the counts with the states of the records themselves.
func TestKeyFigures(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 9)
		write(t, s, func(tx *store.Tx) error {
			for i, change := range map[int]func(*models.Key){
				0: func(*models.Key) {},
				1: func(k *models.Key) { k.ExpiresAt = noon.Add(-time.Hour) },
				2: func(k *models.Key) { k.ExpiresAt = noon.AddDate(0, 0, 6) },
				3: func(k *models.Key) { k.ExpiresAt = noon.AddDate(0, 0, 20) },
				4: func(k *models.Key) { k.Disabled.At = noon.Add(-time.Hour) },
				5: func(k *models.Key) { k.Disabled.At, k.Disabled.Until = noon.Add(-time.Hour), noon.Add(-time.Minute) },
				6: func(k *models.Key) { k.Revoked.At = noon.Add(-time.Hour) },
				7: func(k *models.Key) { k.Revoked.At, k.ExpiresAt = noon.Add(-2*time.Hour), noon.Add(-time.Hour) },
				8: func(k *models.Key) { k.ExpiresAt = noon.AddDate(2, 0, 0) },
			} {
				k, err := tx.Key(everywhere, keys[i].ID)
				if err != nil {
					return err
				}
				k.ExpiresAt = time.Time{}
				change(&k)
				if err := tx.UpdateKey(everywhere, k); err != nil {
					return err
				}
			}
			acct, err := tx.Account(everywhere, acct.ID)
			if err != nil {
				return err
			}
			acct.Suspended.At = noon.Add(-time.Hour)
			return tx.UpdateAccount(everywhere, acct)
		})
		want := models.KeyFigures{
			Keys:     map[models.KeyState]int64{models.KeyActive: 5, models.KeyDisabled: 1, models.KeyExpired: 1, models.KeyRevoked: 2},
			Expiring: map[int]int64{7: 1, 30: 2},
			Accounts: map[models.AccountState]int64{models.AccountActive: 0, models.AccountSuspended: 1, models.AccountExpired: 0},
		}
		figures := func(tx *store.Tx) (models.KeyFigures, error) { return tx.KeyFigures(noon) }
		if diff := cmp.Diff(want, read(t, s, figures)); diff != "" {
			t.Error(diff)
		}
		if err := s.SweepKeys(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, read(t, s, figures)); diff != "" {
			t.Errorf("after a sweep: %s", diff)
		}
	})
}
