package main

import (
	"slices"
	"strings"
)

// stop is one page of a tour: where it is, and what is done there until it shows what it is named after.
type stop struct {
	name string
	path string
	then func(*tab)
}

// before are the pages of an installation that nobody has set up, in the order in which a person sees them.
func before(s *server) []stop {
	return []stop{
		{"setup", strings.TrimPrefix(s.setupLink(), s.home()), nil},
		{"setup-problems", "", func(b *tab) {
			b.fill("Email", administrator)
			b.fill("Password", "passwordpassword")
			b.follow("Create administrator")
		}},
		{"accounts-empty", "", func(b *tab) {
			b.fill("Password", password)
			b.follow("Create administrator")
		}},
		{"signin", "", func(b *tab) { b.follow("Sign out") }},
		{"signin-wrong", "", func(b *tab) {
			b.fill("Email", administrator)
			b.fill("Password", "not "+password)
			b.follow("Sign in")
		}},
		{"setup-dead", "/setup/0KllSydqJoLD0f1pQYpr8JOxjxQrGGTUmRDy5yntzbg", nil},
		{"reset-dead", "/reset/0KllSydqJoLD0f1pQYpr8JOxjxQrGGTUmRDy5yntzbg", nil},
		{"not-found-signed-out", "/no-such-page", nil},
	}
}

// pages are all others, in any order: visiting one changes nothing that another shows.
func (c *company) pages() []stop {
	return slices.Concat(c.accountPages(), c.keyPages(), c.keyForms(), c.otherPages())
}

func send(b *tab) { b.leaving(b.sendAsItIs) }

// accountAt is the address of a page of the account of that name.
func (c *company) accountAt(name string, more ...string) string {
	return "/service-accounts/" + strings.Join(append([]string{c.accounts[name]}, more...), "/")
}

// keyAt is the address of a page of the key that is called so in the test.
func (c *company) keyAt(name string, more ...string) string {
	return "/keys/" + strings.Join(append([]string{c.keys[name].ID}, more...), "/")
}

func (c *company) accountPages() []stop {
	account := c.accountAt
	return []stop{
		{"accounts", "/service-accounts", nil},
		{"accounts-no-match", "/service-accounts?q=nobody&state=suspended", nil},
		{"account", account("billing-worker"), func(b *tab) { b.press("2 revoked or expired keys") }},
		{"account-long-name", account(longName), nil},
		{"account-no-keys", account("no-keys-yet"), nil},
		{"account-no-roles", account("no-roles"), nil},
		{"account-suspended", account("on-hold"), nil},
		{"account-expired", account("past-its-time"), nil},
		{"account-deleted", account("gone"), nil},
		{"account-new", "/service-accounts/new", nil},
		{"account-new-problems", "/service-accounts/new", func(b *tab) {
			b.fill("Name", "Billing Worker")
			b.fill("Owner", "nobody")
			b.tick("On a date")
			send(b)
		}},
		{"account-edit", account(longName, "edit"), nil},
		{"account-suspend", account("billing-worker", "suspend"), nil},
		{"account-reactivate", account("on-hold", "reactivate"), nil},
		{"account-delete", account("billing-worker", "delete"), nil},
		{"account-delete-problems", account("billing-worker", "delete"), func(b *tab) { b.fill("Type the account's name", "billing"); send(b) }},
	}
}

func (c *company) keyPages() []stop {
	key := c.keyAt
	return []stop{
		{"key-new", c.accountAt("billing-worker", "keys", "new"), func(b *tab) { b.tick(scopeRead); b.unfold(); b.tick("yc.logging.write") }},
		{"key-new-problems", c.accountAt("billing-worker", "keys", "new"), func(b *tab) { b.tick("On a date"); send(b) }},
		{"key", key("used"), func(b *tab) { b.press("Per day") }},
		{"key-never-used", key("never used"), nil},
		{"key-no-expiry", key("no expiry"), nil},
		{"key-default-scopes", key("defaults"), nil},
		{"key-every-scope", key("every scope"), nil},
		{"key-disabled", key("disabled"), nil},
		{"key-revoked", key("revoked"), nil},
		{"key-expired", key("expired"), nil},
		{"key-two-secrets", key("two secrets"), nil},
		{"key-of-suspended-account", key("suspended"), nil},
	}
}

func (c *company) keyForms() []stop {
	key := c.keyAt
	return []stop{
		{"key-edit", key("every scope", "edit"), nil},
		{"key-edit-problems", key("used", "edit"), func(b *tab) { b.tick(scopeRead); b.tick(scopeMail); send(b) }},
		{"key-reissue", key("used", "reissue"), nil},
		{"key-reissue-two", key("two secrets", "reissue"), nil},
		{"key-retire", key("two secrets", "retire"), nil},
		{"key-disable", key("no expiry", "disable"), nil},
		{"key-enable", key("disabled", "enable"), nil},
		{"key-revoke", key("used", "revoke"), nil},
		{"key-revoked-proof", key("revoked", "revoked?done=revoked&revision=9&ms=12"), nil},
		{"key-replace", key("revoked", "replace"), nil},
	}
}

func (c *company) otherPages() []stop {
	account := c.accountAt
	return []stop{
		{"not-found", "/keys/ajennnnnnnnnnnnnnnnn", nil},
		{"conflict", c.keyAt("used", "enable"), nil},
		{"bad-request", "/service-accounts?state=wrong", nil},
		{"menu", account("billing-worker"), func(b *tab) { b.press("More actions for Invoices in production") }},
		{"dialog", account("billing-worker"), func(b *tab) {
			b.press("Revoke Invoices in production")
			b.until(`document.querySelector("dialog[open]")`)
		}},
		{"key-issued", account("report-reader", "keys", "new"), func(b *tab) {
			b.fill("Description", "Weekly report")
			b.tick("yc.monitoring.read")
			b.unfold()
			b.tick(scopeRead)
			b.follow("Create key")
		}},
		{"key-shown-once", "", func(b *tab) { b.reload() }},
	}
}

// home is where the link on the terminal leads to.
func (s *server) home() string {
	address, _, _ := strings.Cut(s.setupLink(), "/setup/")
	return address
}

// visit goes to a page.
func (b *tab) visit(home string, p stop) {
	b.t.Helper()
	if p.path != "" {
		b.open(home + p.path)
	}
	if p.then != nil {
		p.then(b)
	}
}
