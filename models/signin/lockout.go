package signin

import (
	"errors"
	"fmt"
	"math"
	"time"

	"keydesk/models"
)

const (
	failuresAllowed = 5                // the fifth failure locks
	failureWindow   = 15 * time.Minute // failures further apart than this are not one attack
	firstLock       = time.Minute      // doubles with each failure after a lock
	longestLock     = 15 * time.Minute
	keepFailures    = 24 * time.Hour
)

// failed answers the counter after one more failure at now. It must not be called while the lock holds.
//
// The window begins with the first failure, or, once there was a lock, with that lock's end: whoever comes back within
// it is locked out again at once, for twice as long.
func failed(f models.SignInFailures, now time.Time) models.SignInFailures {
	since := f.FirstAt
	if f.Count >= failuresAllowed {
		since = f.LockedUntil
	}
	if now.Sub(since) > failureWindow {
		f = models.SignInFailures{EmailKey: f.EmailKey}
	}
	if f.Count == 0 {
		f.FirstAt = now
	}
	f.Count++
	f.LastAt = now
	if f.Count >= failuresAllowed {
		f.LockedUntil = now.Add(lockFor(f.Count))
	}
	return f
}

// lockFor is how long the lock after this many failures lasts: 1, 2, 4, 8, then 15 minutes.
func lockFor(failures int) time.Duration {
	return min(longestLock, firstLock<<min(failures-failuresAllowed, 10))
}

func locked(f models.SignInFailures, now time.Time) bool { return now.Before(f.LockedUntil) }

// lockedError says how long to wait. It is the same for names that exist and for those that do not.
func lockedError(left time.Duration) error {
	return &models.Error{
		Code: models.TooMany, Reason: "sign_in_locked", RetryAfter: left,
		Text: "Too many attempts failed. Try again in " + wait(left) + ", or ask an administrator for a reset link.",
	}
}

// TimeLeft says in words how long a refusal for too many attempts lasts.
func TimeLeft(err error) string {
	var refusal *models.Error
	if errors.As(err, &refusal) {
		return wait(refusal.RetryAfter)
	}
	return ""
}

// wait says a duration in words, rounded up, so that coming back then works.
func wait(d time.Duration) string {
	if s := int(math.Ceil(d.Seconds())); s < 60 {
		return plural(s, "second")
	}
	return plural(int(math.Ceil(d.Minutes())), "minute")
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
