package store_test

import (
	"crypto/rand"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestWithoutPreparedStatements: behind a pooler that keeps none, everything works that a process does.
func TestWithoutPreparedStatements(t *testing.T) {
	url := storetest.EmptyPostgres(t) + "&default_query_exec_mode=cache_describe"
	s, err := store.Open(t.Context(), url, store.Options{Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	acct, keys := made(t, s, 3)
	err = s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Uses: []models.Use{{
		KeyID: keys[0].ID, AccountID: acct.ID, SecretID: "s", Bucket: noon.Truncate(time.Hour), Outcome: models.Allowed, Network: "10.0.0.0/24", Count: 1, LastAt: noon,
	}}, Last: []models.LastUsed{{KeyID: keys[0].ID, AccountID: acct.ID, FolderID: acct.FolderID, Allowed: models.Sighting{At: noon, Scope: "orders.read"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Beat(t.Context(), models.Gate{ID: "g", Name: "edge", State: models.GateReady, StaleFor: time.Minute}); err != nil {
		t.Fatal(err)
	}
	write(t, s, func(tx *store.Tx) error { tx.Change(models.ChangeKey, keys[0].ID); return nil })
	if f, err := s.Feed(t.Context(), 0); err != nil || len(f.Keys) != 1 {
		t.Errorf("the feed has %d keys, %v", len(f.Keys), err)
	}
	loaded := 0
	_, _, err = s.Load(t.Context(), models.Loaded{
		Catalogue: func(models.OwnCatalogue) error { return nil }, Account: func(models.GateAccount) error { return nil },
		Key: func(models.GateKey) error { loaded++; return nil }, Gateway: func(models.Gateway) error { return nil },
	})
	if err != nil || loaded != 3 {
		t.Errorf("%d keys were loaded, %v", loaded, err)
	}
	list := read(t, s, func(tx *store.Tx) (models.Page[store.ListedKey], error) {
		return tx.SearchKeys(store.KeySearch{Scope: everywhere, Tab: models.AttentionKeys, Now: noon, Limit: 50})
	})
	if len(list.Rows) == 0 && list.More {
		t.Error("the list of keys is odd")
	}
	if last := read(t, s, func(tx *store.Tx) (models.LastUsed, error) { return tx.LastUsed(keys[0].ID) }); !last.Allowed.At.Equal(noon) {
		t.Errorf("last used %v", last.Allowed.At)
	}
}
