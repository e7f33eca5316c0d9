package signin

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"keydesk/models"
	"keydesk/models/store"
)

// A session ends when it is idle for this long, or this old, whichever comes first.
const (
	SessionIdle = 30 * time.Minute
	SessionLife = 12 * time.Hour
	seenEvery   = time.Minute // how exactly idleness is kept: a write a minute, not one a request
	agentMax    = 256         // characters of the User-Agent that are kept
)

// Granted is a session that was just opened. Token goes into the cookie and nowhere else.
type Granted struct {
	Token   string
	Session models.Session
	Person  models.Person
}

// Session answers whose session the token is, with their access as it is now. No session, an expired one and that of a
// disabled person are models.Unauthenticated; an error of the database is itself, never "signed out". It counts as use.
func (s *Service) Session(ctx context.Context, token string) (models.Session, models.Person, models.Actor, error) {
	return s.session(ctx, token, s.touch)
}

// Glance answers as Session does, and does not count as use: a page that brings itself up to date keeps nobody signed in.
func (s *Service) Glance(ctx context.Context, token string) (models.Session, models.Person, models.Actor, error) {
	return s.session(ctx, token, func(context.Context, *models.Session, time.Time) error { return nil })
}

func (s *Service) session(
	ctx context.Context, token string, touch func(context.Context, *models.Session, time.Time) error,
) (models.Session, models.Person, models.Actor, error) {
	var session models.Session
	var person models.Person
	if !IsToken(token) {
		return session, person, models.Actor{}, errSignedOut()
	}
	err := s.store.Read(ctx, func(tx *store.Tx) (err error) {
		if session, err = tx.Session(digestOf(token)); err != nil {
			return err
		}
		person, err = tx.Person(session.PersonID)
		return err
	})
	now := s.now()
	if models.CodeOf(err) == models.NotFound || err == nil && (!alive(session, now) || !person.DisabledAt.IsZero()) {
		return models.Session{}, models.Person{}, models.Actor{}, errSignedOut()
	}
	if err == nil && now.Sub(session.SeenAt) >= seenEvery {
		err = touch(ctx, &session, now)
	}
	if err != nil {
		return models.Session{}, models.Person{}, models.Actor{}, err
	}
	return session, person, actorOf(person), nil
}

func errSignedOut() error {
	return models.NewError(models.Unauthenticated, "signed_out", "You are not signed in. Sign in and try again; nothing was changed.")
}

func alive(s models.Session, now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.SeenAt.Add(SessionIdle))
}

// actorOf is who a signed-in person acts as. Their access holds in all folders.
func actorOf(p models.Person) models.Actor {
	return models.Actor{Type: models.ActorPerson, ID: p.ID, Name: p.Email, Method: "session", Grants: p.Grants()}
}

// touch notes that the session was seen.
func (s *Service) touch(ctx context.Context, session *models.Session, now time.Time) error {
	_, err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.TouchSession(session.Digest, now) })
	switch models.CodeOf(err) {
	case models.NotFound:
		return errSignedOut() // it ended between the two
	case models.Unavailable:
		return nil // pages can be read while nothing can be written; at worst the session is taken for idle too early
	}
	session.SeenAt = now
	return err
}

// open makes a session under a new id and records it, inside the caller's transaction.
func (s *Service) open(tx *store.Tx, meta Meta, p models.Person, method string, now time.Time) (Granted, error) {
	token, digest, err := newToken(s.rand)
	if err != nil {
		return Granted{}, err
	}
	_, formKey, err := newToken(s.rand)
	if err != nil {
		return Granted{}, err
	}
	session := models.Session{
		Digest: digest, PersonID: p.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(SessionLife), FormKey: formKey,
		Address: meta.Address, Agent: shorten(meta.Agent, agentMax),
	}
	p.LastSignInAt = now
	if err := errors.Join(tx.InsertSession(session), tx.UpdatePerson(p)); err != nil {
		return Granted{}, err
	}
	tx.Record(sessionEvent(meta.person(p, method), now, "session.create", session, p))
	return Granted{Token: token, Session: session, Person: p}, nil
}

// SaveSession keeps what the cookie layer put into the session. It must hold no secret.
func (s *Service) SaveSession(ctx context.Context, session models.Session) error {
	_, err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.SaveSessionData(session.Digest, session.Data) })
	return err
}

// SignOut ends the session: its id opens nothing from here on, wherever a copy of it may be.
func (s *Service) SignOut(ctx context.Context, meta Meta, token string) error {
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		session, err := tx.Session(digestOf(token))
		if models.CodeOf(err) == models.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		p, err := tx.Person(session.PersonID)
		if err != nil {
			return err
		}
		tx.Record(sessionEvent(meta.person(p, "session"), s.now(), "session.delete", session, p))
		return tx.DeleteSession(session.Digest)
	})
	return err
}

func sessionEvent(by models.Actor, now time.Time, action string, session models.Session, p models.Person) models.Event {
	return models.NewEvent(by, now, action, "session", session.Ref(), p.Email)
}

// shorten cuts to at most limit characters and drops what is no text: Postgres would refuse the row.
func shorten(text string, limit int) string {
	clean := make([]rune, 0, limit)
	for _, r := range text {
		if len(clean) == limit {
			break
		}
		if r != utf8.RuneError && r != 0 {
			clean = append(clean, r)
		}
	}
	return string(clean)
}
