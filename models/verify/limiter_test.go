package verify

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"keydesk/models"
)

func TestBadKeysAreLimitedBySource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		defer stop()
		stranger, _ := w.newKey(t)
		noisy, quiet := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		bad := Request{Secret: stranger.Reveal(), Scopes: []string{"orders.read"}, Source: noisy}
		for range defaultBadKeys.Burst {
			expect(t, g, bad, models.UnknownKey)
		}
		if d := g.Check(bad); d.Outcome != models.TooManyRequests || d.RetryAfter <= 0 {
			t.Errorf("beyond the limit: %+v", d)
		}
		good := w.ask("orders.read")
		for _, good.Source = range []netip.Addr{noisy, quiet} {
			expect(t, g, good, models.Allowed)
		}
		bad.Source = quiet
		expect(t, g, bad, models.UnknownKey)
		time.Sleep(time.Second / time.Duration(defaultBadKeys.PerSecond))
		bad.Source = noisy
		expect(t, g, bad, models.UnknownKey)
		expect(t, g, bad, models.TooManyRequests)
	})
}

func TestASourceIsAnAddressOrASixtyFour(t *testing.T) {
	a, b, c := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff:1"), netip.MustParseAddr("2001:db8:0:1::1")
	if sourceOf(a) != sourceOf(b) || sourceOf(a) == sourceOf(c) {
		t.Error("IPv6 sources are not /64")
	}
	v4, mapped := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::ffff:192.0.2.1")
	if sourceOf(v4) != sourceOf(mapped) || sourceOf(v4) == sourceOf(v4.Next()) {
		t.Error("IPv4 sources are not addresses")
	}
}

func TestTheLimiterIsBounded(t *testing.T) {
	l := newLimiter(Limit{PerSecond: 1, Burst: 2})
	refused := 0
	for i := range 4 * limitShards * limitSources {
		a := netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
		if _, ok := l.take(a, time.Second); !ok {
			refused++
		}
	}
	for i := range l.shards {
		if n := len(l.shards[i].paid); n > limitSources {
			t.Fatalf("a shard holds %d sources, want at most %d", n, limitSources)
		}
	}
	if refused == 0 {
		t.Error("sources beyond the table are not limited at all")
	}
	if _, ok := l.take(netip.MustParseAddr("203.0.113.7"), time.Hour); !ok {
		t.Error("a new source is refused after the old debts are paid")
	}
}
