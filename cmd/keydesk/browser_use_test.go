package main

import (
	"net/http"
	"testing"
	"time"
)

// agentName is what the tests' requests call themselves.
const agentName = "invoice-run/3.1"

// TestUseIsSeen: what the gate is asked stands on the pages within three seconds, without a reload; without scripts after one.
func TestUseIsSeen(t *testing.T) {
	s := onSQLite(t).serve()
	s.account("billing-worker")
	k := s.key("billing-worker", "--scope", scopeRead, "--description", "invoices")
	account := s.signedIn(t)
	account.follow("billing-worker")
	key := account.beside()
	key.open(s.console + "/keys/" + k.ID)
	account.shows("Never used")
	key.shows("Never used", "Never refused")
	_ = eval[any](account, `window.here = true`)
	_ = eval[any](key, `window.here = true`)

	asked := time.Now()
	s.check(k.Secret, scopeRead, "User-Agent", agentName).is(t, "a good key", http.StatusNoContent, "")
	used := []string{"now", scopeRead, "127.0.0.1", agentName}
	// A page asks every few seconds on its own; what it is answered with has to be no older than the promise.
	s.shows(k.ID, func(k listedKey) bool { return k.LastUsed != nil })
	if took := time.Since(asked); took > shownWithin {
		t.Errorf("a use is known after %v", took)
	}
	key.row("Last used", used...)
	account.row("invoices", used...)

	s.refuses("a scope that the key lacks", k, scopeWrite, http.StatusForbidden, "insufficient_scope")
	key.row("Last refused", "insufficient scope", scopeWrite)
	key.row("Last used", used[1:]...)
	account.row("invoices", append(used[1:], "Refused")...)
	for _, b := range []*tab{account, key} {
		if !eval[bool](b, `window.here === true`) {
			t.Error("the page was loaded anew: what somebody typed or opened in it is gone")
		}
		b.withoutScripts()
		b.reload()
		b.shows(agentName, scopeRead, "127.0.0.1")
	}
}

// row waits until the part of the page that begins with a title, or the row of that name, shows the texts.
func (b *tab) row(title string, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		b.until(js(`[...document.querySelectorAll("section.panel, tbody tr")].some((e) => words(e).startsWith($) && words(e).includes($))`, title, text))
	}
}

// TestRevokeFromTheList: two clicks from the row of a key, and the very next request is refused; the page proves it.
func TestRevokeFromTheList(t *testing.T) {
	s := onSQLite(t).serve()
	s.account("billing-worker")
	k := s.key("billing-worker", "--scope", scopeRead, "--description", "invoices")
	b := s.signedIn(t)
	b.follow("billing-worker")
	s.passes("a good key", k, scopeRead)
	b.press("Revoke invoices")
	b.until(`document.querySelector("dialog[open] form button")`)
	b.follow("Revoke")
	s.refuses("the next request", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	b.heading("Revoked: invoices")
	b.until(js(`/Confirmed by 1 of 1 gates? in \d+ ms \(revision \d+\)/.test(words(document.body))`))
	b.shows("Requests refused since then 1")
	s.refuses("one more", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	b.shows("Requests refused since then 2")
	proof := eval[string](b, js(`words(document.querySelector("#revoked"))`))
	b.reload()
	b.heading("Revoked: invoices")
	if got := eval[string](b, js(`words(document.querySelector("#revoked"))`)); got != proof {
		t.Errorf("after a reload the page says %q, before it said %q", got, proof)
	}
	if n := s.number("SELECT COUNT(*) FROM audit_events WHERE action = ?", "key.revoke"); n != 1 {
		t.Errorf("%d revokes are in the audit log, want one", n)
	}
	b.travel(-1)
	b.shows("No API keys", "1 revoked or expired key")
}
