package signin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestListPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		for i := range 7 {
			b.add(fmt.Sprintf("p%d@example.com", i), models.Reviewer)
		}
		odd := b.add("Ольга@пример.example", models.Operator, models.Reviewer)
		b.invite("in_vited@example.com", models.Responder)
		b.signIn("p3@example.com")
		b.signIn("p3@example.com")
		b.clock.pass(SessionIdle - time.Minute)
		b.signIn("p3@example.com")
		b.clock.pass(2 * time.Minute) // the first two are idle now
		for range failuresAllowed {
			_ = b.wrong("P3@example.com")
		}
		if err := b.DisablePerson(t.Context(), local, "p5@example.com"); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			f    PersonFilter
			want string
		}{
			"part of an address": {PersonFilter{Search: "P3@"}, "p3@example.com 1 locked"},
			"as it was typed":    {PersonFilter{Search: "Ольга@при"}, "Ольга@пример.example 0"},
			"another spelling":   {PersonFilter{Search: "ольга"}, "Ольга@пример.example 0"},
			"an id":              {PersonFilter{Search: odd.ID}, "Ольга@пример.example 0"},
			"a wildcard":         {PersonFilter{Search: "%"}, ""},
			"an underscore":      {PersonFilter{Search: "n_v"}, "in_vited@example.com 0"},
			"spaces":             {PersonFilter{Search: "  ", State: models.PersonDisabled}, "p5@example.com 0"},
			"invited":            {PersonFilter{State: models.PersonInvited}, "in_vited@example.com 0"},
			"access":             {PersonFilter{Access: models.Operator}, "Ольга@пример.example 0"},
			"both":               {PersonFilter{Access: models.Operator, State: models.PersonDisabled}, ""},
			"the first two":      {PersonFilter{Limit: 2}, "in_vited@example.com 0, p0@example.com 0"},
			"before p2":          {PersonFilter{Limit: 2, Back: true, After: models.Cursor{ID: "p2@example.com"}}, "p0@example.com 0, p1@example.com 0"},
			"after p5":           {PersonFilter{Limit: 1, After: models.Cursor{ID: "p5@example.com"}}, "p6@example.com 0"},
		} {
			l, err := b.ListPeople(t.Context(), local, tc.f)
			if err != nil {
				t.Fatal(name, err)
			}
			var got []string
			for _, r := range l.Page.Rows {
				row := fmt.Sprint(r.Email, " ", r.Sessions)
				if b.now().Before(r.LockedUntil) {
					row += " locked"
				}
				got = append(got, row)
			}
			if strings.Join(got, ", ") != tc.want {
				t.Errorf("%s: %q, want %q", name, got, tc.want)
			}
		}
	})
}

// Who reads everybody reads them once each, however many batches it takes.
func TestEverybodyIsReadOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		const many = batchRows + 3
		_, err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i := range many {
				email := fmt.Sprintf("p%04d@example.com", i)
				err := tx.InsertPerson(models.Person{ID: fmt.Sprintf("bfb%017d", i), Email: email, EmailKey: email, CreatedAt: noon})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		people, err := b.People(t.Context(), local)
		seen := map[string]bool{}
		for _, p := range people {
			seen[p.ID] = true
		}
		if err != nil || len(people) != many || len(seen) != many {
			t.Errorf("%d people, %d of them different, %v", len(people), len(seen), err)
		}
		l, err := b.ListPeople(t.Context(), local, PersonFilter{})
		if err != nil || len(l.Page.Rows) != pageRows || !l.Page.More || l.Total != many || l.Capped {
			t.Errorf("a page of %d, %d in all, %v", len(l.Page.Rows), l.Total, err)
		}
		if err := b.EachPerson(t.Context(), models.Actor{}, PersonFilter{}, nil); models.CodeOf(err) != models.Forbidden {
			t.Errorf("nobody reads people: %v", err)
		}
	})
}

func TestWhatIsSeenOfAPerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		root := b.add("root@example.com", models.Administrator)
		p := b.add("olga@example.com", models.Reviewer)
		g := b.signIn(p.Email)
		by := b.actor(b.signIn(root.Email))
		if _, err := b.ResetLink(t.Context(), by, p.ID); err != nil {
			t.Fatal(err)
		}
		v, err := b.Person(t.Context(), by, p.ID)
		if err != nil || len(v.Sessions) != 1 || v.Sessions[0].Ref() != g.Session.Ref() || v.Last || !v.LinkUntil.Equal(b.now().Add(linkLife)) {
			t.Errorf("%+v, %v", v, err)
		}
		var actions []string
		for _, e := range v.Events {
			actions = append(actions, e.Action)
		}
		if got := strings.Join(actions, " "); got != "person.reset_link session.create person.create" {
			t.Errorf("events %s", got)
		}
		if r, err := b.Person(t.Context(), by, root.ID); err != nil || !r.Last {
			t.Errorf("the last administrator: %v, %v", r.Last, err)
		}
		if _, err := b.Person(t.Context(), b.actor(g), root.ID); models.CodeOf(err) != models.Forbidden {
			t.Errorf("a reviewer sees a person: %v", err)
		}
		if _, gone, err := b.DisabledOwner(t.Context(), by, "OLGA@example.com"); gone || err != nil {
			t.Errorf("an owner who can sign in: %v, %v", gone, err)
		}
		if err := b.DisablePerson(t.Context(), by, p.ID); err != nil {
			t.Fatal(err)
		}
		for email, want := range map[string]bool{"OLGA@example.com": true, "team@example.com": false, "root@desk": false} {
			if _, gone, err := b.DisabledOwner(t.Context(), by, email); gone != want || err != nil {
				t.Errorf("%s: %v, %v", email, gone, err)
			}
		}
	})
}
