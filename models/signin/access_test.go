package signin

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// invite makes a person without a password.
func (b *bench) invite(email string, access ...string) (models.Person, string) {
	b.Helper()
	p, token, err := b.Invite(b.Context(), local, "", email, access)
	if err != nil {
		b.Fatal(err)
	}
	return p, token
}

func (b *bench) actor(g Granted) models.Actor {
	b.Helper()
	_, _, by, err := b.Session(b.Context(), g.Token)
	if err != nil {
		b.Fatal(err)
	}
	return by
}

func TestChangeAccess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		b.add("root@example.com", models.Administrator)
		p := b.add("olga@example.com", models.Operator)
		reviewer := b.actor(b.signIn(b.add("rev@example.com", models.Reviewer).Email))
		seen := []string{models.Operator}
		for name, tc := range map[string]struct {
			by           models.Actor
			ref          string
			seen, access []string
			reason       string
		}{
			"none":                      {local, p.ID, seen, nil, "invalid_fields"},
			"one that is none":          {local, p.ID, seen, []string{"owner"}, "invalid_fields"},
			"the same":                  {local, p.ID, seen, seen, "invalid_fields"},
			"an old form":               {local, p.ID, []string{models.Reviewer}, []string{models.Responder}, "changed_meanwhile"},
			"by a reviewer":             {reviewer, p.ID, seen, []string{models.Administrator}, "forbidden"},
			"of nobody":                 {local, "bfb00000000000000000", seen, []string{models.Reviewer}, "not_found"},
			"of a mail address unknown": {local, "x@example.com", seen, []string{models.Reviewer}, "not_found"},
		} {
			if err := b.ChangeAccess(t.Context(), tc.by, tc.ref, tc.seen, tc.access); models.ReasonOf(err) != tc.reason {
				t.Errorf("%s: %v, want %s", name, err, tc.reason)
			}
		}
		g := b.signIn(p.Email)
		if err := b.ChangeAccess(t.Context(), local, p.Email, seen, []string{models.Reviewer, models.Responder, models.Reviewer}); err != nil {
			t.Fatal(err)
		}
		if b.signedIn(g.Token) {
			t.Error("the session outlived the change")
		}
		if v, err := b.Person(t.Context(), local, p.ID); err != nil || !slices.Equal(v.Access, []string{models.Responder, models.Reviewer}) {
			t.Errorf("access = %v, %v", v.Access, err)
		}
	})
}

// Who was only invited takes the place of who was only invited.
func TestWhoIsTheLastAdministrator(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		wrong, _ := b.invite("wrnog@example.com", models.Administrator)
		if err := b.DisablePerson(t.Context(), local, wrong.ID); models.ReasonOf(err) != "last_administrator" {
			t.Errorf("the only one who was invited: %v", err)
		}
		right, token := b.invite("right@example.com", models.Administrator)
		if err := b.DisablePerson(t.Context(), local, wrong.ID); err != nil {
			t.Errorf("with another who was invited: %v", err)
		}
		if err := b.Reset(t.Context(), b.meta(), token, goodPassword); err != nil {
			t.Fatal(err)
		}
		b.invite("third@example.com", models.Administrator)
		demote := func(ref string) error {
			return b.ChangeAccess(t.Context(), local, ref, []string{models.Administrator}, []string{models.Reviewer})
		}
		if err := demote(right.ID); models.ReasonOf(err) != "last_administrator" {
			t.Errorf("the only one who can sign in: %v", err)
		}
		if err := demote(wrong.ID); err != nil {
			t.Errorf("one who is disabled: %v", err)
		}
		if err := b.DisablePerson(t.Context(), b.actor(b.signIn(right.Email)), right.ID); models.ReasonOf(err) != "own_account" {
			t.Errorf("oneself: %v", err)
		}
	})
}

// However disabling and demoting meet, an administrator is left.
func TestAdministratorsRaceInEveryWay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		for i := range 6 {
			b.add(fmt.Sprintf("a%d@example.com", i), models.Administrator)
		}
		var all sync.WaitGroup
		for i := range 6 {
			email := fmt.Sprintf("a%d@example.com", i)
			all.Go(func() {
				if i%2 == 0 {
					_ = b.DisablePerson(t.Context(), local, email)
					return
				}
				_ = b.ChangeAccess(t.Context(), local, email, []string{models.Administrator}, []string{models.Operator})
			})
		}
		all.Wait()
		l, err := b.ListPeople(t.Context(), local, PersonFilter{Access: models.Administrator, State: models.PersonActive})
		if err != nil || l.Total != 1 {
			t.Errorf("%d administrators are left (%v), want 1", l.Total, err)
		}
	})
}

func TestUnlock(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("olga@example.com", models.Reviewer)
		if err := b.Unlock(t.Context(), local, p.ID); models.ReasonOf(err) != "person_not_locked" {
			t.Errorf("nobody is locked: %v", err)
		}
		for range failuresAllowed {
			_ = b.wrong(p.Email)
		}
		v, err := b.Person(t.Context(), local, p.ID)
		if err != nil || !v.LockedUntil.Equal(b.now().Add(time.Minute)) {
			t.Errorf("locked until %v, %v", v.LockedUntil, err)
		}
		if err := b.Unlock(t.Context(), local, p.ID); err != nil {
			t.Fatal(err)
		}
		for range failuresAllowed - 1 { // the count begins again
			_ = b.wrong(p.Email)
		}
		b.signIn(p.Email)
		want := []string{"person.create done", "person.unlock refused person_not_locked", "person.lock done", "person.unlock done"}
		if got := b.events(p.ID); !slices.Equal(got, want) {
			t.Errorf("events = %q, want %q", got, want)
		}
	})
}

func TestAFormInvitesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		first, _, err := b.Invite(t.Context(), local, "form", "olga@example.com", []string{models.Reviewer})
		if err != nil {
			t.Fatal(err)
		}
		before := len(b.events(""))
		_, token, err := b.Invite(t.Context(), local, "form", "other@example.com", []string{models.Reviewer})
		var done *AlreadyDone
		if !errors.As(err, &done) || done.PersonID != first.ID || token != "" {
			t.Errorf("Invite = %q, %v", token, err)
		}
		if n := len(b.events("")) - before; n != 0 {
			t.Errorf("%d events of a form that came twice", n)
		}
		if people, err := b.People(t.Context(), local); len(people) != 1 {
			t.Errorf("%d people, %v", len(people), err)
		}
	})
}
