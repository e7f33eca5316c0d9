package verify

import (
	"net/netip"
	"runtime"
	"testing"

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

func BenchmarkCheckOneKey(b *testing.B) {
	g, asks := many(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		g.Check(asks[0])
	}
}

func BenchmarkCheckAmong100000(b *testing.B) {
	g, asks := many(b, 100_000)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		g.Check(asks[i%len(asks)])
		i += 7919
	}
}

func BenchmarkCheckParallel(b *testing.B) {
	g, asks := many(b, 10_000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i += 7919 {
			g.Check(asks[i%len(asks)])
		}
	})
}
