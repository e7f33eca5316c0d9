package main

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// lostFor is how long a gate is lost: some leases, or as the promise says with -long.
func lostFor(lease time.Duration) time.Duration {
	if *long {
		return 30 * time.Second
	}
	return 2 * lease
}

// watched are the checks of one gate that were accepted.
type watched struct {
	mu       sync.Mutex
	accepted []time.Time // when each was sent
	last     gateAnswer
}

func (w *watched) latest() gateAnswer {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// acceptedAfter counts accepts of checks that were sent later than a moment.
func (w *watched) acceptedAfter(at time.Time) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, sent := range w.accepted {
		if sent.After(at) {
			n++
		}
	}
	return n
}

// watch asks a gate for one key until the test ends.
func (s *server) watch(k madeKey) *watched {
	w := &watched{}
	s.t.Cleanup(s.steadily(k, func(sent time.Time, a gateAnswer, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil {
			w.last = a
		}
		if err == nil && a.status == http.StatusNoContent {
			w.accepted = append(w.accepted, sent)
		}
	}))
	return w
}

// steadily asks a gate for a key every few milliseconds, over many connections as some may hang, until it is stopped; each
// answer is handed over with when its question was sent.
func (s *server) steadily(k madeKey, each func(sent time.Time, a gateAnswer, err error)) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		var under sync.WaitGroup
		defer under.Wait()
		for {
			select {
			case <-done:
				return
			case <-pace.C:
				under.Go(func() {
					sent := time.Now()
					a, err := s.tryCheck(k.Secret, scopeRead)
					each(sent, a, err)
				})
			}
		}
	}()
	return func() { close(done); <-ended }
}

// TestALostGate: a gate that stands still, or that the network has swallowed, is named with the time by which it refuses, and
// accepts nothing after it. When it comes back it is right, without a restart.
func TestALostGate(t *testing.T) {
	t.Parallel()
	const lease = 2 * time.Second
	for name, lose := range map[string]func(s *server, w *wire) (back func()){
		"stopped": func(s *server, _ *wire) func() {
			_ = s.cmd.Process.Signal(syscall.SIGSTOP)
			return func() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }
		},
		"black hole": func(_ *server, w *wire) func() { w.is(wireDrops); return func() { w.is(wireCarries) } },
		"refused":    func(_ *server, w *wire) func() { w.is(wireRefuses); return func() { w.is(wireCarries) } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := install(t, storetest.EmptyPostgres(t))
			in.serve()
			apart, w := in.wired()
			s := apart.gateAlone("--stale-for", lease.String())
			in.account("shop")
			leaked, good := in.key("shop", "--scope", scopeRead), in.key("shop", "--scope", scopeRead)
			seen := s.watch(leaked)
			eventually(t, lease, "the gate accepts the key", func() bool { return seen.latest().status == http.StatusNoContent })

			back := lose(s, w)
			lost := time.Now()
			c := in.revokeBeside(leaked)
			if len(c.Pending) != 1 || c.Confirmed != c.Gates-1 {
				t.Fatalf("confirmation %+v, want it pending of the one gate that is lost", c)
			}
			deadline := c.Pending[0].RefusesBy
			if deadline.After(lost.Add(lease + clocksAhead)) {
				t.Errorf("it is said to refuse by %v, %v after it was lost", deadline, deadline.Sub(lost))
			}
			time.Sleep(time.Until(lost.Add(lostFor(lease)))) // what is proven is that nothing happens meanwhile
			back()
			eventually(t, startWithin, "the gate refuses the key", func() bool { return seen.latest().reason == "revoked_key" })
			if n := seen.acceptedAfter(deadline); n > 0 {
				t.Errorf("%d checks were accepted that were sent after %v, by which the gate was said to refuse", n, deadline)
			}
			eventually(t, startWithin, "the gate accepts another key", func() bool {
				a, err := s.tryCheck(good.Secret, scopeRead)
				return err == nil && a.status == http.StatusNoContent
			})
			eventually(t, startWithin, "every gate confirms again", func() bool {
				var d struct{ Confirmation told }
				in.answer(&d, "key", "disable", good.ID)
				in.answer(&d, "key", "enable", good.ID)
				return d.Confirmation.Gates == 2 && d.Confirmation.Confirmed == 2
			})
		})
	}
}

// pendingOf is a confirmation with who has not confirmed.
type pendingOf struct {
	Gates, Confirmed int
	Pending          []struct {
		Gate      string
		RefusesBy time.Time `json:"refuses_by"`
	}
}

// revokeBeside revokes a key on the command line.
func (in *installation) revokeBeside(k madeKey) pendingOf {
	in.t.Helper()
	var answer struct{ Confirmation pendingOf }
	in.answer(&answer, "key", "revoke", k.ID, "--reason", "leaked")
	return answer.Confirmation
}

// TestADeafGate: where no notification arrives, as through a pooler in transaction mode, the poll carries the change and the
// gate confirms in time.
func TestADeafGate(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	in.serve()
	apart, w := in.wired()
	w.is(wireIsDeaf)
	s := apart.gateAlone()
	in.account("shop")
	eventually(t, startWithin, "the log says that notifications do not arrive", func() bool {
		return strings.Contains(s.said.String(), "notifications of changes do not arrive")
	})
	for range 3 {
		k := in.key("shop", "--scope", scopeRead)
		s.passes("a fresh key", k, scopeRead)
		if c := in.revokeBeside(k); c.Gates != 2 || c.Confirmed != 2 {
			t.Errorf("confirmation %+v, want it from both gates", c)
		}
		s.refuses("a revoked key", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	}
}

// TestAGateWithoutALease: with --stale-for 0s a check that begins after a change is committed knows it, whether or not the
// gate was told, and a database that is away is a 503 at once.
func TestAGateWithoutALease(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	in.serve()
	apart, w := in.wired()
	w.is(wireIsDeaf)
	s := apart.gateAlone("--stale-for", "0s")
	in.account("shop")
	for range 5 {
		k := in.key("shop", "--scope", scopeRead)
		s.passes("a fresh key", k, scopeRead)
		in.alter(1, "UPDATE api_keys SET revoked_at = now() WHERE id = ?", k.ID)
		in.alter(1, "INSERT INTO changes (revision, token, kind, object_id, at) SELECT max(revision) + 1, md5(random()::text), 'key', ?::text, now() FROM changes", k.ID)
		s.refuses("a key that was revoked past the console", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	}
	k := in.key("shop", "--scope", scopeRead)
	s.passes("a fresh key", k, scopeRead)
	w.is(wireRefuses)
	s.refuses("no database", k, scopeRead, http.StatusServiceUnavailable, "unavailable")
	w.is(wireCarries)
	eventually(t, startWithin, "the gate answers again", func() bool { return s.check(k.Secret, scopeRead).status == http.StatusNoContent })
}

// TestTheJudge: the checker of histories finds what it is for.
func TestTheJudge(t *testing.T) {
	for name, tc := range map[string]struct {
		asked []asked
		want  []place
	}{
		"before, during and after":        {[]asked{{0, 0, 0, 5, true}, {0, 0, 12, 14, true}, {0, 0, 15, 18, false}, {0, 0, 21, 22, false}}, nil},
		"at once":                         {[]asked{{0, 0, 12, 16, false}, {0, 0, 14, 18, true}}, nil},
		"gates learn one after another":   {[]asked{{0, 0, 12, 13, false}, {0, 1, 14, 15, true}, {0, 1, 16, 17, false}}, nil},
		"accepted after the answer":       {[]asked{{0, 0, 21, 22, true}}, []place{{0, 0}}},
		"accepted again":                  {[]asked{{0, 1, 12, 13, false}, {0, 1, 14, 15, true}}, []place{{0, 1}}},
		"refused before":                  {[]asked{{0, 0, 1, 2, false}}, []place{{0, 0}}},
		"refused though it never was":     {[]asked{{1, 0, 12, 13, false}}, []place{{1, 0}}},
		"accepted, as it was not revoked": {[]asked{{1, 0, 21, 22, true}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := &history{asked: tc.asked, kills: []revoked{{0, 10, 20}}}
			if got := h.outOfOrder(); !slices.Equal(got, tc.want) {
				t.Errorf("judged %v, want %v", got, tc.want)
			}
		})
	}
}
