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

// Rate is how much one party may ask for: an address, or a person.
type Rate struct {
	PerSecond float64
	Burst     int
	Parties   int // remembered at once; beyond it the others share one allowance, so that memory stays bounded
}

// AnonymousRate fits people who mistype a password behind one office address, and not who tries a list.
var AnonymousRate = Rate{PerSecond: 1, Burst: 60, Parties: 10_000}

// RefusedRate fits people who try a form again and again, and not a program that fills the audit log with refusals.
var RefusedRate = Rate{PerSecond: 1, Burst: 300, Parties: 10_000}

// RateLimit bounds the anonymous POSTs of an address. Who is signed in is not counted: they are named in the audit log.
func RateLimit(limit Rate, now func() time.Time, anonymous func(echo.Context) bool) echo.MiddlewareFunc {
	l := newLimiter(limit, now)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if c.Request().Method != http.MethodPost || !anonymous(c) || l.of(network(c.RealIP()).String()).AllowN(now(), 1) {
				return next(c)
			}
			return limit.exceeded("There were too many requests from your address. Wait a moment and try again.")
		}
	}
}

// RefusalLimit bounds the refusals of a person who is signed in, each of which is an event of the audit log: beyond it
// nothing of theirs is let in until some time has passed. who is the person's id, "" where nobody is signed in.
func RefusalLimit(limit Rate, now func() time.Time, who func(echo.Context) string) echo.MiddlewareFunc {
	l := newLimiter(limit, now)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			id := who(c)
			if id == "" {
				return next(c)
			}
			allowance := l.of(id)
			if allowance.TokensAt(now()) < 1 {
				return limit.exceeded("Too many of your requests were refused in a short time. Wait a moment, then do what your access allows.")
			}
			err := next(c)
			if refused(c, err) {
				allowance.AllowN(now(), 1)
			}
			return err
		}
	}
}

// refused reports whether a request was understood and not granted, so that it left an event: of what only reads, that is
// what the person's access does not include.
func refused(c echo.Context, err error) bool {
	changes := c.Request().Method == http.MethodPost
	switch models.CodeOf(err) {
	case models.Forbidden:
		return models.ReasonOf(err) != "cross_origin" // which another site sent: it must not use somebody's allowance up
	case models.Invalid, models.NotFound, models.Conflict, models.Precondition, models.TooMany: // too many wrong passwords are events too
		return changes
	}
	status := c.Response().Status
	return changes && err == nil && (status == http.StatusConflict || status == http.StatusUnprocessableEntity)
}

func (r Rate) exceeded(text string) error {
	return &models.Error{
		Code: models.TooMany, Reason: "too_many_requests", RetryAfter: time.Duration(float64(time.Second) / r.PerSecond), Text: text,
	}
}

type limiter struct {
	rate Rate
	now  func() time.Time

	mu       sync.Mutex
	by       map[string]*rate.Limiter
	others   *rate.Limiter
	prunedAt time.Time
}

func newLimiter(r Rate, now func() time.Time) *limiter {
	return &limiter{rate: r, now: now, by: map[string]*rate.Limiter{}, others: r.fresh()}
}

const pruneEvery = time.Second // looking through all of them has its price, and a flood would ask for it every time

func (r Rate) fresh() *rate.Limiter { return rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst) }

// of is the allowance of a party.
func (l *limiter) of(party string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.by[party]; ok {
		return one
	}
	return l.remember(party, l.now())
}

// remember makes room by forgetting parties whose allowance is whole again: for those nothing is lost.
func (l *limiter) remember(party string, now time.Time) *rate.Limiter {
	if len(l.by) >= l.rate.Parties && now.Sub(l.prunedAt) >= pruneEvery {
		l.prunedAt = now
		for other, one := range l.by {
			if one.TokensAt(now) >= float64(l.rate.Burst) {
				delete(l.by, other)
			}
		}
	}
	if len(l.by) >= l.rate.Parties {
		return l.others
	}
	one := l.rate.fresh()
	l.by[party] = one
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
