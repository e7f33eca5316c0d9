package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

var bob = models.Person{ID: id("bfb", 2), Email: "Bob@Example.org", EmailKey: "bob@example.org", PasswordHash: "$argon2id$…", CreatedAt: noon}

func TestPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		write(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertPerson(bob), tx.SetAccess(bob.ID, []string{models.Reviewer, models.Operator}))
		})
		same := bob
		same.ID = id("bfb", 3)
		_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertPerson(same) })
		wantCode(t, err, models.Conflict)
		want := bob
		want.DisabledAt, want.PasswordHash, want.Access = noon, "", []string{models.Reviewer}
		write(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.UpdatePerson(want), tx.SetAccess(bob.ID, []string{models.Reviewer}))
		})
		byKey := read(t, s, func(tx *store.Tx) (models.Person, error) { return tx.PersonByEmailKey(bob.EmailKey) })
		byID := read(t, s, func(tx *store.Tx) (models.Person, error) { return tx.Person(bob.ID) })
		all := read(t, s, func(tx *store.Tx) (models.Page[models.Person], error) { return tx.People(store.PersonQuery{Limit: 2}) })
		if d := cmp.Diff([]models.Person{want, want, want}, append(all.Rows, byKey, byID)); d != "" {
			t.Error(d)
		}
		if n := read(t, s, (*store.Tx).CountPeople); n != 1 {
			t.Errorf("%d people", n)
		}
		_, err = s.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdatePerson(same) })
		wantCode(t, err, models.NotFound)
	})
}

func TestSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		session := func(n string, seen, expires time.Time) models.Session {
			return models.Session{Digest: digest(n), PersonID: bob.ID, CreatedAt: noon, SeenAt: seen, ExpiresAt: expires, FormKey: []byte("k"), Address: "::1"}
		}
		one, hour := session("one", noon, noon.Add(2*time.Hour)), noon.Add(time.Hour)
		write(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertSession(one), tx.InsertSession(session("two", noon, hour)), tx.InsertSession(session("idle", noon.Add(-time.Hour), hour)),
				tx.TouchSession(one.Digest, hour), tx.TouchSession(one.Digest, noon), tx.SaveSessionData(one.Digest, "data"), tx.PurgeSessions(noon))
		})
		one.SeenAt, one.Data = hour, "data"
		got := read(t, s, func(tx *store.Tx) (models.Session, error) { return tx.Session(one.Digest) })
		if d := cmp.Diff(one, got); d != "" {
			t.Error(d)
		}
		exists := func(n string) bool {
			err := s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Session(digest(n)); return err })
			return err == nil
		}
		if exists("idle") || !exists("two") {
			t.Error("the purge took the wrong session")
		}
		write(t, s, func(tx *store.Tx) error { return tx.DeleteSessionsOf(bob.ID, one.Digest) })
		if exists("two") || !exists("one") {
			t.Error("the other sessions did not end, or this one did")
		}
		write(t, s, func(tx *store.Tx) error { return tx.DeleteSessionsOf(bob.ID, nil) })
		_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.TouchSession(one.Digest, hour) })
		wantCode(t, err, models.NotFound)
	})
}

// Of two who follow one link at the same time, one gets in.
func TestALinkIsUsedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		link := models.SignInLink{Digest: digest("link"), Kind: models.LinkReset, PersonID: bob.ID, CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)}
		write(t, s, func(tx *store.Tx) error { return tx.InsertLink(link) })
		use := func(now time.Time) error {
			_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.UseLink(link.Digest, now) })
			return err
		}
		wantCode(t, use(link.ExpiresAt), models.NotFound)
		var mu sync.Mutex
		var all sync.WaitGroup
		passed := 0
		for range 4 {
			all.Go(func() {
				err := use(noon)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					passed++
				}
			})
		}
		all.Wait()
		if passed != 1 {
			t.Errorf("%d got in", passed)
		}
		used := read(t, s, func(tx *store.Tx) (models.SignInLink, error) { return tx.Link(link.Digest) })
		if !used.UsedAt.Equal(noon) {
			t.Errorf("link = %+v", used)
		}
		write(t, s, func(tx *store.Tx) error { return tx.DeleteLinks(models.LinkReset, bob.ID) })
		wantCode(t, s.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Link(link.Digest); return err }), models.NotFound)
	})
}

// Attempts at the same time are all counted: nobody gets more of them by being quick.
func TestNoFailureIsLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const attempts = 10
		name := digest("bob@example.org")
		var all sync.WaitGroup
		for range attempts {
			all.Go(func() {
				_, err := s.Write(t.Context(), func(tx *store.Tx) error {
					f, err := tx.Failures(name)
					f.Count, f.FirstAt, f.LastAt, f.LockedUntil = f.Count+1, noon, noon, noon
					return errors.Join(err, tx.PutFailures(f))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		failures := func() models.SignInFailures {
			return read(t, s, func(tx *store.Tx) (models.SignInFailures, error) { return tx.Failures(name) })
		}
		if f := failures(); f.Count != attempts || !f.LockedUntil.Equal(noon) {
			t.Errorf("failures = %+v", f)
		}
		write(t, s, func(tx *store.Tx) error { return tx.PurgeFailures(noon) })
		if failures().Count != attempts {
			t.Error("a failure of just now was forgotten")
		}
		write(t, s, func(tx *store.Tx) error { return tx.PurgeFailures(noon.Add(time.Microsecond)) })
		if f := failures(); f.Count != 0 || !slices.Equal(f.EmailKey, name) {
			t.Errorf("failures after the purge = %+v", f)
		}
	})
}
