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
	return s.addPerson(ctx, by, newPerson{email: email, password: password, access: access, invited: password == ""})
}

// Invite makes a person who sets their own password by the link of the token. A form id that was used before makes nobody:
// see AlreadyDone.
func (s *Service) Invite(
	ctx context.Context, by models.Actor, formID, email string, access []string,
) (person models.Person, token string, err error) {
	return s.addPerson(ctx, by, newPerson{formID: formID, email: email, access: access, invited: true})
}

func (s *Service) addPerson(ctx context.Context, by models.Actor, in newPerson) (person models.Person, token string, err error) {
	if !by.MayAnywhere(models.PeopleManage) {
		err = errPeople()
	} else if person, err = s.draft(ctx, in); err == nil {
		token, err = s.insertNew(ctx, by, in, person)
	}
	if err != nil {
		refusal := models.NewEvent(by, s.now(), "person.create", "person", "", "")
		return models.Person{}, "", s.refused(ctx, refusal, err)
	}
	return person, token, nil
}

// insertNew makes the drafted person, with the link by which somebody who is invited sets their password.
func (s *Service) insertNew(ctx context.Context, by models.Actor, in newPerson, p models.Person) (token string, err error) {
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := claim(tx, by, in.formID, p.ID); err != nil {
			return err
		}
		if err := insert(tx, by, p); err != nil || !in.invited {
			return err
		}
		token, err = s.link(tx, models.LinkReset, p.ID)
		return err
	})
	if models.CodeOf(err) == models.Conflict {
		return "", &models.Error{
			Code: models.Conflict, Reason: "person_exists", Text: "Somebody has this mail address already.",
			Fields: models.Fields{"email": "Somebody has this mail address already."}, Err: err,
		}
	}
	return token, err
}

// newPerson is what is asked for a person who does not exist yet.
type newPerson struct {
	formID          string // one-time id of the form; "" where there is none
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
	if problem := accessProblem(in.access); problem != "" {
		problems["access"] = problem
	}
	return problems
}

// InviteProblems says what is wrong with an invitation, before anything is made of it.
func InviteProblems(email string, access []string) models.Fields {
	return newPerson{email: email, access: access, invited: true}.problems()
}

func accessProblem(access []string) string {
	unknown := func(a string) bool { return !slices.Contains(models.AccessNames, a) }
	if len(access) == 0 || slices.ContainsFunc(access, unknown) {
		return "Choose one or more of " + strings.Join(models.AccessNames, ", ") + "."
	}
	return ""
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

// DisablePerson keeps somebody out, at once: their sessions, IAM tokens and links end. Neither the last administrator who can sign in
// can be disabled, nor whoever asks. ref is an id or a mail address, here and below.
func (s *Service) DisablePerson(ctx context.Context, by models.Actor, ref string) error {
	return s.manage(ctx, by, "person.disable", ref, func(tx *store.Tx, p models.Person) error {
		if !p.DisabledAt.IsZero() {
			return models.NewError(models.Precondition, "person_disabled", p.Email+" is disabled already.")
		}
		if own(by, p.ID) {
			return models.NewError(models.Precondition, "own_account", "Nobody disables themselves: another administrator can do that.")
		}
		if err := keepsAdministrator(tx, p); err != nil {
			return err
		}
		before := p
		p.DisabledAt = s.now()
		tx.Record(changeEvent(by, p.DisabledAt, "person.disable", before, p))
		return errors.Join(s.endAccess(tx, p), tx.DeleteLinks(models.LinkReset, p.ID))
	})
}

// EnablePerson lets a disabled person in again, with the access that they had.
func (s *Service) EnablePerson(ctx context.Context, by models.Actor, ref string) error {
	return s.manage(ctx, by, "person.enable", ref, func(tx *store.Tx, p models.Person) error {
		if p.DisabledAt.IsZero() {
			return models.NewError(models.Precondition, "person_active", p.Email+" is not disabled.")
		}
		before := p
		p.DisabledAt = time.Time{}
		tx.Record(changeEvent(by, s.now(), "person.enable", before, p))
		return tx.UpdatePerson(p)
	})
}

// EndSessions ends a person's sessions, but for the one of the digest; nil spares none. Their IAM tokens end with them.
func (s *Service) EndSessions(ctx context.Context, by models.Actor, personID string, except []byte) error {
	p, err := s.person(ctx, func(tx *store.Tx) (models.Person, error) { return tx.Person(personID) })
	if err != nil {
		return err
	}
	event := personEvent(by, s.now(), "person.end_sessions", p)
	if !own(by, personID) && !by.MayAnywhere(models.PeopleManage) {
		return s.refused(ctx, event, errPeople())
	}
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		tx.Record(event)
		return s.endSessions(tx, personID, except)
	})
	return s.refused(ctx, event, err)
}

func own(by models.Actor, personID string) bool {
	return by.Type == models.ActorPerson && by.ID == personID
}

// manage runs a change of one person in one transaction, for those who may; a refusal becomes an event.
func (s *Service) manage(
	ctx context.Context, by models.Actor, action, ref string, change func(*store.Tx, models.Person) error,
) error {
	event := models.NewEvent(by, s.now(), action, "person", "", "")
	if !by.MayAnywhere(models.PeopleManage) {
		return s.refused(ctx, event, errPeople())
	}
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		p, err := holdPerson(tx, ref)
		if err != nil {
			return err
		}
		event.ObjectID, event.ObjectName = p.ID, p.Email
		return change(tx, p)
	})
	return s.refused(ctx, event, err)
}

// holdPerson finds a person by id or mail address, and holds them. No mail address has the shape of an id.
func holdPerson(tx *store.Tx, ref string) (models.Person, error) {
	key := EmailKey(ref)
	if models.IsID(ref) {
		p, err := tx.Person(ref)
		if err != nil {
			return p, err
		}
		key = p.EmailKey
	}
	if err := hold(tx, key); err != nil {
		return models.Person{}, err
	}
	return tx.PersonByEmailKey(key)
}

func (s *Service) person(ctx context.Context, find func(*store.Tx) (models.Person, error)) (p models.Person, err error) {
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		p, err = find(tx)
		return err
	})
	return p, err
}

// endAccess writes the person and ends all their sessions.
func (s *Service) endAccess(tx *store.Tx, p models.Person) error {
	return errors.Join(tx.UpdatePerson(p), s.endSessions(tx, p.ID, nil))
}

// endSessions ends a person's sessions, but for the one of the digest, and all IAM tokens that they made: whoever may have
// got hold of the one may have made the other with it.
func (s *Service) endSessions(tx *store.Tx, personID string, except []byte) error {
	return errors.Join(tx.DeleteSessionsOf(personID, except), tx.EndTokens(personID, s.now()))
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
