package signin

import (
	"context"
	"crypto/subtle"

	"keydesk/models"
	"keydesk/models/store"
)

// demo is the way in of a demo, where nobody has to know a password. A Service that OpenDemo was not called on has none.
type demo struct {
	digest []byte // of the link's token; in memory alone, so that the link ends with the process
	email  string // whom the link signs in
}

const demoMethod = "demo" // how such a session was opened, for its event

// OpenDemo answers the token of a link that signs one person in without a password, as often as it is opened, for as long
// as this process runs. From here on whoever is signed in may become anybody else. Call it before the first request.
func (s *Service) OpenDemo(email string) (token string, err error) {
	token, digest, err := newToken(s.rand)
	s.demo = &demo{digest: digest, email: email}
	return token, err
}

// DemoLink signs in whom the link is for. ErrLinkDead is the answer to any other token, and where this is no demo.
func (s *Service) DemoLink(ctx context.Context, meta Meta, token string) (Granted, error) {
	if s.demo == nil || !IsToken(token) || subtle.ConstantTimeCompare(digestOf(token), s.demo.digest) != 1 {
		s.count(ctx, countLink)
		return Granted{}, ErrLinkDead
	}
	return s.openDemo(ctx, models.Actor{}, meta, s.demo.email)
}

// DemoSwitch signs in another person in the place of the one who asks, under a new session. Where this is no demo it is
// refused.
func (s *Service) DemoSwitch(ctx context.Context, by models.Actor, meta Meta, email string) (Granted, error) {
	if s.demo == nil {
		return Granted{}, models.Missing("page")
	}
	return s.openDemo(ctx, by, meta, email)
}

func (s *Service) openDemo(ctx context.Context, by models.Actor, meta Meta, email string) (g Granted, err error) {
	now := s.now()
	refusal := models.NewEvent(by, now, "session.create", "session", "", "")
	_, err = s.store.Write(ctx, func(tx *store.Tx) error {
		if err := hold(tx, EmailKey(email)); err != nil {
			return err
		}
		p, err := tx.PersonByEmailKey(EmailKey(email))
		if err != nil {
			return err
		}
		refusal.ObjectName = p.Email
		if !p.DisabledAt.IsZero() {
			return models.NewError(models.Precondition, "person_disabled", p.Email+" is disabled. As the administrator, enable them first.")
		}
		g, err = s.open(tx, meta, p, demoMethod, now)
		return err
	})
	if err != nil {
		return Granted{}, s.refused(ctx, refusal, err)
	}
	return g, nil
}
