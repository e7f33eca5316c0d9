package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestWithoutScripts: all of the console's work by links and forms alone.
func TestWithoutScripts(t *testing.T) {
	s := onSQLite(t).serve()
	b := browse(t)
	b.withoutScripts()
	b.setUp(s)
	b.firstAccount("billing-worker")
	account := b.address()
	secret := b.newKey("invoices")
	b.passes(s, secret)
	b.reload()
	b.shownOnce(secret)
	b.follow("Go to the key")
	key := b.address()

	b.editsKey()
	second := b.reissues(s, secret)
	b.open(key)
	b.disablesAndEnables(s, second)
	b.open(account)
	b.editsAccount(s, second)
	b.suspendsAndReactivates(s, second)
	b.open(key)
	b.revokesAndReplaces(s, second)
	b.open(account)
	b.deletesAccount(s)
	b.follow("Sign out")
	b.heading("Sign in")
	b.open(account)
	b.heading("Sign in")
}

func (b *tab) editsKey() {
	b.t.Helper()
	b.follow("Edit")
	b.fill("Description", "invoices in production")
	b.tick(scopeWrite)
	b.tick("30 days")
	b.follow("Save")
	b.heading("invoices in production")
	b.shows("The changes are saved.", "in 30 days")
	if eval[bool](b, js(`words(document.body).includes($)`, scopeWrite)) {
		b.t.Error("a scope that was taken away is still shown")
	}
}

// reissues gives the key a second secret beside the first, and retires that one by hand.
func (b *tab) reissues(s *server, first string) (second string) {
	b.t.Helper()
	b.follow("Reissue")
	b.tick("24 hours")
	b.follow("Reissue")
	second = b.issuedSecret("New secret for invoices in production")
	b.shows("Old secret ****"+first[len(first)-6:], "Accepted until")
	b.passes(s, first)
	b.passes(s, second)
	b.done("invoices in production")
	b.shows("Old secret accepted until")
	eventually(b.t, pageWithin, "both secrets are shown as used", func() bool {
		b.reload()
		return !strings.Contains(b.text(), "Not used")
	})
	b.follow("Retire now")
	b.follow("Retire now")
	b.heading("invoices in production")
	s.check(first, scopeRead).is(b.t, "the old secret", http.StatusUnauthorized, "retired_secret")
	b.passes(s, second)
	return second
}

func (b *tab) disablesAndEnables(s *server, secret string) {
	b.t.Helper()
	b.follow("Disable")
	b.fillDate("until", "2020-01-01")
	b.fill("Note", "on trial")
	b.leaving(func() { b.sendAsItIs() })
	b.refusedForm("f-until")
	b.fillDate("until", time.Now().UTC().AddDate(0, 0, 7).Format(time.DateOnly))
	b.follow("Disable")
	b.shows("Disabled", "The key is disabled", "on trial", "until", time.Now().UTC().AddDate(0, 0, 7).Format(time.DateOnly))
	s.check(secret, scopeRead).is(b.t, "a disabled key", http.StatusUnauthorized, "disabled_key")
	b.follow("Enable")
	b.follow("Enable")
	b.shows("Active")
	b.passes(s, secret)
}

// sendAsItIs sends the form past what the browser checks beforehand.
func (b *tab) sendAsItIs() {
	b.t.Helper()
	_ = eval[any](b, `document.querySelector("main form").submit()`)
}

func (b *tab) editsAccount(s *server, secret string) {
	b.t.Helper()
	b.follow("Edit")
	b.fill("Description", "Sends invoices and reminders")
	b.tick(roleOrders)
	b.follow("Save")
	b.shows("The changes are saved.", "No roles", "Sends invoices and reminders")
	s.check(secret, scopeRead).is(b.t, "an account without the role", http.StatusForbidden, "permission_denied")
	b.follow("Edit")
	b.tick(roleOrders)
	b.follow("Save")
	b.passes(s, secret)
}

func (b *tab) suspendsAndReactivates(s *server, secret string) {
	b.t.Helper()
	b.follow("Suspend")
	b.tick("Owner left")
	b.follow("Suspend")
	b.shows("Suspended", "all its keys are refused", "Owner left")
	s.check(secret, scopeRead).is(b.t, "a key of a suspended account", http.StatusUnauthorized, "suspended_account")
	b.follow("Reactivate")
	b.follow("Reactivate")
	b.shows("The service account is active again.")
	b.passes(s, secret)
}

func (b *tab) revokesAndReplaces(s *server, secret string) {
	b.t.Helper()
	b.follow("Revoke")
	b.tick("Leaked")
	b.fill("Note", "in a public repository")
	b.follow("Revoke")
	b.heading("Revoked: invoices in production")
	b.shows("Confirmed by 1 of 1 gate", "Leaked", "in a public repository")
	s.check(secret, scopeRead).is(b.t, "a revoked key", http.StatusUnauthorized, "revoked_key")
	b.follow("Create a replacement")
	b.heading("Create API key for billing-worker")
	b.shows("This key replaces one that was revoked.")
	if got := b.value("Description"); got != "invoices in production" {
		b.t.Errorf("the replacement is described as %q", got)
	}
	if got := b.chosen("scopes"); len(got) != 1 || got[0] != scopeRead {
		b.t.Errorf("the replacement has the scopes %q", got)
	}
	b.follow("Create key")
	b.passes(s, b.issuedSecret("Key created: invoices in production"))
	b.done("invoices in production")
}

// deletesAccount needs the account's name and the person's password, and says which of the two is wrong.
func (b *tab) deletesAccount(s *server) {
	b.t.Helper()
	b.press("More actions for billing-worker")
	b.follow("Delete")
	b.fill("Type the account's name", "billing")
	b.fill("Your password", password)
	b.follow("Delete service account")
	b.refusedForm("f-confirm_name")
	b.fill("Type the account's name", "billing-worker")
	b.fill("Your password", "not "+password)
	b.follow("Delete service account")
	b.refusedForm("f-password")
	b.fill("Your password", password)
	b.follow("Delete service account")
	b.shows("Deleted", "and its keys are revoked")
	for _, name := range []string{"Create API key", "Edit", "Suspend"} {
		if b.offers(name) {
			b.t.Errorf("a deleted account offers %s", name)
		}
	}
	for _, k := range s.keyIDs("") {
		if state := s.listed(k).State; state != "revoked" {
			b.t.Errorf("a key of a deleted account is %s", state)
		}
	}
}
