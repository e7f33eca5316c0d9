package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// administrator opens the console as its first administrator.
func (s *server) administrator() *visitor {
	s.t.Helper()
	v := s.visitor()
	link := s.setupLink()
	v.opens(link[strings.Index(link, "/setup/"):])
	v.submits("/setup", "email", "first@example.com", "password", setupPassword)
	v.opens("/settings/scopes")
	v.sees(http.StatusOK, "Built-in catalogue")
	return v
}

// TestACatalogueOfTheConsoleSurvivesARestart: without a file the console manages the catalogue. A file that appears takes
// over, and one that is gone leaves what it said to the console.
func TestACatalogueOfTheConsoleSurvivesARestart(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		if err := os.Remove(in.path(servicesFile)); err != nil {
			t.Fatal(err)
		}
		s := in.serve()
		v := s.administrator()
		v.opens("/settings/scopes/new")
		v.submits("/settings/scopes/new", "name", "billing", "title", "Billing", "scope_name_0", "billing.read", "scope_description_0", "Read bills")
		v.sees(http.StatusOK, "The catalogue is saved.")
		v.sees(http.StatusOK, "1 of 1 gate")
		in.done("account", "create", "--name", "reader", "--role", "billing.user")
		k := in.key("reader", "--scope", "billing.read")
		s.check(k.Secret, "billing.read").is(t, "a scope that the console made", http.StatusNoContent, "")
		s.stop()

		s = in.serve()
		s.check(k.Secret, "billing.read").is(t, "that scope after a restart", http.StatusNoContent, "")
		s.stop()

		putFile(t, in.path(servicesFile), ownServices)
		s = in.serve()
		s.check(k.Secret, "billing.read").is(t, "a scope that the file does not have", http.StatusForbidden, "insufficient_scope")
		in.done("key", "create", "--account", "reader", "--scope", scopeRead)
		v = s.returned()
		v.opens("/settings/scopes")
		v.sees(http.StatusOK, "/services.yaml")
		v.sees(http.StatusOK, "Here it is read-only")
		if strings.Contains(v.page, in.dir) {
			t.Errorf("the page has the whole path of the file, %s", in.dir)
		}
		v.opens("/settings/scopes/new")
		v.sees(http.StatusConflict, "managed by")
		s.stop()

		if err := os.Remove(in.path(servicesFile)); err != nil {
			t.Fatal(err)
		}
		s = in.serve()
		in.done("key", "create", "--account", "reader", "--scope", scopeRead)
		v = s.returned()
		v.opens("/settings/scopes/orders/edit")
		v.submits("/settings/scopes/orders/edit", "title", "Orders of the console")
		v.sees(http.StatusOK, "Orders of the console")
	})
}

// returned opens the console as the administrator that was made before.
func (s *server) returned() *visitor {
	s.t.Helper()
	v := s.visitor()
	v.opens("/signin")
	v.submits("/signin", "email", "first@example.com", "password", setupPassword)
	return v
}

// TestPolicyOnTheCommandLine: what is set there holds there, beside a running server.
func TestPolicyOnTheCommandLine(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		in.serve()
		in.account("limited")
		type told struct {
			DefaultDays int  `json:"default_days"`
			MaxDays     *int `json:"max_days"`
			Never       bool
		}
		var before, after told
		in.answer(&before, "policy", "show")
		if before.DefaultDays != 90 || before.MaxDays != nil || !before.Never {
			t.Errorf("before anybody decided: %+v", before)
		}
		in.answer(&after, "policy", "set", "--default", "30d", "--max", "60d", "--never", "refused")
		if after.DefaultDays != 30 || after.MaxDays == nil || *after.MaxDays != 60 || after.Never {
			t.Errorf("after: %+v", after)
		}
		in.keydesk("key", "create", "--account", "limited", "--scope", scopeRead, "--never").refusedWith(t, exitRefused, "policy")
		in.keydesk("key", "create", "--account", "limited", "--scope", scopeRead, "--expires-in", "61d").refusedWith(t, exitRefused, "60 days")
		in.key("limited", "--scope", scopeRead, "--expires-in", "60d")
		in.keydesk("policy", "set", "--max", "20d").refusedWith(t, exitRefused, "default")
		in.keydesk("policy", "set", "--max", "36h").refusedWith(t, exitUsage, "90d, or none")
		in.keydesk("policy", "set").refusedWith(t, exitUsage, "--default")
		in.done("policy", "set", "--max", "none", "--never", "allowed")
		in.key("limited", "--scope", scopeRead, "--never")
	})
}
