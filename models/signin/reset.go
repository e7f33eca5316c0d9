package signin

import (
	"context"
	"errors"

	"keydesk/models"
	"keydesk/models/store"
)

// ResetLink makes the token of a link by which a person sets a new password; older links of theirs stop working. Whoever
// makes the link never learns or chooses the password.
func (s *Service) ResetLink(ctx context.Context, by models.Actor, ref string) (token string, err error) {
	return s.ResetLinkOnce(ctx, by, "", ref)
}

// ResetLinkOnce is ResetLink for a form. A form id that was used before makes no second link, which would kill the first:
// see AlreadyDone.
func (s *Service) ResetLinkOnce(ctx context.Context, by models.Actor, formID, ref string) (token string, err error) {
	err = s.manage(ctx, by, "person.reset_link", ref, func(tx *store.Tx, p models.Person) error {
		if err := claim(tx, by, formID, p.ID); err != nil {
			return err
		}
		if !p.DisabledAt.IsZero() {
			return models.NewError(models.Precondition, "person_disabled", p.Email+" is disabled. Enable them first.")
		}
		if token, err = s.link(tx, models.LinkReset, p.ID); err != nil {
			return err
		}
		tx.Record(personEvent(by, s.now(), "person.reset_link", p))
		return nil
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Reset sets the password of the link's person and ends all their sessions and IAM tokens. It signs nobody in: whoever holds the link
// must show that they know the password, too.
func (s *Service) Reset(ctx context.Context, meta Meta, token, password string) error {
	person, err := s.Link(ctx, models.LinkReset, token)
	if err != nil {
		return err
	}
	hash, err := s.newPassword(ctx, password, person.Email)
	if err != nil {
		return err
	}
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := hold(tx, person.EmailKey); err != nil {
			return err
		}
		p, err := s.use(tx, models.LinkReset, token)
		if err != nil {
			return err
		}
		if !p.DisabledAt.IsZero() {
			return ErrLinkDead
		}
		p.PasswordHash = hash
		if err := errors.Join(s.endAccess(tx, p), forgive(tx, failureKey(p.EmailKey), s.now())); err != nil {
			return err // a lock-out, too, ends with the link that an administrator made
		}
		tx.Record(personEvent(meta.person(p, "reset_link"), s.now(), "person.reset_password", p))
		return nil
	})
	return err
}

// newPassword checks a password by the rules and answers its hash.
func (s *Service) newPassword(ctx context.Context, password, email string) (string, error) {
	if problem := CheckPassword(password, email); problem != "" {
		return "", models.FieldProblems(models.Fields{"password": problem})
	}
	return s.hash.make(ctx, password)
}
