package signin

import (
	"slices"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

const nextPassword = "copper lantern orbit thistle"

func TestChangePassword(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("olga@example.com", models.Reviewer)
		here, elsewhere := b.signIn(p.Email), b.signIn(p.Email)
		by := b.actor(here)
		before := b.hash.runs.Load()
		if err := b.ChangePassword(t.Context(), by, "a wrong one", "short", here.Session.Digest); !strings.Contains(err.Error(), "new_password") {
			t.Errorf("a weak one: %v", err)
		}
		if n := b.hash.runs.Load() - before; n != 0 {
			t.Errorf("%d hashes for a slip, which must be no guess", n)
		}
		if err := b.ChangePassword(t.Context(), by, "a wrong one", nextPassword, here.Session.Digest); models.CodeOf(err) != models.Invalid || !b.signedIn(elsewhere.Token) {
			t.Errorf("a wrong one: %v", err)
		}
		if err := b.ChangePassword(t.Context(), by, goodPassword, nextPassword, here.Session.Digest); err != nil {
			t.Fatal(err)
		}
		if !b.signedIn(here.Token) || b.signedIn(elsewhere.Token) {
			t.Error("this session goes on and the others end")
		}
		if _, err := b.SignIn(t.Context(), b.meta(), p.Email, nextPassword); err != nil {
			t.Errorf("the new one: %v", err)
		}
		_ = b.wrong(p.Email)
		want := []string{"person.change_password refused invalid_fields", "person.change_password refused invalid_fields", "person.change_password done"}
		if got := slices.DeleteFunc(b.events(p.ID), func(e string) bool { return !strings.HasPrefix(e, "person.change") }); !slices.Equal(got, want) {
			t.Errorf("events %q", got)
		}
	})
}

// A password that was set by a link while this one was computed stays.
func TestAResetBeatsAChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("olga@example.com", models.Reviewer)
		by := b.actor(b.signIn(p.Email))
		made := 0
		b.hash.rand = readerFunc(func(raw []byte) (int, error) { // the salt is drawn between the check and the change
			if made++; made == 1 {
				if err := reset(b, p.Email, "quartz meadow falcon ribbon"); err != nil {
					t.Error(err)
				}
			}
			return b.rand.Read(raw)
		})
		if err := b.ChangePassword(t.Context(), by, goodPassword, nextPassword, nil); models.ReasonOf(err) != "changed_meanwhile" {
			t.Errorf("err = %v", err)
		}
		if _, err := b.SignIn(t.Context(), b.meta(), p.Email, "quartz meadow falcon ribbon"); err != nil {
			t.Errorf("the one of the link: %v", err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestEndSession(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		b.add("ivan@example.com", models.Administrator)
		one, two, ivan := b.signIn("olga@example.com"), b.signIn("olga@example.com"), b.signIn("ivan@example.com")
		by := b.actor(one)
		for _, ref := range []string{ivan.Session.Ref(), "", "zz", two.Session.Ref()[:14], two.Session.Ref() + "00", strings.ToUpper(two.Session.Ref()) + "x"} {
			if err := b.EndSession(t.Context(), by, ref); models.CodeOf(err) != models.NotFound {
				t.Errorf("%q: %v", ref, err)
			}
		}
		if list, err := b.Sessions(t.Context(), by); err != nil || len(list) != 2 {
			t.Errorf("%d sessions, %v", len(list), err)
		}
		if err := b.EndSession(t.Context(), by, two.Session.Ref()); err != nil {
			t.Fatal(err)
		}
		if b.signedIn(two.Token) || !b.signedIn(one.Token) || !b.signedIn(ivan.Token) {
			t.Error("the one session ends, and no other")
		}
		if got := b.events(two.Session.Ref()); !slices.Equal(got, []string{"session.create done", "session.delete done"}) {
			t.Errorf("events %q", got)
		}
	})
}
