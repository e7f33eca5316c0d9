package verify

import (
	"time"

	"keydesk/models"
)

// Stats is what a gate says about itself.
type Stats struct {
	Ready     bool
	Applied   int64         // the newest revision that checks know
	Enforced  int64         // the newest that the gate's row says
	Waiting   int64         // changes that were read and are not enforced
	WaitsFor  time.Duration // how long the oldest of them waits
	LeaseAge  time.Duration
	FlushLag  time.Duration // the age of the oldest use that is not written
	Unflushed uint64        // flushes that failed
	StaleFor  time.Duration
	Keys      int
	Secrets   int
	Folded    uint64 // uses counted as "other" because memory is bounded
	Decisions map[models.Outcome]uint64

	TimeTravel     bool // the database went back in time: nothing is answered until it is accepted
	JournalFailing bool // the revocation journal cannot be written
}

// Stats reads the gate's figures.
func (g *Gate) Stats() Stats {
	now := g.cfg.Now()
	l := g.lease.Load()
	s := Stats{
		Ready: l.holds(now), LeaseAge: l.age(now), FlushLag: g.flushLag(now), Applied: g.applied.Load(), Enforced: g.enforced.Load(),
		Folded: g.uses.folded.Load(), Decisions: g.tally.sums(), Unflushed: g.flush.failures.Load(), StaleFor: g.cfg.StaleFor,
		TimeTravel: g.alarm.Load(), JournalFailing: g.scribe.failing.Load(),
	}
	s.Waiting, s.WaitsFor = g.waiting.lag(s.Enforced, now)
	if m := g.memory.Load(); m != nil {
		lock := m.reader(0)
		lock.RLock()
		defer lock.RUnlock()
		s.Keys, s.Secrets = len(m.byKey), m.secrets.len()
	}
	return s
}

func (g *Gate) flushLag(now time.Time) time.Duration {
	oldest := g.flush.oldest.Load()
	if oldest == 0 {
		oldest = g.uses.oldest.Load()
	}
	if oldest == 0 {
		return 0
	}
	return time.Duration(g.clock.now(now)-oldest) * time.Microsecond
}
