package verify

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keydesk/models"
)

// asking runs a gate that holds no lease.
func asking(t *testing.T, w *world) (*Gate, func()) {
	t.Helper()
	return runningAs(t, w.gateWith(t, func(c *Config) { c.AskEach = true }))
}

func TestWithoutALeaseEveryCheckAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := asking(t, w)
		defer stop()
		for range 3 {
			time.Sleep(time.Millisecond) // rounds of the same instant would do for the next check, too
			before := w.stepsSoFar()
			expect(t, g, w.ask("orders.read"), models.Allowed)
			if got := w.steps[before:]; !slices.Equal(got, []string{"beat", "feed"}) {
				t.Errorf("a check took the steps %v, want one round", got)
			}
		}
	})
}

func TestWithoutALeaseAChangeIsKnownToTheNextCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := asking(t, w)
		defer stop()
		time.Sleep(time.Millisecond)
		start := time.Now()
		w.key.Revoked = true
		w.change(models.Feed{Keys: []models.GateKey{w.key}})
		expect(t, g, w.ask("orders.read"), models.RevokedKey)
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the check waited %v: for the poll, not for its own round", waited)
		}
	})
}

func TestARoundThatBeganBeforeProvesNothing(t *testing.T) {
	f, at := newFresh(), time.Now()
	f.reached(at)
	if known, _ := f.since(at); !known {
		t.Error("a round that began with the check does not count")
	}
	known, again := f.since(at.Add(time.Nanosecond))
	if known || again == nil {
		t.Error("a round that began before the check counts")
	}
	f.reached(at.Add(time.Hour))
	select {
	case <-again:
	default:
		t.Error("nobody is told of the next round")
	}
}

func TestWithoutALeaseADatabaseThatIsAwayIsToldWithinASecondAndHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := asking(t, w)
		defer stop()
		w.set(func() { w.fail["feed"] = errAway })
		time.Sleep(time.Millisecond)
		start := time.Now()
		expect(t, g, w.ask("orders.read"), models.GateUnavailable)
		if waited := time.Since(start); waited > minHurry {
			t.Errorf("told after %v, want %v at the latest", waited, minHurry)
		}
		time.Sleep(readyFor)
		if g.Ready() {
			t.Error("it calls itself ready, though no round ended well")
		}
		w.set(func() { delete(w.fail, "feed") })
		expect(t, g, w.ask("orders.read"), models.Allowed)
	})
}

func TestWithoutALeaseAStoppedGateAnswersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := asking(t, w)
		stop()
		start := time.Now()
		expect(t, g, w.ask("orders.read"), models.GateUnavailable)
		if time.Since(start) != 0 {
			t.Errorf("it waited %v", time.Since(start))
		}
	})
}

func TestChecksThatWaitShareARound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := asking(t, w)
		defer stop()
		time.Sleep(time.Millisecond)
		before := w.stepsSoFar()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { expect(t, g, w.ask("orders.read"), models.Allowed) })
		}
		all.Wait()
		if got := w.stepsSoFar() - before; got > 8 {
			t.Errorf("100 checks at once took %d steps", got)
		}
	})
}

func TestAGateWithoutALeaseHasNoStaleFor(t *testing.T) {
	w := newWorld(t)
	cfg := w.gateWith(t, func(c *Config) { c.AskEach = true }).cfg
	if cfg.StaleFor != 0 {
		t.Errorf("stale-for is %v, want 0: others would wait for a lease that nobody holds", cfg.StaleFor)
	}
	cfg.StaleFor = time.Second
	if _, err := New(cfg); err == nil {
		t.Error("a lease was accepted for a gate that asks at every check")
	}
}

func TestChecksDoNotDriveHowOftenAnAbsentDatabaseIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := asking(t, w)
		defer stop()
		w.set(func() { w.fail["beat"] = errAway })
		time.Sleep(time.Millisecond)
		before := w.stepsSoFar()
		var all sync.WaitGroup
		for range 1000 {
			time.Sleep(10 * time.Millisecond)
			all.Go(func() { expect(t, g, w.ask("orders.read"), models.GateUnavailable) })
		}
		all.Wait()
		if got := w.stepsSoFar() - before; got > 60 {
			t.Errorf("1,000 checks in 10 s had the database asked %d times", got)
		}
	})
}

func TestWhatIsNoKeyCostsNothingWithoutALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := asking(t, w)
		defer stop()
		time.Sleep(time.Millisecond)
		before := w.stepsSoFar()
		expect(t, g, Request{Secret: "keydesk_nonsense", Scopes: []string{"orders.read"}}, models.MalformedKey)
		if got := w.stepsSoFar() - before; got != 0 {
			t.Errorf("%d steps", got)
		}
		asked := time.Now()
		for range 10 { // several questions of one moment
			r := w.ask("orders.read")
			r.Asked = asked
			expect(t, g, r, models.Allowed)
			time.Sleep(time.Millisecond)
		}
		if got := w.stepsSoFar() - before; got > 3 {
			t.Errorf("ten questions of one moment took %d steps, want one round", got)
		}
	})
}
