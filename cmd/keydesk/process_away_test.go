package main

import (
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// answers counts what a gate said, by status; 0 where it said nothing.
type answers struct {
	mu  sync.Mutex
	all map[int]int
	odd []string // what is neither an accept nor "cannot know"
}

func (a *answers) add(_ time.Time, g gateAnswer, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all[g.status]++
	if err != nil || g.status != http.StatusNoContent && (g.status != http.StatusServiceUnavailable || g.reason != "unavailable" || g.header.Get("Retry-After") == "") {
		a.odd = append(a.odd, strconv.Itoa(g.status)+" "+g.reason)
	}
}

func (a *answers) of(status int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all[status]
}

// measured reads one of the gate's metrics.
func (s *server) measured(name string) float64 {
	s.t.Helper()
	a, err := s.send(http.MethodGet, s.gate+"/metrics", "")
	if err != nil {
		s.t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(a.body)
	if m == nil {
		s.t.Fatalf("there is no %s in %s", name, a.body)
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// backWithin is how soon a gate answers again once the database does, and what a loaded machine adds.
const backWithin = 2*time.Second + time.Second

// TestTheDatabaseIsAway: without the database a gate answers until its lease is over and then says 503, and nothing else. It
// does not grow meanwhile, it is back soon after the database, and what was accepted is counted to the last one. Pages say
// that nothing was done.
func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]struct{ leaves, returns func(*storetest.Server) }{
		"stopped": {func(s *storetest.Server) { s.Stop(syscall.SIGINT) }, (*storetest.Server).Start},
		"frozen":  {func(s *storetest.Server) { s.Signal(syscall.SIGSTOP) }, func(s *storetest.Server) { s.Signal(syscall.SIGCONT) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := storetest.OwnPostgres(t)
			withoutADatabase(t, install(t, own.URL()), func() { away.leaves(own) }, func() { away.returns(own) })
		})
	}
}

func withoutADatabase(t *testing.T, in *installation, leaves, returns func()) {
	const lease = 2 * time.Second
	desk := in.serve("--stale-for", lease.String())
	v := desk.administrator()
	in.account("shop")
	k, leaked := in.key("shop", "--scope", scopeRead), in.key("shop", "--scope", scopeRead)
	revoke := "/keys/" + leaked.ID + "/revoke"
	v.opens(revoke)
	gates := []*server{desk, in.gateAlone("--stale-for", lease.String())}
	asked, stop := askAll(gates, k)
	all(t, asked, "the gate accepts", func(a *answers) bool { return a.of(http.StatusNoContent) > 50 })
	before := gates[1].grown()

	leaves()
	left := time.Now()
	all(t, asked, "the gate says that it cannot know", func(a *answers) bool { return a.of(http.StatusServiceUnavailable) > 0 })
	if took := time.Since(left); took > lease+clocksAhead {
		t.Errorf("it still accepted %v after the database left, with a lease of %v", took, lease)
	}
	v.submits(revoke, "reason", "leaked")
	v.sees(http.StatusServiceUnavailable, "NOT revoked: the database did not answer")
	time.Sleep(time.Until(left.Add(2 * lostFor(lease)))) // what is proven is that nothing happens meanwhile
	accepted := map[*answers]int{asked[0]: asked[0].of(http.StatusNoContent), asked[1]: asked[1].of(http.StatusNoContent)}
	if after := gates[1].grown(); after.goroutines > before.goroutines+50 || after.heap > before.heap+32<<20 {
		t.Errorf("it grew from %+v to %+v", before, after)
	}

	returns()
	back := time.Now()
	all(t, asked, "the gate accepts again", func(a *answers) bool { return a.of(http.StatusNoContent) > accepted[a] })
	took := time.Since(back)
	if t.Logf("it accepts again %v after the database is back", took); took > backWithin {
		t.Errorf("that is later than %v", backWithin)
	}
	stop()
	total := 0
	for i, a := range asked {
		total += a.of(http.StatusNoContent)
		if len(a.odd) > 0 {
			t.Errorf("gate %d gave %d other answers, as %s", i, len(a.odd), a.odd[0])
		}
	}
	eventually(t, startWithin, "every accepted use is written", func() bool { return in.counted(t, k.ID, "allowed") == int64(total) })
	desk.passes("a key that was not revoked", leaked, scopeRead)
}

// askAll asks several gates until they are stopped.
func askAll(gates []*server, k madeKey) (asked []*answers, stop func()) {
	var stops []func()
	for _, s := range gates {
		a := &answers{all: map[int]int{}}
		asked, stops = append(asked, a), append(stops, s.steadily(k, a.add))
	}
	return asked, func() {
		for _, stop := range stops {
			stop()
		}
	}
}

func all(t *testing.T, asked []*answers, what string, holds func(*answers) bool) {
	t.Helper()
	for _, a := range asked {
		eventually(t, startWithin, what, func() bool { return holds(a) })
	}
}

// growth is what must not grow with time.
type growth struct{ goroutines, heap float64 }

func (s *server) grown() growth {
	return growth{s.measured("go_goroutines"), s.measured("go_memstats_heap_inuse_bytes")}
}

// TestReportsDoNotStarveTheGate: with every connection of pages in use, the gate's beats go on.
func TestReportsDoNotStarveTheGate(t *testing.T) {
	t.Parallel()
	own := storetest.OwnPostgres(t)
	in := install(t, own.URL())
	s := in.serve("--stale-for", "1s")
	v := s.administrator()
	in.account("shop")
	k := in.key("shop", "--scope", scopeRead)
	db := in.open()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.Exec("LOCK TABLE service_accounts IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var stuck atomic.Int64
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			stuck.Add(1)
			w := &visitor{t: t, base: v.base, client: v.client}
			w.gets(w.client.Get(w.base + "/service-accounts"))
		})
	}
	waiting := "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
	eventually(t, startWithin, "the connections of pages wait", func() bool { return in.number(waiting) >= 12 })
	for range 30 {
		s.passes("a key, while every page waits", k, scopeRead)
		time.Sleep(100 * time.Millisecond) // longer than a lease in all
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	all.Wait()
}
