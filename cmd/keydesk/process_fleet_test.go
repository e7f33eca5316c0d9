package main

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// asked is one check of the recorded history. Times are of one monotonic clock, in nanoseconds since the history began.
type asked struct {
	key, gate      int
	sent, answered int64
	allowed        bool
}

// revoked is one revoke of the history: confirmed is when the answer was read that says so.
type revoked struct {
	key             int
	sent, confirmed int64
}

// history records what happened, in the order of one clock.
type history struct {
	began time.Time
	mu    sync.Mutex
	asked []asked
	kills []revoked
}

func (h *history) now() int64 { return int64(time.Since(h.began)) }

func (h *history) ask(a asked) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, a)
}

type place struct{ key, gate int }

// notAtAll is the time of what does not happen.
const notAtAll = math.MaxInt64

// outOfOrder names the places where what was answered could not have happened in one order: the history of a key at a gate
// is that of a register, which a revoke writes once and checks read, and it is linearizable where there is a moment
// between the revoke and its confirmed answer that is neither after the answer of a refusal, nor before an accepted check was
// sent. One write leaves nothing to search for, so this is exact: a search of all orders takes minutes where many checks
// are under way at once, and its "don't know" could hide the fault.
func (h *history) outOfOrder() (found []place) {
	kills := map[int]revoked{}
	for _, k := range h.kills {
		kills[k.key] = k
	}
	earliest, latest := map[place]int64{}, map[place]int64{} // of that moment
	for _, a := range h.asked {
		at := place{a.key, a.gate}
		if _, seen := earliest[at]; !seen {
			earliest[at], latest[at] = notAtAll, notAtAll
			if k, is := kills[a.key]; is {
				earliest[at], latest[at] = k.sent, k.confirmed
			}
		}
		if a.allowed {
			earliest[at] = max(earliest[at], a.sent)
		} else {
			latest[at] = min(latest[at], a.answered)
		}
	}
	for at := range earliest {
		if earliest[at] > latest[at] {
			found = append(found, at)
		}
	}
	return found
}

// fleet is one console and three gates alone, on one Postgres.
type fleet struct {
	*installation
	console *server
	gates   []*server
}

func newFleet(t *testing.T, args ...string) *fleet {
	t.Helper()
	in := install(t, storetest.EmptyPostgres(t))
	f := &fleet{installation: in, console: in.serve(args...)}
	for range 3 {
		f.gates = append(f.gates, in.gateAlone(args...))
	}
	return f
}

// keys makes keys of one account, some at a time.
func (f *fleet) keys(account string, n int) []madeKey {
	f.t.Helper()
	f.account(account)
	made := make([]madeKey, n)
	var all sync.WaitGroup
	turn := make(chan struct{}, 4)
	for i := range made {
		turn <- struct{}{}
		all.Go(func() {
			f.answer(&made[i], "key", "create", "--account", account, "--scope", scopeRead, "--never")
			<-turn
		})
	}
	all.Wait()
	return made
}

// checks is how many there are beside the revokes: few of them show how fast a confirmation is where nothing else is done.
var checks = flag.Int("checks", 0, "checks a second of TestNoAcceptAfterAConfirmedRevoke; 0: 1,000, or 2,000 with -long")

// TestNoAcceptAfterAConfirmedRevoke: under checks at three gates, keys are revoked through the console. What is asked after
// the confirmed answer is refused, by every gate, and no gate accepts again what it refused.
func TestNoAcceptAfterAConfirmedRevoke(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	keys := f.keys("shop", times(100))
	h := &history{began: time.Now()}
	rate := time.Second / time.Duration(cmp.Or(*checks, 1000))
	if *long {
		rate = time.Second / time.Duration(cmp.Or(*checks, 2000))
	}
	var aim atomic.Int64 // the key that is about to be revoked, or was a moment ago
	v := f.console.administrator()
	began := time.Now()
	stop := f.load(h, keys, &aim, rate)
	took := make([]time.Duration, 0, len(keys))
	for i := range keys {
		aim.Store(int64(i))
		took = append(took, f.revokesAtTheConsole(h, v, keys, i))
	}
	stop()
	lasted := time.Since(began)
	f.judge(h)
	slices.Sort(took)
	t.Logf("%d checks, %.0f a second, %d revokes confirmed after %v (median), %v (99th percentile), %v (longest)",
		len(h.asked), float64(len(h.asked))/lasted.Seconds(), len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}

// load asks the gates at a steady rate, whatever becomes of the questions before, and makes up for a moment in which it was
// held back: half of them for the key that is being revoked. What it gives ends it.
func (f *fleet) load(h *history, keys []madeKey, aim *atomic.Int64, every time.Duration) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var under sync.WaitGroup
		defer under.Wait()
		pace := time.NewTicker(every)
		defer pace.Stop()
		began := time.Now()
		for n := 0; ; {
			select {
			case <-done:
				return
			case <-pace.C:
			}
			for due := int(time.Since(began) / every); n < due; n++ {
				k, gate := int(aim.Load()), n%len(f.gates)
				if n%2 == 0 {
					k = rand.IntN(len(keys)) //nolint:gosec // a test's
				}
				under.Go(func() { f.askAt(h, keys[k], k, gate) })
			}
		}
	}()
	return func() { close(done); <-ended }
}

func (f *fleet) askAt(h *history, k madeKey, key, gate int) {
	sent := h.now()
	a, err := f.gates[gate].tryCheck(k.Secret, scopeRead)
	answered := h.now()
	switch {
	case err != nil:
		f.t.Errorf("gate %d: %v", gate, err)
	case a.status == http.StatusNoContent, a.status == http.StatusUnauthorized && a.reason == "revoked_key":
		h.ask(asked{key, gate, sent, answered, a.status == http.StatusNoContent})
	default:
		f.t.Errorf("gate %d answers %d %s", gate, a.status, a.reason)
	}
}

// revokesAtTheConsole presses revoke, and wants the proof in the answer.
func (f *fleet) revokesAtTheConsole(h *history, v *visitor, keys []madeKey, i int) time.Duration {
	f.t.Helper()
	path := "/keys/" + keys[i].ID + "/revoke"
	v.opens(path)
	sent := h.now()
	v.submits(path, "reason", "leaked")
	confirmed := h.now()
	v.sees(http.StatusOK, fmt.Sprintf("%d of %d gates", len(f.gates)+1, len(f.gates)+1))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kills = append(h.kills, revoked{i, sent, confirmed})
	return time.Duration(confirmed - sent)
}

// judge reads the history.
func (f *fleet) judge(h *history) {
	f.t.Helper()
	dead := map[int]int64{}
	for _, k := range h.kills {
		dead[k.key] = k.confirmed
	}
	late, after := 0, 0
	for _, a := range h.asked {
		if at, is := dead[a.key]; is && a.sent > at {
			after++
			if a.allowed {
				late++
			}
		}
	}
	if late > 0 || after == 0 {
		f.t.Errorf("%d of %d checks that were sent after the confirmed answer were accepted, want 0", late, after)
	}
	if found := h.outOfOrder(); len(found) > 0 {
		f.t.Errorf("the history of the checks is not linearizable, for the key at the gate: %v", found)
	}
}
