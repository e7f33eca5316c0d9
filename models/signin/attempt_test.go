package signin

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestSignIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("Olga@Example.com", models.Reviewer, models.Operator)
		b.clock.pass(time.Hour)
		for _, spelling := range []string{"Olga@Example.com", " OLGA@example.COM ", "ｏｌｇａ＠ｅｘａｍｐｌｅ．ｃｏｍ"} {
			g := b.signIn(spelling)
			_, person, by, err := b.Session(t.Context(), g.Token)
			if err != nil || person.ID != p.ID || !person.LastSignInAt.Equal(b.now()) {
				t.Fatalf("Session = %+v, %v", person, err)
			}
			if by.Type != models.ActorPerson || by.ID != p.ID || by.Label() != "Olga@Example.com" || by.Method != "session" {
				t.Errorf("actor = %+v", by)
			}
			if !by.May(models.KeysCreate, "any") || !by.MayAnywhere(models.AuditView) || by.MayAnywhere(models.PeopleManage) {
				t.Errorf("grants = %v", by.Grants)
			}
		}
		want := []string{"person.create done", "session.create done", "session.create done", "session.create done"}
		if got := b.events(""); !slices.Equal(got, want) {
			t.Errorf("events = %q, want %q", got, want)
		}
	})
}

// Unknown, wrong, disabled and without a password: the same answer, for the same work.
func TestOneRefusalForEveryCause(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("known@example.com", models.Reviewer)
		b.add("disabled@example.com", models.Reviewer)
		if err := b.DisablePerson(t.Context(), local, "disabled@example.com"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.AddPerson(t.Context(), local, "invited@example.com", []string{models.Reviewer}, ""); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct{ email, password string }{
			{"known@example.com", "not the password of anybody"},
			{"nobody@example.com", goodPassword},
			{"disabled@example.com", goodPassword},
			{"invited@example.com", goodPassword},
			{"invited@example.com", ""},
			{"no address", goodPassword},
			{"nul\x00\xff@example.com", goodPassword},
			{"", ""},
		} {
			before := b.hash.runs.Load()
			_, err := b.SignIn(t.Context(), b.meta(), tc.email, tc.password)
			if err == nil || err.Error() != errSignIn().Error() || models.ReasonOf(err) != "sign_in_failed" {
				t.Errorf("%q: %v", tc.email, err)
			}
			if n := b.hash.runs.Load() - before; n != 1 {
				t.Errorf("%q: %d hashes were computed, want 1 for everybody", tc.email, n)
			}
		}
	})
}

func TestSpellingsShareALockOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		for _, name := range []string{"olga", "nobody"} {
			for i, shape := range []string{"%s@example.com", " %s@EXAMPLE.com", "%s@example.com\u200b", "%s@ｅｘａｍｐｌｅ.com", "%s @example.com"} {
				if err := b.wrong(fmt.Sprintf(shape, name)); models.CodeOf(err) != models.Unauthenticated {
					t.Fatalf("%s, failure %d: %v", name, i+1, err)
				}
			}
			before := b.hash.runs.Load()
			_, err := b.SignIn(t.Context(), b.meta(), name+"@example.com", goodPassword)
			if models.CodeOf(err) != models.TooMany || TimeLeft(err) != "1 minute" || b.hash.runs.Load() != before {
				t.Errorf("%s, locked: %v, %d hashes", name, err, b.hash.runs.Load()-before)
			}
		}
		b.clock.pass(time.Minute)
		b.signIn("olga@example.com")
		for range failuresAllowed - 1 { // a success begins the count again
			_ = b.wrong("olga@example.com")
		}
		b.signIn("olga@example.com")
	})
}

// What comes during a lock is not counted: it does not make the lock longer.
func TestAttemptsDuringALockDoNotCount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		for range failuresAllowed + 20 {
			_ = b.wrong("olga@example.com")
		}
		b.clock.pass(time.Minute)
		b.signIn("olga@example.com")
	})
}

// Many guesses at once are no more guesses than one after another.
func TestParallelGuessesAreCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		before := b.hash.runs.Load()
		var all sync.WaitGroup
		for i := range 40 {
			meta := Meta{Address: fmt.Sprintf("192.0.2.%d", i)}
			all.Go(func() {
				if _, err := b.SignIn(t.Context(), meta, "olga@example.com", "not the password of anybody"); err == nil {
					t.Error("a wrong password signs in")
				}
			})
		}
		all.Wait()
		if n := b.hash.runs.Load() - before; n != failuresAllowed {
			t.Errorf("%d of 40 guesses at once were looked at, want %d", n, failuresAllowed)
		}
	})
}

func TestAFloodOfNamesResetsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		for range failuresAllowed {
			_ = b.wrong("olga@example.com")
		}
		for i := range 200 {
			_ = b.wrong(fmt.Sprintf("nobody%d@example.com", i))
		}
		if _, err := b.SignIn(t.Context(), b.meta(), "olga@example.com", goodPassword); models.CodeOf(err) != models.TooMany {
			t.Errorf("after the flood: %v, want locked still", err)
		}
	})
}

// The lock-out of a person is an event. Names that are nobody's leave none, so that no stranger fills the log.
func TestALockOutIsAnEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("olga@example.com", models.Reviewer)
		for range failuresAllowed {
			_ = b.wrong("olga@example.com")
			_ = b.wrong("secret typed in the wrong field")
		}
		if got, want := b.events(""), []string{"person.create done", "person.lock done"}; !slices.Equal(got, want) {
			t.Errorf("events = %q, want %q", got, want)
		}
		if got := b.events(p.ID); len(got) != 2 {
			t.Errorf("events of the person = %q", got)
		}
	})
}

func TestVerifyPasswordSharesTheLockOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		_, _, by, err := b.Session(t.Context(), b.signIn("olga@example.com").Token)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.VerifyPassword(t.Context(), by, goodPassword); err != nil {
			t.Fatalf("the right password: %v", err)
		}
		for range failuresAllowed {
			if f, ok := models.FieldErrors(b.VerifyPassword(t.Context(), by, "wrong")); !ok || f["password"] == "" {
				t.Fatalf("a wrong password: %v", f)
			}
		}
		if err := b.VerifyPassword(t.Context(), by, goodPassword); models.CodeOf(err) != models.TooMany {
			t.Errorf("after five wrong ones: %v", err)
		}
		if _, err := b.SignIn(t.Context(), b.meta(), "olga@example.com", goodPassword); models.CodeOf(err) != models.TooMany {
			t.Errorf("signing in after five wrong ones: %v", err)
		}
	})
}

func TestOneAddressIsHeldToItsRate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		meta := Meta{Address: "192.0.2.1"}
		for i := range addressBurst { // each another name: no lock-out would stop this
			_, _ = b.SignIn(t.Context(), meta, fmt.Sprintf("nobody%d@example.com", i), "guess")
		}
		before := b.hash.runs.Load()
		_, err := b.SignIn(t.Context(), meta, "olga@example.com", goodPassword)
		if models.ReasonOf(err) != "sign_in_rate" || b.hash.runs.Load() != before {
			t.Errorf("one attempt more = %v", err)
		}
		b.signIn("olga@example.com") // from elsewhere
	})
}

// Whoever goes away while a password waits for its turn has guessed nothing, and is not locked out for it; a password that
// was right counts for nothing either.
func TestWhoGoesAwayIsNotCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		if err := b.hash.slots.Acquire(t.Context(), atOnce); err != nil { // nobody gets a turn
			t.Fatal(err)
		}
		for again := failuresAllowed + 1; again > 0; again-- {
			ctx, leave := context.WithCancel(t.Context())
			left := make(chan error)
			go func() {
				_, err := b.SignIn(ctx, b.meta(), "olga@example.com", "not the password of anybody")
				left <- err
			}()
			b.waitUntilCounted("olga@example.com")
			leave()
			switch err := <-left; models.ReasonOf(err) {
			case "sign_in_busy":
			case "commit_unknown": // gone before it was heard that they were counted: this tells nothing of the wait, once more
				_, err := b.store.Write(t.Context(), func(tx *store.Tx) error {
					return forgive(tx, failureKey(EmailKey("olga@example.com")), b.now())
				})
				if err != nil {
					t.Fatal(err)
				}
				again++
			default:
				t.Fatalf("without a turn: %v", err)
			}
		}
		b.hash.slots.Release(atOnce)
		b.signIn("olga@example.com")
	})
}

func (b *bench) waitUntilCounted(email string) {
	b.Helper()
	for range 2000 {
		var f models.SignInFailures
		err := b.store.Read(b.Context(), func(tx *store.Tx) (err error) {
			f, err = tx.Failures(failureKey(EmailKey(email)))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		if f.Count > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	b.Fatal("the attempt is not counted")
}
