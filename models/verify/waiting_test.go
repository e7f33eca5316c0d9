package verify

import (
	"testing"
	"time"
)

func TestWaiting(t *testing.T) {
	var w waiting
	start := time.Date(2026, 11, 23, 14, 3, 7, 0, time.UTC)
	is := func(what string, enforced, changes int64, age time.Duration) {
		t.Helper()
		if n, d := w.lag(enforced, start.Add(5*time.Second)); n != changes || d != age {
			t.Errorf("%s: %d for %v, want %d for %v", what, n, d, changes, age)
		}
	}
	is("nothing was read", 0, 0, 0)
	w.read(7, 7, start)
	is("it enforces what was read", 7, 0, 0)
	w.read(9, 7, start.Add(time.Second))
	w.read(12, 7, start.Add(3*time.Second))
	is("the oldest waits since it was read", 7, 5, 4*time.Second)
	w.enforce(9)
	is("some are enforced", 9, 3, 4*time.Second)
	w.enforce(12)
	is("all are", 12, 0, 0)
}
