package verify

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"keydesk/models"
)

// TestAWarmCheckAllocatesNextToNothing is the half of the benchmark that can fail a build: it is the same on every machine.
func TestAWarmCheckAllocatesNextToNothing(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	stranger, _ := w.newKey(t)
	ask := w.ask("orders.read")
	ask.Source = netip.MustParseAddr("10.0.0.1")
	refused := ask
	refused.Scopes = []string{"orders.purge"}
	unknown := ask
	unknown.Secret = stranger.Reveal()
	for name, r := range map[string]Request{"allowed": ask, "refused": refused, "unknown": unknown} {
		g.Check(r)
		if n := testing.AllocsPerRun(500, func() { g.Check(r) }); n > 2 {
			t.Errorf("%s: a warm check allocates %v times, want at most 2", name, n)
		}
	}
}

// many fills a gate with keys.
func many(t testing.TB, n int) (*Gate, []Request) {
	w := newWorld(t)
	asks := make([]Request, 0, n)
	for range n {
		s, k := w.newKey(t, "orders.read")
		w.feed.Keys = append(w.feed.Keys, k)
		asks = append(asks, Request{Secret: s.Reveal(), Scopes: []string{"orders.read"}, Source: netip.MustParseAddr("10.0.0.1"), Agent: "curl/8"})
	}
	return leased(t, w), asks
}

func TestAKeyTakesSomeTwoHundredBytes(t *testing.T) {
	const n = 50_000
	w := newWorld(t)
	feed := make([]models.GateKey, n)
	for i := range feed {
		_, feed[i] = w.newKey(t, "orders.read")
	}
	c, err := w.gate(t).cfg.Build(ownCatalogue)
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	m := newMemory(c, newSymbols())
	for _, k := range feed {
		if err := m.putKey(k); err != nil {
			t.Fatal(err)
		}
	}
	each := (heap() - before) / n
	if t.Logf("%d bytes a key", each); each > 280 {
		t.Errorf("a key takes %d bytes, want some 200", each)
	}
	runtime.KeepAlive(m)
	runtime.KeepAlive(feed)
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkCheckWarm is the decision without HTTP: of one key, of a hundred thousand that are asked for by Zipf's law, as
// callers do, and of these by all cores at once.
func BenchmarkCheckWarm(b *testing.B) {
	g, asks := many(b, 100_000)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 1)), 1.1, 1, uint64(len(asks)-1))
	order := make([]uint32, 1<<16)
	for i := range order {
		order[i] = uint32(zipf.Uint64())
	}
	for i := range asks {
		g.Check(asks[i])
	}
	b.Run("one key", func(b *testing.B) {
		times(b, func(int) { g.Check(asks[0]) })
	})
	b.Run("100,000 keys", func(b *testing.B) {
		times(b, func(i int) { g.Check(asks[order[i%len(order)]]) })
	})
	b.Run("100,000 keys, all cores", func(b *testing.B) {
		var start atomic.Int64 // each core begins elsewhere
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := int(start.Add(7919)); pb.Next(); i++ {
				g.Check(asks[order[i%len(order)]])
			}
		})
	})
}

// times reports the median and the 99th percentile of every 16th run beside the mean: a clock on each would be a good part
// of what is measured.
func times(b *testing.B, run func(i int)) {
	b.ReportAllocs()
	taken := make([]float64, 0, 1<<16)
	i := 0
	for ; b.Loop(); i++ {
		if i%16 > 0 || len(taken) == cap(taken) {
			run(i)
			continue
		}
		start := time.Now()
		run(i)
		taken = append(taken, float64(time.Since(start)))
	}
	slices.Sort(taken)
	b.ReportMetric(taken[len(taken)/2], "p50-ns")
	b.ReportMetric(taken[len(taken)*99/100], "p99-ns")
}
