package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/web"
)

func TestWhatIsNoPage(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	b.get("/nowhere").want(t, 404, "Not found", "Sign out") // in the frame of who is signed in
	app.visitor().get("/nowhere").want(t, 404, "Not found")
	b.get("/service-accounts/").want(t, 404)
	got := b.do(b.request("DELETE", "/service-accounts", nil))
	got.want(t, 405, "Not done this way")
	if allow := got.Header.Get("Allow"); !strings.Contains(allow, "GET") || strings.Contains(allow, "DELETE") {
		t.Errorf("Allow: %q", allow)
	}
	for _, method := range []string{"TRACE", "PROPFIND", "PUT"} {
		if got := b.do(b.request(method, "/keys/aje00000000000000000/revoke", nil)); got.StatusCode != 405 {
			t.Errorf("%s: %d", method, got.StatusCode)
		}
	}
	if got := b.do(b.request("HEAD", "/service-accounts", nil)); got.StatusCode != 200 || got.text != "" {
		t.Errorf("HEAD: %d with %d bytes", got.StatusCode, len(got.text))
	}
	overridden := b.request("POST", "/nowhere", nil)
	overridden.Header.Set("X-Http-Method-Override", "GET")
	b.do(overridden).want(t, 404)
}

func TestRequestsThatAreNoForms(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	send := func(kind, body string, headers ...string) page {
		r := b.request("POST", "/service-accounts/new", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return b.do(r)
	}
	send("application/json", `{"name":"x"}`).want(t, 415, "Not a form")
	send("application/x-www-form-urlencoded", "name=x", "Content-Encoding", "gzip").want(t, 415)
	send("application/x-www-form-urlencoded", "name="+strings.Repeat("x", 65<<10)).want(t, 413, "Too large")
	b.post("/service-accounts/new", url.Values{"form_id": {"x"}}).want(t, 403)
	r := b.request("POST", "/service-accounts/new", strings.NewReader("name=x"))
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	if got := b.do(r); got.StatusCode != 415 || got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("JSON: %d %q", got.StatusCode, got.Header.Get("Content-Type"))
	}
}

func TestOtherHostsAreNotAnswered(t *testing.T) { // DNS rebinding
	b := start(t, storetest.New(t)).visitor()
	r := b.request("GET", "/signin", nil)
	r.Host = "evil.example"
	b.do(r).want(t, 421, "Wrong address")
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	for _, path := range []string{"/service-accounts", "/nowhere", "/healthz", "/keys/aje00000000000000000"} {
		h := b.get(path).Header
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Request-Id", "Cross-Origin-Opener-Policy"} {
			if h.Get(name) == "" {
				t.Errorf("%s has no %s", path, name)
			}
		}
		if path != "/healthz" && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, h.Get("Cache-Control"))
		}
		if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
			t.Errorf("%s tells what it is made of", path)
		}
	}
}

func TestTheAddressIsNotTheClientsToChoose(t *testing.T) { // security.md S11, L21
	lied := func(app *app) string {
		b := app.visitor()
		r := b.request("GET", "/signin", nil)
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "True-Client-Ip"} {
			r.Header.Set(name, "203.0.113.6")
		}
		b.do(r).want(t, 200)
		return app.log.String()
	}
	if log := lied(start(t, storetest.New(t))); strings.Contains(log, "203.0.113.6") || !strings.Contains(log, "address=127.0.0.1") {
		t.Errorf("the log believes the client: %s", log)
	}
	trusting := func(cfg *web.Config) { cfg.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
	if log := lied(start(t, storetest.New(t), trusting)); !strings.Contains(log, "address=203.0.113.6") {
		t.Errorf("the log does not believe a trusted proxy: %s", log)
	}
	another := func(cfg *web.Config) { cfg.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }
	if log := lied(start(t, storetest.New(t), another)); strings.Contains(log, "203.0.113.6") {
		t.Errorf("the log believes who is no trusted proxy: %s", log)
	}
}

func TestSecretsInAddressesGoNowhere(t *testing.T) { // L22
	app := start(t, storetest.New(t))
	k := app.key(app.account("billing-worker", "orders.user"), "prod")
	secret := k.Secret.Reveal()
	b := app.visitor()
	for _, path := range []string{"/keys/" + k.Key.ID + "?api_key=", "/service-accounts?token=", "/keys/", "/nowhere/"} {
		got := b.get(path + secret)
		if got.StatusCode == 200 || strings.Contains(got.text, secret) {
			t.Errorf("%s…: %d", path, got.StatusCode)
		}
	}
	r := b.request("GET", "/keys/"+k.Key.ID, nil)
	r.Header.Set("Authorization", "Api-Key "+secret)
	if got := b.do(r); got.StatusCode == 200 {
		t.Error("a key opened the console")
	}
	if got := b.get("/signin?return=" + url.QueryEscape("/keys/"+secret)); strings.Contains(got.text, secret) {
		t.Error("the sign-in page says it back")
	}
	in := app.as(models.Operator)
	in.get("/keys/"+secret).want(t, 404)
	for _, path := range []string{"/service-accounts?q=" + secret, "/service-accounts?q=%22" + secret + "%22", "/x%22" + secret + "%22", "/service-accounts?q=K%3D" + secret} {
		if got := in.get(path); got.StatusCode == 200 || strings.Contains(got.text, secret) {
			t.Errorf("%s: %d, and says it back: %v", path, got.StatusCode, strings.Contains(got.text, secret))
		}
	}
	form := newKeyForm(in.get("/service-accounts/" + k.Account.ID + "/keys/new").field("form_id"))
	form.Set("description", "was "+secret)
	form["scopes"] = []string{secret}
	if got := in.post("/service-accounts/"+k.Account.ID+"/keys/new", form); got.StatusCode != 422 || strings.Contains(got.text, secret) {
		t.Errorf("a form with a secret in it: %d", got.StatusCode)
	}
	in.get("/service-accounts?q="+strings.Repeat("_", 30_000)).want(t, 422)
	in.post("/keys/"+k.Key.ID+"/"+secret, url.Values{secret: {secret}}).want(t, 404)
	in.post("/keys/"+k.Key.ID+"/revoke", url.Values{secret: {secret}}).want(t, 422)
	if strings.Contains(app.log.String(), secret) {
		t.Error("the log has the secret")
	}
}

func TestAnonymousTriesAreLimited(t *testing.T) { // L16: the limiter is mounted
	app := start(t, storetest.New(t))
	b := app.visitor()
	limited := 0
	for range 90 {
		if b.post("/setup", nil).StatusCode == 429 {
			limited++
		}
	}
	if limited == 0 {
		t.Error("90 anonymous tries in a row were all answered")
	}
	in := app.as(models.Operator)
	in.get("/service-accounts").want(t, 200)
	in.post("/service-accounts/new", nil).want(t, 403) // refused for its form id, not for the neighbours' tries
}

func TestADatabaseThatDoesNotAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s, func(cfg *web.Config) { cfg.Within = 300 * time.Millisecond })
		b := app.as(models.Operator)
		k := app.key(app.account("billing-worker", "orders.user"), "prod")
		release, held, done := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			_, err := s.Write(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
				_, err := tx.LockKey(local.Folders(models.KeysView), k.Key.ID)
				close(held)
				<-release
				return err
			})
			done <- err
		}()
		<-held // somebody writes and does not come to an end
		got := b.post("/keys/"+k.Key.ID+"/revoke", url.Values{"reason": {"leaked"}})
		got.want(t, 503, "NOT revoked: the database did not answer")
		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		b.get("/healthz").want(t, 200, "ok")
		close(release)
		must(0, <-done)(t)
		if state := app.read(k.Key.ID).State(app.now()); state != models.KeyActive {
			t.Errorf("the key is %s", state)
		}
		b.post("/keys/"+k.Key.ID+"/revoke", url.Values{"reason": {"leaked"}}).want(t, 303) // it heals by itself
	})
}

func TestLinksToListsThatWeDidNotMake(t *testing.T) { // security.md 54, L11, L12
	app := start(t, storetest.New(t))
	b := app.as(models.Reviewer)
	for _, query := range []string{
		"page=x", "page=AAAA", "page=" + strings.Repeat("A", 5000), "state=broken", "sort=digest", "filter=password", "q=a&q=b", "q=%00", "q=%ff",
		"page=AQI", "limit=1000000",
	} {
		b.get("/service-accounts?"+query).want(t, 400)
	}
	b.get("/service-accounts?q="+url.QueryEscape("' OR 1=1 --")).want(t, 200, "No service account matches")
	b.get("/service-accounts?q=%25").want(t, 200, "No service account matches")
}

func TestPagesOfAList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		for i := range 120 {
			app.account(fmt.Sprintf("worker-%03d", i))
		}
		b := app.as(models.Reviewer)
		first := b.get("/service-accounts?q=worker")
		first.want(t, 200, "120", "worker-000", "worker-049")
		second := b.get(first.link(t, "next"))
		second.want(t, 200, "worker-050", "worker-099")
		third := b.get(second.link(t, "next"))
		third.want(t, 200, "worker-100", "worker-119")
		if strings.Contains(third.text, `rel="next"`) || strings.Contains(first.text, `rel="prev"`) {
			t.Error("the list goes on beyond its ends")
		}
		b.get(third.link(t, "prev")).want(t, 200, "worker-050", "worker-099")
		back := b.get(second.link(t, "prev"))
		back.want(t, 200, "worker-000", "worker-049")
		b.get(back.link(t, "next")).want(t, 200, "worker-050")
	})
}

// TestTwoPeopleNeverMeet: each sees their own canary and never the other's, under load.
func TestTwoPeopleNeverMeet(t *testing.T) { // security.md S12, L24
	app := start(t, storetest.New(t))
	var wait sync.WaitGroup
	for _, name := range []string{"alice", "bob"} {
		a, _, err := app.desk.CreateAccount(t.Context(), local, manage.NewAccount{Name: name, Owner: "o@example.com", Description: "canary of " + name})
		must(0, err)(t)
		b := app.as(models.Operator)
		b.client.Transport = &http.Transport{MaxConnsPerHost: 16}
		other := map[string]string{"alice": "bob", "bob": "alice"}[name]
		for range 8 {
			own := &browser{app: app, client: b.client, token: b.token}
			wait.Go(func() {
				for range 20 {
					got := own.get("/service-accounts/" + a.ID)
					if got.StatusCode != 200 || !got.says("canary of "+name) || got.says("canary of "+other) || got.field("form_token") == "" {
						t.Errorf("%s got %d, or something of %s", name, got.StatusCode, other)
					}
				}
			})
		}
	}
	wait.Wait()
}

func TestADoubleClickMakesOneKey(t *testing.T) { // security.md 43, in parallel
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b, a := app.as(models.Operator), app.account("billing-worker", "orders.user")
		form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
		const clicks = 6
		codes := make([]int, clicks)
		var wait sync.WaitGroup
		for i := range clicks {
			own := reopened(b)
			wait.Go(func() { codes[i] = own.post(newKeyPath(a), form).StatusCode })
		}
		wait.Wait()
		made := 0
		for _, code := range codes {
			switch code {
			case 201:
				made++
			case 409:
			default:
				t.Errorf("status %d", code)
			}
		}
		if n := app.keys(a); made != 1 || n != 1 {
			t.Errorf("%d answers with a secret, %d keys", made, n)
		}
	})
}
