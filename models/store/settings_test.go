package store_test

import (
	"errors"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestTheSecondOfTwoEditsIsTold: whoever looked at an older state overwrites nothing unseen.
func TestTheSecondOfTwoEditsIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tries := func(fn func(tx *store.Tx) error) error { _, err := s.Write(t.Context(), fn); return err }
		put := func(version int64) error {
			return tries(func(tx *store.Tx) error { return tx.PutCatalogue(models.OwnCatalogue{BuiltIn: true, Version: version}) })
		}
		for version := range int64(3) {
			if err := put(version); err != nil {
				t.Fatalf("version %d: %v", version, err)
			}
			wantCode(t, put(version), models.Conflict)
		}
		if c := read(t, s, (*store.Tx).Catalogue); c.Version != 3 {
			t.Errorf("version %d, want 3", c.Version)
		}
		swap := func(old, value string) error {
			return tries(func(tx *store.Tx) error { return tx.SwapSetting("policy", old, value) })
		}
		if err := errors.Join(swap("", "one"), swap("one", "two")); err != nil {
			t.Fatal(err)
		}
		wantCode(t, swap("", "three"), models.Conflict)
		wantCode(t, swap("one", "three"), models.Conflict)
		if v := read(t, s, func(tx *store.Tx) (string, error) { return tx.Setting("policy") }); v != "two" {
			t.Errorf("kept %q, want two", v)
		}
	})
}

func TestWhoHoldsAScopeOrARole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 4)
		keys[0].Revoked.At, keys[1].ExpiresAt, keys[2].ExpiresAt = noon, noon.Add(time.Hour), noon.Add(3*time.Hour)
		write(t, s, func(tx *store.Tx) (err error) {
			for _, k := range keys[:3] {
				k.Version = 1
				err = errors.Join(err, tx.UpdateKey(everywhere, k))
			}
			return errors.Join(err, tx.SetKeyScopes(keys[3].ID, []string{"orders.write"}, false, ""))
		})
		count := func(fn func(tx *store.Tx) (int, error)) int { t.Helper(); return read(t, s, fn) }
		for name, tc := range map[string]struct {
			got, want int
		}{
			"revoked, expired and narrowed keys hold nothing": {count(func(tx *store.Tx) (int, error) {
				return tx.CountKeysWithScope(everywhere, "orders.read", noon.Add(2*time.Hour), 10)
			}), 1},
			"living keys count": {count(func(tx *store.Tx) (int, error) {
				return tx.CountKeysWithScope(everywhere, "orders.write", noon, 10)
			}), 3},
			"up to the cap": {count(func(tx *store.Tx) (int, error) {
				return tx.CountKeysWithScope(everywhere, "orders.write", noon, 2)
			}), 2},
			"nobody's": {count(func(tx *store.Tx) (int, error) { return tx.CountKeysWithScope(everywhere, "orders", noon, 10) }), 0},
			"in no folder": {count(func(tx *store.Tx) (int, error) {
				return tx.CountKeysWithScope(models.FolderScope{IDs: []string{"b1gother"}}, "orders.write", noon, 10)
			}), 0},
			"a role":       {count(func(tx *store.Tx) (int, error) { return tx.CountAccountsWithRole(everywhere, "orders.user", 10) }), 1},
			"another role": {count(func(tx *store.Tx) (int, error) { return tx.CountAccountsWithRole(everywhere, "viewer", 10) }), 0},
		} {
			if tc.got != tc.want {
				t.Errorf("%s: %d, want %d", name, tc.got, tc.want)
			}
		}
		acct.Version, acct.DeletedAt = 1, noon
		write(t, s, func(tx *store.Tx) error { return tx.UpdateAccount(everywhere, acct) })
		if n := count(func(tx *store.Tx) (int, error) { return tx.CountAccountsWithRole(everywhere, "orders.user", 10) }); n != 0 {
			t.Errorf("a deleted account holds a role: %d", n)
		}
	})
}

func TestKeysBeyondAPolicy(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 4) // the last has no end
		for i := range 3 {
			keys[i].ExpiresAt = noon.Add(time.Duration(i+1) * time.Hour)
			keys[i].Version = 1
			write(t, s, func(tx *store.Tx) error { return tx.UpdateKey(everywhere, keys[i]) })
		}
		ids := func(q store.BeyondQuery, limit int) (out []string) {
			q.Scope = everywhere
			for _, k := range read(t, s, func(tx *store.Tx) ([]store.BeyondKey, error) { return tx.KeysBeyond(q, limit) }) {
				out = append(out, k.ID)
				if k.AccountName != acct.Name || k.AccountID != acct.ID {
					t.Errorf("of %q %q", k.AccountName, k.AccountID)
				}
			}
			return out
		}
		late := store.BeyondQuery{Scope: everywhere, Latest: noon.Add(time.Hour)}
		if got := ids(late, 10); len(got) != 2 || got[0] != keys[2].ID || got[1] != keys[1].ID {
			t.Errorf("late: %v", got)
		}
		if got := ids(store.BeyondQuery{}, 10); len(got) != 1 || got[0] != keys[3].ID {
			t.Errorf("endless: %v", got)
		}
		if n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountKeysBeyond(late, 1) }); n != 1 {
			t.Errorf("counted %d up to 1", n)
		}
		keys[2].Version, keys[2].Revoked.At = 2, noon
		write(t, s, func(tx *store.Tx) error { return tx.UpdateKey(everywhere, keys[2]) })
		if got := ids(late, 10); len(got) != 1 || got[0] != keys[1].ID {
			t.Errorf("with one revoked: %v", got)
		}
	})
}

func TestHowFarGatesAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		made(t, s, 1)
		for range 3 {
			write(t, s, func(tx *store.Tx) error { tx.Change(models.ChangeKey, id("ajk", 1)); return nil })
		}
		for name, enforced := range map[string]int64{"behind": 1, "current": 3} {
			_, err := s.Beat(t.Context(), models.Gate{ID: "gat-" + name, Name: name, State: models.GateReady, Enforced: enforced, StartedAt: noon})
			if err != nil {
				t.Fatal(err)
			}
		}
		list := read(t, s, func(tx *store.Tx) ([]models.GateProgress, error) {
			l, head, err := tx.GateProgress()
			if head != 3 {
				t.Errorf("head %d, want 3", head)
			}
			return l, err
		})
		second := read(t, s, func(tx *store.Tx) (models.Change, error) {
			f, err := s.Feed(t.Context(), 2)
			return f.From, err
		})
		if len(list) != 2 || !list[0].Since.Equal(second.At) || second.At.IsZero() || !list[1].Since.IsZero() {
			t.Errorf("got %+v, want the first to wait since %v", list, second.At)
		}
	})
}
