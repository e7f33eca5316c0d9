package signin

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"keydesk/models"
)

const (
	addressBurst = 30              // attempts from one address at once: a classroom behind one router
	addressEvery = 3 * time.Second // then one in so many
	addressesMax = 10_000          // remembered at once; some 100 bytes each
)

// limiter bounds the attempts from one address, whatever names they try. Its memory is bounded: when it is full, idle
// addresses are forgotten; if none is idle, further addresses share one limit. So no flood of addresses resets another's.
type limiter struct {
	mu     sync.Mutex
	by     map[netip.Prefix]*rate.Limiter
	shared *rate.Limiter
	swept  time.Time
}

func newLimiter() *limiter {
	return &limiter{by: map[netip.Prefix]*rate.Limiter{}, shared: newRate()}
}

func newRate() *rate.Limiter { return rate.NewLimiter(rate.Every(addressEvery), addressBurst) }

// allow takes one attempt of the address, or says when the next is possible.
func (l *limiter) allow(address string, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.of(address, now).ReserveN(now, 1)
	left := r.DelayFrom(now)
	if left == 0 {
		return nil
	}
	r.CancelAt(now)
	return &models.Error{
		Code: models.TooMany, Reason: "sign_in_rate", RetryAfter: left,
		Text: "Too many attempts came from your address. Try again in " + wait(left) + ".",
	}
}

func (l *limiter) of(address string, now time.Time) *rate.Limiter {
	prefix, ok := network(address)
	if !ok {
		return l.shared
	}
	if known := l.by[prefix]; known != nil {
		return known
	}
	if len(l.by) >= addressesMax {
		l.sweep(now)
	}
	if len(l.by) >= addressesMax {
		return l.shared
	}
	l.by[prefix] = newRate()
	return l.by[prefix]
}

// sweep forgets addresses that have their whole burst again: to them it makes no difference.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < addressEvery { // none can have become idle that often; a flood must not buy a scan each
		return
	}
	l.swept = now
	for p, r := range l.by {
		if r.TokensAt(now) >= addressBurst {
			delete(l.by, p)
		}
	}
}

// network is what one party holds: an IPv4 address, or an IPv6 /64.
func network(address string) (netip.Prefix, bool) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, false
	}
	a = a.Unmap().WithZone("")
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	return p, err == nil
}
