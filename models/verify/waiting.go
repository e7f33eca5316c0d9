package verify

import (
	"sync/atomic"
	"time"
)

// waiting is what the gate read of the feed and its row does not say is enforced: changes that somebody waits for. What the
// gate has not read, because the database does not answer, it cannot know; the age of its lease tells of that.
type waiting struct {
	newest atomic.Int64 // revision
	since  atomic.Int64 // when the oldest of them was read, in microseconds; 0: none waits
}

func (w *waiting) read(revision, enforced int64, at time.Time) {
	w.newest.Store(revision)
	if revision > enforced {
		w.since.CompareAndSwap(0, at.UnixMicro())
	}
}

func (w *waiting) enforce(revision int64) {
	if revision >= w.newest.Load() {
		w.since.Store(0)
	}
}

// lag is how many changes wait, and how long the oldest has.
func (w *waiting) lag(enforced int64, now time.Time) (changes int64, age time.Duration) {
	since := w.since.Load()
	if since == 0 {
		return 0, 0
	}
	return max(0, w.newest.Load()-enforced), max(0, now.Sub(time.UnixMicro(since)))
}
