package signin

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestAddPersonWithALink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		_, token, err := b.AddPerson(t.Context(), local, "olga@example.com", []string{models.Responder}, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Reset(t.Context(), b.meta(), token, goodPassword); err != nil {
			t.Fatal(err)
		}
		b.signIn("olga@example.com")
	})
}

func TestAddPersonRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		reviewer := models.Actor{Type: models.ActorPerson, ID: "p", Grants: []models.Grant{{Role: models.Reviewer, FolderID: models.AllFolders}}}
		for name, tc := range map[string]struct {
			by              models.Actor
			email, password string
			access          []string
			code            models.Code
		}{
			"another spelling of a person": {local, "ＯＬＧＡ@Example.com ", goodPassword, []string{models.Reviewer}, models.Conflict},
			"no access":                    {local, "ivan@example.com", goodPassword, nil, models.Invalid},
			"an access that is none":       {local, "ivan@example.com", goodPassword, []string{"owner"}, models.Invalid},
			"a weak password":              {local, "ivan@example.com", "passwordpassword", []string{models.Reviewer}, models.Invalid},
			"no mail address":              {local, "ivan", goodPassword, []string{models.Reviewer}, models.Invalid},
			"a reviewer":                   {reviewer, "ivan@example.com", goodPassword, []string{models.Reviewer}, models.Forbidden},
			"nobody":                       {models.Actor{}, "ivan@example.com", goodPassword, []string{models.Reviewer}, models.Forbidden},
		} {
			t.Run(name, func(t *testing.T) {
				before := len(b.events(""))
				_, token, err := b.AddPerson(t.Context(), tc.by, tc.email, tc.access, tc.password)
				if models.CodeOf(err) != tc.code || token != "" {
					t.Errorf("AddPerson = %q, %v; want %s", token, err, tc.code)
				}
				want := []string{"person.create refused " + models.ReasonOf(err)}
				if tc.by.Type == "" {
					want = nil // strangers leave no events
				}
				if got := b.events("")[before:]; !slices.Equal(got, want) {
					t.Errorf("the refusal's events = %q, want %q", got, want)
				}
			})
		}
		if people, _ := b.People(t.Context(), local); len(people) != 1 {
			t.Errorf("%d people exist", len(people))
		}
		if _, err := b.People(t.Context(), reviewer); models.CodeOf(err) != models.Forbidden {
			t.Errorf("a reviewer lists people: %v", err)
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("olga@example.com", models.Administrator)
		b.add("ivan@example.com", models.Administrator)
		if err := b.DisablePerson(t.Context(), local, "ivan@example.com"); err != nil {
			t.Fatal(err)
		}
		if err := b.DisablePerson(t.Context(), local, "olga@example.com"); models.ReasonOf(err) != "last_administrator" {
			t.Errorf("the last administrator: %v", err)
		}
		if err := b.EnablePerson(t.Context(), local, "ivan@example.com"); err != nil {
			t.Fatal(err)
		}
		if err := b.DisablePerson(t.Context(), local, "olga@example.com"); err != nil {
			t.Errorf("the last but one: %v", err)
		}
		want := []string{"person.create done", "person.disable refused last_administrator", "person.disable done"}
		if got := b.events(p.ID); !slices.Equal(got, want) {
			t.Errorf("events = %q, want %q", got, want)
		}
	})
}

func TestAChangeTellsBeforeAndAfter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		if err := b.DisablePerson(t.Context(), local, "olga@example.com"); err != nil {
			t.Fatal(err)
		}
		var page models.Page[store.EventRow]
		err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
			page, err = tx.Events(store.EventQuery{Scope: models.FolderScope{All: true}, Limit: 2})
			return err
		})
		if err != nil || len(page.Rows) != 2 {
			t.Fatal(page, err)
		}
		const active = `{"access":["reviewer"],"disabled":false,"email":"olga@example.com"}`
		disabled := strings.Replace(active, "false", "true", 1)
		if e := page.Rows[1]; e.Before != "" || e.After != active || e.ActorName != "root@desk" {
			t.Errorf("person.create: %q to %q by %q", e.Before, e.After, e.ActorName)
		}
		if e := page.Rows[0]; e.Before != active || e.After != disabled {
			t.Errorf("person.disable: %q to %q", e.Before, e.After)
		}
	})
}

// Administrators who disable each other at the same moment leave one.
func TestAdministratorsRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		var all sync.WaitGroup
		for i := range 4 {
			b.add(fmt.Sprintf("a%d@example.com", i), models.Administrator)
		}
		for i := range 4 {
			all.Go(func() { _ = b.DisablePerson(t.Context(), local, fmt.Sprintf("a%d@example.com", i)) })
		}
		all.Wait()
		people, err := b.People(t.Context(), local)
		active := slices.DeleteFunc(people, func(p models.Person) bool { return !p.DisabledAt.IsZero() })
		if err != nil || len(active) != 1 {
			t.Errorf("%d administrators are left (%v), want 1", len(active), err)
		}
	})
}

// However a disable and a sign-in meet, the disable stands and no session outlives it.
func TestNobodySignsInPastADisable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("root@example.com", models.Administrator)
		for i := range 15 {
			email := fmt.Sprintf("p%d@example.com", i)
			b.add(email, models.Operator)
			tokens := make([]string, 4)
			var all sync.WaitGroup
			for n := range tokens {
				all.Go(func() {
					g, _ := b.SignIn(t.Context(), Meta{Address: fmt.Sprintf("192.0.%d.%d", i, n)}, email, goodPassword)
					tokens[n] = g.Token
				})
			}
			all.Go(func() {
				if err := b.DisablePerson(t.Context(), local, email); err != nil {
					t.Errorf("disabling: %v", err)
				}
			})
			all.Wait()
			if slices.ContainsFunc(tokens, b.signedIn) {
				t.Error("a session outlived the disable")
			}
			if _, err := b.SignIn(t.Context(), b.meta(), email, goodPassword); err == nil {
				t.Error("a sign-in undid the disable")
			}
		}
	})
}

func TestResetLinksDieWithADisable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("olga@example.com", models.Reviewer)
		token, err := b.ResetLink(t.Context(), local, "olga@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.DisablePerson(t.Context(), local, "olga@example.com"); err != nil {
			t.Fatal(err)
		}
		if err := b.Reset(t.Context(), b.meta(), token, goodPassword); err == nil {
			t.Error("a link made before the disable still works")
		}
		if _, err := b.ResetLink(t.Context(), local, "olga@example.com"); models.ReasonOf(err) != "person_disabled" {
			t.Errorf("a link for a disabled person: %v", err)
		}
		if _, err := b.ResetLink(t.Context(), local, "nobody@example.com"); models.CodeOf(err) != models.NotFound {
			t.Errorf("a link for nobody: %v", err)
		}
		if err := b.EnablePerson(t.Context(), local, "nobody@example.com"); models.CodeOf(err) != models.NotFound {
			t.Errorf("enabling nobody: %v", err)
		}
	})
}

func TestSweepForgetsOldFailures(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		_ = b.wrong("nobody@example.com")
		for _, tc := range []struct {
			pass time.Duration
			want int
		}{{keepFailures, 1}, {time.Second, 0}} {
			b.clock.pass(tc.pass)
			if err := b.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			var f models.SignInFailures
			err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
				f, err = tx.Failures(failureKey("nobody@example.com"))
				return err
			})
			if err != nil || f.Count != tc.want {
				t.Errorf("after a sweep %d failures are kept (%v), want %d", f.Count, err, tc.want)
			}
		}
	})
}
