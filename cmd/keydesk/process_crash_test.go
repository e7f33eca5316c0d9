package main

import (
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// writer is a person who makes, reissues and revokes keys at the console as fast as it answers, and remembers what it said.
type writer struct {
	at       *atomic.Pointer[server] // the server that runs now
	visit    *visitor
	page     string // of the form for a new key
	done     *atomic.Int64
	live     []madeKey
	revoked  []madeKey
	mistaken []string // answers that are none that a person may get
}

var keyAt = regexp.MustCompile(`/keys/(aj[a-z][0-9a-z]{17})`)

func (w *writer) work(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		w.visit.base = w.at.Load().console
		switch n := rand.IntN(5); { //nolint:gosec // a test's
		case n == 0 && len(w.live) > 0:
			w.reissues()
		case n == 1 && len(w.live) > 0:
			w.revokes()
		default:
			w.makes()
		}
	}
}

func (w *writer) makes() {
	status, answer := w.visit.tries(w.page, w.page, "scopes", scopeRead, "expires", "30d")
	secret, id := shownSecret.FindString(answer), keyAt.FindStringSubmatch(answer)
	switch {
	case status == http.StatusCreated && secret != "" && id != nil:
		w.live = append(w.live, madeKey{ID: id[1], Secret: secret})
		w.done.Add(1)
	default:
		w.excused(status, "a key")
	}
}

// picked takes a key out of those that are known to live: what becomes of it is not known until the answer is there.
func (w *writer) picked() madeKey {
	i := rand.IntN(len(w.live)) //nolint:gosec // a test's
	k := w.live[i]
	w.live = slices.Delete(w.live, i, i+1)
	return k
}

func (w *writer) reissues() {
	k := w.picked()
	path := "/keys/" + k.ID + "/reissue"
	status, answer := w.visit.tries(path, path, "overlap", "now")
	if secret := shownSecret.FindString(answer); status == http.StatusCreated && secret != "" {
		w.live = append(w.live, madeKey{ID: k.ID, Secret: secret})
		w.done.Add(1)
		return
	}
	w.excused(status, "a reissue")
}

func (w *writer) revokes() {
	k := w.picked()
	path := "/keys/" + k.ID + "/revoke"
	status, _ := w.visit.tries(path, path, "reason", "leaked")
	if status == http.StatusOK {
		w.revoked = append(w.revoked, k)
		w.done.Add(1)
		return
	}
	w.excused(status, "a revoke")
}

// excused notes an answer that a crash does not excuse.
func (w *writer) excused(status int, what string) {
	if status != 0 && status != http.StatusServiceUnavailable {
		w.mistaken = append(w.mistaken, what+": "+http.StatusText(status)+" "+w.visit.page)
	}
	time.Sleep(10 * time.Millisecond) // whoever gets an error does not try again at once
}

// TestCrashes kills the program and Postgres, in turns, under people who write. What was acknowledged holds, no key is there
// without its event, and the chain of events is whole.
func TestCrashes(t *testing.T) {
	t.Parallel()
	own := storetest.OwnPostgres(t)
	in := install(t, own.URL())
	var now atomic.Pointer[server]
	now.Store(in.serve("--stale-for", "1s")) // so that nobody waits long for the gates that were killed
	in.account("shop")
	writers, done, stop := in.eightWriters(&now)
	for round := range times(5) {
		before := done.Load()
		eventually(t, startWithin, "the writers write", func() bool { return done.Load() > before+20 })
		if round%2 == 0 {
			now.Load().kill()
			now.Store(in.serve("--stale-for", "1s")) // so that nobody waits long for the gates that were killed
		} else {
			own.Stop(syscall.SIGQUIT)
			own.Start()
		}
	}
	before := done.Load()
	eventually(t, startWithin, "the writers write after the last crash", func() bool { return done.Load() > before+20 })
	stop()
	live, revoked := 0, 0
	s := now.Load()
	s.ready()
	for _, w := range writers {
		for _, k := range w.live {
			s.passes("a key that was acknowledged", k, scopeRead)
		}
		for _, k := range w.revoked {
			s.refuses("a revoke that was acknowledged", k, scopeRead, http.StatusUnauthorized, "revoked_key")
		}
		if len(w.mistaken) > 0 {
			t.Errorf("%d answers that no crash excuses, the first: %.2000s", len(w.mistaken), w.mistaken[0])
		}
		live, revoked = live+len(w.live), revoked+len(w.revoked)
	}
	in.wholeAfterCrashes(live, revoked)
}

// eightWriters lets eight people write until they are stopped.
func (in *installation) eightWriters(at *atomic.Pointer[server]) (list []*writer, done *atomic.Int64, stop func()) {
	in.t.Helper()
	v := at.Load().administrator()
	var accounts []struct{ ID string }
	in.answer(&accounts, "account", "list")
	ended, done := make(chan struct{}), &atomic.Int64{}
	var all sync.WaitGroup
	for range 8 {
		visit := at.Load().visitor()
		visit.client.Jar = v.client.Jar
		w := &writer{at: at, visit: visit, page: "/service-accounts/" + accounts[0].ID + "/keys/new", done: done}
		list = append(list, w)
		all.Go(func() { w.work(ended) })
	}
	return list, done, func() { close(ended); all.Wait() }
}

// wholeAfterCrashes looks into the database.
func (in *installation) wholeAfterCrashes(live, revoked int) {
	in.t.Helper()
	for what, query := range map[string]string{
		"keys without their event":     "SELECT COUNT(*) FROM api_keys k WHERE NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.action = 'key.create' AND e.object_id = k.id AND e.result = 'done')",
		"events without their key":     "SELECT COUNT(*) FROM audit_events e WHERE e.action = 'key.create' AND e.result = 'done' AND NOT EXISTS (SELECT 1 FROM api_keys k WHERE e.object_id = k.id)",
		"revokes without their event":  "SELECT COUNT(*) FROM api_keys k WHERE k.revoked_at > '0001-01-02' AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.action = 'key.revoke' AND e.object_id = k.id AND e.result = 'done')",
		"keys with no secret":          "SELECT COUNT(*) FROM api_keys k WHERE NOT EXISTS (SELECT 1 FROM api_key_secrets s WHERE s.key_id = k.id)",
		"keys with more than two live": "SELECT COUNT(*) FROM (SELECT key_id FROM api_key_secrets WHERE retired_at < '0001-01-02' GROUP BY key_id HAVING COUNT(*) > 2) many",
		"keys that no list has":        "SELECT COUNT(*) FROM api_keys k WHERE NOT EXISTS (SELECT 1 FROM key_list l WHERE l.key_id = k.id)",
	} {
		if n := in.number(query); n != 0 {
			in.t.Errorf("%d %s", n, what)
		}
	}
	if n := in.number("SELECT COUNT(*) FROM api_keys"); n < int64(live+revoked) {
		in.t.Errorf("%d keys are there, %d were acknowledged", n, live+revoked)
	}
	if live < 10 || revoked < 5 {
		in.t.Errorf("%d keys live and %d are revoked: the writers hardly wrote", live, revoked)
	}
	in.done("audit", "head")
	in.done("audit", "verify")
	in.t.Logf("%d keys live, %d revoked", live, revoked)
}
