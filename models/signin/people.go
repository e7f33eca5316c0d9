package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// AddPerson makes a person who may sign in. Without a password the answer is the token of a one-time link by which they
// set their own.
func (s *Service) AddPerson(
	ctx context.Context, by models.Actor, email string, access []string, password string,
) (person models.Person, token string, err error) {
	err = s.addPerson(ctx, by, email, access, password, &person, &token)
	if err != nil {
		refusal := models.NewEvent(by, s.now(), "person.create", "person", "", "")
		return models.Person{}, "", s.refused(ctx, refusal, err)
	}
	return person, token, nil
}

func (s *Service) addPerson(
	ctx context.Context, by models.Actor, email string, access []string, password string, person *models.Person, token *string,
) (err error) {
	if !by.MayAnywhere(models.PeopleManage) {
		return errPeople()
	}
	if *person, err = s.draft(ctx, newPerson{email, password, access, password == ""}); err != nil {
		return err
	}
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := insert(tx, by, *person); err != nil || password != "" {
			return err
		}
		*token, err = s.link(tx, models.LinkReset, person.ID)
		return err
	})
	if models.CodeOf(err) == models.Conflict {
		return &models.Error{
			Code: models.Conflict, Reason: "person_exists", Text: "Somebody has this mail address already.",
			Fields: models.Fields{"email": "Somebody has this mail address already."}, Err: err,
		}
	}
	return err
}

// newPerson is what is asked for a person who does not exist yet.
type newPerson struct {
	email, password string
	access          []string
	invited         bool // they set their password themselves, later
}

func (in newPerson) problems() models.Fields {
	problems := models.Fields{}
	_, _, err := ParseEmail(in.email)
	if f, ok := models.FieldErrors(err); ok {
		problems["email"] = f["email"]
	}
	if problem := CheckPassword(in.password, in.email); problem != "" && !in.invited {
		problems["password"] = problem
	}
	unknown := func(a string) bool { return !slices.Contains(models.AccessNames, a) }
	if len(in.access) == 0 || slices.ContainsFunc(in.access, unknown) {
		problems["access"] = "Choose one or more of " + strings.Join(models.AccessNames, ", ") + "."
	}
	return problems
}

// draft checks the input and fills the record.
func (s *Service) draft(ctx context.Context, in newPerson) (p models.Person, err error) {
	if err := models.FieldProblems(in.problems()); err != nil {
		return p, err
	}
	p.CreatedAt, p.Access = s.now(), slices.Sorted(slices.Values(in.access))
	if p.Email, p.EmailKey, err = ParseEmail(in.email); err != nil {
		return p, err
	}
	if p.ID, err = models.NewID(models.PrefixPerson, s.rand); err != nil || in.invited {
		return p, err
	}
	p.PasswordHash, err = s.hash.make(ctx, in.password)
	return p, err
}

// insert makes the person with their access and its event.
func insert(tx *store.Tx, by models.Actor, p models.Person) error {
	if err := tx.InsertPerson(p); err != nil {
		return err
	}
	tx.Record(changeEvent(by, p.CreatedAt, "person.create", models.Person{}, p))
	return tx.SetAccess(p.ID, p.Access)
}

// DisablePerson keeps somebody out, at once: their sessions and links end. The last administrator who can sign in cannot
// be disabled.
func (s *Service) DisablePerson(ctx context.Context, by models.Actor, email string) error {
	return s.manage(ctx, by, "person.disable", email, func(tx *store.Tx, p models.Person) error {
		if !p.DisabledAt.IsZero() {
			return models.NewError(models.Precondition, "person_disabled", p.Email+" is disabled already.")
		}
		if err := keepsAdministrator(tx, p); err != nil {
			return err
		}
		before := p
		p.DisabledAt = s.now()
		tx.Record(changeEvent(by, p.DisabledAt, "person.disable", before, p))
		return errors.Join(endAccess(tx, p), tx.DeleteLinks(models.LinkReset, p.ID))
	})
}

// EnablePerson lets a disabled person in again, with the access that they had.
func (s *Service) EnablePerson(ctx context.Context, by models.Actor, email string) error {
	return s.manage(ctx, by, "person.enable", email, func(tx *store.Tx, p models.Person) error {
		if p.DisabledAt.IsZero() {
			return models.NewError(models.Precondition, "person_active", p.Email+" is not disabled.")
		}
		before := p
		p.DisabledAt = time.Time{}
		tx.Record(changeEvent(by, s.now(), "person.enable", before, p))
		return tx.UpdatePerson(p)
	})
}

// EndSessions ends a person's sessions, except the one whose token is given; "" spares none.
func (s *Service) EndSessions(ctx context.Context, by models.Actor, personID, exceptToken string) error {
	p, err := s.person(ctx, func(tx *store.Tx) (models.Person, error) { return tx.Person(personID) })
	if err != nil {
		return err
	}
	own := by.Type == models.ActorPerson && by.ID == personID
	event := personEvent(by, s.now(), "person.end_sessions", p)
	if !own && !by.MayAnywhere(models.PeopleManage) {
		return s.refused(ctx, event, errPeople())
	}
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		tx.Record(event)
		return tx.DeleteSessionsOf(personID, exceptDigest(exceptToken))
	})
	return s.refused(ctx, event, err)
}

// People lists everybody, with their access, by mail address.
func (s *Service) People(ctx context.Context, by models.Actor) (people []models.Person, err error) {
	if !by.MayAnywhere(models.PeopleManage) {
		return nil, errPeople()
	}
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		people, err = tx.People()
		return err
	})
	return people, err
}

// manage runs a change of one person in one transaction, for those who may; a refusal becomes an event.
func (s *Service) manage(
	ctx context.Context, by models.Actor, action, email string, change func(*store.Tx, models.Person) error,
) error {
	event := models.NewEvent(by, s.now(), action, "person", "", "")
	if !by.MayAnywhere(models.PeopleManage) {
		return s.refused(ctx, event, errPeople())
	}
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := hold(tx, EmailKey(email)); err != nil {
			return err
		}
		p, err := tx.PersonByEmailKey(EmailKey(email))
		if err != nil {
			return err
		}
		event.ObjectID, event.ObjectName = p.ID, p.Email
		return change(tx, p)
	})
	return s.refused(ctx, event, err)
}

func (s *Service) person(ctx context.Context, find func(*store.Tx) (models.Person, error)) (p models.Person, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		p, err = find(tx)
		return err
	})
	return p, err
}

// keepsAdministrator refuses to lose an administrator where nobody else could manage people then. Of two administrators who disable each other
// at the same moment, the second one waits here for the first.
func keepsAdministrator(tx *store.Tx, without models.Person) error {
	if !slices.Contains(without.Access, models.Administrator) {
		return nil
	}
	if err := hold(tx, "the last administrator"); err != nil { // no mail address, so nobody's name
		return err
	}
	people, err := tx.People()
	if err != nil {
		return err
	}
	another := slices.ContainsFunc(people, func(p models.Person) bool {
		return p.ID != without.ID && p.DisabledAt.IsZero() && slices.Contains(p.Access, models.Administrator)
	})
	if !another {
		return models.NewError(models.Precondition, "last_administrator",
			"This is the last administrator who can sign in. Make another one first.")
	}
	return nil
}

// endAccess writes the person and ends all their sessions.
func endAccess(tx *store.Tx, p models.Person) error {
	return errors.Join(tx.UpdatePerson(p), tx.DeleteSessionsOf(p.ID, nil))
}

func exceptDigest(token string) []byte {
	if token == "" {
		return nil
	}
	return digestOf(token)
}

func personEvent(by models.Actor, now time.Time, action string, p models.Person) models.Event {
	return models.NewEvent(by, now, action, "person", p.ID, p.Email)
}

// changeEvent carries the person before and after; a zero one is left out.
func changeEvent(by models.Actor, now time.Time, action string, before, after models.Person) models.Event {
	e := personEvent(by, now, action, after)
	e.Before, e.After = facts(before).Marshal(), facts(after).Marshal()
	return e
}

func facts(p models.Person) models.Facts {
	if p.ID == "" {
		return nil
	}
	return models.Facts{"email": p.Email, "access": p.Access, "disabled": !p.DisabledAt.IsZero()}
}

func errPeople() error {
	return models.NewError(models.Forbidden, "forbidden", "Only an administrator manages people.")
}
