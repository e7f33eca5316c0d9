package store_test

import (
	"slices"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// A database that was filled with an older version, and brought up to date, is read by the store as if it had always been
// there: every key is in its lists, and what is changed afterwards moves in them.
func TestAFilledDatabaseIsMigrated(t *testing.T) {
	const n = 300
	for _, dialect := range []string{store.SQLite, store.Postgres} {
		t.Run(dialect, func(t *testing.T) {
			s := storetest.Open(t, storetest.Filled(t, dialect, n), store.Options{})
			accounts := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) {
				return tx.Accounts(store.AccountQuery{Scope: everywhere, Now: noon, Limit: 10})
			})
			if len(accounts.Rows) != n/100 || accounts.Rows[0].LiveKeys == 0 || accounts.Rows[0].LastUsed.IsZero() {
				t.Errorf("accounts: %+v", accounts.Rows)
			}
			c := readCompany(t, s)
			if len(c.keys) != n {
				t.Fatalf("%d keys are in the list, want %d", len(c.keys), n)
			}
			for _, tab := range models.KeyTabs {
				q := store.KeySearch{Scope: everywhere, Tab: tab, Sort: models.KeySort{By: models.ByCreated}, Now: noon, Limit: 100}
				want, got := c.want(q, anyKey), walkSearch(t, s, q)
				if !slices.Equal(got, want) || len(got) == 0 {
					t.Errorf("%q lists %d keys, want %d", tab, len(got), len(want))
				}
			}
			c.moveOne(t, s)
		})
	}
}

// readCompany reads the keys that a database has, by the list of all.
func readCompany(t *testing.T, s *store.Store) company {
	t.Helper()
	c := company{map[string]models.Account{}, map[string]models.Key{}, map[string]models.LastUsed{}}
	for _, id := range walkSearch(t, s, store.KeySearch{Scope: everywhere, Now: noon, Limit: 100}) {
		c.keys[id] = read(t, s, func(tx *store.Tx) (models.Key, error) { return tx.Key(everywhere, id) })
		c.last[id] = read(t, s, func(tx *store.Tx) (models.LastUsed, error) { return tx.LastUsed(id) })
	}
	return c
}

// moveOne uses and revokes a key that was never used.
func (c company) moveOne(t *testing.T, s *store.Store) {
	t.Helper()
	q := store.KeySearch{Scope: everywhere, Tab: models.NeverUsedKeys, Now: noon, Limit: 1000}
	k := c.keys[walkSearch(t, s, q)[0]]
	err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Last: []models.LastUsed{{KeyID: k.ID, Allowed: models.Sighting{At: noon}}}})
	if err != nil || slices.Contains(walkSearch(t, s, q), k.ID) {
		t.Errorf("after its first use it is still listed as never used, or: %v", err)
	}
	k.Revoked = models.Restriction{At: noon, Reason: models.ReasonLeaked}
	write(t, s, func(tx *store.Tx) error { return tx.UpdateKey(everywhere, k) })
	if revoked := (store.KeySearch{Scope: everywhere, State: models.KeyRevoked, Now: noon, Limit: 1000}); !slices.Contains(walkSearch(t, s, revoked), k.ID) {
		t.Error("after its revoke it is not listed as revoked")
	}
}
