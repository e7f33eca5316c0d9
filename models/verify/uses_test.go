package verify

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keydesk/models"
)

func TestUsesAreCountedByWhatIsAlike(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	ask := w.ask("orders.read")
	for _, from := range []string{"10.1.2.3", "10.1.2.99", "::ffff:10.1.2.4", "2001:db8:7:8::1", "2001:db8:7:9::1"} {
		ask.Source = netip.MustParseAddr(from)
		expect(t, g, ask, models.Allowed)
	}
	ask.Scopes = []string{"nothing.known"}
	expect(t, g, ask, models.InsufficientScope)
	if err := g.flush.send(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, u := range w.flushed[0].Uses {
		if u.KeyID != w.key.ID || u.AccountID != w.account.ID || u.SecretID != w.key.Secrets[0].ID || u.Bucket != u.LastAt.Truncate(time.Hour) {
			t.Errorf("use %+v", u)
		}
		got[fmt.Sprint(u.Requested, " ", u.Granted, " ", u.Outcome, " ", u.Network)] = u.Count
	}
	want := map[string]int64{
		"orders.read orders.write allowed 10.1.2.0/24":     3,
		"orders.read orders.write allowed 2001:db8:7::/48": 2,
		"other  insufficient_scope 2001:db8:7::/48":        1,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted\n%v, want\n%v", got, want)
	}
}

// A request for several scopes is one request, and a scope that it names twice is named once.
func TestARequestForSeveralScopesIsOne(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	ask := w.ask("orders.read")
	ask.Scopes = []string{"orders.read", "orders.write", "orders.read"}
	expect(t, g, ask, models.Allowed)
	expect(t, g, ask, models.Allowed)
	if err := g.flush.send(t.Context()); err != nil {
		t.Fatal(err)
	}
	counts, requests := map[string]int64{}, int64(0)
	for _, u := range w.flushed[0].Uses {
		counts[u.Requested] += u.Count
		requests += u.Requests()
	}
	if fmt.Sprint(counts) != "map[orders.read:2 orders.write:2]" || requests != 2 {
		t.Errorf("counted %v, %d requests", counts, requests)
	}
}

func TestARefusalNeverCountsAsUse(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	good, bad := w.ask("orders.read"), w.ask("orders.purge")
	good.Source, good.Agent = netip.MustParseAddr("10.0.0.1"), "good\x00 agent\n"+strings.Repeat("я", 300)
	bad.Source, bad.Agent = netip.MustParseAddr("10.0.0.2"), "bad agent"
	expect(t, g, good, models.Allowed)
	expect(t, g, bad, models.InsufficientScope)
	if err := g.flush.send(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := w.flushed[0].Last[0]
	if last.Allowed.Address != "10.0.0.1" || last.Allowed.Scope != "orders.read" || last.Allowed.Reason != models.Allowed ||
		last.Allowed.Agent != "good agent"+strings.Repeat("я", 246) {
		t.Errorf("last allowed %+v", last.Allowed)
	}
	if last.Refused.Address != "10.0.0.2" || last.Refused.Scope != "orders.purge" || last.Refused.Reason != models.InsufficientScope {
		t.Errorf("last refused %+v", last.Refused)
	}
	if last.AccountID != w.account.ID || last.FolderID != w.account.FolderID {
		t.Errorf("last used of %+v", last)
	}
}

func TestALostAnswerCountsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		expect(t, g, w.ask("orders.read"), models.Allowed)
		w.set(func() { w.loseNext = true })
		time.Sleep(defaultFlush)
		synctest.Wait()
		expect(t, g, w.ask("orders.read"), models.Allowed)
		stop()
		if n := w.uses()[models.Allowed]; n != 2 || len(w.written) != 2 {
			t.Errorf("%d uses in %d batches, want 2 in 2", n, len(w.written))
		}
	})
}

func TestWhatCouldNotBeWrittenIsKeptAndShownAsLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		defer stop()
		w.set(func() { w.fail["flush"] = errAway })
		for range 5 {
			expect(t, g, w.ask("orders.read"), models.Allowed)
			time.Sleep(defaultFlush)
		}
		if lag := g.Stats().FlushLag; lag < 5*defaultFlush {
			t.Errorf("lag %v, want at least %v", lag, 5*defaultFlush)
		}
		w.set(func() { clear(w.fail) })
		time.Sleep(defaultFlush)
		synctest.Wait()
		if n, lag := w.uses()[models.Allowed], g.Stats().FlushLag; n != 5 || lag != 0 {
			t.Errorf("%d uses are written, lag %v; want 5 and none", n, lag)
		}
	})
}

func TestTheFirstUseEverIsWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.feed.Keys[0].UsedBefore = false
		g, stop := running(t, w)
		defer stop()
		expect(t, g, w.ask("orders.purge"), models.InsufficientScope)
		synctest.Wait()
		if len(w.flushed) != 0 {
			t.Error("a refusal was taken for the first use")
		}
		for range 2 {
			expect(t, g, w.ask("orders.read"), models.Allowed)
			synctest.Wait()
		}
		if n := w.uses()[models.Allowed]; n != 1 {
			t.Errorf("%d uses are written at once, want the first alone", n)
		}
	})
}

func TestManyNetworksOfAKeyAreOther(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	ask := w.ask("orders.read")
	for i := range 100 {
		ask.Source = netip.AddrFrom4([4]byte{10, 0, byte(i), 1})
		expect(t, g, ask, models.Allowed)
		if i == 50 {
			g.flush.collect() // a flush in between opens no further networks
		}
	}
	g.flush.collect()
	networks := map[string]int64{}
	for _, f := range g.flush.queue {
		for _, u := range f.Uses {
			networks[u.Network] += u.Count
		}
	}
	if len(networks) != keyNetworks+1 || networks[models.OtherName] != 100-keyNetworks {
		t.Errorf("%d networks, %d other; want %d and %d", len(networks), networks[models.OtherName], keyNetworks+1, 100-keyNetworks)
	}
}

func TestCountersAreBoundedAndNothingIsDropped(t *testing.T) {
	u := newUses()
	const n = 3 * useCounters
	for i := range n {
		u.record(&use{key: ID{1}, seat: new(uint32), requested: uint32(i), outcome: insufficientScope, at: 1})
		u.recordUnknown(netip.AddrFrom4([4]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}), 1)
	}
	counters, known, unknown, t1 := 0, int64(0), int64(0), u.take(1)
	for _, k := range t1.keys {
		counters += len(k.counters)
		for _, c := range k.counters {
			known += c.n
		}
	}
	for _, c := range t1.unknown {
		unknown += c
	}
	if counters > useCounters+1 || len(t1.unknown) > useShards*(useUnknown+1) || known != n || unknown != n || u.folded.Load() == 0 {
		t.Errorf("%d and %d counters hold %d and %d of %d uses, folded %d", counters, len(t1.unknown), known, unknown, n, u.folded.Load())
	}
	if again := u.take(1); len(again.keys) != 0 || len(again.unknown) != 0 {
		t.Error("the same uses are taken twice")
	}
	if u.take(2 * microsPerHour); len(u.shards[0].keys) != 0 {
		t.Error("a key that is not in use is kept for ever")
	}
}

func TestParallelChecksOfOneKeyAreOneWrite(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for range 100 {
				expect(t, g, w.ask("orders.read"), models.Allowed)
			}
		})
	}
	all.Wait()
	if err := g.flush.send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.flushed) != 1 || len(w.flushed[0].Uses) != 1 || len(w.flushed[0].Last) != 1 || w.flushed[0].Uses[0].Count != 10_000 {
		t.Errorf("flushed %+v", w.flushed)
	}
}

// TestASeatIsOnlyItsOwnKeys: a key's row may remember a seat that another key of the shard has by now.
func TestASeatIsOnlyItsOwnKeys(t *testing.T) {
	u := newUses()
	seats := map[ID]*uint32{{1}: new(uint32), {2}: new(uint32)}
	record := func(key ID, hour int64) {
		u.record(&use{key: key, seat: seats[key], outcome: allowed, at: hour*microsPerHour + 1, sight: true})
	}
	counted := func(hour int64) map[ID]int64 {
		n := map[ID]int64{}
		for _, k := range u.take(hour * microsPerHour).keys {
			for _, c := range k.counters {
				n[k.key] += c.n
			}
		}
		return n
	}
	record(ID{1}, 1)
	counted(1)
	counted(2) // the first key is idle and leaves
	record(ID{2}, 2)
	record(ID{1}, 2)
	record(ID{2}, 2)
	if n := counted(2); n[ID{1}] != 1 || n[ID{2}] != 2 || *seats[ID{1}] == *seats[ID{2}] {
		t.Errorf("counted %v in the seats %d and %d", n, *seats[ID{1}], *seats[ID{2}])
	}
}
