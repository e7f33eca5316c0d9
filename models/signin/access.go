package signin

import (
	"context"
	"errors"
	"slices"

	"keydesk/models"
	"keydesk/models/store"
)

// ChangeAccess gives a person another access, in the place of the one that whoever asks has seen: what somebody else gave
// or took meanwhile is not undone by an old form. The person's sessions and IAM tokens end. The last administrator who can sign in stays
// one.
func (s *Service) ChangeAccess(ctx context.Context, by models.Actor, ref string, seen, access []string) error {
	return s.manage(ctx, by, "person.change_access", ref, func(tx *store.Tx, p models.Person) error {
		after := p
		after.Access = slices.Compact(slices.Sorted(slices.Values(access)))
		if err := accessChanges(p, seen, after.Access); err != nil {
			return err
		}
		if !slices.Contains(after.Access, models.Administrator) {
			if err := keepsAdministrator(tx, p); err != nil {
				return err
			}
		}
		tx.Record(changeEvent(by, s.now(), "person.change_access", p, after))
		return errors.Join(tx.SetAccess(p.ID, after.Access), s.endSessions(tx, p.ID, nil))
	})
}

func accessChanges(p models.Person, seen, access []string) error {
	if problem := accessProblem(access); problem != "" {
		return models.FieldProblems(models.Fields{"access": problem})
	}
	if !slices.Equal(p.Access, slices.Sorted(slices.Values(seen))) {
		return models.NewError(models.Conflict, "changed_meanwhile",
			"Somebody changed this person's access since you opened the form. Look at what it says now, and send your change again.")
	}
	if slices.Equal(p.Access, access) {
		return models.FieldProblems(models.Fields{"access": "This is the access that they have already: change it, or go back."})
	}
	return nil
}

// keepsAdministrator refuses to lose an administrator where nobody else could manage people then. Of two administrators
// who take each other's access at the same moment, the second one waits here for the first.
func keepsAdministrator(tx *store.Tx, without models.Person) error {
	if !slices.Contains(without.Access, models.Administrator) || !without.DisabledAt.IsZero() {
		return nil
	}
	if err := hold(tx, "the last administrator"); err != nil { // no mail address, so nobody's name
		return err
	}
	last, err := lastAdministrator(tx, without)
	if err == nil && last {
		err = models.NewError(models.Precondition, "last_administrator",
			"This is the last administrator who can sign in. Make another one first.")
	}
	return err
}

// lastAdministrator reports whether nobody else could manage people without this administrator. Somebody who was invited
// takes the place of somebody who was invited, not of one who can sign in.
func lastAdministrator(tx *store.Tx, p models.Person) (bool, error) {
	if !slices.Contains(p.Access, models.Administrator) || !p.DisabledAt.IsZero() {
		return false, nil
	}
	another, err := tx.AnotherAdministrator(p.ID, p.PasswordHash != "")
	return !another, err
}

// Unlock ends a person's lock-out before its time, and begins the count of their failures again.
func (s *Service) Unlock(ctx context.Context, by models.Actor, ref string) error {
	return s.manage(ctx, by, "person.unlock", ref, func(tx *store.Tx, p models.Person) error {
		now := s.now()
		f, err := tx.Failures(failureKey(p.EmailKey))
		if err != nil {
			return err
		}
		if !locked(f, now) {
			return models.NewError(models.Precondition, "person_not_locked", p.Email+" is not locked out.")
		}
		e := personEvent(by, now, "person.unlock", p)
		e.Before = models.Facts{"locked_until": f.LockedUntil}.Marshal()
		tx.Record(e)
		return forgive(tx, f.EmailKey, now)
	})
}
