package signin

import (
	"context"
	"slices"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

const (
	pageRows     = 50
	batchRows    = 500 // read at a time where all are asked for
	countCap     = 1000
	shownEvents  = 20
	shownSession = 100
)

// PersonFilter narrows the list of people, which is sorted by mail address.
type PersonFilter struct {
	Search string // part of a mail address, in any spelling, or a whole id
	State  models.PersonState
	Access string
	After  models.Cursor
	Back   bool // the page before After
	Limit  int  // 0: 50
}

// PersonRow is a person in a list.
type PersonRow struct {
	models.Person
	LockedUntil time.Time // zero: not locked out
	Sessions    int       // that are open
}

// PersonList is a page of people and how many there are, counted up to a cap.
type PersonList struct {
	Page   models.Page[PersonRow]
	Total  int
	Capped bool
}

func (f PersonFilter) query(limit int) store.PersonQuery {
	q := store.PersonQuery{State: f.State, Access: f.Access, After: f.After, Before: f.Back, Limit: limit}
	if q.Typed = strings.TrimSpace(f.Search); q.Typed != "" {
		if q.Key = EmailKey(q.Typed); q.Key == "" {
			q.Key = q.Typed
		}
	}
	return q
}

// ListPeople answers a page of people, for those who manage them.
func (s *Service) ListPeople(ctx context.Context, by models.Actor, f PersonFilter) (l PersonList, err error) {
	if !by.MayAnywhere(models.PeopleManage) {
		return l, errPeople()
	}
	if f.Limit == 0 {
		f.Limit = pageRows
	}
	q := f.query(f.Limit)
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		if l.Page, err = s.personRows(tx, q); err != nil {
			return err
		}
		l.Total, err = tx.CountPeopleIn(q, countCap+1)
		if l.Total > countCap {
			l.Total, l.Capped = countCap, true
		}
		return err
	})
	return l, err
}

// EachPerson hands everybody whom the filter selects to fn, by mail address, in one snapshot, for as long as that takes.
// Place and limit of the filter are not looked at.
func (s *Service) EachPerson(ctx context.Context, by models.Actor, f PersonFilter, fn func(PersonRow) error) error {
	if !by.MayAnywhere(models.PeopleManage) {
		return errPeople()
	}
	f.After, f.Back = models.Cursor{}, false
	return s.store.Stream(ctx, func(tx *store.Tx) error {
		for q := f.query(batchRows); ; {
			page, err := s.personRows(tx, q)
			if err != nil {
				return err
			}
			for _, r := range page.Rows {
				if err := fn(r); err != nil {
					return err
				}
			}
			if !page.More {
				return nil
			}
			q.After = page.Next
		}
	})
}

// People lists everybody, with their access, by mail address.
func (s *Service) People(ctx context.Context, by models.Actor) ([]models.Person, error) {
	var people []models.Person
	err := s.EachPerson(ctx, by, PersonFilter{}, func(r PersonRow) error {
		people = append(people, r.Person)
		return nil
	})
	return people, err
}

// personRows adds to a page of people what stands in other tables: one query each.
func (s *Service) personRows(tx *store.Tx, q store.PersonQuery) (page models.Page[PersonRow], err error) {
	found, err := tx.People(q)
	if err != nil {
		return page, err
	}
	page.More, page.Next = found.More, found.Next
	page.Rows, err = s.rows(tx, found.Rows)
	return page, err
}

func (s *Service) rows(tx *store.Tx, people []models.Person) ([]PersonRow, error) {
	now := s.now()
	var ids []string
	var keys [][]byte
	for _, p := range people {
		ids, keys = append(ids, p.ID), append(keys, failureKey(p.EmailKey))
	}
	sessions, err := tx.CountSessions(ids, now.Add(-SessionIdle), now)
	if err != nil {
		return nil, err
	}
	locks, err := tx.Locks(keys, now)
	rows := make([]PersonRow, len(people))
	for i, p := range people {
		rows[i] = PersonRow{Person: p, LockedUntil: locks[string(keys[i])], Sessions: sessions[p.ID]}
	}
	return rows, err
}

// PersonView is all that an administrator sees of a person.
type PersonView struct {
	PersonRow
	Sessions  []models.Session // open ones, the last seen first; the newest 100
	LinkUntil time.Time        // a one-time link of theirs works until then; zero: there is none
	Last      bool             // the last administrator who can sign in
	Events    []models.Event   // about them and by them, newest first
}

// Person answers somebody by id, for those who manage people.
func (s *Service) Person(ctx context.Context, by models.Actor, id string) (v PersonView, err error) {
	if !by.MayAnywhere(models.PeopleManage) {
		return v, errPeople()
	}
	if !models.IsID(id) {
		return v, models.Missing("person")
	}
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		p, err := tx.Person(id)
		if err != nil {
			return err
		}
		rows, err := s.rows(tx, []models.Person{p})
		if err != nil {
			return err
		}
		v.PersonRow = rows[0]
		return s.fill(tx, &v)
	})
	return v, err
}

func (s *Service) fill(tx *store.Tx, v *PersonView) (err error) {
	now := s.now()
	if v.Sessions, err = tx.SessionsOf(v.ID, now.Add(-SessionIdle), now, shownSession); err != nil {
		return err
	}
	if v.LinkUntil, err = tx.LinkUntil(models.LinkReset, v.ID, now); err != nil {
		return err
	}
	if v.Last, err = lastAdministrator(tx, v.Person); err != nil {
		return err
	}
	v.Events, err = tx.EventsOfPerson(v.ID, shownEvents)
	return err
}

// DisabledOwner answers the person of a mail address who is disabled, and whether there is one: what they own waits for
// somebody else. It is only said to those who manage people.
func (s *Service) DisabledOwner(ctx context.Context, by models.Actor, email string) (models.Person, bool, error) {
	if !by.MayAnywhere(models.PeopleManage) {
		return models.Person{}, false, nil
	}
	p, err := s.person(ctx, func(tx *store.Tx) (models.Person, error) { return tx.PersonByEmailKey(EmailKey(email)) })
	if models.CodeOf(err) == models.NotFound {
		return models.Person{}, false, nil
	}
	return p, err == nil && !p.DisabledAt.IsZero(), err
}

// HasAccess reports whether a person holds the access.
func (v PersonView) HasAccess(access string) bool { return slices.Contains(v.Access, access) }
