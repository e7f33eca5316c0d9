package main

import (
	"strings"
	"testing"
)

const (
	administrator = "anna@example.org"
	password      = "quartz lantern 49 minnows"
)

// setUp makes the first administrator by the link on the terminal.
func (b *tab) setUp(s *server) {
	b.t.Helper()
	b.open(s.setupLink())
	b.heading("Set up Keydesk")
	b.shows("At least 15 characters")
	b.fill("Email", administrator)
	b.fill("Password", "passwordpassword")
	b.follow("Create administrator")
	b.refusedForm("f-password")
	if got := b.value("Email"); got != administrator {
		b.t.Errorf("the refused form holds the address %q, want %q", got, administrator)
	}
	b.fill("Password", password)
	b.follow("Create administrator")
	b.heading("Service accounts")
	b.follow("Sign out")
	b.open(s.setupLink())
	b.heading("This link does not work")
	b.signIn(s)
}

// signIn signs in where a person who is not signed in ends up.
func (b *tab) signIn(s *server) {
	b.t.Helper()
	b.open(s.console + "/")
	b.heading("Sign in")
	b.fill("Email", administrator)
	b.fill("Password", "not "+password)
	b.follow("Sign in")
	b.heading("Sign in")
	b.fill("Password", password)
	b.follow("Sign in")
	b.heading("Service accounts")
}

// signedIn is a person's tab where the story of the set-up is not what is tested.
func (s *server) signedIn(t *testing.T) *tab {
	t.Helper()
	r := s.typed(password+"\n", "user", "add", "--email", administrator, "--access", "administrator", "--password-stdin")
	if r.status != exitDone {
		t.Fatalf("keydesk user add: %s", r.err)
	}
	b := browse(t)
	b.open(s.console + "/")
	b.fill("Email", administrator)
	b.fill("Password", password)
	b.follow("Sign in")
	return b
}

// firstAccount makes an account from the empty list.
func (b *tab) firstAccount(name string) {
	b.t.Helper()
	b.shows("No service accounts yet")
	b.follow("Create your first service account")
	b.fill("Name", name)
	b.fill("Description", "Sends the invoices")
	b.tick(roleOrders)
	b.follow("Create service account")
	b.heading(name)
	b.shows("The service account is created.", "Confirmed by 1 of 1 gate", roleOrders, "Owner "+administrator, "No API keys")
}

// newKey makes a key with two scopes from its account's page, and gives its secret.
func (b *tab) newKey(description string) (secret string) {
	b.t.Helper()
	b.follow("Create API key")
	b.fill("Description", description)
	b.tick(scopeRead)
	b.tick(scopeWrite)
	b.follow("Create key")
	return b.issuedSecret("Key created: " + description)
}

// issuedSecret is the secret on the page that shows it.
func (b *tab) issuedSecret(heading string) string {
	b.t.Helper()
	if got := b.status(); got != 201 {
		b.t.Fatalf("the page is answered with %d, want 201: %s", got, b.text())
	}
	b.heading(heading)
	b.shows("It is shown this one time", "Confirmed by 1 of 1 gate")
	return eval[string](b, `document.getElementById("secret").textContent`)
}

// done says that the secret is stored, and leaves its page.
func (b *tab) done(key string) {
	b.t.Helper()
	b.press("Done") // the browser asks for the tick first
	b.heading(eval[string](b, `document.querySelector("h1").innerText`))
	b.tick("I have stored this secret")
	b.follow("Done")
	b.heading(key)
	if address := b.address(); !strings.Contains(address, "/keys/") || strings.ContainsAny(strings.TrimSuffix(address, "?"), "?#") {
		b.t.Errorf("Done leads to %s, want the page of the key and no more", address)
	}
}

// keyIDs are those of the account's keys, by the command line.
func (in *installation) keyIDs(account string) []string {
	in.t.Helper()
	var keys []struct{ ID string }
	in.answer(&keys, "key", "list", "--account", account)
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return ids
}
