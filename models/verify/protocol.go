package verify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"keydesk/models"
	"keydesk/models/scopes"
)

// errLongFeed says that the feed was not read in time, just after the database took a beat: there may be much to read.
var errLongFeed = errors.New("the change feed takes long")

// iterate runs the protocol once. The order is what it is worth: (1) the start is noted, (2) the gate's own row is committed
// with the revision that is already applied, (3) a later transaction reads the feed to its head and applies it, (4) only
// then the gate answers, until start + stale-for. So whoever commits a change after (2) sees this gate's row and waits for
// it, and whoever committed before (2) is in (3). A database that went back in time ends it all until that is accepted.
func (g *Gate) iterate(ctx context.Context) (applied bool, err error) {
	if g.hurry == 0 {
		g.hurry = minHurry
	}
	if applied, err = g.turn(ctx); errors.Is(err, errTimeTravel) || errors.Is(err, errAlarmed) {
		g.raise(ctx, err)
		return false, nil
	}
	return applied, err
}

func (g *Gate) turn(ctx context.Context) (applied bool, err error) {
	g.keep() // what the journal could not take before
	if g.alarm.Load() {
		if over, err := g.accepted(ctx); err != nil || !over {
			return false, err
		}
	}
	if g.memory.Load() == nil {
		if err := g.prove(ctx); err != nil {
			return false, err
		}
		if err := g.load(ctx); err != nil {
			return false, err
		}
	}
	start := g.cfg.Now() // (1)
	if err := g.beat(ctx); err != nil {
		return false, err
	}
	if applied, err = g.feed(ctx); err != nil {
		return false, err
	}
	if ctx.Err() == nil {
		g.lease.Store(newLease(start, g.cfg.lease())) // (4)
		if g.fresh != nil {
			g.fresh.reached(start)
		}
	}
	return applied, nil
}

// beat publishes the applied revision as enforced: step (2).
func (g *Gate) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, minHurry)
	defer cancel()
	g.own.Enforced, g.own.Token, g.own.Epoch, g.own.Warning = g.position.Revision, g.position.Token, g.known.Number, g.scribe.warning()
	asked := g.cfg.Now()
	row, err := g.cfg.Source.Beat(ctx, g.own)
	if err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	g.registered = true
	if row.State == models.GateAlarmed {
		return travelled(fmt.Sprintf("revision %d is not its own", g.own.Enforced))
	}
	g.clock.set(asked, row.SeenAt)
	g.enforced.Store(g.own.Enforced)
	g.waiting.enforce(g.own.Enforced)
	return nil
}

// feed reads what changed since to the head, and applies it: step (3).
func (g *Gate) feed(ctx context.Context) (applied bool, err error) {
	touched := false
	for more := true; more; {
		f, err := g.read(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return false, fmt.Errorf("feed: %w: %w", errLongFeed, err)
		}
		if err != nil {
			return false, fmt.Errorf("feed: %w", err)
		}
		more = f.More
		g.adopt(f.Epoch)
		if f.Last.Revision == g.position.Revision {
			break
		}
		if err := g.apply(f); err != nil {
			return false, fmt.Errorf("apply revision %d: %w", f.Last.Revision, err)
		}
		applied, touched = true, touched || len(f.Keys)+len(f.Accounts) > 0
	}
	g.keep()
	if touched {
		g.flush.beforePublishing(ctx)
	}
	return applied, nil
}

// read asks for what follows the position. A feed that is not its continuation is refused: the row of the position has to
// be there, with its token.
func (g *Gate) read(ctx context.Context) (models.Feed, error) {
	ctx, cancel := context.WithTimeout(ctx, g.hurry)
	defer cancel()
	asked := g.cfg.Now()
	f, err := g.cfg.Source.Feed(ctx, g.position.Revision)
	if err != nil {
		return models.Feed{}, err
	}
	if err := g.continues(f); err != nil {
		return models.Feed{}, err
	}
	g.clock.set(asked, f.Now)
	g.waiting.read(f.Last.Revision, g.enforced.Load(), asked)
	return f, nil
}

func (g *Gate) apply(f models.Feed) (err error) {
	var c *scopes.Catalogue
	if f.Catalogue != nil {
		if c, err = g.cfg.Build(*f.Catalogue); err != nil {
			return err
		}
	}
	if f.Peppers {
		g.readPeppers()
	}
	for _, k := range f.Keys {
		g.knowPeppers(k)
	}
	m := g.memory.Load()
	g.ledger.at(f.Last, max(f.Epoch.Number, g.known.Number), f.Now.UnixMicro())
	if err := g.ledger.feed(f, m); err != nil {
		return err
	}
	if err := m.apply(f, c); err != nil {
		return err
	}
	g.reached(f.Last)
	return nil
}

func (g *Gate) reached(last models.Change) {
	g.position = last
	g.applied.Store(last.Revision)
}

// readPeppers reads the peppers again, as another process may have replaced one. A file that cannot be read leaves those
// that are known.
func (g *Gate) readPeppers() {
	if err := g.cfg.Peppers.Reload(); err != nil {
		g.cfg.Log.Error("gate: the peppers cannot be read again; those of before stay", slog.Any("err", err))
	}
}

// knowPepper makes sure that a digest can be looked up. Where not even the file has its pepper, the log says so.
func (g *Gate) knowPepper(version int, id string) {
	if _, ok := g.cfg.Peppers.Digest(version, [32]byte{}); ok {
		return
	}
	g.readPeppers()
	if _, ok := g.cfg.Peppers.Digest(version, [32]byte{}); !ok {
		g.cfg.Log.Error("gate: a secret is stored under a pepper that this process does not have: it is refused as unknown",
			slog.String("id", id), slog.Int("pepper_version", version))
	}
}

func (g *Gate) knowPeppers(k models.GateKey) {
	for _, s := range k.Secrets {
		g.knowPepper(s.PepperVersion, s.ID)
	}
}

// progressKeys is after how many keys a load says how far it is.
const progressKeys = 100_000

// load fills a new memory from one snapshot. Nobody reads it before the first lease, so it is filled without its lock; the
// gate is in no list before it is loaded, so nobody waits for it.
func (g *Gate) load(ctx context.Context) error {
	var m *memory
	var standing models.Standing
	asked := g.cfg.Now()
	last, now, err := g.cfg.Source.Load(ctx, models.Loaded{
		Standing: func(s models.Standing) error {
			standing = s
			return g.welcome(s)
		},
		Catalogue: func(own models.OwnCatalogue) error {
			c, err := g.cfg.Build(own)
			if err == nil {
				m = newMemory(c, g.table)
				m.ledger = g.ledger
			}
			return err
		},
		Account: func(a models.GateAccount) error {
			m.putAccount(a)
			return g.ledger.account(a)
		},
		Key: func(k models.GateKey) error {
			g.knowPeppers(k)
			if n := len(m.byKey); n > 0 && n%progressKeys == 0 {
				g.cfg.Log.Info("gate: loading", slog.Int("keys", n))
			}
			g.keepPart()
			return errors.Join(g.ledger.key(k, nil), m.putKey(k))
		},
		Gateway: func(gw models.Gateway) error {
			m.putGateway(gw)
			return g.ledger.gateway(gw)
		},
	})
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if m == nil {
		return errors.New("load: the database has no catalogue")
	}
	g.clock.set(asked, now)
	g.reached(last)
	g.adopt(standing.Epoch)
	g.keep()
	g.memory.Store(m)
	if g.alarm.Swap(false) {
		g.cfg.Log.Info("gate: the database is accepted: the gate answers again", slog.Int64("epoch", g.known.Number))
	}
	g.cfg.Log.Info("gate: loaded", slog.Int("keys", len(m.byKey)), slog.Int64("revision", last.Revision))
	return nil
}
