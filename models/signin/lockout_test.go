package signin

import (
	"fmt"
	"testing"
	"time"

	"keydesk/models"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestTheFifthFailureLocks(t *testing.T) {
	f, now := models.SignInFailures{}, noon
	want := []time.Duration{0, 0, 0, 0, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute}
	for i, lock := range want {
		f = failed(f, now)
		if got := max(0, f.LockedUntil.Sub(now)); got != lock {
			t.Fatalf("after failure %d the lock is %v, want %v", i+1, got, lock)
		}
		now = now.Add(max(lock, time.Second)) // at the earliest moment
	}
}

func TestFailuresFarApartAreNotOneAttack(t *testing.T) {
	f, now := models.SignInFailures{}, noon
	for i := range 50 {
		if f = failed(f, now); locked(f, now) {
			t.Fatalf("failure %d, four minutes after the one before, locks", i+1)
		}
		now = now.Add(4 * time.Minute)
	}
}

func TestALockIsForgivenAfterAQuietWindow(t *testing.T) {
	for name, tc := range map[string]struct {
		quiet time.Duration
		locks bool
	}{
		"at the lock's end":      {0, true},
		"within the window":      {failureWindow, true},
		"once the window closed": {failureWindow + time.Microsecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := models.SignInFailures{}
			for range failuresAllowed {
				f = failed(f, noon)
			}
			now := f.LockedUntil.Add(tc.quiet)
			if f = failed(f, now); locked(f, now) != tc.locks {
				t.Errorf("one more failure locks = %v, want %v", !tc.locks, tc.locks)
			}
		})
	}
}

func TestALockEndsOnItsInstant(t *testing.T) {
	f := models.SignInFailures{LockedUntil: noon}
	if !locked(f, noon.Add(-time.Microsecond)) || locked(f, noon) {
		t.Error("a lock holds strictly before its end, and no longer")
	}
}

func TestTheWaitIsRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Millisecond: "1 second", 59 * time.Second: "59 seconds", 59*time.Second + 1: "1 minute",
		time.Minute: "1 minute", time.Minute + 1: "2 minutes", 15 * time.Minute: "15 minutes",
	} {
		if got := wait(d); got != want {
			t.Errorf("wait(%v) = %q, want %q", d, got, want)
		}
		if got := TimeLeft(fmt.Errorf("signing in: %w", lockedError(d))); got != want {
			t.Errorf("TimeLeft of a lock of %v = %q, want %q", d, got, want)
		}
	}
}

func TestTheLimiterHoldsAnAddressToItsRate(t *testing.T) {
	l := newLimiter()
	for i := range addressBurst {
		if err := l.allow("192.0.2.1", noon); err != nil {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	err := l.allow("192.0.2.1", noon)
	if models.CodeOf(err) != models.TooMany || TimeLeft(err) != "3 seconds" {
		t.Errorf("one attempt more = %v", err)
	}
	if err := l.allow("192.0.2.2", noon); err != nil {
		t.Errorf("another address is refused too: %v", err)
	}
	if err := l.allow("192.0.2.1", noon.Add(addressEvery)); err != nil {
		t.Errorf("when the wait is over: %v", err)
	}
}

func TestSpellingsOfAnAddressShareALimit(t *testing.T) {
	for name, other := range map[string]string{
		"mapped into IPv6": "::ffff:192.0.2.1",
		"same address":     "192.0.2.1",
	} {
		t.Run(name, func(t *testing.T) { shareALimit(t, "192.0.2.1", other) })
	}
	t.Run("same IPv6 /64", func(t *testing.T) { shareALimit(t, "2001:db8::1", "2001:db8::ffff:2%eth0") })
	t.Run("no address", func(t *testing.T) { shareALimit(t, "", "not an address") })
}

func shareALimit(t *testing.T, first, second string) {
	t.Helper()
	l := newLimiter()
	for range addressBurst {
		_ = l.allow(first, noon)
	}
	if l.allow(second, noon) == nil {
		t.Errorf("%q has another limit than %q", second, first)
	}
}

// A flood of addresses takes bounded memory and does not reset the counter of one of them.
func TestAFloodOfAddressesForgetsNobody(t *testing.T) {
	l := newLimiter()
	for range addressBurst {
		_ = l.allow("192.0.2.1", noon)
	}
	for i := range 50_000 {
		_ = l.allow(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&0xff, i&0xff), noon)
	}
	if len(l.by) > addressesMax {
		t.Errorf("%d addresses are remembered, at most %d may be", len(l.by), addressesMax)
	}
	if l.allow("192.0.2.1", noon) == nil {
		t.Error("the flood reset the limit of an address that had used it up")
	}
	later := noon.Add(addressBurst*addressEvery + time.Second)
	if err := l.allow("198.51.100.1", later); err != nil || len(l.by) > 2 {
		t.Errorf("once they are idle, %d addresses are remembered (%v)", len(l.by), err)
	}
}
