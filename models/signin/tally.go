package signin

import (
	"context"
	"sync"
	"time"

	"keydesk/models/store"
)

// Kinds under which refusals of somebody unknown are counted, per minute.
const (
	countFailed  = "sign_in_failed" // a name and password that do not match
	countLocked  = "sign_in_locked" // an attempt during a lock
	countRate    = "sign_in_rate"   // too many from one address
	countLink    = "sign_in_link"   // a one-time link that is dead
	countForeign = "cross_origin"   // a change that another site sent
	countNobody  = "sign_in_nobody" // a lock of a name that is nobody's

	countCredential = "api_credential" // a request of the API without a good IAM token, or a JWT that proves nothing
	countAPIRate    = "api_rate"       // such a request of an address that sent too many
)

// tallyEvery is how often counts are written at most: a flood of refusals must not become a flood of writes.
const tallyEvery = 10 * time.Second

// tally gathers refusals that nobody signed in stands behind. They are no events, so that nobody without an account can
// fill the log.
type tally struct {
	mu      sync.Mutex
	counts  map[counted]int64
	totals  map[string]int64 // by kind, since the start of the process
	written time.Time
}

type counted struct {
	minute time.Time
	kind   string
}

// add counts one and answers what is due to be written: mostly nothing.
func (t *tally) add(now time.Time, kind string) map[counted]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[counted]int64{}
	}
	if t.totals == nil {
		t.totals = map[string]int64{}
	}
	t.counts[counted{now.Truncate(time.Minute), kind}]++
	t.totals[kind]++
	if now.Sub(t.written) < tallyEvery {
		return nil
	}
	return t.take(now)
}

// take answers all that is gathered. The caller holds the lock.
func (t *tally) take(now time.Time) map[counted]int64 {
	due := t.counts
	t.counts, t.written = nil, now
	return due
}

// restore puts back what could not be written.
func (t *tally) restore(due map[counted]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at, n := range due {
		if t.counts == nil {
			t.counts = map[counted]int64{}
		}
		t.counts[at] += n
	}
}

// CountForeign counts a change that another site's page sent. It is no event of the person whose browser that was.
func (s *Service) CountForeign(ctx context.Context) { s.count(ctx, countForeign) }

// CountCredential counts a request of the API that had no good credential; limited is one of an address with too many of them.
func (s *Service) CountCredential(ctx context.Context, limited bool) {
	kind := countCredential
	if limited {
		kind = countAPIRate
	}
	s.count(ctx, kind)
}

// count adds a refusal of somebody unknown to its minute. That it could not be written is no reason to answer otherwise:
// it is kept, and written with the next.
func (s *Service) count(ctx context.Context, kind string) {
	_ = s.writeCounts(ctx, s.refusals.add(s.now(), kind))
}

func (s *Service) writeCounts(ctx context.Context, due map[counted]int64) error {
	if len(due) == 0 {
		return nil
	}
	_, err := s.store.Write(ctx, func(tx *store.Tx) error {
		for at, n := range due {
			if err := tx.CountRefusal(at.minute, at.kind, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.refusals.restore(due)
	}
	return err
}

// flushCounts writes what is gathered, whether or not it is due.
func (s *Service) flushCounts(ctx context.Context) error {
	s.refusals.mu.Lock()
	due := s.refusals.take(s.now())
	s.refusals.mu.Unlock()
	return s.writeCounts(ctx, due)
}

// refusedSignIns are the kinds that tell of somebody who was not let in, by the word that metrics have for them.
var refusedSignIns = map[string]string{countFailed: "failed", countLocked: "locked", countRate: "rate", countLink: "link"}

// Refused counts the sign-ins that this process refused since its start, by reason: failed (name and password do not match),
// locked (during a lock), rate (too many from one address) and link (a one-time link that is dead).
func (s *Service) Refused() map[string]int64 {
	s.refusals.mu.Lock()
	defer s.refusals.mu.Unlock()
	all := map[string]int64{}
	for kind, word := range refusedSignIns {
		all[word] = s.refusals.totals[kind]
	}
	return all
}
