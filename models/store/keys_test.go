package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestKeyIsReadAsWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, _ := made(t, s, 0)
		want := key(1, acct)
		want.Description, want.DefaultScopes, want.ExpiresAt = "ночной архив", true, noon.Add(time.Hour)
		want.Scopes = []string{"z.last", "a.first"} // in the order in which they were given
		want.Disabled = models.Restriction{At: noon, Until: noon.Add(time.Minute), Reason: models.ReasonUnused}
		old := models.KeySecret{ID: id("sec", 9), KeyID: want.ID, Digest: digest("old"), PepperVersion: 1, CreatedAt: noon.Add(-time.Hour), RetiredAt: noon}
		overlapping := models.KeySecret{ID: id("sec", 8), KeyID: want.ID, Digest: digest("overlapping"), PepperVersion: 2, CreatedAt: noon.Add(-time.Minute), RetiresAt: noon}
		want.Secrets = []models.KeySecret{want.Secrets[0], overlapping, old}
		write(t, s, func(tx *store.Tx) error {
			k := want
			k.Secrets = []models.KeySecret{old, want.Secrets[0], overlapping}
			return tx.InsertKey(k)
		})
		want.Version = 1
		got := read(t, s, func(tx *store.Tx) (models.Key, error) { return tx.Key(everywhere, want.ID) })
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		found := read(t, s, func(tx *store.Tx) (models.KeySecret, error) {
			return tx.KeySecretByDigest(digest("other pepper"), old.Digest)
		})
		if found.ID != old.ID {
			t.Errorf("by digest = %+v", found)
		}
	})
}

func TestUpdateKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 1)
		k := keys[0]
		update := func(k models.Key) error {
			_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateKey(everywhere, k) })
			return err
		}
		k.Version, k.Description = 1, "first"
		k.Disabled = models.Restriction{At: noon, Reason: models.ReasonUnused}
		k.CreatedBy, k.CreatedAt = "somebody else", noon.Add(time.Hour) // never written again
		if err := update(k); err != nil {
			t.Fatal(err)
		}
		wantCode(t, update(k), models.Conflict)
		k.Version, k.Disabled = 2, models.Restriction{}
		if err := update(k); err != nil {
			t.Fatal(err)
		}
		stranger := k
		stranger.ID = id("ajk", 99)
		wantCode(t, update(stranger), models.NotFound)
		foreign := k
		foreign.Version, foreign.AccountID = 3, id("aje", 99) // a key never moves to another account
		wantCode(t, update(foreign), models.Conflict)
		write(t, s, func(tx *store.Tx) error { return tx.SetKeyScopes(k.ID, []string{"c", "b"}, true, "") })
		got := read(t, s, func(tx *store.Tx) (models.Key, error) { return tx.LockKey(everywhere, k.ID) })
		want := keys[0]
		want.Version, want.Description, want.Scopes, want.DefaultScopes = 3, "first", []string{"c", "b"}, true
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetKeyScopes(stranger.ID, []string{"c"}, false, "") })
		wantCode(t, err, models.NotFound)
	})
}

func TestSecretsRetire(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 1)
		secret := keys[0].Secrets[0]
		secret.RetiresAt = noon.Add(time.Hour)
		write(t, s, func(tx *store.Tx) error { return tx.UpdateSecret(secret) })
		got := read(t, s, func(tx *store.Tx) (models.Key, error) { return tx.Key(everywhere, keys[0].ID) })
		if !got.Secrets[0].RetiresAt.Equal(secret.RetiresAt) {
			t.Errorf("secret = %+v", got.Secrets[0])
		}
		secret.KeyID = id("ajk", 99)
		_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateSecret(secret) })
		wantCode(t, err, models.NotFound)
	})
}

// Many keys are made in one instant, and pages of every size still show each key once, in both directions.
func TestKeyPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, _ := made(t, s, 0)
		var want []string
		write(t, s, func(tx *store.Tx) error {
			var err error
			for i := range 9 {
				k := key(i, acct)
				k.CreatedAt = noon.Add(time.Duration(i/3) * time.Microsecond)
				want = append(want, k.ID)
				err = errors.Join(err, tx.InsertKey(k))
			}
			return err
		})
		slices.Reverse(want) // newest first
		for size := 1; size <= 10; size++ {
			q := store.KeyQuery{Scope: everywhere, AccountID: acct.ID, Now: noon, Limit: size}
			forwards, last := walkKeys(t, s, q)
			if d := cmp.Diff(want, forwards); d != "" {
				t.Errorf("pages of %d: %s", size, d)
			}
			q.Before, q.After = true, last
			backwards, _ := walkKeys(t, s, q)
			slices.Reverse(backwards)
			if d := cmp.Diff(want[:8], backwards); d != "" {
				t.Errorf("pages of %d backwards: %s", size, d)
			}
		}
	})
}

func walkKeys(t *testing.T, s *store.Store, q store.KeyQuery) ([]string, models.Cursor) {
	t.Helper()
	var met []string
	var last models.Cursor
	for {
		page := read(t, s, func(tx *store.Tx) (models.Page[store.KeyRow], error) { return tx.Keys(q) })
		ids := make([]string, len(page.Rows))
		for i, r := range page.Rows {
			ids[i], last = r.ID, r.Cursor()
			if len(r.Scopes) != 2 || len(r.Secrets) != 1 || r.LastUsed.KeyID != r.ID {
				t.Errorf("row = %+v", r)
			}
		}
		if q.Before {
			slices.Reverse(ids)
		}
		met = append(met, ids...)
		if !page.More {
			return met, last
		}
		q.After = page.Next
	}
}

func TestKeysByLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 4)
		keys[1].ExpiresAt, keys[2].ExpiresAt = noon, noon.Add(time.Microsecond)
		keys[3].Revoked = models.Restriction{At: noon}
		write(t, s, func(tx *store.Tx) error {
			var err error
			for _, k := range keys[1:] {
				k.Version = 1
				err = errors.Join(err, tx.UpdateKey(everywhere, k))
			}
			return err
		})
		for life, want := range map[store.KeyLife][]string{
			store.AnyLife:  {keys[3].ID, keys[2].ID, keys[1].ID, keys[0].ID},
			store.LiveKeys: {keys[2].ID, keys[0].ID},
			store.DeadKeys: {keys[3].ID, keys[1].ID},
		} {
			q := store.KeyQuery{Scope: everywhere, AccountID: acct.ID, Life: life, Now: noon, Limit: 10}
			got, _ := walkKeys(t, s, q)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%q: %s", life, d)
			}
			if n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountKeys(q, 10) }); n != len(want) {
				t.Errorf("%q: counted %d", life, n)
			}
		}
	})
}

func TestSecretsByPepper(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 3) // three secrets under 1
		write(t, s, func(tx *store.Tx) error {
			retired, dead := keys[0].Secrets[0], keys[1]
			retired.RetiredAt, dead.Version, dead.Revoked.At = noon, 1, noon
			gateway := models.Gateway{ID: id("gwy", 1), Name: "edge", Digest: digest("g"), PepperVersion: 2, CreatedAt: noon}
			return errors.Join(tx.UpdateSecret(retired), tx.UpdateKey(everywhere, dead), tx.InsertGateway(gateway),
				tx.InsertPepper(models.Pepper{Version: 1, CheckValue: []byte("a"), Current: true}),
				tx.InsertPepper(models.Pepper{Version: 2, CheckValue: []byte("b"), Current: true}))
		})
		left := read(t, s, (*store.Tx).SecretsByPepper)
		if d := cmp.Diff(map[int]int{1: 1, 2: 1}, left); d != "" {
			t.Error(d)
		}
		peppers := read(t, s, (*store.Tx).Peppers)
		want := []models.Pepper{{Version: 2, CheckValue: []byte("b"), Current: true}, {Version: 1, CheckValue: []byte("a")}}
		if d := cmp.Diff(want, peppers); d != "" {
			t.Error(d)
		}
		drop := func(version int) error {
			_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeletePepper(version) })
			return err
		}
		wantCode(t, drop(1), models.Precondition)
		write(t, s, func(tx *store.Tx) error { _, err := tx.RevokeGateway(id("gwy", 1), noon, "a"); return err })
		if err := drop(2); err != nil {
			t.Error(err)
		}
	})
}
