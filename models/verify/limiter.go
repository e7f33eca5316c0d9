package verify

import (
	"net/netip"
	"sync"
	"time"
)

// Limit bounds the bad keys of one source: so many a second, after so many at once.
type Limit struct {
	PerSecond int
	Burst     int
}

const (
	limitShards  = 16
	limitSources = 4096 // a shard: about 3 MB in all
)

// limiter bounds bad keys by source. It keeps one instant a source: when the source's debt is paid. A good key never comes
// here, so a source beyond its limit still passes with one, and nobody can lock somebody else's key out.
type limiter struct {
	interval time.Duration // what one bad key costs
	slack    time.Duration // how much debt is let pass
	shards   [limitShards]limitShard
}

type limitShard struct {
	mu     sync.Mutex
	paid   map[[16]byte]time.Duration // by source: when its debt is paid
	rest   time.Duration              // shared by sources beyond limitSources
	sweeps time.Duration              // the next time at which a sweep is worth its while
}

func newLimiter(l Limit) *limiter {
	every := time.Second / time.Duration(l.PerSecond)
	lim := &limiter{interval: every, slack: every * time.Duration(l.Burst)}
	for i := range lim.shards {
		lim.shards[i].paid = map[[16]byte]time.Duration{}
	}
	return lim
}

// take charges a source for one bad key at now, a duration since the gate's start. Beyond the limit it answers false and
// after how long the next is taken.
func (l *limiter) take(from netip.Addr, now time.Duration) (wait time.Duration, ok bool) {
	source := sourceOf(from)
	s := &l.shards[(source[7]^source[15]^source[14]<<3)%limitShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	paid, known := s.paid[source]
	if !known && !s.room(now) {
		paid = s.rest
	}
	next := max(paid, now) + l.interval
	if next-now > l.slack {
		return next - now - l.slack, false
	}
	if known || len(s.paid) < limitSources {
		s.paid[source] = next
	} else {
		s.rest = next
	}
	return 0, true
}

// room makes place for one more source by forgetting those whose debt is paid.
func (s *limitShard) room(now time.Duration) bool {
	if len(s.paid) < limitSources {
		return true
	}
	if now < s.sweeps {
		return false
	}
	s.sweeps = now + time.Second
	for source, paid := range s.paid {
		if paid <= now {
			delete(s.paid, source)
		}
	}
	return len(s.paid) < limitSources
}
