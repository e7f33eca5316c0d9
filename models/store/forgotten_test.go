package store_test

import (
	"slices"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// What a journal names is told apart: ended, not ended, and not there at all.
func TestForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 3)
		write(t, s, func(tx *store.Tx) error {
			k, secret := keys[1], keys[2].Secrets[0]
			k.Version, k.Revoked, secret.RetiredAt = 1, models.Restriction{At: noon}, noon
			if err := tx.UpdateSecret(secret); err != nil {
				return err
			}
			return tx.UpdateKey(everywhere, k)
		})
		got := read(t, s, func(tx *store.Tx) (store.Forgotten, error) {
			return tx.KeysForgotten([]string{keys[1].ID, keys[0].ID, "nobody's", keys[2].ID})
		})
		if !slices.Equal(got.IDs, []string{keys[0].ID, keys[2].ID}) || got.Unknown != 1 {
			t.Errorf("keys: %+v", got)
		}
		got = read(t, s, func(tx *store.Tx) (store.Forgotten, error) {
			return tx.SecretsForgotten([]string{keys[2].Secrets[0].ID, keys[0].Secrets[0].ID, "nobody's"})
		})
		if !slices.Equal(got.IDs, []string{keys[0].Secrets[0].ID}) || got.Unknown != 1 {
			t.Errorf("secrets: %+v", got)
		}
	})
}
