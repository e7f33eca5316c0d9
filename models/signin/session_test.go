package signin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestASessionEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		for name, end := range map[string]func(Granted) error{
			"signed out": func(g Granted) error { return b.SignOut(t.Context(), b.meta(), g.Token) },
			"idle": func(Granted) error {
				b.clock.pass(SessionIdle)
				return nil
			},
			"swept": func(Granted) error {
				b.clock.pass(SessionIdle + time.Second)
				return b.Sweep(t.Context())
			},
			"disabled": func(Granted) error { return b.DisablePerson(t.Context(), local, "olga@example.com") },
			"password reset": func(Granted) error {
				if err := b.EnablePerson(t.Context(), local, "olga@example.com"); err != nil && models.CodeOf(err) != models.Precondition {
					return err
				}
				return reset(b, "olga@example.com", goodPassword)
			},
			"ended by an administrator": func(g Granted) error { return b.EndSessions(t.Context(), local, g.Person.ID, nil) },
		} {
			t.Run(name, func(t *testing.T) {
				_ = b.EnablePerson(t.Context(), local, "olga@example.com")
				g := b.signIn("olga@example.com")
				if !b.signedIn(g.Token) {
					t.Fatal("a new session is not one")
				}
				if err := end(g); err != nil {
					t.Fatal(err)
				}
				if b.signedIn(g.Token) {
					t.Error("a replay of the id still opens the session")
				}
			})
		}
	})
}

func reset(b *bench, email, password string) error {
	token, err := b.ResetLink(b.Context(), local, email)
	if err != nil {
		return err
	}
	return b.Reset(b.Context(), b.meta(), token, password)
}

func TestASessionLivesTwelveHoursAtMost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		g := b.signIn("olga@example.com")
		step := SessionIdle - time.Microsecond // used often enough to be never idle
		for age := step; age < SessionLife; age += step {
			if b.clock.pass(step); !b.signedIn(g.Token) {
				t.Fatalf("a session in use ended after %v", age)
			}
		}
		b.clock.pass(g.Session.ExpiresAt.Sub(b.now()) - time.Microsecond)
		if !b.signedIn(g.Token) {
			t.Error("it ended before its time")
		}
		b.clock.pass(time.Microsecond)
		if b.signedIn(g.Token) {
			t.Error("it outlives its time")
		}
	})
}

func TestSeenIsWrittenOnceAMinute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		g := b.signIn("olga@example.com")
		for _, tc := range []struct{ pass, seen time.Duration }{{59 * time.Second, 0}, {time.Second, time.Minute}, {30 * time.Second, time.Minute}} {
			b.clock.pass(tc.pass)
			if !b.signedIn(g.Token) {
				t.Fatal("not signed in")
			}
			if got := stored(b, g.Token).SeenAt.Sub(noon); got != tc.seen {
				t.Errorf("after %v more, seen at +%v, want +%v", tc.pass, got, tc.seen)
			}
		}
	})
}

func stored(b *bench, token string) (s models.Session) {
	b.Helper()
	err := b.store.Read(b.Context(), func(tx *store.Tx) (err error) {
		s, err = tx.Session(digestOf(token))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// Access is read at every request: what was taken away is gone at once, without a new sign-in.
func TestAccessIsFresh(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("olga@example.com", models.Operator)
		g := b.signIn("olga@example.com")
		_, err := b.store.Write(t.Context(), func(tx *store.Tx) error { return tx.SetAccess(p.ID, []string{models.Reviewer}) })
		if err != nil {
			t.Fatal(err)
		}
		_, _, by, err := b.Session(t.Context(), g.Token)
		if err != nil || by.MayAnywhere(models.KeysCreate) || !by.MayAnywhere(models.AuditView) {
			t.Errorf("grants = %v, %v", by.Grants, err)
		}
		p.DisabledAt = b.now() // by whatever way: the session itself is still there
		_, err = b.store.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdatePerson(p) })
		if err != nil || b.signedIn(g.Token) {
			t.Errorf("a disabled person's session is open (%v)", err)
		}
	})
}

func TestPlantedIDsOpenNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		g := b.signIn("olga@example.com")
		for _, planted := range []string{"", "x", strings.Repeat("A", 43), g.Token + "=", g.Token[:42], string(g.Session.Digest), "\x00\xff"} {
			if b.signedIn(planted) {
				t.Errorf("%q opens a session", planted)
			}
		}
		if again := b.signIn("olga@example.com"); again.Token == g.Token || slices.Equal(again.Session.FormKey, g.Session.FormKey) {
			t.Error("two sign-ins share an id or a form key")
		}
	})
}

func TestEndSessionsSparesOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		b.add("ivan@example.com", models.Reviewer)
		one, two, ivan := b.signIn("olga@example.com"), b.signIn("olga@example.com"), b.signIn("ivan@example.com")
		_, _, by, _ := b.Session(t.Context(), one.Token)
		if err := b.EndSessions(t.Context(), by, one.Person.ID, one.Session.Digest); err != nil {
			t.Fatal(err)
		}
		if !b.signedIn(one.Token) || b.signedIn(two.Token) || !b.signedIn(ivan.Token) {
			t.Error("all of the person's sessions but the spared one end, and nobody else's")
		}
		if err := b.EndSessions(t.Context(), by, ivan.Person.ID, nil); models.CodeOf(err) != models.Forbidden || !b.signedIn(ivan.Token) {
			t.Errorf("a reviewer ends another's sessions: %v", err)
		}
	})
}
