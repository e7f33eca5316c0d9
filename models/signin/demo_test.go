package signin

import (
	"errors"
	"slices"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestADemoSignsInWithoutAPassword(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		olga, mei := b.add("olga@example.com", models.Administrator), b.add("mei@example.com", models.Reviewer)
		token, err := b.OpenDemo(olga.Email)
		if err != nil {
			t.Fatal(err)
		}
		first, err := b.DemoLink(t.Context(), b.meta(), token)
		if err != nil || first.Person.ID != olga.ID || !b.signedIn(first.Token) {
			t.Fatalf("the link signs in %+v, %v", first.Person, err)
		}
		again, err := b.DemoLink(t.Context(), b.meta(), token)
		if err != nil || again.Token == first.Token {
			t.Errorf("opened again, the link gives %v and the same session: %v", err, again.Token == first.Token)
		}
		_, _, by, err := b.Session(t.Context(), first.Token)
		if err != nil {
			t.Fatal(err)
		}
		switched, err := b.DemoSwitch(t.Context(), by, b.meta(), mei.Email)
		if err != nil || switched.Person.ID != mei.ID {
			t.Fatalf("switching gives %+v, %v", switched.Person, err)
		}
		if _, _, by, err := b.Session(t.Context(), switched.Token); err != nil || !by.Is(models.Reviewer) || by.Is(models.Administrator) {
			t.Errorf("who switched acts as %+v, %v", by, err)
		}
	})
}

func TestADemosDoorIsShut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		olga, mei := b.add("olga@example.com", models.Administrator), b.add("mei@example.com", models.Reviewer)
		other, _, err := newToken(b.rand)
		if err != nil {
			t.Fatal(err)
		}
		link := func(token string) error {
			_, err := b.DemoLink(t.Context(), b.meta(), token)
			return err
		}
		by := actorOf(olga)
		to := func(email string) error {
			_, err := b.DemoSwitch(t.Context(), by, b.meta(), email)
			return err
		}
		if err := link(other); !errors.Is(err, ErrLinkDead) {
			t.Errorf("a link where there is no demo: %v", err)
		}
		if err := to(mei.Email); models.CodeOf(err) != models.NotFound {
			t.Errorf("a switch where there is no demo: %v", err)
		}
		if _, err := b.OpenDemo(olga.Email); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{other, "", "short"} {
			if err := link(token); !errors.Is(err, ErrLinkDead) {
				t.Errorf("the token %q: %v", token, err)
			}
		}
		if err := b.DisablePerson(t.Context(), local, mei.Email); err != nil {
			t.Fatal(err)
		}
		if err := to(mei.Email); models.CodeOf(err) != models.Precondition {
			t.Errorf("a switch to somebody disabled: %v", err)
		}
		if err := to("nobody@example.com"); models.CodeOf(err) != models.NotFound {
			t.Errorf("a switch to nobody: %v", err)
		}
		if log := b.events(""); !slices.Contains(log, "session.create refused person_disabled") || slices.Contains(log, "session.create done") {
			t.Errorf("the audit log has %q", log)
		}
	})
}
