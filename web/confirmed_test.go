package web_test

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/models/verify"
)

// withGate runs a real gate on the app's database until the test ends.
func (a *app) withGate(s *store.Store) *verify.Gate {
	a.t.Helper()
	g := must(verify.New(verify.Config{
		ID: "gat00000000000000000", Name: "here:8081", Version: "test", Source: s, Peppers: a.desk.Peppers,
		Poll: 20 * time.Millisecond, Flush: 50 * time.Millisecond, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}))(a.t)
	ctx, stop := context.WithCancel(context.WithoutCancel(a.t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); g.Run(ctx) }()
	a.t.Cleanup(func() { stop(); <-done })
	a.desk.Wake = g.Wake
	eventually(a.t, "the gate is ready", g.Ready)
	return g
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}

func ask(g *verify.Gate, issued manage.Issued, scope string) models.Outcome {
	return g.Check(verify.Request{
		Secret: issued.Secret.Reveal(), Scopes: []string{scope}, Source: netip.MustParseAddr("10.2.3.4"), Agent: "curl/8.5",
	}).Outcome
}

// part asks for a part of a page, as the page itself does.
func (b *browser) part(path string) page {
	b.t.Helper()
	r := b.request("GET", path, nil)
	r.Header.Set("Hx-Request", "true")
	return b.do(r)
}

// polls is the address at which the page asks for a part of itself.
func (p page) polls(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`data-hx-get="([^"]+)" data-hx-trigger="every`).FindStringSubmatch(p.text)
	if m == nil {
		t.Fatalf("%s has no part that keeps itself current", p.Request.URL)
	}
	return html.UnescapeString(m[1])
}

func TestARevokeIsConfirmedAndProven(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		k := app.key(app.account("billing-worker", "orders.user"), "prod")
		g := app.withGate(s)
		b := app.as(models.Responder)
		at := "/keys/" + k.Key.ID
		if got := ask(g, k, "orders.read"); got != models.Allowed {
			t.Fatalf("before: %s", got)
		}
		eventually(t, "the key's page shows its use", func() bool { return b.get(at).says("10.2.3.4") })
		b.get(at).want(t, 200, "curl/8.5", "orders.read", "Never refused")
		b.part(b.get(at).polls(t)).want(t, 200, "10.2.3.4")

		revoked := b.post(at+"/revoke", url.Values{"reason": {"leaked"}})
		if got := ask(g, k, "orders.read"); got != models.RevokedKey {
			t.Errorf("the check after the answer: %s", got)
		}
		to := revoked.Header.Get("Location")
		if !strings.Contains(to, "revision=") {
			t.Fatalf("the answer leads to %q", to)
		}
		shown := b.follow(revoked)
		shown.want(t, 200, "Confirmed", "1 of 1 gate")
		eventually(t, "the refusal is counted", func() bool {
			part := b.part(shown.polls(t))
			return part.polls(t) == shown.polls(t) && part.says("1 of 1 gate") && strings.Contains(part.text, `<dd class="number">1</dd>`)
		})
		b.get(at).want(t, 200, "revoked key", "Still tried", "1 refused since it was revoked")
		b.get("/service-accounts/"+k.Account.ID).want(t, 200, "Still tried")
		b.get(at+"/revoked").want(t, 303) // nothing to prove without a revision
	})
}

func TestADisableIsConfirmed(t *testing.T) {
	s := storetest.New(t)
	app := start(t, s)
	k := app.key(app.account("billing-worker", "orders.user"), "prod")
	g := app.withGate(s)
	b := app.as(models.Operator)
	at := "/keys/" + k.Key.ID
	b.follow(b.post(at+"/disable", url.Values{"reason": {"unused"}})).want(t, 200, "Confirmed", "1 of 1 gate", "The key is disabled")
	if got := ask(g, k, "orders.read"); got != models.DisabledKey {
		t.Errorf("disabled: %s", got)
	}
	b.follow(b.post(at+"/enable", nil)).want(t, 200, "Confirmed", "The key is enabled again.")
	if got := ask(g, k, "orders.read"); got != models.Allowed {
		t.Errorf("enabled: %s", got)
	}
	b.get(at+"?done=disabled&revision=1&ms=1").want(t, 200) // a link that somebody made up
	if got := b.get(at + "?done=disabled&revision=1&ms=1"); got.says("The key is disabled: every request") {
		t.Error("a made-up link says that the key is disabled")
	}
	b.get(at+"?done=disabled&revision=99999999999999999999&ms=-1").want(t, 200)
}

func TestPartsOfPages(t *testing.T) {
	app := start(t, storetest.New(t))
	a := app.account("billing-worker", "orders.user")
	k := app.key(a, "prod")
	b := app.as(models.Reviewer)
	for part, around := range map[string]string{"/keys/" + k.Key.ID + "/use": "/keys/" + k.Key.ID, "/service-accounts/" + a.ID + "/keys": "/service-accounts/" + a.ID} {
		got := b.part(part)
		got.want(t, 200)
		if strings.Contains(got.text, "<html") {
			t.Errorf("%s is a whole page", part)
		}
		if to := b.get(part).Header.Get("Location"); to != around {
			t.Errorf("%s by itself leads to %q", part, to)
		}
	}
	out := app.visitor().part("/keys/" + k.Key.ID + "/use")
	out.want(t, 401) // and not the sign-in page in the middle of another
}
