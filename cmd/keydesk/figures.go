package main

import (
	"context"
	"sync"
	"time"

	"keydesk/models"
)

const (
	figuresEvery  = 15 * time.Second // how often metrics read what only the database knows
	figuresSoon   = 2 * time.Second  // after the first read: by then this process's own gate is among the gates
	figuresWithin = 5 * time.Second
	countEvery    = time.Minute // how often keys are counted at most
	countShare    = 100         // and no more than one hundredth of the time
	countWithin   = time.Minute
)

// figures are what only the database knows, as it was read last. A scrape takes them as they are: it never waits.
type figures struct {
	mu   sync.Mutex
	last databaseFigures

	countAt time.Time // when keys are counted again; of the goroutine that watches
}

type databaseFigures struct {
	up        bool      // the last read was answered
	readAt    time.Time // the last that was; zero: none yet
	countedAt time.Time // when keys were counted; zero: not yet
	head      int64
	gates     map[models.GateStanding]int
	behind    int64         // changes that the slowest gate that may answer does not know
	behindFor time.Duration // how long the oldest of them waits
	keys      models.KeyFigures
}

func (f *figures) seen() databaseFigures {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// watch reads until the context ends.
func (f *figures) watch(ctx context.Context, h *host) {
	for wait := figuresSoon; ; wait = figuresEvery {
		f.read(ctx, h, time.Now())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// read reads the gates, and counts the keys where that is due, which may take a minute: the gates are there before. What is
// not answered leaves what was read before.
func (f *figures) read(ctx context.Context, h *host, now time.Time) {
	next := f.seen()
	next.up = next.readGates(ctx, h, now)
	f.publish(next)
	if next.up && !now.Before(f.countAt) {
		limited, cancel := context.WithTimeout(ctx, countWithin)
		keys, err := h.Desk.KeyFigures(limited, systemActor())
		cancel()
		if err == nil {
			next.keys, next.countedAt = keys, now
		}
		f.countAt = now.Add(max(countEvery, countShare*time.Since(now)))
		f.publish(next)
	}
}

func (f *figures) publish(next databaseFigures) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = next
}

func (d *databaseFigures) readGates(ctx context.Context, h *host, now time.Time) bool {
	ctx, cancel := context.WithTimeout(ctx, figuresWithin)
	defer cancel()
	l, err := h.Desk.Gates(ctx, systemActor())
	if err != nil {
		return false
	}
	d.readAt, d.head, d.gates, d.behind, d.behindFor = now, l.Head, map[models.GateStanding]int{}, 0, 0
	for _, g := range l.Gates {
		standing := g.Standing(l.Now)
		d.gates[standing]++
		if standing.MayAnswer() && !g.Since.IsZero() {
			d.behind, d.behindFor = max(d.behind, l.Head-g.Enforced), max(d.behindFor, l.Now.Sub(g.Since))
		}
	}
	return true
}
