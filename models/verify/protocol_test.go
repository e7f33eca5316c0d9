package verify

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"keydesk/models"
)

// running runs a gate within a bubble of fake time and gives what ends it.
func running(t *testing.T, w *world) (g *Gate, stop func()) {
	t.Helper()
	return runningAs(t, w.gate(t))
}

func runningAs(t *testing.T, g *Gate) (_ *Gate, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Run(ctx)
	}()
	synctest.Wait()
	return g, func() { cancel(); <-done }
}

func expect(t *testing.T, g *Gate, r Request, want models.Outcome) {
	t.Helper()
	if d := g.Check(r); d.Outcome != want {
		t.Errorf("outcome %q, want %q", d.Outcome, want)
	}
}

func TestNothingIsAnsweredBeforeTheRowIsCommittedAndTheFeedIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g := w.gate(t)
		for _, step := range []string{"load", "beat", "feed"} {
			w.during[step] = func() { expect(t, g, w.ask("orders.read"), models.GateUnavailable) }
		}
		if _, err := g.iterate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []string{"load", "beat", "feed"}; !slices.Equal(w.steps, want) {
			t.Errorf("steps %v, want %v", w.steps, want)
		}
		expect(t, g, w.ask("orders.read"), models.Allowed)
	})
}

func TestTheRowSaysOnlyWhatIsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		defer stop()
		w.key.Revoked = true
		revision := w.change(models.Feed{Keys: []models.GateKey{w.key}})
		w.set(func() {
			w.during["beat"] = func() {
				if g.position.Revision == revision {
					expect(t, g, w.ask("orders.read"), models.RevokedKey)
				}
			}
		})
		start := time.Now()
		g.Wake()
		synctest.Wait()
		if got := w.enforced(); got != revision || time.Since(start) != 0 {
			t.Errorf("enforced %d after %v, want %d at once, without waiting for a poll", got, time.Since(start), revision)
		}
	})
}

func TestNothingIsAnsweredBeforeTheFeedsHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g := w.gate(t)
		if err := g.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.change(models.Feed{})
		w.key.Revoked = true
		w.change(models.Feed{Keys: []models.GateKey{w.key}})
		w.during["feed"] = func() { expect(t, g, w.ask("orders.read"), models.GateUnavailable) }
		if _, err := g.iterate(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect(t, g, w.ask("orders.read"), models.RevokedKey)
		if want := []string{"load", "beat", "feed", "feed"}; !slices.Equal(w.steps, want) {
			t.Errorf("steps %v, want %v", w.steps, want)
		}
	})
}

func TestAPollFindsAChangeWithoutAWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		defer stop()
		w.key.Revoked = true
		revision := w.change(models.Feed{Keys: []models.GateKey{w.key}})
		time.Sleep(defaultPoll)
		synctest.Wait()
		expect(t, g, w.ask("orders.read"), models.RevokedKey)
		if w.enforced() != revision {
			t.Errorf("enforced %d, want %d", w.enforced(), revision)
		}
	})
}

func TestALeaseEndsWithoutTheDatabaseAndHeals(t *testing.T) {
	for _, step := range []string{"beat", "feed"} {
		t.Run(step+" fails", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				g, stop := running(t, w)
				defer stop()
				w.set(func() { w.fail[step] = errAway })
				time.Sleep(defaultStaleFor - defaultPoll - time.Millisecond)
				expect(t, g, w.ask("orders.read"), models.Allowed)
				time.Sleep(defaultPoll + 2*time.Millisecond)
				expect(t, g, w.ask("orders.read"), models.GateUnavailable)
				if g.Ready() {
					t.Error("ready without a lease")
				}
				w.set(func() { delete(w.fail, step) })
				time.Sleep(maxBehind)
				synctest.Wait()
				expect(t, g, w.ask("orders.read"), models.Allowed)
			})
		})
	}
}

func TestALeaseBeginsWhenTheBeatBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g := w.gate(t)
		w.slow["beat"], w.slow["feed"] = 900*time.Millisecond, 900*time.Millisecond
		start := time.Now()
		if _, err := g.iterate(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(start.Add(defaultStaleFor - time.Nanosecond)))
		expect(t, g, w.ask("orders.read"), models.Allowed)
		time.Sleep(time.Nanosecond)
		expect(t, g, w.ask("orders.read"), models.GateUnavailable)
	})
}

func TestABlackHoledDatabaseDoesNotHoldTheGateUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		defer stop()
		w.set(func() { w.slow["beat"] = time.Hour })
		time.Sleep(time.Minute)
		expect(t, g, w.ask("orders.read"), models.GateUnavailable)
		w.set(func() { clear(w.slow) })
		time.Sleep(maxHurry + maxBehind)
		expect(t, g, w.ask("orders.read"), models.Allowed)
	})
}

func TestALoadThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.fail["load"] = errAway
		g, stop := running(t, w)
		defer stop()
		time.Sleep(time.Minute)
		synctest.Wait()
		if g.Ready() || slices.Contains(w.steps, "beat") {
			t.Error("ready, or in the list of gates, before it loaded")
		}
		w.set(func() { clear(w.fail) })
		time.Sleep(maxBehind)
		synctest.Wait()
		expect(t, g, w.ask("orders.read"), models.Allowed)
	})
}

func TestStoppingRefusesFlushesAndLeavesInThatOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		for range 7 {
			expect(t, g, w.ask("orders.read"), models.Allowed)
		}
		w.set(func() {
			w.during["flush"] = func() { expect(t, g, w.ask("orders.read"), models.GateUnavailable) }
			w.steps = nil
		})
		stop()
		if want := []string{"flush", "leave"}; !slices.Equal(w.steps, want) {
			t.Errorf("steps %v, want %v", w.steps, want)
		}
		if n := w.uses()[models.Allowed]; n != 7 {
			t.Errorf("%d uses are written, want 7", n)
		}
	})
}

func TestUsesOfAChangedKeyAreWrittenBeforeTheChangeIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		defer stop()
		expect(t, g, w.ask("orders.read"), models.Allowed)
		w.key.Revoked = true
		w.change(models.Feed{Keys: []models.GateKey{w.key}})
		w.set(func() { w.steps = nil })
		g.Wake()
		synctest.Wait()
		if want := []string{"beat", "feed", "flush", "beat", "feed"}; !slices.Equal(w.steps, want) {
			t.Errorf("steps %v, want %v", w.steps, want)
		}
	})
}

func TestAFlushThatFailsHoldsNoConfirmationBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		g, stop := running(t, w)
		defer stop()
		expect(t, g, w.ask("orders.read"), models.Allowed)
		w.key.Revoked = true
		revision := w.change(models.Feed{Keys: []models.GateKey{w.key}})
		w.set(func() { w.slow["flush"] = time.Hour })
		g.Wake()
		time.Sleep(confirmFor)
		synctest.Wait()
		if w.enforced() != revision {
			t.Errorf("enforced %d, want %d", w.enforced(), revision)
		}
	})
}

func TestAClockThatIsSetForwardEndsTheLease(t *testing.T) {
	l := newLease(time.Now(), time.Second)
	if slept := l.start.Add(500 * time.Millisecond); !l.holds(slept) {
		t.Error("the lease ended early")
	}
	l.wall -= int64(2 * time.Second) // the wall went on while the monotonic clock stood still
	if l.holds(l.start.Add(500 * time.Millisecond)) {
		t.Error("a lease outlived a sleep")
	}
}

func TestTheDatabaseClockNeverMovesBack(t *testing.T) {
	var c dbClock
	local, said := time.Now(), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c.set(local, said)
	if got := c.now(local.Add(time.Second)); got != said.Add(time.Second).UnixMicro() {
		t.Errorf("a second later it is %v", time.UnixMicro(got))
	}
	c.set(local.Add(time.Second), said.Add(-time.Hour))
	if got := c.now(local.Add(2 * time.Second)); got != said.Add(time.Second).UnixMicro() {
		t.Errorf("after a step back it is %v, want what it was", time.UnixMicro(got).UTC())
	}
	c.set(local.Add(2*time.Second), said.Add(time.Minute))
	if got := c.now(local.Add(2 * time.Second)); got != said.Add(time.Minute).UnixMicro() {
		t.Errorf("after a step forward it is %v", time.UnixMicro(got).UTC())
	}
}
