package verify

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"keydesk/models"
)

// Gate answers checks out of memory. Make it with New, keep it true with Run; everything else is safe for concurrent use.
type Gate struct {
	cfg     Config
	started time.Time

	memory atomic.Pointer[memory]
	lease  atomic.Pointer[lease]
	fresh  *fresh // nil where a lease says whether the gate may answer
	clock  dbClock
	table  *symbols
	uses   *uses
	limit  *limiter
	tally  tally
	alarm  atomic.Bool // the database went back in time, and is not accepted yet
	scribe scribe

	applied  atomic.Int64 // the newest revision in memory
	enforced atomic.Int64 // what the row in the database says
	waiting  waiting

	wake  chan struct{}
	flush *flusher

	// The rest belongs to the goroutine of Run.
	own      models.Gate
	position models.Change // the newest change that is applied; before the first load, the newest that the journal names
	known    models.Epoch  // the newest epoch
	ledger   *ledger
	behind   time.Duration // how long to wait after a failure
	hurry    time.Duration // how long a read of the feed may take

	registered bool // a row was written
}

// New checks the configuration and makes a gate that is not ready yet.
func New(cfg Config) (*Gate, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	g := &Gate{
		cfg: cfg, started: cfg.Now(), table: newSymbols(), uses: newUses(), limit: newLimiter(cfg.BadKeys),
		wake: make(chan struct{}, 1),
	}
	g.flush = newFlusher(g)
	if cfg.AskEach {
		g.fresh = newFresh()
	}
	g.scribe.journal, g.ledger = cfg.Journal, newLedger(cfg.Journaled)
	g.position, g.known = cfg.Journaled.Last, cfg.Journaled.Epoch
	g.cfg.Journaled = models.Journaled{}
	g.own = models.Gate{
		ID: cfg.ID, Name: cfg.Name, Version: cfg.Version, State: models.GateReady, StaleFor: cfg.StaleFor,
		StartedAt: models.Instant(g.started),
	}
	return g, nil
}

// Ready reports whether the gate has loaded and its lease runs.
func (g *Gate) Ready() bool { return g.lease.Load().holds(g.cfg.Now()) }

// Current reports whether the gate may answer a question that was asked at a moment: its lease runs, or, without one, it has
// asked the database since. That may wait, for a second at most.
func (g *Gate) Current(asked time.Time) bool {
	if g.fresh != nil {
		return g.fresh.await(asked, g.Wake, minHurry)
	}
	return g.lease.Load().holds(asked)
}

// stillCurrent is asked after a decision by a memory: the process may have stood still in between. What was asked of the
// database stays true of the moment at which the question came, unless the gate has stopped or dropped that memory since.
func (g *Gate) stillCurrent(m *memory) bool {
	if g.fresh != nil {
		return !g.fresh.over() && g.memory.Load() == m
	}
	return g.lease.Load().holds(g.cfg.Now())
}

// Wake has the gate read the feed now: what somebody in the same process just committed is in it.
func (g *Gate) Wake() {
	select {
	case g.wake <- struct{}{}:
	default: // one is on the way
	}
}

// Run loads, keeps the memory true and flushes until the context ends; then it stops answering, flushes and leaves. It
// heals by itself from everything that the database does.
func (g *Gate) Run(ctx context.Context) {
	flushing, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.flush.run(flushing)
	}()
	for ctx.Err() == nil {
		again, err := g.iterate(ctx)
		g.after(ctx, again, err)
	}
	g.stop()
	stop()
	<-done
	g.leave(context.WithoutCancel(ctx))
}

// after waits for what starts the next iteration: nothing where the last one applied something, so that what it applied is
// published at once.
func (g *Gate) after(ctx context.Context, again bool, err error) {
	wait := g.cfg.Poll
	switch {
	case err != nil && ctx.Err() == nil:
		wait = g.failed(err)
	case err == nil:
		g.healed()
		if again {
			return
		}
	}
	woken := g.wake
	if err != nil || g.alarm.Load() {
		woken = nil // checks that wait for a round must not drive how often a database is asked that is away
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-woken:
	case <-timer.C:
	}
}

const (
	maxBehind = 500 * time.Millisecond
	minHurry  = time.Second
	maxHurry  = time.Minute
)

// failed says how long to wait before the next try. Where the feed alone was too slow, it gets more time: what the database
// has to say may have become long. A database that is away gets none: a step that waits for what a network has swallowed
// keeps the gate from noticing that it is back.
func (g *Gate) failed(err error) time.Duration {
	if g.behind == 0 {
		g.cfg.Log.Warn("gate: the database does not answer; the gate refuses once its lease is over",
			slog.Any("err", err), slog.Duration("stale_for", g.cfg.StaleFor))
	}
	g.behind = min(max(2*g.behind, g.cfg.Poll/2), maxBehind)
	if errors.Is(err, errLongFeed) {
		g.hurry = min(2*g.hurry, maxHurry)
	} else {
		g.hurry = minHurry
	}
	return g.behind
}

func (g *Gate) healed() {
	if g.behind > 0 {
		g.cfg.Log.Info("gate: the database answers again", slog.Int64("revision", g.position.Revision))
	}
	g.behind, g.hurry = 0, minHurry
}

// stop ends the lease and waits for the decisions that are under way.
func (g *Gate) stop() {
	g.lease.Store(nil)
	if g.fresh != nil {
		g.fresh.end()
	}
	if m := g.memory.Load(); m != nil {
		m.Lock()
		m.Unlock() //nolint:staticcheck // every reader that began before is done
	}
}

// lastWords is how long a gate that stops tries to write what it counted.
const lastWords = 5 * time.Second

func (g *Gate) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	err := g.flush.drain(ctx)
	if g.registered {
		err = errors.Join(err, g.cfg.Source.Leave(ctx, g.cfg.ID))
	}
	if err != nil {
		g.cfg.Log.Error("gate: stopped without writing all that it counted, or its row stays until its lease is over",
			slog.Any("err", err))
	}
}
