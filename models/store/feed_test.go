package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// loaded is everything that a first load told.
type loaded struct {
	Catalogue models.OwnCatalogue
	Accounts  []models.GateAccount
	Keys      []models.GateKey
	Gateways  []models.Gateway
}

func load(t *testing.T, s *store.Store) (loaded, models.Change) {
	t.Helper()
	var all loaded
	head, now, err := s.Load(t.Context(), models.Loaded{
		Catalogue: func(c models.OwnCatalogue) error { all.Catalogue = c; return nil },
		Account:   func(a models.GateAccount) error { all.Accounts = append(all.Accounts, a); return nil },
		Key:       func(k models.GateKey) error { all.Keys = append(all.Keys, k); return nil },
		Gateway:   func(g models.Gateway) error { all.Gateways = append(all.Gateways, g); return nil },
	})
	if err != nil || now.IsZero() {
		t.Fatalf("loading at %v: %v", now, err)
	}
	return all, head
}

// populate makes objects in every state that a gate tells apart, each with a change.
func populate(t *testing.T, s *store.Store) {
	t.Helper()
	acct, keys := made(t, s, 4)
	suspended, deleted := account(2, "suspended"), account(3, "deleted")
	suspended.Roles = nil
	keys[0].Disabled = models.Restriction{At: noon, Until: noon.Add(time.Hour)}
	keys[1].Revoked.At, keys[2].ExpiresAt = noon, noon
	write(t, s, func(tx *store.Tx) error {
		err := errors.Join(tx.InsertAccount(suspended), tx.InsertAccount(deleted))
		suspended.Version, suspended.Suspended.At = 1, noon
		deleted.Version, deleted.DeletedAt = 1, noon
		err = errors.Join(err, tx.UpdateAccount(everywhere, suspended), tx.UpdateAccount(everywhere, deleted))
		for _, k := range keys {
			k.Version = 1
			err = errors.Join(err, tx.UpdateKey(everywhere, k))
			tx.Change(models.ChangeKey, k.ID)
		}
		old := models.KeySecret{ID: id("sec", 9), KeyID: keys[3].ID, Digest: digest("old"), PepperVersion: 1, CreatedAt: noon.Add(-time.Hour), RetiredAt: noon}
		for _, a := range []models.Account{acct, suspended, deleted} {
			tx.Change(models.ChangeAccount, a.ID)
		}
		tx.Change(models.ChangeCatalogue, "")
		tx.Change(models.ChangeGateway, id("gwy", 1))
		gateway := models.Gateway{ID: id("gwy", 1), Name: "edge", Digest: digest("edge"), Tail: "abcdef", PepperVersion: 1, CreatedAt: noon}
		return errors.Join(err, tx.InsertSecret(old), tx.InsertGateway(gateway),
			tx.PutCatalogue(models.OwnCatalogue{Services: []models.OwnService{{Name: "orders"}}}))
	})
	used := models.Flush{GateID: "g", Sequence: 1, Last: []models.LastUsed{{KeyID: keys[3].ID, Allowed: models.Sighting{At: noon}}}}
	if err := s.Flush(t.Context(), used); err != nil {
		t.Fatal(err)
	}
}

// The stream of the first load and the feed from the beginning tell the same states.
func TestLoadAndFeedTellTheSame(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		all, head := load(t, s)
		feed, err := s.Feed(t.Context(), 0)
		if err != nil || feed.Catalogue == nil {
			t.Fatalf("feed = %+v, %v", feed, err)
		}
		same := cmpopts.SortSlices(func(a, b models.GateSecret) bool { return a.ID < b.ID })
		fed := loaded{*feed.Catalogue, feed.Accounts, feed.Keys, feed.Gateways}
		if d := cmp.Diff(all, fed, same); d != "" {
			t.Error(d)
		}
		if head != feed.Last || head.Revision != 9 || len(head.Token) != 32 {
			t.Errorf("loaded at %+v, fed to %+v", head, feed.Last)
		}
		wantStates(t, all)
	})
}

func wantStates(t *testing.T, all loaded) {
	t.Helper()
	if len(all.Keys) != 4 || len(all.Accounts) != 3 || len(all.Gateways) != 1 {
		t.Fatalf("loaded %d keys, %d accounts, %d gateways", len(all.Keys), len(all.Accounts), len(all.Gateways))
	}
	disabled, revoked, expired, used := all.Keys[0], all.Keys[1], all.Keys[2], all.Keys[3]
	if !disabled.Disabled || !disabled.DisabledUntil.Equal(noon.Add(time.Hour)) || disabled.Revoked || disabled.UsedBefore {
		t.Errorf("the disabled key = %+v", disabled)
	}
	if !revoked.Revoked || !expired.ExpiresAt.Equal(noon) || expired.Disabled {
		t.Errorf("the revoked key = %+v, the expired = %+v", revoked, expired)
	}
	if !used.UsedBefore || len(used.Secrets) != 2 || strings.Join(used.Scopes, " ") != "orders.read orders.write" {
		t.Errorf("the used key = %+v", used)
	}
	if used.Secrets[0].Retired == used.Secrets[1].Retired || used.Secrets[0].Digest == used.Secrets[1].Digest {
		t.Errorf("its secrets = %+v", used.Secrets)
	}
	if a := all.Accounts[0]; a.Suspended || a.Deleted || strings.Join(a.Roles, " ") != "orders.user" || a.FolderID != defaultFolder {
		t.Errorf("the active account = %+v", a)
	}
	if !all.Accounts[1].Suspended || all.Accounts[1].Roles != nil || !all.Accounts[2].Deleted {
		t.Errorf("the other accounts = %+v", all.Accounts[1:])
	}
}

// A feed goes on where the one before ended, and says what stands at that place now: a feed that went back shows there.
func TestFeedGoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		whole, err := s.Feed(t.Context(), 0)
		if err != nil || whole.From != (models.Change{}) || whole.More {
			t.Fatalf("the whole feed = %+v, %v", whole, err)
		}
		idle, err := s.Feed(t.Context(), whole.Last.Revision)
		if err != nil || idle.From != whole.Last || idle.Last != whole.Last || len(idle.Keys)+len(idle.Accounts) > 0 || idle.Catalogue != nil {
			t.Errorf("nothing happened = %+v, %v", idle, err)
		}
		ahead, err := s.Feed(t.Context(), whole.Last.Revision+1)
		if err != nil || ahead.From != (models.Change{}) || ahead.Last != (models.Change{}) {
			t.Errorf("ahead of the head = %+v, %v", ahead, err)
		}
		done := write(t, s, func(tx *store.Tx) error {
			tx.Change(models.ChangeKey, id("ajk", 2))
			tx.Change(models.ChangePepper, "2")
			return nil
		})
		next, err := s.Feed(t.Context(), whole.Last.Revision)
		if err != nil || next.From != whole.Last || next.Last.Revision != done.Revision || len(next.Keys) != 1 || !next.Peppers {
			t.Errorf("the next feed = %+v, %v", next, err)
		}
		if next.Last.Token == next.From.Token || !next.Last.At.Equal(done.At) {
			t.Errorf("rows %+v and %+v", next.From, next.Last)
		}
	})
}

func TestALongFeedComesInParts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const total = store.FeedMax + 10
		write(t, s, func(tx *store.Tx) error {
			for range total {
				tx.Change(models.ChangeAccount, id("aje", 1))
			}
			return tx.InsertAccount(account(1, "orders-api"))
		})
		first, err := s.Feed(t.Context(), 0)
		if err != nil || !first.More {
			t.Fatalf("first = %d, more %v, %v", first.Last.Revision, first.More, err)
		}
		second, err := s.Feed(t.Context(), first.Last.Revision)
		if err != nil || second.More || second.Last.Revision != total || len(second.Accounts) != 1 {
			t.Errorf("second = %+v, %v", second, err)
		}
	})
}
