package main

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// A flush every two seconds is what a gate may lose; writing it takes a moment.
const (
	flushEvery = 2 * time.Second
	flushTakes = time.Second
)

// TestKill: what is counted is never ahead, never goes back, and lacks one flush at most after a kill; after a stop nothing.
func TestKill(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("survivor")
		k := in.key("survivor", "--scope", scopeRead)
		written := int64(0)
		for range times(1) {
			answered, begun := s.steady(k, 4*time.Second+rand.N(time.Second))
			s.kill()
			killed := time.Now()
			certain := written
			for _, at := range answered {
				if at.Before(killed.Add(-flushEvery - flushTakes)) {
					certain++
				}
			}
			after := in.counted(t, k.ID, "allowed")
			if after < certain || after > written+begun || certain == written {
				t.Errorf("%d uses are counted: want at least the %d of before the last flush, and at most %d", after, certain, written+begun)
			}
			if last := in.listed(k.ID).LastUsedAt; last == nil || last.After(killed.Add(clocksAhead)) || last.Before(answered[0].Add(-clocksBehind)) {
				t.Errorf("the last use is %v, of uses from %v to %v", last, answered[0], killed)
			}
			written = after
			s = in.serve()
		}
		answered, begun := s.steady(k, time.Second)
		if status := s.stop(); status != exitDone {
			t.Errorf("the server ended with status %d", status)
		}
		if n := in.counted(t, k.ID, "allowed"); n != written+begun || len(answered) != int(begun) {
			t.Errorf("after a stop %d uses are counted, want %d", n, written+begun)
		}
	})
}

// steady sends uses at a steady rate, and gives when each was answered and how many were begun.
func (s *server) steady(k madeKey, lasting time.Duration) (answered []time.Time, begun int64) {
	s.t.Helper()
	for end := time.Now().Add(lasting); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		begun++
		s.passes("a good key", k, scopeRead)
		answered = append(answered, time.Now())
	}
	return answered, begun
}

// TestFirstUse: a key's first use ever does not wait for the next flush.
func TestFirstUse(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("newcomer")
		for range 4 { // by chance alone a flush might be due in each second half
			k := in.key("newcomer", "--scope", scopeRead)
			s.passes("a new key", k, scopeRead)
			eventually(t, flushEvery/2, "the first use is written", func() bool { return in.counted(t, k.ID, "allowed") == 1 })
		}
	})
}

// TestKilledGate: who cannot confirm is named, with the time by which it answers nothing more; then nobody waits for it.
func TestKilledGate(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve("--stale-for", "1s")
		in.account("orphan")
		k := in.key("orphan", "--scope", scopeRead)
		s.kill()
		var answer struct {
			Confirmation struct {
				Gates, Confirmed int
				Pending          []struct {
					Gate      string
					RefusesBy time.Time `json:"refuses_by"`
				}
			}
		}
		in.answer(&answer, "key", "disable", k.ID)
		c := answer.Confirmation
		if c.Gates != 1 || c.Confirmed != 0 || len(c.Pending) != 1 || c.Pending[0].Gate == "" || c.Pending[0].RefusesBy.After(time.Now().Add(time.Second)) {
			t.Errorf("confirmation %+v, want it pending of the gate that was killed", c)
		}
		s = in.serve()
		s.refuses("a key that was disabled while no gate ran", k, scopeRead, http.StatusUnauthorized, "disabled_key")
		eventually(t, 10*time.Second, "nobody waits for the gate that was killed", func() bool {
			var answer struct{ Confirmation told }
			in.answer(&answer, "key", "enable", k.ID)
			in.answer(&answer, "key", "disable", k.ID)
			return answer.Confirmation.Gates == 1 && answer.Confirmation.Confirmed == 1
		})
	})
}
