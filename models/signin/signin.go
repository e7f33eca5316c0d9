// Package signin decides whether a person may in: passwords, lock-out, sessions, and the one-time links of the first
// start and of a forgotten password. It keeps the people too, because who may sign in is its question.
package signin

import (
	"context"
	"errors"
	"io"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// Service answers who is who. Now and Rand are its only sources of time and chance.
type Service struct {
	store    *store.Store
	now      func() time.Time // microseconds, UTC
	rand     io.Reader
	hash     *hasher
	limits   *limiter
	refusals tally
	demo     *demo // nil in a real installation
}

// Options are what Service needs from its surroundings. Now and Rand have no default.
type Options struct {
	Now  func() time.Time // production: time.Now
	Rand io.Reader        // production: crypto/rand.Reader; used from several goroutines at once
	Cost Cost             // zero: DefaultCost
}

// New makes a Service. It computes one hash, to have one that unknown people are checked against.
func New(db *store.Store, opt Options) (*Service, error) {
	if opt.Cost == (Cost{}) {
		opt.Cost = DefaultCost
	}
	h, err := newHasher(opt.Cost, opt.Rand)
	if err != nil {
		return nil, err
	}
	return &Service{
		store: db, rand: opt.Rand, hash: h, limits: newLimiter(),
		now: func() time.Time { return models.Instant(opt.Now()) },
	}, nil
}

// Meta is what is known of a request before anybody is signed in.
type Meta struct {
	RequestID string
	Address   string // source address; "" where there is none
	Agent     string // User-Agent
}

// person is who acts by a proof of their own: a password, or a one-time link.
func (m Meta) person(p models.Person, method string) models.Actor {
	return models.Actor{
		Type: models.ActorPerson, ID: p.ID, Name: p.Email, Method: method, RequestID: m.RequestID, Address: m.Address,
	}
}

// Sweep deletes what has expired: sessions, and counters of failures a day after the last. It also writes the refusals
// counted so far. Call it every minute or so, and at the end.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.PurgeSessions(now.Add(-SessionIdle)), tx.PurgeFailures(now.Add(-keepFailures)))
	})
	return errors.Join(err, s.flushCounts(ctx))
}

// refused records the refusal of a signed-in actor in a transaction of its own, after the rollback, and answers the
// refusal. One that cannot be recorded stays a refusal. A database that does not answer has refused nothing, and nobody
// leaves no event.
func (s *Service) refused(ctx context.Context, e models.Event, refusal error) error {
	code := models.CodeOf(refusal)
	var done *AlreadyDone
	if refusal == nil || errors.As(refusal, &done) || e.ActorType == "" || code == models.Internal || code == models.Unavailable {
		return refusal
	}
	e.Result, e.Reason, e.Before, e.After = models.EventRefused, models.ReasonOf(refusal), "", ""
	// The one who asked may be gone; the event is due all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		tx.Record(e)
		return nil
	})
	return errors.Join(refusal, err)
}

// recordFor bounds how long the event of a refusal may take.
const recordFor = 5 * time.Second

// RefusedRequest records that a change was sent in the name of a signed-in person and refused before anybody looked at what
// it was about, and answers the refusal. route is the pattern that it was sent to.
func (s *Service) RefusedRequest(ctx context.Context, by models.Actor, route string, refusal error) error {
	return s.refused(ctx, models.NewEvent(by, s.now(), "request.refuse", "route", route, route), refusal)
}

// RefusedAccess records that a signed-in person asked for something that their access does not include, and answers the
// refusal.
func (s *Service) RefusedAccess(ctx context.Context, by models.Actor, p models.Permission) error {
	e := models.NewEvent(by, s.now(), "access.refuse", "permission", string(p), string(p))
	return s.refused(ctx, e, models.NewError(models.Forbidden, "forbidden",
		"Your access does not include this. An administrator can give it to you."))
}
