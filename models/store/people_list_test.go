package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestSessionsOfAPerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		session := func(n, person string, seen time.Time) models.Session {
			return models.Session{Digest: digest(n), PersonID: person, CreatedAt: noon, SeenAt: seen, ExpiresAt: noon.Add(time.Hour), FormKey: []byte("k")}
		}
		one, two := session("one", bob.ID, noon.Add(time.Minute)), session("two", bob.ID, noon.Add(2*time.Minute))
		others := session("three", id("bfb", 9), noon.Add(time.Minute))
		write(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertSession(one), tx.InsertSession(two), tx.InsertSession(others), tx.InsertSession(session("idle", bob.ID, noon)))
		})
		open := func(since, now time.Time) []models.Session {
			return read(t, s, func(tx *store.Tx) ([]models.Session, error) { return tx.SessionsOf(bob.ID, since, now, 10) })
		}
		if d := cmp.Diff([]models.Session{two, one}, open(noon, noon)); d != "" {
			t.Error(d)
		}
		if n := len(open(noon, noon.Add(time.Hour))); n != 0 {
			t.Errorf("%d sessions that expired", n)
		}
		counts := read(t, s, func(tx *store.Tx) (map[string]int, error) {
			return tx.CountSessions([]string{bob.ID, others.PersonID, id("bfb", 8)}, noon, noon)
		})
		if d := cmp.Diff(map[string]int{bob.ID: 2, others.PersonID: 1}, counts); d != "" {
			t.Error(d)
		}
		got := read(t, s, func(tx *store.Tx) (models.Session, error) { return tx.SessionOf(bob.ID, one.Digest[:8]) })
		if d := cmp.Diff(one, got); d != "" {
			t.Error(d)
		}
		for _, begins := range [][]byte{others.Digest[:8], make([]byte, 8)} {
			err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.SessionOf(bob.ID, begins); return err })
			wantCode(t, err, models.NotFound)
		}
	})
}

func TestLocksAndLinks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		until := noon.Add(time.Minute)
		link := models.SignInLink{Digest: digest("link"), Kind: models.LinkReset, PersonID: bob.ID, CreatedAt: noon, ExpiresAt: until}
		write(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertLink(link),
				tx.PutFailures(models.SignInFailures{EmailKey: digest("held"), Count: 5, LockedUntil: until}),
				tx.PutFailures(models.SignInFailures{EmailKey: digest("free"), Count: 1}))
		})
		locks := func(now time.Time) map[string]time.Time {
			return read(t, s, func(tx *store.Tx) (map[string]time.Time, error) {
				return tx.Locks([][]byte{digest("held"), digest("free"), digest("unknown")}, now)
			})
		}
		if d := cmp.Diff(map[string]time.Time{string(digest("held")): until}, locks(noon)); d != "" {
			t.Error(d)
		}
		if n := len(locks(until)); n != 0 {
			t.Errorf("%d locks at their end", n)
		}
		works := func(now time.Time) time.Time {
			return read(t, s, func(tx *store.Tx) (time.Time, error) { return tx.LinkUntil(models.LinkReset, bob.ID, now) })
		}
		if !works(noon).Equal(until) || !works(until).IsZero() {
			t.Errorf("the link works until %v, and at its end until %v", works(noon), works(until))
		}
		write(t, s, func(tx *store.Tx) error { return tx.UseLink(link.Digest, noon) })
		if !works(noon).IsZero() {
			t.Error("a link that was used works")
		}
	})
}

func TestOwnersInAnyCapitals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		owners := []string{"Ivan@Example.com", "ivan@example.com", "ÖLGA@example.com", "ölga@example.com", "ivan@example.com.evil.example"}
		write(t, s, func(tx *store.Tx) (err error) {
			for i, owner := range owners {
				a := account(i+1, "worker-"+string(rune('a'+i)))
				a.Owner = owner
				err = errors.Join(err, tx.InsertAccount(a))
			}
			return err
		})
		for owner, want := range map[string]int{"IVAN@example.com": 2, "ÖLGA@EXAMPLE.com": 1, "ölga@example.com": 1, "": 0, "%": 0} {
			q := store.OwnedAccounts{Scope: everywhere, Owner: owner, Limit: 10}
			page := read(t, s, func(tx *store.Tx) (models.Page[models.Account], error) { return tx.AccountsOwnedBy(q) })
			n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountAccountsOwnedBy(q, 10) })
			if len(page.Rows) != want || n != want {
				t.Errorf("%q owns %d, counted %d, want %d", owner, len(page.Rows), n, want)
			}
		}
		nowhere := store.OwnedAccounts{Owner: owners[0], Limit: 10}
		if page := read(t, s, func(tx *store.Tx) (models.Page[models.Account], error) { return tx.AccountsOwnedBy(nowhere) }); len(page.Rows) != 0 {
			t.Error("who sees no folder sees accounts")
		}
	})
}
