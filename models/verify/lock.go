package verify

import "sync"

// lockShards is a power of two above the cores that a gate is likely to have.
const lockShards = 64

// bigLock is a lock with many readers: a reader takes one shard, a writer all of them. So readers on different cores share
// no cache line, and still see all of a feed or nothing of it.
type bigLock [lockShards]struct {
	sync.RWMutex
	_ [40]byte // the rest of the cache line
}

func (l *bigLock) reader(n byte) *sync.RWMutex { return &l[n%lockShards].RWMutex }

func (l *bigLock) Lock() {
	for i := range l {
		l[i].Lock()
	}
}

func (l *bigLock) Unlock() {
	for i := range l {
		l[i].Unlock()
	}
}
