package verify

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"keydesk/models"
)

// Journal keeps outside the database what a gate applied and must not forget.
type Journal interface {
	// Append writes facts behind what is there and returns once they are on the disk. After an error they are written again;
	// after models.ErrJournalAnew, all that is known.
	Append(facts []models.Fact) error
}

const (
	keepWithin  = time.Second // a disk that takes longer holds no confirmation back
	keepFailing = 20 * time.Millisecond
	keepAtOnce  = 4096 // facts of one write, at a load
)

var errSlowJournal = errors.New("the disk does not answer")

// scribe writes the ledger's queue to the journal. A journal that cannot be written is a warning and never a stop: what it
// missed stays in the queue.
type scribe struct {
	journal Journal // nil: there is none
	busy    chan error
	batch   int // how many facts are under way
	failing atomic.Bool
	again   time.Time // a load tries no earlier after a failure
}

func (s *scribe) warning() string {
	if s.failing.Load() {
		return models.WarnJournal
	}
	return ""
}

// keep journals what is in the queue, before it is published as enforced.
func (g *Gate) keep() {
	s := &g.scribe
	if s.journal == nil {
		g.ledger.queue = nil
		return
	}
	for s.busy != nil || len(g.ledger.queue) > 0 {
		if s.busy == nil {
			batch := g.ledger.queue[:min(len(g.ledger.queue), keepAtOnce)]
			s.busy, s.batch = make(chan error, 1), len(batch)
			go func(done chan<- error) { done <- s.journal.Append(batch) }(s.busy)
		}
		err := s.wait(g.patience())
		if errors.Is(err, models.ErrJournalAnew) {
			g.cfg.Log.Warn("gate: what this gate knows is written to a new revocation journal", slog.Any("err", err))
			g.ledger.again(g.known)
			continue
		}
		if err != nil {
			g.keepFailed(err)
			return
		}
		g.ledger.queue = g.ledger.queue[s.batch:]
		if s.failing.Swap(false) {
			g.cfg.Log.Info("gate: the revocation journal is written again, and what it missed is in it")
		}
	}
	g.ledger.queue = nil
}

// patience is how long the journal may hold up what goes on beside it: never so long that the lease ends for it, and hardly
// at all where it failed before.
func (g *Gate) patience() time.Duration {
	if g.scribe.failing.Load() {
		return keepFailing
	}
	return min(keepWithin, g.cfg.lease()/4)
}

func (s *scribe) wait(most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case err := <-s.busy:
		s.busy = nil
		return err
	case <-timer.C:
		return errSlowJournal
	}
}

// keepPart is keep in the middle of a load, whose many keys a journal that fails must not hold up one by one.
func (g *Gate) keepPart() {
	s := &g.scribe
	if len(g.ledger.queue) < keepAtOnce || s.failing.Load() && g.cfg.Now().Before(s.again) {
		return
	}
	g.keep()
}

func (g *Gate) keepFailed(err error) {
	g.scribe.again = g.cfg.Now().Add(keepWithin)
	if !g.scribe.failing.Swap(true) {
		g.cfg.Log.Warn("gate: the revocation journal cannot be written: a restore of the database might bring back what is revoked now. "+
			"Gates go on, and what it misses is written when it can be", slog.Any("err", err))
	}
}
