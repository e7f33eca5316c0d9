package main

import (
	"net/http"
	"testing"
	"time"
)

// change runs a command that changes something, and checks that every gate confirmed it.
func (s *server) change(args ...string) {
	s.t.Helper()
	var answer struct{ Confirmation told }
	s.answer(&answer, args...)
	answer.Confirmation.complete(s.t)
}

// TestStops: what a second process stops and lifts, the very next check honours.
func TestStops(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("stopped")
		k := in.key("stopped", "--scope", scopeRead)
		s.change("key", "disable", k.ID, "--reason", "unused")
		s.refuses("a disabled key", k, scopeRead, http.StatusUnauthorized, "disabled_key")
		s.change("key", "enable", k.ID)
		s.passes("a key that was enabled", k, scopeRead)
		s.change("account", "suspend", "stopped", "--reason", "owner-left")
		s.refuses("a key of a suspended account", k, scopeRead, http.StatusUnauthorized, "suspended_account")
		s.change("account", "reactivate", "stopped")
		s.passes("a key of a reactivated account", k, scopeRead)

		until := time.Now().Add(soon)
		s.change("key", "disable", k.ID, "--until", until.Format(time.RFC3339Nano))
		s.holdsUntil(k, until, gateAnswer{status: http.StatusUnauthorized, reason: "disabled_key"}, gateAnswer{status: http.StatusNoContent})

		s.change("account", "delete", "stopped", "--name", "stopped", "--reason", "superseded")
		s.refuses("a key of a deleted account", k, scopeRead, http.StatusUnauthorized, "revoked_key")
		in.keydesk("key", "create", "--account", "stopped").refusedWith(t, exitRefused)
	})
}

// TestExpiry: a key passes until it expires, and not after.
func TestExpiry(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("short-lived")
		until := time.Now().Add(soon)
		k := in.key("short-lived", "--scope", scopeRead, "--expires-at", until.Format(time.RFC3339Nano))
		s.holdsUntil(k, until, gateAnswer{status: http.StatusNoContent}, gateAnswer{status: http.StatusUnauthorized, reason: "expired_key"})
	})
}

// TestReissue: a new secret works at once, and the old one as long as it was given.
func TestReissue(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("reissued")
		first := in.key("reissued", "--scope", scopeRead)
		second := s.reissue(first)
		s.refuses("a secret that was replaced", first, scopeRead, http.StatusUnauthorized, "retired_secret")
		s.passes("the secret in its place", second, scopeRead)

		third := s.reissue(second, "--overlap", "24h")
		s.passes("an old secret in its overlap", second, scopeRead)
		s.passes("the new one beside it", third, scopeRead)
		s.revoke(third)
		s.refuses("the old secret of a revoked key", second, scopeRead, http.StatusUnauthorized, "revoked_key")

		fourth := in.key("reissued", "--scope", scopeRead)
		until := time.Now().Add(soon)
		fifth := s.reissue(fourth, "--retires-at", until.Format(time.RFC3339Nano))
		s.holdsUntil(fourth, until, gateAnswer{status: http.StatusNoContent}, gateAnswer{status: http.StatusUnauthorized, reason: "retired_secret"})
		s.passes("the new secret after the overlap", fifth, scopeRead)
	})
}

// reissue gives a key a new secret by a second process.
func (s *server) reissue(k madeKey, args ...string) madeKey {
	s.t.Helper()
	var next madeKey
	s.answer(&next, append([]string{"key", "reissue", k.ID}, args...)...)
	next.Confirmation.complete(s.t)
	if next.ID != k.ID || next.Secret == k.Secret {
		s.t.Errorf("key %s was reissued as %s, or kept its secret", k.ID, next.ID)
	}
	return next
}

// soon is when something ends by itself that first has to be made and seen to hold.
const soon = 5 * time.Second

// holdsUntil asks over and over: one answer before an instant, the other after it, and none but these two.
func (s *server) holdsUntil(k madeKey, until time.Time, before, after gateAnswer) {
	s.t.Helper()
	asked := 0
	for {
		began := time.Now()
		got := s.check(k.Secret, scopeRead)
		switch ended := time.Now(); {
		case ended.Before(until.Add(-clocksAhead)):
			asked++
			got.is(s.t, "before the instant", before.status, before.reason)
		case began.After(until.Add(clocksBehind)):
			got.is(s.t, "after the instant", after.status, after.reason)
			if asked == 0 {
				s.t.Error("the machine is too slow: nothing was asked before the instant")
			}
			return
		}
		if s.t.Failed() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
