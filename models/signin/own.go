package signin

import (
	"context"
	"encoding/hex"
	"errors"

	"keydesk/models"
	"keydesk/models/store"
)

// Sessions lists the open sessions of whoever asks, the last seen first.
func (s *Service) Sessions(ctx context.Context, by models.Actor) (list []models.Session, err error) {
	now := s.now()
	err = s.store.Read(ctx, func(tx *store.Tx) error {
		list, err = tx.SessionsOf(by.ID, now.Add(-SessionIdle), now, shownSession)
		return err
	})
	return list, err
}

// EndSession ends one session of whoever asks, which models.Session.Ref names. One that ended before, and somebody else's,
// is missing.
func (s *Service) EndSession(ctx context.Context, by models.Actor, ref string) error {
	event := models.NewEvent(by, s.now(), "session.delete", "session", "", by.Name)
	begins, err := hex.DecodeString(ref)
	if err != nil || len(begins) != models.SessionRefBytes {
		return s.refused(ctx, event, models.Missing("session"))
	}
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		session, err := tx.SessionOf(by.ID, begins)
		if err != nil {
			return err
		}
		event.ObjectID = session.Ref()
		tx.Record(event)
		return tx.DeleteSession(session.Digest)
	})
	return s.refused(ctx, event, err)
}

// ChangePassword gives whoever asks a new password, for the old one, which counts into the lock-out like any sign-in. Their
// other sessions and their IAM tokens end, and so do links by which it could be set; the session of the digest goes on.
func (s *Service) ChangePassword(ctx context.Context, by models.Actor, old, password string, except []byte) error {
	event := models.NewEvent(by, s.now(), "person.change_password", "person", by.ID, by.Name)
	return s.refused(ctx, event, s.changePassword(ctx, by, event, old, password, except))
}

func (s *Service) changePassword(
	ctx context.Context, by models.Actor, event models.Event, old, password string, except []byte,
) error {
	if problem := newPasswordProblem(old, password, by.Name); problem != "" { // before the old one is tried: a slip is no guess
		return models.FieldProblems(models.Fields{"new_password": problem})
	}
	before, err := s.person(ctx, func(tx *store.Tx) (models.Person, error) { return tx.Person(by.ID) })
	if err != nil {
		return err
	}
	if err := s.VerifyPassword(ctx, by, old); err != nil {
		return err
	}
	hash, err := s.hash.make(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		p, err := holdPerson(tx, by.ID)
		if err != nil {
			return err
		}
		if !p.DisabledAt.IsZero() || p.PasswordHash != before.PasswordHash { // a reset, or another change, was first
			return models.NewError(models.Conflict, "changed_meanwhile",
				"Your password was changed meanwhile, elsewhere. If that was not you, ask an administrator for a reset link.")
		}
		p.PasswordHash = hash
		tx.Record(event)
		return errors.Join(tx.UpdatePerson(p), s.endSessions(tx, p.ID, except), tx.DeleteLinks(models.LinkReset, p.ID))
	})
	return err
}

func newPasswordProblem(old, password, email string) string {
	if problem := CheckPassword(password, email); problem != "" {
		return problem
	}
	if old == password {
		return "This is the password that you have: choose another."
	}
	return ""
}
