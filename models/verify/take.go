package verify

import "slices"

// taken is what keys did since the last flush.
type taken struct {
	keys    []takenKey
	unknown map[unknownUse]int64
	oldest  int64 // when the oldest of it was counted
}

type takenKey struct {
	key              ID
	account, folder  string
	allowed, refused sighting
	counters         []counter
}

// take gives what was counted and sets it to nothing. now is the database's clock.
func (u *uses) take(now int64) taken {
	t := taken{unknown: map[unknownUse]int64{}, oldest: u.oldest.Swap(0)}
	hour := int32(now / microsPerHour) //nolint:gosec // as in record
	for i := range u.shards {
		u.shards[i].take(&t, hour)
	}
	return t
}

func (s *useShard) take(t *taken, hour int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, count := range s.unknown {
		t.unknown[n] += count
	}
	clear(s.unknown)
	for _, k := range s.dirty {
		t.keys = append(t.keys, k.take())
	}
	s.forget(hour)
	for _, k := range s.dirty {
		k.dirty = false
	}
	clear(s.dirty)
	s.dirty = s.dirty[:0]
}

func (k *keyUse) take() takenKey {
	t := takenKey{key: k.key, account: k.account, folder: k.folder, allowed: k.allowed, refused: k.refused}
	k.allowed.at, k.refused.at = 0, 0
	t.counters = make([]counter, 0, len(k.counters))
	for i := range k.counters {
		if c := &k.counters[i]; c.n > 0 {
			t.counters = append(t.counters, *c)
			c.n, c.further, c.last = 0, 0, 0
		}
	}
	return t
}

// forget drops the counters of hours that are over and keys that are not in use any more; where the shard is half full, all
// of them. What they counted is taken.
func (s *useShard) forget(hour int32) {
	full := s.counters > useCounters/2
	if full {
		hour++ // this hour's too: what a key still does makes its counters anew
	}
	s.counters = 0
	for _, k := range s.keys {
		if !k.dirty && (len(k.counters) == 0 || k.counters[len(k.counters)-1].hour < hour) {
			s.leave(k)
			continue
		}
		k.forget(hour)
		s.counters += len(k.counters)
	}
}

func (k *keyUse) forget(hour int32) {
	if len(k.counters) == 0 || k.counters[0].hour >= hour {
		return
	}
	k.counters = slices.DeleteFunc(k.counters, func(c counter) bool { return c.hour < hour })
	k.index, k.latest = nil, 0
}
