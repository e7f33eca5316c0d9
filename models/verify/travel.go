package verify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"keydesk/models"
)

// errTimeTravel says that what answers is not the continuation of what this gate applied, or of what its journal knows.
var errTimeTravel = errors.New("the database went back in time: it was restored, or another answers")

// errAlarmed says that another gate found that, and that nobody has accepted the database since. This gate may know nothing of
// what is missing, and its journal is no word for it either: others decide.
var errAlarmed = errors.New("another gate says that the database went back in time, and nobody has accepted it since")

func travelled(why string) error { return fmt.Errorf("%w (%s)", errTimeTravel, why) }

// theEnd is a revision that nothing follows: a feed after it says where the database stands, and no more.
const theEnd = math.MaxInt64

// raise empties the memory and answers nothing from here on. The lease goes first: a check that is under way looks at it
// again before it answers.
func (g *Gate) raise(ctx context.Context, why error) {
	g.lease.Store(nil)
	g.memory.Store(nil)
	if g.alarm.Swap(true) {
		return
	}
	g.cfg.Log.Error("gate: ALARM: the database went back in time. This gate answers nothing until the database is accepted: "+
		"\"keydesk serve\" does that by itself where its revocation journal is whole, else run \"keydesk restore accept\"",
		slog.Any("err", why), slog.Int64("revision", g.position.Revision), slog.Int64("epoch", g.known.Number))
	g.beatAlarm(ctx)
	if g.cfg.TimeTravel != nil && !errors.Is(why, errAlarmed) {
		g.cfg.TimeTravel(g.known)
	}
}

// accepted looks whether the database carries a newer epoch than the one that was known, on the server that answers. Where
// it does not, the alarm stays.
func (g *Gate) accepted(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, g.hurry)
	defer cancel()
	f, err := g.cfg.Source.Feed(ctx, theEnd)
	if err != nil {
		return false, fmt.Errorf("feed: %w", err)
	}
	if (models.Standing{Origin: f.Origin, Epoch: f.Epoch}).Follows(g.known) {
		return true, nil
	}
	g.beatAlarm(ctx)
	return false, nil
}

// beatAlarm tells the database of the alarm, so that pages show it. It holds no lease. A database that cannot take it is no
// further news.
func (g *Gate) beatAlarm(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, minHurry)
	defer cancel()
	own := g.own
	own.State, own.Enforced, own.Token, own.StaleFor, own.Epoch, own.Warning = models.GateAlarmed, 0, "", 0, g.known.Number, g.scribe.warning()
	if _, err := g.cfg.Source.Beat(ctx, own); err == nil {
		g.registered = true
	}
}

// prove holds the database against what the journal knows of it, before anything is loaded: the row of the newest revision
// that the journal names has to be there with its token, unless the database was accepted since.
func (g *Gate) prove(ctx context.Context) error {
	if g.position.Revision == 0 || g.alarm.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.hurry)
	defer cancel()
	f, err := g.cfg.Source.Feed(ctx, g.position.Revision)
	if err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	if (models.Standing{Origin: f.Origin, Epoch: f.Epoch}).Follows(g.known) {
		return nil
	}
	return g.continues(f)
}

// continues reports as errTimeTravel that a feed is not the continuation of the position and the epoch that are known.
func (g *Gate) continues(f models.Feed) error {
	from := g.position
	if from.Revision > 0 && (f.From.Revision != from.Revision || f.From.Token != from.Token) || f.Last.Revision < from.Revision {
		return travelled(fmt.Sprintf("revision %d is gone or another", from.Revision))
	}
	if why := (models.Standing{Origin: f.Origin, Epoch: f.Epoch}).Departs(g.known); why != "" {
		return travelled(why)
	}
	return nil
}

// welcome takes in where a load stands. After an alarm only a newer epoch is good enough.
func (g *Gate) welcome(s models.Standing) error {
	if why := s.Departs(g.known); why != "" {
		return travelled(why)
	}
	if s.Alarmed {
		return errAlarmed
	}
	if g.alarm.Load() && !s.Follows(g.known) {
		return travelled("it is not accepted yet")
	}
	g.ledger.at(s.Last, s.Epoch.Number, g.clock.now(g.cfg.Now()))
	return nil
}

// adopt takes a newer epoch for the known one.
func (g *Gate) adopt(e models.Epoch) {
	if e.Number > g.known.Number {
		g.known = e
		g.ledger.stamp.Epoch = e.Number
		g.ledger.note(models.FactEpoch, e.Token)
	}
}
