package mw

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"keydesk/models"
)

// Rate is how many anonymous changes one address may ask for.
type Rate struct {
	PerSecond float64
	Burst     int
	Addresses int // remembered at once; beyond it the others share one allowance, so that memory stays bounded
}

// AnonymousRate fits people who mistype a password behind one office address, and not who tries a list.
var AnonymousRate = Rate{PerSecond: 1, Burst: 60, Addresses: 10_000}

// RateLimit bounds the anonymous POSTs of an address. Who is signed in is not counted: they are named in the audit log.
func RateLimit(limit Rate, now func() time.Time, anonymous func(echo.Context) bool) echo.MiddlewareFunc {
	l := &limiter{rate: limit, now: now, byAddress: map[netip.Prefix]*rate.Limiter{}, others: limit.fresh()}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if c.Request().Method != http.MethodPost || !anonymous(c) || l.allow(network(c.RealIP())) {
				return next(c)
			}
			return &models.Error{
				Code: models.TooMany, Reason: "too_many_requests", RetryAfter: time.Duration(float64(time.Second) / limit.PerSecond),
				Text: "There were too many requests from your address. Wait a moment and try again.",
			}
		}
	}
}

type limiter struct {
	rate Rate
	now  func() time.Time

	mu        sync.Mutex
	byAddress map[netip.Prefix]*rate.Limiter
	others    *rate.Limiter
	prunedAt  time.Time
}

const pruneEvery = time.Second // looking through all of them has its price, and a flood would ask for it every time

func (r Rate) fresh() *rate.Limiter { return rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst) }

func (l *limiter) allow(from netip.Prefix) bool {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.byAddress[from]
	if !ok {
		one = l.remember(from, now)
	}
	return one.AllowN(now, 1)
}

// remember makes room by forgetting addresses whose allowance is whole again: for those nothing is lost.
func (l *limiter) remember(from netip.Prefix, now time.Time) *rate.Limiter {
	if len(l.byAddress) >= l.rate.Addresses && now.Sub(l.prunedAt) >= pruneEvery {
		l.prunedAt = now
		for other, one := range l.byAddress {
			if one.TokensAt(now) >= float64(l.rate.Burst) {
				delete(l.byAddress, other)
			}
		}
	}
	if len(l.byAddress) >= l.rate.Addresses {
		return l.others
	}
	one := l.rate.fresh()
	l.byAddress[from] = one
	return one
}

// network is what one party can be taken to hold: an IPv4 address, or a /64 of IPv6. Anything else is one party.
func network(address string) netip.Prefix {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	ip = ip.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // cannot fail: the bits fit the family
	return p
}
