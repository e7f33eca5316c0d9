package verify

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	useShards     = 64
	useCounters   = 8192 // counters that a shard keeps, before what is new folds
	useUnknown    = 256  // networks of unknown keys of a shard between two flushes
	keyNetworks   = 32   // networks of one key in an hour
	keyIndexed    = 16   // counters of one key from which on they are found by an index
	microsPerHour = 3600 * 1000 * 1000
)

// use is one check of a known key, as it is counted.
type use struct {
	key, secret        ID
	seat               *uint32 // where the key's row remembers its seat
	account, folder    string
	requested, granted uint32
	outcome            outcome
	at                 int64 // by the database's clock, microseconds
	source             netip.Addr
	agent              string
	sight              bool // it is also the key's last request; the further scopes of one request are not
}

// useKey is what alike checks of a key share.
type useKey struct {
	secret             ID
	hour               int32 // hours of the Unix epoch
	requested, granted uint32
	network            network
	outcome            outcome
}

type counter struct {
	useKey
	n, last int64 // n is 0 where nothing came since the last flush
	further int64 // of n
}

type sighting struct {
	at      int64 // 0: none since the last flush
	scope   uint32
	outcome outcome
	source  netip.Addr
	agent   string
}

// keyUse is what one key does. It outlives a flush, so that a key in use costs nothing new. What every allowed check
// touches stands together: of most keys it has to come out of slow memory.
type keyUse struct {
	key             ID
	seat            uint32 // of the shard's seats
	latest          int    // the counter that was hit last
	dirty           bool   // it is in the shard's list for the next flush
	counters        []counter
	allowed         sighting
	refused         sighting
	index           map[useKey]int // nil while there are few counters
	account, folder string
}

type unknownUse struct {
	network network
	hour    int32
}

// uses counts checks in memory. Memory is bounded: beyond a shard's counters, what comes is counted under network and scope
// "other", and folded says how often.
type uses struct {
	shards [useShards]useShard
	oldest atomic.Int64 // when the oldest use was counted that no batch has taken
	folded atomic.Uint64
}

type useShard struct {
	mu       sync.Mutex
	keys     map[ID]*keyUse
	seats    []*keyUse // the same, where a key's row finds its own without the map
	vacant   []uint32
	dirty    []*keyUse
	counters int
	unknown  map[unknownUse]int64
	_        [40]byte // the rest of a cache line
}

func newUses() *uses {
	u := &uses{}
	for i := range u.shards {
		u.shards[i].keys, u.shards[i].unknown = map[ID]*keyUse{}, map[unknownUse]int64{}
	}
	return u
}

func (u *uses) stamp(at int64) {
	if u.oldest.Load() == 0 {
		u.oldest.CompareAndSwap(0, at)
	}
}

// record counts one check. It takes memory only, and only where something is new.
func (u *uses) record(x *use) {
	s := &u.shards[(x.key[19]^x.key[18]<<3)%useShards]
	at := useKey{
		secret: x.secret, hour: int32(x.at / microsPerHour), //nolint:gosec // hours fit until the year 246,953
		requested: x.requested, granted: x.granted, network: networkOf(x.source), outcome: x.outcome,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.stamp(x.at)
	k := s.of(x)
	if !k.dirty {
		k.dirty = true
		s.dirty = append(s.dirty, k)
	}
	if x.sight {
		k.see(x)
	}
	if k.latest >= len(k.counters) || k.counters[k.latest].useKey != at {
		k.latest = s.find(k, at, &u.folded)
	}
	c := &k.counters[k.latest]
	c.n, c.last = c.n+1, max(c.last, x.at)
	if !x.sight {
		c.further++
	}
}

// of gives what is kept of a key. Its row remembers the seat; whose seat it is by now is checked, as another may have it.
func (s *useShard) of(x *use) *keyUse {
	if seat := *x.seat; int(seat) < len(s.seats) && s.seats[seat].key == x.key {
		return s.seats[seat]
	}
	k := s.keys[x.key]
	if k == nil {
		k = &keyUse{key: x.key, account: x.account, folder: x.folder}
		s.keys[x.key] = k
		s.sit(k)
	}
	*x.seat = k.seat
	return k
}

func (s *useShard) sit(k *keyUse) {
	if n := len(s.vacant); n > 0 {
		k.seat, s.vacant = s.vacant[n-1], s.vacant[:n-1]
		s.seats[k.seat] = k
		return
	}
	k.seat = uint32(len(s.seats)) //nolint:gosec // fewer than keys
	s.seats = append(s.seats, k)
}

// nobody sits where a key left.
var nobody = &keyUse{}

func (s *useShard) leave(k *keyUse) {
	delete(s.keys, k.key)
	s.seats[k.seat] = nobody
	s.vacant = append(s.vacant, k.seat)
}

func (k *keyUse) see(x *use) {
	g := &k.refused
	if x.outcome == allowed {
		g = &k.allowed
	}
	if x.at < g.at {
		return
	}
	if g.agent != x.agent {
		g.agent = cleanAgent(x.agent)
	}
	g.at, g.scope, g.outcome, g.source = x.at, x.requested, x.outcome, x.source
}

// find gives the counter of a use, and makes it where there is room.
func (s *useShard) find(k *keyUse, at useKey, folded *atomic.Uint64) int {
	if i, ok := k.lookup(at); ok {
		return i
	}
	if !k.countable(at) {
		at.network = network{}
	}
	if i, ok := k.lookup(at); ok {
		return i
	}
	if s.counters >= useCounters {
		folded.Add(1)
		at.network, at.requested = network{}, otherSymbol
		if i, ok := k.lookup(at); ok {
			return i
		}
	}
	s.counters++
	return k.add(at)
}

func (k *keyUse) lookup(at useKey) (int, bool) {
	if k.index != nil {
		i, ok := k.index[at]
		return i, ok
	}
	for i := range k.counters {
		if k.counters[i].useKey == at {
			return i, true
		}
	}
	return 0, false
}

func (k *keyUse) add(at useKey) int {
	k.counters = append(k.counters, counter{useKey: at})
	if k.index == nil && len(k.counters) > keyIndexed {
		k.index = make(map[useKey]int, 2*keyIndexed)
		for i := range k.counters {
			k.index[k.counters[i].useKey] = i
		}
	}
	if k.index != nil {
		k.index[at] = len(k.counters) - 1
	}
	return len(k.counters) - 1
}

// countable reports whether a use's network is among the few of the key in this hour.
func (k *keyUse) countable(at useKey) bool {
	var seen [keyNetworks]network
	n := 0
	for i := range k.counters {
		c := &k.counters[i]
		if c.hour != at.hour || c.network == (network{}) || slices.Contains(seen[:n], c.network) {
			continue
		}
		if c.network == at.network {
			return true
		}
		if n++; n == keyNetworks {
			return false
		}
		seen[n-1] = c.network
	}
	return true
}

// recordUnknown counts a well-formed key that nobody issued, by network alone.
func (u *uses) recordUnknown(source netip.Addr, at int64) {
	n := unknownUse{networkOf(source), int32(at / microsPerHour)} //nolint:gosec // as above
	s := &u.shards[n.network[3]%useShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	u.stamp(at)
	if _, ok := s.unknown[n]; !ok && len(s.unknown) >= useUnknown {
		n.network = network{}
		u.folded.Add(1)
	}
	s.unknown[n]++
}
