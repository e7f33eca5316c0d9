package verify

import (
	"sync/atomic"
	"time"
)

// lease is how long a gate may answer. The monotonic clock stands still while a machine sleeps and the wall clock can be
// set, so both have to agree that it still runs.
type lease struct {
	start time.Time // with its monotonic reading
	wall  int64     // the same instant on the wall, Unix nanoseconds
	last  time.Duration
}

func newLease(start time.Time, last time.Duration) *lease {
	return &lease{start: start, wall: start.UnixNano(), last: last}
}

func (l *lease) holds(now time.Time) bool {
	if l == nil {
		return false
	}
	return now.Sub(l.start) < l.last && now.UnixNano()-l.wall < int64(l.last)
}

func (l *lease) age(now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	return now.Sub(l.start)
}

// dbClock is the database's clock, carried on between readings by the local monotonic one. It never moves back: floor is the
// latest instant that it has told.
type dbClock struct{ sample atomic.Pointer[clockSample] }

type clockSample struct {
	local time.Time // when the reading was asked for: the database's clock is told no earlier than it is
	micro int64     // what the database said, Unix microseconds
	floor int64
}

func (c *dbClock) now(local time.Time) int64 {
	s := c.sample.Load()
	if s == nil {
		return local.UnixMicro()
	}
	return max(s.floor, s.micro+local.Sub(s.local).Microseconds())
}

// set takes a reading that was asked for at local. Only one goroutine sets.
func (c *dbClock) set(local, said time.Time) {
	next := &clockSample{local: local, micro: said.UnixMicro()}
	if c.sample.Load() != nil {
		next.floor = c.now(local)
	}
	c.sample.Store(next)
}
