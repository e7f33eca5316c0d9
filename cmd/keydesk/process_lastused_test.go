package main

import (
	"net/http"
	"reflect"
	"testing"
	"time"
)

// use is a last request as `key list` shows it.
type use struct {
	At                            time.Time
	Scope, Address, Agent, Reason string
}

// listedKey is a key as `key list` shows it.
type listedKey struct {
	ID          string
	State       string
	LastUsedAt  *time.Time `json:"last_used_at"`
	LastUsed    *use       `json:"last_used"`
	LastRefused *use       `json:"last_refused"`
}

// listed is one key of `key list`.
func (in *installation) listed(id string) listedKey {
	in.t.Helper()
	var keys []listedKey
	in.answer(&keys, "key", "list")
	for _, k := range keys {
		if k.ID == id {
			return k
		}
	}
	in.t.Fatalf("key list does not show %s", id)
	return listedKey{}
}

// shownWithin is how long after a request a list that is asked for begins to show it.
const shownWithin = 3 * time.Second

// shows asks for the list until it shows what is wanted. A list that was asked for after shownWithin has to.
func (in *installation) shows(id string, wanted func(listedKey) bool) listedKey {
	in.t.Helper()
	for since := time.Now(); ; {
		asked := time.Now()
		k := in.listed(id)
		if wanted(k) {
			return k
		}
		if asked.Sub(since) > shownWithin {
			in.t.Fatalf("asked for %v after the request, key list shows use %+v and refusal %+v", asked.Sub(since), k.LastUsed, k.LastRefused)
		}
	}
}

// TestLastUsed: an allowed request is what a key was last used for; a refused one stands beside it.
func TestLastUsed(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("watched")
		k := in.key("watched", "--scope", scopeRead, "--scope", scopeMail)
		if never := in.listed(k.ID); never.LastUsed != nil || never.LastUsedAt != nil || never.LastRefused != nil {
			t.Errorf("a key that was never used shows %+v", never)
		}
		s.used(k, "orders-report/2.1")
		used := s.used(k, "orders-report/2.2")

		began := time.Now()
		s.check(k.Secret, scopeMail, "User-Agent", "prober").is(t, "no role", http.StatusForbidden, "permission_denied")
		refused := in.shows(k.ID, func(k listedKey) bool { return k.LastRefused != nil })
		refused.LastRefused.is(t, began, use{Scope: scopeMail, Address: "127.0.0.1", Agent: "prober", Reason: "permission_denied"})
		if !reflect.DeepEqual(refused.LastUsed, used.LastUsed) || !refused.LastUsedAt.Equal(used.LastUsed.At) {
			t.Errorf("a refused request changed the last use from %+v to %+v", used.LastUsed, refused.LastUsed)
		}
		if n := in.counted(t, k.ID, "allowed"); n != 2 {
			t.Errorf("%d uses are counted, want 2", n)
		}
	})
}

// used makes a request that passes, and waits until it is shown.
func (s *server) used(k madeKey, agent string) listedKey {
	s.t.Helper()
	began := time.Now()
	s.check(k.Secret, scopeRead, "User-Agent", agent).is(s.t, "a good key", http.StatusNoContent, "")
	ended := time.Now()
	shown := s.shows(k.ID, func(k listedKey) bool { return k.LastUsed != nil && k.LastUsed.Agent == agent })
	shown.LastUsed.is(s.t, began, use{Scope: scopeRead, Address: "127.0.0.1", Agent: agent})
	if shown.LastUsed.At.After(ended.Add(clocksAhead)) || shown.LastRefused != nil {
		s.t.Errorf("last use %+v and refusal %+v, want a use before %v alone", shown.LastUsed, shown.LastRefused, ended)
	}
	return shown
}

// The gate tells the time by the database's clock, which it reads with every poll, and never tells it as earlier than it is.
const (
	clocksBehind = 50 * time.Millisecond // SQLite's clock has milliseconds
	clocksAhead  = time.Second           // a poll takes no longer
)

// is compares a last request with what was sent after an instant.
func (u *use) is(t *testing.T, after time.Time, want use) {
	t.Helper()
	at := u.At
	want.At = at
	if *u != want || at.Before(after.Add(-clocksBehind)) || at.After(time.Now().Add(clocksAhead)) {
		t.Errorf("the request of after %v is shown as %+v, want %+v", after, *u, want)
	}
}

// TestLastUsedBehindProxy: a use has the client's address, as far as a trusted proxy says it.
func TestLastUsedBehindProxy(t *testing.T) {
	in := onSQLite(t)
	s := in.serve("--trusted-proxy", "127.0.0.1/32", "--trusted-proxy", "10.0.0.0/8")
	in.account("proxied")
	k := in.key("proxied", "--scope", scopeRead)
	s.check(k.Secret, scopeRead, "X-Forwarded-For", "192.0.2.1, 203.0.113.7, 10.1.2.3").is(t, "through two proxies", http.StatusNoContent, "")
	shown := in.shows(k.ID, func(k listedKey) bool { return k.LastUsed != nil })
	if shown.LastUsed.Address != "203.0.113.7" {
		t.Errorf("the use is shown from %s, want 203.0.113.7", shown.LastUsed.Address)
	}
}
