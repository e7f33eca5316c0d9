package ask_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/web/ask"
	"keydesk/web/ask/asktest"
	"keydesk/web/gate"
)

// service is a service behind the middleware, whose handler tells what it was given.
type service struct {
	*asktest.Desk
	t   *testing.T
	url string
	log *asktest.Log
}

// told is what the handler knows.
type told struct {
	Caller ask.Caller
	Known  bool
	Secret bool // it was given the secret
}

func serve(t *testing.T, d *asktest.Desk, change ...func(*ask.Options)) *service {
	t.Helper()
	s := &service{Desk: d, t: t, log: &asktest.Log{}}
	o := ask.Options{Log: s.log.Logger()}
	for _, c := range change {
		c(&o)
	}
	client := d.Client(o)
	tell := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer told
		answer.Caller, answer.Known = ask.CallerFrom(r.Context())
		answer.Secret = len(r.Header["Authorization"]) > 0
		_ = json.NewEncoder(w).Encode(answer)
	})
	mux := http.NewServeMux()
	mux.Handle("/orders", client.Require(asktest.Read)(tell))
	mux.Handle("/change", client.Require(asktest.Read, asktest.Write)(tell))
	mux.Handle("/mail", client.Require(asktest.Mail)(tell))
	listening := httptest.NewServer(mux)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	return s
}

type answer struct {
	*http.Response
	body string
}

// get sends a request; headers are names and values.
func (s *service) get(path string, headers ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res, string(body)}
}

func (s *service) with(path, secret string) answer {
	s.t.Helper()
	return s.get(path, "Authorization", "Api-Key "+secret)
}

// is checks a refusal: its status and code, and that all of its parts agree.
func (a answer) is(t *testing.T, what string, status int, code string) {
	t.Helper()
	if a.StatusCode != status || a.Header.Get("Keydesk-Error") != code {
		t.Errorf("%s: %d %q, want %d %q\n%s", what, a.StatusCode, a.Header.Get("Keydesk-Error"), status, code, a.body)
	}
	if status == http.StatusOK {
		return
	}
	var body struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	err := json.Unmarshal([]byte(a.body), &body)
	if err != nil || body.Status != status || body.Code != code || body.Detail == "" || a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: the body is %q of %q", what, a.body, a.Header.Get("Content-Type"))
	}
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: the refusal may be cached", what)
	}
}

func TestAGoodKeyPasses(t *testing.T) {
	s := serve(t, asktest.Start(t))
	k := s.Key(asktest.Read, asktest.Write)
	a := s.with("/change", k.Secret.Reveal())
	a.is(t, "a good key", http.StatusOK, "")
	var got told
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(err)
	}
	c := got.Caller
	if !got.Known || c.KeyID != k.Key.ID || c.ServiceAccountID != s.Account.ID || c.FolderID != s.Account.FolderID || strings.Join(c.Scopes, " ") != "orders.read orders.write" {
		t.Errorf("the handler knows %+v", got)
	}
	if got.Secret {
		t.Error("the handler was given the secret")
	}
}

func TestRefusals(t *testing.T) {
	s := serve(t, asktest.Start(t))
	k, mail := s.Key(asktest.Read), s.Key(asktest.Mail)
	good := "Api-Key " + k.Secret.Reveal()
	for name, tc := range map[string]struct {
		path    string
		headers []string
		status  int
		code    string
		asks    string // WWW-Authenticate
	}{
		"nothing":              {"/orders", nil, 401, "no_credential", `Api-Key realm="keydesk"`},
		"another scheme":       {"/orders", []string{"Authorization", "Bearer " + k.Secret.Reveal()}, 401, "no_credential", `Api-Key realm="keydesk"`},
		"no key":               {"/orders", []string{"Authorization", "Api-Key   "}, 401, "no_credential", `Api-Key realm="keydesk"`},
		"in the query":         {"/orders?api_key=" + k.Secret.Reveal(), nil, 401, "no_credential", `Api-Key realm="keydesk"`},
		"in a cookie":          {"/orders", []string{"Cookie", "Authorization=" + k.Secret.Reveal()}, 401, "no_credential", `Api-Key realm="keydesk"`},
		"two headers":          {"/orders", []string{"Authorization", good, "Authorization", good}, 400, "invalid_request", `Api-Key realm="keydesk", error="invalid_request"`},
		"a bad one first":      {"/orders", []string{"Authorization", "Basic eDp5", "Authorization", good}, 400, "invalid_request", `Api-Key realm="keydesk", error="invalid_request"`},
		"any case of a scheme": {"/orders", []string{"Authorization", "aPI-kEY " + k.Secret.Reveal()}, 200, "", ""},
		"a scope that lacks":   {"/change", []string{"Authorization", good}, 403, "insufficient_scope", `Api-Key realm="keydesk", error="insufficient_scope", scope="orders.write"`},
		"a role that lacks":    {"/mail", []string{"Authorization", "Api-Key " + mail.Secret.Reveal()}, 403, "permission_denied", `Api-Key realm="keydesk", error="permission_denied", scope="yc.postbox.send"`},
		"a typo":               {"/orders", []string{"Authorization", good + "x"}, 401, "malformed_key", `Api-Key realm="keydesk", error="malformed_key"`},
		"a very long key":      {"/orders", []string{"Authorization", good + strings.Repeat("x", 20_000)}, 401, "malformed_key", `Api-Key realm="keydesk", error="malformed_key"`},
		"no ASCII":             {"/orders", []string{"Authorization", "Api-Key keydesk_\xff\u00e9"}, 401, "malformed_key", `Api-Key realm="keydesk", error="malformed_key"`},
		"JSON in the key":      {"/orders", []string{"Authorization", `Api-Key x","scopes":["orders.read"],"y":"`}, 401, "malformed_key", `Api-Key realm="keydesk", error="malformed_key"`},
		"two keys in one line": {"/orders", []string{"Authorization", good + ", " + good}, 401, "malformed_key", `Api-Key realm="keydesk", error="malformed_key"`},
		"the client's own word on the scope": {"/mail?scope=orders.read", []string{"Authorization", good, "Keydesk-Scope", "orders.read"}, 403, "insufficient_scope",
			`Api-Key realm="keydesk", error="insufficient_scope", scope="yc.postbox.send"`},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.get(tc.path, tc.headers...)
			a.is(t, name, tc.status, tc.code)
			if got := a.Header.Get("WWW-Authenticate"); got != tc.asks {
				t.Errorf("WWW-Authenticate is %s, want %s", got, tc.asks)
			}
			if secret := k.Secret.Reveal(); strings.Contains(a.body, secret) {
				t.Error("the answer repeats the secret")
			}
		})
	}
	if text := s.log.String(); text != "" {
		t.Errorf("refusals of keys are no news of the gate: %s", text)
	}
}

// TestARevokeHoldsAtOnce: nothing is remembered between two requests.
func TestARevokeHoldsAtOnce(t *testing.T) {
	s := serve(t, asktest.Start(t))
	k := s.Key(asktest.Read)
	for range 3 {
		s.with("/orders", k.Secret.Reveal()).is(t, "before", http.StatusOK, "")
	}
	s.Revoke(k.Key.ID)
	s.with("/orders", k.Secret.Reveal()).is(t, "after", http.StatusUnauthorized, "revoked_key")

	other := s.Key(asktest.Read)
	_, c, err := s.SuspendAccount(t.Context(), asktest.By, s.Account.ID, manage.Stop{Reason: models.ReasonLeaked})
	if err != nil {
		t.Fatal(err)
	}
	s.Confirmed(c)
	s.with("/orders", other.Secret.Reveal()).is(t, "a suspended account", http.StatusUnauthorized, "suspended_account")
}

// TestBadKeysAreCountedByWhoSendsThem: the gate tells a flood of one address from the clients of another.
func TestBadKeysAreCountedByWhoSendsThem(t *testing.T) {
	d := asktest.Start(t)
	client := d.Client(ask.Options{})
	k := d.Key(asktest.Read)
	unissued := asktest.Start(t).Key(asktest.Read).Secret.Reveal() // whole, of another installation
	bad := func(address string) *ask.Error {
		_, err := client.Ask(t.Context(), ask.Question{Key: unissued, Scopes: []string{asktest.Read}, Address: address, Agent: "flood"})
		return ask.As(err)
	}
	asktest.Until(t, "the flood is limited", func() bool {
		e := bad("192.0.2.1")
		return e.Status == http.StatusTooManyRequests && e.Code == "too_many_requests" && e.RetryAfter > 0
	})
	if e := bad("198.51.100.7"); e.Code != "unknown_key" {
		t.Errorf("another address's bad key: %+v", e)
	}
	if _, err := client.Ask(t.Context(), ask.Question{Key: k.Secret.Reveal(), Scopes: []string{asktest.Read}, Address: "192.0.2.1"}); err != nil {
		t.Errorf("a good key of the flood's address: %v", err)
	}
}

// TestTheConsoleShowsWhoAsked: address and agent are those of the service's client.
func TestTheConsoleShowsWhoAsked(t *testing.T) {
	d := asktest.Start(t)
	s := serve(t, d, func(o *ask.Options) {
		o.Address = func(r *http.Request) string { return r.Header.Get("X-Test-Client") }
	})
	k := s.Key(asktest.Read)
	s.get("/orders", "Authorization", "Api-Key "+k.Secret.Reveal(), "User-Agent", "reports/1.4", "X-Test-Client", "203.0.113.9").is(t, "a use", 200, "")
	asktest.Until(t, "the use is recorded", func() bool {
		detail, err := d.Desk.Key(t.Context(), asktest.By, k.Key.ID)
		if err != nil {
			t.Fatal(err)
		}
		last := detail.LastUsed.Allowed
		return last.Address == "203.0.113.9" && last.Agent == "reports/1.4" && last.Scope == asktest.Read
	})
}

func TestAServiceNeedsItsCredential(t *testing.T) {
	d := asktest.Start(t, func(c *gate.Config) { c.GatewayRequired = true })
	g, plain, c, err := d.CreateGateway(t.Context(), asktest.By, manage.NewGateway{Name: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	d.Confirmed(c)
	k := d.Key(asktest.Read)
	without := serve(t, d)
	without.with("/orders", k.Secret.Reveal()).is(t, "without", http.StatusServiceUnavailable, "unavailable")
	if text := without.log.String(); !strings.Contains(text, "Options.Gateway") {
		t.Errorf("the log does not say what to do: %s", text)
	}
	s := serve(t, d, func(o *ask.Options) { o.Gateway = plain.Reveal() })
	s.with("/orders", k.Secret.Reveal()).is(t, "with", http.StatusOK, "")
	if c, err = d.RevokeGateway(t.Context(), asktest.By, g.ID); err != nil {
		t.Fatal(err)
	}
	d.Confirmed(c)
	s.with("/orders", k.Secret.Reveal()).is(t, "revoked", http.StatusServiceUnavailable, "unavailable")
	if text := s.log.String(); strings.Contains(text, plain.Reveal()) || strings.Contains(text, k.Secret.Reveal()) {
		t.Errorf("the log has a credential: %s", text)
	}
}

func TestARouteThatForgetsItsScopeDoesNotStart(t *testing.T) {
	client := asktest.Start(t).Client(ask.Options{})
	for name, scopes := range map[string][]string{"none": nil, "empty": {""}, "one of them empty": {asktest.Read, ""}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the route is made")
				}
			}()
			client.Require(scopes...)
		})
	}
	if _, err := client.Check(t.Context(), "x"); ask.As(err).Status != http.StatusServiceUnavailable {
		t.Errorf("a check without scopes: %v", err)
	}
}
