package web_test

import (
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestAStoppedAccountIsProven: the page of a suspension, and of a revoke of all keys, says what was accepted last and how
// many requests were refused since.
func TestAStoppedAccountIsProven(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		k := app.key(a, "prod")
		g := app.withGate(s)
		b := app.as(models.Administrator)
		at := "/service-accounts/" + a.ID
		counted := func(path string, since string) {
			t.Helper()
			eventually(t, "the refusals are counted", func() bool { return b.get(path).says(since) })
			got := b.get(path)
			got.want(t, 200, "Confirmed", "1 of 1 gate", "Last accepted", since)
		}
		if got := ask(g, k, "orders.read"); got != models.Allowed {
			t.Fatalf("before: %s", got)
		}
		suspended := b.post(at+"/suspend", url.Values{"reason": {"leaked"}}).Header.Get("Location")
		if !strings.Contains(suspended, "revision=") {
			t.Fatalf("the suspension leads to %q", suspended)
		}
		b.get(suspended).want(t, 200, "Last accepted", "0 refused since.")
		if got := ask(g, k, "orders.read"); got != models.SuspendedAccount {
			t.Fatalf("suspended: %s", got)
		}
		counted(suspended, "1 refused since.")
		b.post(at+"/reactivate", nil).want(t, 303)
		if got := b.get(suspended); got.says("refused since.") {
			t.Error("a link of before says that something is stopped")
		}
		revoked := b.post(at+"/revoke-all", url.Values{"reason": {"leaked"}, "confirm_name": {a.Name}}).Header.Get("Location")
		for range 3 {
			if got := ask(g, k, "orders.read"); got != models.RevokedKey {
				t.Fatalf("revoked: %s", got)
			}
		}
		counted(revoked, "3 refused since.")
	})
}
