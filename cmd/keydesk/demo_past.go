package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/secret"
	"keydesk/models/signin"
)

// past is the desk as it was: the operations of the console itself, at a clock that the story moves. So the records, the
// events and their chain are what they would be had the company used Keydesk for months.
type past struct {
	now      time.Time // what the clock of the operations says
	desk     *manage.Desk
	people   *signin.Service
	password string // of everybody
	chance   demoChance
	accounts map[string]string   // ids by name
	keys     map[string]*pastKey // by handle
	seats    map[string]*seat    // by mail address
}

// pastKey is a key that was made, with every secret that it had, the first one first.
type pastKey struct {
	demoKey
	id      string
	secrets []secret.Secret
}

// seat is where one of the people works.
type seat struct {
	demoPerson
	token string // of the last session; "" before the first
	seen  time.Time
}

// pastCost is what a password costs in the past: the company signs in a hundred times, and its password is random.
var pastCost = signin.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}

func newPast(h *host, password string) (*past, error) {
	p := &past{
		password: password, chance: 0x6c61726b73707572, // "larkspur"
		accounts: map[string]string{}, keys: map[string]*pastKey{}, seats: map[string]*seat{},
	}
	clock := func() time.Time { return p.now }
	p.desk = &manage.Desk{Store: h.Store, Peppers: h.Desk.Peppers, Now: clock, Rand: rand.Reader, Log: h.Log}
	var err error
	p.people, err = signin.New(h.Store, signin.Options{Now: clock, Rand: rand.Reader, Cost: pastCost})
	for _, person := range demoPeople {
		p.seats[person.email] = &seat{demoPerson: person}
	}
	return p, err
}

// deed is something that somebody did.
type deed func(ctx context.Context, p *past, by models.Actor) error

// move is one deed of the story: when and by whom.
type move struct {
	at      when
	by      string
	what    string // for the message where it fails
	do      deed
	refused models.Code // as what it was refused; "": it was done
}

// tell does the moves in their order. It ends at now, which nothing of the story is after.
func (p *past) tell(ctx context.Context, moves []move, now time.Time) error {
	slices.SortStableFunc(moves, func(a, b move) int { return a.at.planned(now).Compare(b.at.planned(now)) })
	for _, m := range moves {
		at := p.next(m.at.worked(now).Add(time.Duration(p.chance.between(0, 50) * float64(time.Second))))
		by, err := p.actor(ctx, m.by, at)
		if err != nil {
			return fmt.Errorf("the demo's story: %s signs in: %w", m.by, err)
		}
		p.now = at
		err = m.do(ctx, p, by)
		if m.refused != "" && models.CodeOf(err) == m.refused {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("the demo's story: %s: %w", m.what, err)
		}
	}
	p.now = now
	return nil
}

// next is a moment after the last one, whatever was planned: the log is read in the order of its times.
func (p *past) next(at time.Time) time.Time {
	return models.Instant(later(at, p.now.Add(time.Second)))
}

// actor is somebody at their desk: signed in where the session before has ended.
func (p *past) actor(ctx context.Context, email string, at time.Time) (models.Actor, error) {
	if email == shell {
		return models.Actor{Type: models.ActorLocal, ID: "deploy@ops-1", Name: "deploy@ops-1", Method: "local"}, nil
	}
	s := p.seats[email]
	request, err := models.NewID(models.PrefixRequest, rand.Reader)
	if err != nil {
		return models.Actor{}, err
	}
	if at.Sub(s.seen) > signin.SessionIdle || s.token == "" {
		p.now = p.next(at.Add(-time.Duration(p.chance.between(20, 200)) * time.Second))
		granted, err := p.people.SignIn(ctx, s.meta(request), email, p.password)
		if err != nil {
			return models.Actor{}, err
		}
		s.token = granted.Token
	}
	s.seen = at
	_, _, by, err := p.people.Session(ctx, s.token)
	by.RequestID, by.Address = request, s.desk
	return by, err
}

func (s *seat) meta(request string) signin.Meta {
	return signin.Meta{RequestID: request, Address: s.desk, Agent: s.browser}
}
