package main

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// TestASilentGateIsOnEveryPage: one of two processes is stopped as a machine that sleeps is. Every page of the other says so,
// metrics do, and a revoke names it with the time by which it refuses; once it wakes, all of it is over.
func TestASilentGateIsOnEveryPage(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	well := in.serve()
	v := well.administrator()
	asleep := in.serve("--stale-for", "300s")
	in.account("watched")
	k := in.key("watched", "--scope", scopeRead)
	pages := []string{"/service-accounts", "/keys", "/audit", "/people", "/settings/about"}
	says := func(words string) bool {
		for _, path := range pages {
			v.opens(path)
			if v.status != http.StatusOK || !strings.Contains(html.UnescapeString(v.page), words) {
				return false
			}
		}
		return true
	}
	for _, path := range pages {
		v.opens(path)
		if page := html.UnescapeString(v.page); v.status != http.StatusOK || strings.Contains(page, "is silent") || strings.Contains(page, "No gate is running") {
			t.Errorf("%s: %d, or it warns of gates that are well", path, v.status)
		}
	}
	if err := asleep.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "every page says that a gate is silent", func() bool { return says("is silent, and may still answer.") })
	v.opens("/settings/gates")
	v.sees(http.StatusOK, "stale-for 5m0s")
	v.sees(http.StatusOK, "Silent")
	eventually(t, 30*time.Second, "metrics count a silent gate", func() bool {
		return strings.Contains(well.scrape(), "\n"+`keydesk_gates{standing="silent"} 1`)
	})
	r := in.keydesk("key", "revoke", k.ID, "--reason", "leaked")
	if r.status != exitDone || !strings.Contains(r.err, "NOT confirmed yet: by 1 of 2 gates") || !strings.Contains(r.err, "has not confirmed: it refuses by ") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	well.refuses("at the gate that is well", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	v.opens(fmt.Sprintf("/keys/%s/revoked?done=revoked&revision=1&ms=1", k.ID))
	v.sees(http.StatusOK, "1 of 2 gates")
	if err := asleep.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "nothing is said of a gate that woke", func() bool {
		v.opens("/keys")
		return v.status == http.StatusOK && !strings.Contains(v.page, "silent, and may still answer") && !strings.Contains(v.page, "is behind")
	})
	asleep.refuses("at the gate that woke", k, scopeRead, http.StatusUnauthorized, "revoked_key")
}
