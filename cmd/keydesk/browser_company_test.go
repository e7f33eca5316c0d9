package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/scopes"
)

// company is an installation with something of everything: what its accounts are called says what they show.
type company struct {
	*server
	accounts map[string]string // IDs by name
	keys     map[string]madeKey
	mu       sync.Mutex
}

// reviewer is one of its people, who has not set a password yet.
const reviewer = "rita@example.org"

// longName is the longest that a service account can have; longText fills a description.
var (
	longName = "nightly-" + strings.Repeat("reconciliation-of-", 2) + "ledgers-batch-0001a"
	longText = "Runs at night on the old cluster, reads every order of the day before, and writes what it found to the ledger: " +
		strings.Repeat("see the runbook first, ", 3) + "https://wiki.example.org/runbooks/ledger?page=42"
)

// hire fills the installation.
func (s *server) hire() *company {
	s.t.Helper()
	c := &company{server: s, accounts: map[string]string{}, keys: map[string]madeKey{}}
	var soon sync.WaitGroup
	for _, a := range [][]string{
		{"billing-worker", "--role", roleOrders, "--role", "postbox.sender", "--description", "Sends the invoices", "--owner", "billing@example.org"},
		{longName, "--role", roleOrders, "--role", "monitoring.viewer", "--role", "logging.writer", "--role", "search-api.executor", "--role", "ydb.editor", "--description", longText, "--owner", "a-team-with-a-rather-long-mail-address@reconciliation.finance.example.org"},
		{"everything", "--role", "admin", "--description", "One key with every scope there is"},
		{"on-hold", "--role", "viewer", "--owner", "olga@example.org"},
		{"past-its-time", "--role", "viewer", "--expires-at", time.Now().Add(15 * time.Second).UTC().Format(time.RFC3339)},
		{"gone", "--role", "viewer"},
		{"no-keys-yet", "--role", "viewer"},
		{"no-roles"},
		{"report-reader", "--role", "monitoring.viewer"}, {"speech-bot", "--role", "ai.editor"}, {"search-indexer", "--role", "search-api.executor"}, {"log-shipper", "--role", "logging.writer"},
	} {
		soon.Go(func() { c.account(a[0], a[1:]...) })
	}
	soon.Wait()
	for name, k := range map[string][]string{
		"used":         {"billing-worker", "--scope", scopeRead, "--scope", scopeMail, "--description", "Invoices in production"},
		"never used":   {"billing-worker", "--scope", scopeRead, "--description", "Invoices in staging"},
		"no expiry":    {"billing-worker", "--scope", scopeWrite, "--never", "--description", longText},
		"defaults":     {"billing-worker"},
		"disabled":     {"billing-worker", "--scope", scopeRead, "--description", "On trial"},
		"revoked":      {"billing-worker", "--scope", scopeRead, "--scope", scopeMail, "--description", "Leaked in March"},
		"expired":      {"billing-worker", "--scope", scopeRead, "--description", "Old cluster", "--expires-at", time.Now().Add(12 * time.Second).UTC().Format(time.RFC3339)},
		"two secrets":  {"billing-worker", "--scope", scopeRead, "--description", "Being reissued"},
		"every scope":  append([]string{"everything", "--description", "Every scope"}, everyScope(s.t)...),
		"suspended":    {"on-hold", "--scope", "yc.monitoring.read", "--description", "Dashboards"},
		"of expired":   {"past-its-time", "--scope", "yc.monitoring.read"},
		"of no roles":  {"no-roles", "--scope", scopeRead, "--description", "Refused for want of a role"},
		"of long name": {longName, "--scope", scopeRead, "--description", "Ledger"},
	} {
		soon.Go(func() { c.issue(name, k[0], k[1:]...) })
	}
	soon.Wait()
	c.live()
	return c
}

func (c *company) account(name string, args ...string) {
	var made struct{ ID string }
	c.answer(&made, append([]string{"account", "create", "--name", name}, args...)...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts[name] = made.ID
}

func (c *company) issue(name, account string, args ...string) {
	k := c.key(account, args...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[name] = k
}

// live lets time pass: the keys are used, refused, disabled, revoked.
func (c *company) live() {
	c.t.Helper()
	id := func(name string) string { return c.keys[name].ID }
	var soon sync.WaitGroup
	for _, args := range [][]string{
		{"key", "disable", id("disabled"), "--reason", "unused", "--note", "Nobody answered. " + longText, "--until", time.Now().AddDate(0, 0, 14).UTC().Format(time.DateOnly)},
		{"key", "revoke", id("revoked"), "--reason", "leaked", "--note", "Seen in a public repository."},
		{"key", "reissue", id("two secrets"), "--overlap", "24h"},
		{"account", "suspend", "on-hold", "--reason", "owner-left", "--note", "Until somebody takes it over"},
		{"account", "delete", "gone", "--name", "gone"},
		{"user", "add", "--email", reviewer, "--access", "reviewer"},
	} {
		soon.Go(func() { c.done(args...) })
	}
	soon.Wait()
	for range 40 {
		c.check(c.keys["used"].Secret, scopeRead, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36 invoices/3.1")
		c.check(c.keys["every scope"].Secret, "yc.postbox.send", "User-Agent", "mailer/1.4")
	}
	for _, name := range []string{"used", "disabled", "revoked", "suspended", "of no roles"} {
		c.check(c.keys[name].Secret, scopeRead, "User-Agent", "curl/8.5.0")
		c.check(c.keys[name].Secret, scopeWrite, "User-Agent", "curl/8.5.0")
		c.check(c.keys[name].Secret, "yc.ydb.tables.manage", "User-Agent", "")
	}
	eventually(c.t, 2*startWithin, "what expires has expired, and every request is counted", func() bool {
		expired := c.check(c.keys["expired"].Secret, scopeRead).reason == "expired_key" && c.check(c.keys["of expired"].Secret, scopeRead).status == http.StatusUnauthorized
		return expired && c.listed(id("of no roles")).LastRefused != nil
	})
}

// everyScope are the flags of a key that has all scopes of the catalogue.
func everyScope(t *testing.T) (flags []string) {
	t.Helper()
	catalogue, err := scopes.Build(models.OwnCatalogue{BuiltIn: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range catalogue.Len() {
		flags = append(flags, "--scope", catalogue.Name(i))
	}
	return append(flags, "--scope", scopeRead, "--scope", scopeWrite)
}
