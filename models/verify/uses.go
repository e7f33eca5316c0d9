package verify

import (
	"net/netip"
	"sync"
	"sync/atomic"
)

const (
	useShards     = 64
	useCounters   = 4096 // distinct counters of a shard between two flushes, before they fold
	useNetworks   = 4096 // key and network pairs of a shard in an hour
	useUnknown    = 256  // networks of unknown keys of a shard between two flushes
	keyNetworks   = 32   // networks of one key in an hour
	microsPerHour = 3600 * 1000 * 1000
)

// use is one check of a known key, as it is counted.
type use struct {
	key, secret        ID
	account, folder    string
	requested, granted uint32
	outcome            outcome
	at                 int64 // by the database's clock, microseconds
	source             netip.Addr
	agent              string
	sight              bool // it is also the key's last request; the further scopes of one request are not
}

// useKey is what alike checks share.
type useKey struct {
	key, secret        ID
	hour               int32 // hours of the Unix epoch
	requested, granted uint32
	network            network
	outcome            outcome
}

type counter struct {
	useKey
	n, last int64
}

type sighting struct {
	at      int64
	scope   uint32
	outcome outcome
	source  netip.Addr
	agent   string
}

// keyUse is what one key did since the last flush.
type keyUse struct {
	account, folder  string
	allowed, refused sighting
	latest           uint32 // its counter that was hit last
}

type unknownUse struct {
	network network
	hour    int32
}

type keyNetwork struct {
	key     ID
	network network
}

// uses counts checks in memory. A key's counters are all in one shard. Memory is bounded: beyond a shard's counters, what
// comes is counted under network and scope "other", and folded says how often.
type uses struct {
	shards [useShards]useShard
	oldest atomic.Int64 // when the oldest use was counted that no batch has taken
	folded atomic.Uint64
}

type useShard struct {
	mu       sync.Mutex
	batch    useBatch
	hour     int32 // that networks and perKey are of: they outlast a flush
	networks map[keyNetwork]struct{}
	perKey   map[ID]uint8
	_        [32]byte
}

// useBatch is what a shard counted since it was taken last.
type useBatch struct {
	keys    map[ID]*keyUse
	index   map[useKey]uint32
	list    []counter
	unknown map[unknownUse]counter
}

func newBatch() useBatch {
	return useBatch{keys: map[ID]*keyUse{}, index: map[useKey]uint32{}, unknown: map[unknownUse]counter{}}
}

func newUses() *uses {
	u := &uses{}
	for i := range u.shards {
		s := &u.shards[i]
		s.batch, s.networks, s.perKey = newBatch(), map[keyNetwork]struct{}{}, map[ID]uint8{}
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
	s.mu.Lock()
	defer s.mu.Unlock()
	u.stamp(x.at)
	k := s.batch.keys[x.key]
	if k == nil {
		k = &keyUse{account: x.account, folder: x.folder}
		s.batch.keys[x.key] = k
	}
	if x.sight {
		k.see(x)
	}
	at := useKey{
		key: x.key, secret: x.secret, hour: int32(x.at / microsPerHour), //nolint:gosec // hours fit until the year 246,953
		requested: x.requested, granted: x.granted, network: networkOf(x.source), outcome: x.outcome,
	}
	if int(k.latest) >= len(s.batch.list) || s.batch.list[k.latest].useKey != at {
		k.latest = s.find(at, &u.folded)
	}
	c := &s.batch.list[k.latest]
	c.n, c.last = c.n+1, max(c.last, x.at)
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

// find gives the counter of a key's use, and makes it where there is room.
func (s *useShard) find(at useKey, folded *atomic.Uint64) uint32 {
	if i, ok := s.batch.index[at]; ok {
		return i
	}
	at.network = s.countable(at, folded)
	if i, ok := s.batch.index[at]; ok {
		return i
	}
	if len(s.batch.list) >= useCounters {
		folded.Add(1)
		at.network, at.requested = network{}, otherSymbol
		if i, ok := s.batch.index[at]; ok {
			return i
		}
	}
	i := uint32(len(s.batch.list)) //nolint:gosec // bounded above
	s.batch.list, s.batch.index[at] = append(s.batch.list, counter{useKey: at}), i
	return i
}

// countable is the network itself while the key has few of them in this hour, else "other".
func (s *useShard) countable(at useKey, folded *atomic.Uint64) network {
	if s.hour != at.hour {
		clear(s.networks)
		clear(s.perKey)
		s.hour = at.hour
	}
	pair := keyNetwork{at.key, at.network}
	if _, ok := s.networks[pair]; ok {
		return at.network
	}
	if s.perKey[at.key] >= keyNetworks {
		return network{}
	}
	if len(s.networks) >= useNetworks {
		folded.Add(1)
		return network{}
	}
	s.networks[pair] = struct{}{}
	s.perKey[at.key]++
	return at.network
}

// recordUnknown counts a well-formed key that nobody issued, by network alone.
func (u *uses) recordUnknown(source netip.Addr, at int64) {
	n := unknownUse{networkOf(source), int32(at / microsPerHour)} //nolint:gosec // as above
	s := &u.shards[n.network[3]%useShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	u.stamp(at)
	if _, ok := s.batch.unknown[n]; !ok && len(s.batch.unknown) >= useUnknown {
		n.network = network{}
		u.folded.Add(1)
	}
	c := s.batch.unknown[n]
	c.n++
	s.batch.unknown[n] = c
}

// take empties every shard and gives what was counted, and since when.
func (u *uses) take() (batches []useBatch, oldest int64) {
	oldest = u.oldest.Swap(0)
	for i := range u.shards {
		s := &u.shards[i]
		s.mu.Lock()
		if len(s.batch.keys)+len(s.batch.unknown) > 0 {
			batches = append(batches, s.batch)
			s.batch = newBatch()
		}
		s.mu.Unlock()
	}
	return batches, oldest
}
