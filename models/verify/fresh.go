package verify

import (
	"sync"
	"time"
)

// fresh is what a gate without a lease goes by: each check waits for a round of the protocol that began after it, so that it
// knows every change that was committed before. Checks that wait at the same time share a round.
type fresh struct {
	mu    sync.Mutex
	began time.Time     // the latest round that ended well
	next  chan struct{} // closed when another one has
	ended bool
}

func newFresh() *fresh { return &fresh{next: make(chan struct{})} }

// reached says that a round which began then has ended well.
func (f *fresh) reached(began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	f.began = began
	close(f.next)
	f.next = make(chan struct{})
}

// end has nobody wait any more.
func (f *fresh) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.ended {
		f.ended = true
		close(f.next)
	}
}

// over reports whether nobody may be answered any more.
func (f *fresh) over() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended
}

// since reports whether a round began no earlier than at; where none did, it gives what is closed when to ask again.
func (f *fresh) since(at time.Time) (known bool, again <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return false, nil
	}
	return !f.began.IsZero() && !f.began.Before(at), f.next
}

// await waits until a round that began no earlier than at has ended well. It wakes the gate for it, and gives up after patience.
func (f *fresh) await(at time.Time, wake func(), patience time.Duration) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		known, again := f.since(at)
		if known || again == nil {
			return known
		}
		wake()
		select {
		case <-again:
		case <-limit.C:
			return false
		}
	}
}
