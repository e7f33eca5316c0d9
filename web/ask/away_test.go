package ask_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keydesk/web/ask"
	"keydesk/web/ask/asktest"
)

// sample has the shape of a secret, and opens nothing.
const sample = "keydesk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefga1b2c3"

// TestAGateThatIsGone: every request is refused, the log says so once, and says once that it is over.
func TestAGateThatIsGone(t *testing.T) {
	d := asktest.Start(t)
	s := serve(t, d)
	k := s.Key(asktest.Read)
	s.with("/orders", k.Secret.Reveal()).is(t, "before", http.StatusOK, "")
	d.Stop()
	for range 3 {
		a := s.with("/orders", k.Secret.Reveal())
		a.is(t, "gone", http.StatusServiceUnavailable, "unavailable")
		if a.Header.Get("Retry-After") != "1" || strings.Contains(a.body, "127.0.0.1") {
			t.Errorf("Retry-After %q, and the client is told %s", a.Header.Get("Retry-After"), a.body)
		}
	}
	s.with("/orders", "x\xff").is(t, "what cannot be a key", http.StatusUnauthorized, "malformed_key") // needs no gate
	text := s.log.String()
	if strings.Count(text, "level=ERROR") != 1 || strings.Contains(text, k.Secret.Reveal()) {
		t.Errorf("the log says %s", text)
	}
}

// wrong is a client of a server that is no gate, or behaves as none does.
func wrong(t *testing.T, o ask.Options, answers http.HandlerFunc) (*ask.Client, *asktest.Log) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does a server notice that its client is gone
		answers(w, r)
	}))
	t.Cleanup(s.Close)
	log := &asktest.Log{}
	o.Gate, o.Log = s.URL, log.Logger()
	c, err := ask.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, log
}

const allowed = `{"allowed":true,"reason":"allowed","key_id":"ajek","service_account_id":"ajes","folder_id":"b1gf","scopes":["orders.read"]}`

// TestOnlyAVerdictLetsPass: whatever else answers refuses, and never looks like the refusal of a key.
func TestOnlyAVerdictLetsPass(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		passes bool
	}{
		"the gate's":              {200, allowed, true},
		"another success":         {204, "", false},
		"another with a body":     {201, allowed, false},
		"a proxy's page":          {200, "<html>Welcome</html>", false},
		"nothing":                 {200, "", false},
		"null":                    {200, "null", false},
		"an empty object":         {200, "{}", false},
		"a list":                  {200, "[" + allowed + "]", false},
		"cut off":                 {200, allowed[:len(allowed)-1], false},
		"more behind it":          {200, allowed + allowed, false},
		"allowed, for no reason":  {200, strings.Replace(allowed, `"reason":"allowed",`, "", 1), false},
		"allowed, for a bad one":  {200, strings.Replace(allowed, `"reason":"allowed"`, `"reason":"revoked_key"`, 1), false},
		"refused, for a good one": {200, strings.Replace(allowed, `"allowed":true`, `"allowed":false`, 1), false},
		"a word for true":         {200, strings.Replace(allowed, `"allowed":true`, `"allowed":"true"`, 1), false},
		"for another scope":       {200, strings.Replace(allowed, "orders.read", "orders.write", 1), false},
		"for more scopes":         {200, strings.Replace(allowed, `"orders.read"`, `"orders.read","orders.write"`, 1), false},
		"for nobody":              {200, strings.Replace(allowed, `"ajek"`, `""`, 1), false},
		"too long":                {200, allowed + strings.Repeat(" ", 64<<10), false},
		"unauthorised":            {401, allowed, false},
		"forbidden":               {403, allowed, false},
		"not found":               {404, allowed, false},
		"an error":                {500, allowed, false},
		"bad gateway":             {502, allowed, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, log := wrong(t, ask.Options{}, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			})
			who, err := c.Check(t.Context(), sample, "orders.read")
			if tc.passes {
				if err != nil || who.KeyID != "ajek" {
					t.Fatalf("%+v, %v", who, err)
				}
				return
			}
			e := ask.As(err)
			if err == nil || e.Status != http.StatusServiceUnavailable || e.Code != "unavailable" || who.KeyID != "" {
				t.Errorf("%+v, %v", who, err)
			}
			if text := log.String(); !strings.Contains(text, "level=ERROR") || strings.Contains(text+err.Error(), sample) {
				t.Errorf("the log says %q, the error %v", text, err)
			}
		})
	}
}

// TestReasonsThatAreNotKnown refuse all the same, and are not repeated to clients.
func TestReasonsThatAreNotKnown(t *testing.T) {
	for _, reason := range []string{"", "brand_new", `x\", evil=\"y`, "allowed "} {
		c, _ := wrong(t, ask.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"allowed":false,"reason":"%s","scopes":["orders.read"]}`, reason)
		})
		_, err := c.Check(t.Context(), sample, "orders.read")
		if e := ask.As(err); e.Status != http.StatusForbidden || e.Code != "refused" {
			t.Errorf("%q: %+v", reason, err)
		}
	}
}

// TestRedirectsAreNotFollowed: the secret goes to the gate, and nowhere else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte(allowed))
	}))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		own := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }} // which does not count
		c, _ := wrong(t, ask.Options{Client: own}, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, status) })
		if _, err := c.Check(t.Context(), sample, "orders.read"); ask.As(err).Status != http.StatusServiceUnavailable {
			t.Errorf("%d: %v", status, err)
		}
	}
	if asked.Load() != 0 {
		t.Error("the secret went elsewhere")
	}
}

// TestASlowGate: one deadline holds for headers and body together.
func TestASlowGate(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	for name, slow := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-end:
			case <-r.Context().Done():
			}
		},
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(allowed[:30]))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-end:
			case <-r.Context().Done():
			}
		},
		"drop by drop": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := wrong(t, ask.Options{Timeout: 100 * time.Millisecond}, slow)
			began := time.Now()
			_, err := c.Check(t.Context(), sample, "orders.read")
			if e := ask.As(err); e.Status != http.StatusServiceUnavailable {
				t.Errorf("%v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestAClientThatGoesAwaySaysNothingOfTheGate.
func TestAClientThatGoesAwaySaysNothingOfTheGate(t *testing.T) {
	came := make(chan struct{})
	c, log := wrong(t, ask.Options{Timeout: time.Minute}, func(_ http.ResponseWriter, r *http.Request) {
		close(came)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-came
		cancel()
	}()
	_, err := c.Check(ctx, sample, "orders.read")
	if !errors.Is(err, context.Canceled) || ask.As(err).Status != http.StatusServiceUnavailable || log.String() != "" {
		t.Errorf("%v; the log says %q", err, log)
	}
}

// TestTheGatesWordOnWhen reaches the client, within bounds.
func TestTheGatesWordOnWhen(t *testing.T) {
	for said, want := range map[string]time.Duration{"": time.Second, "7": 7 * time.Second, "0": time.Second, "-5": time.Second, "soon": time.Second, "99999999999": time.Minute, "999999999999999999999": time.Second, "86400": time.Minute} {
		c, _ := wrong(t, ask.Options{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", said)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		_, err := c.Check(t.Context(), sample, "orders.read")
		if e := ask.As(err); e.RetryAfter != want {
			t.Errorf("%q: %v, want %v", said, e.RetryAfter, want)
		}
	}
}

// TestTheLogSpeaksOfChanges: once when the gate is away, once when it answers again.
func TestTheLogSpeaksOfChanges(t *testing.T) {
	var well atomic.Bool
	c, log := wrong(t, ask.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		if !well.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(allowed))
	})
	for _, now := range []bool{false, false, true, true, false} {
		well.Store(now)
		_, _ = c.Check(t.Context(), sample, "orders.read")
	}
	if text := log.String(); strings.Count(text, "cannot be asked") != 2 || strings.Count(text, "answers again") != 1 {
		t.Errorf("the log says %s", text)
	}
}

// counting counts the connections that a gate is opened.
func counting(t *testing.T, h http.Handler) (url string, opened *atomic.Int32, close func()) {
	t.Helper()
	opened = &atomic.Int32{}
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, opened, s.CloseClientConnections
}

// TestConnectionsAreKept, and one that the gate closed meanwhile costs no request.
func TestConnectionsAreKept(t *testing.T) {
	url, opened, hangUp := counting(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(allowed)) }))
	c, err := ask.New(ask.Options{Gate: url})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := c.Check(t.Context(), sample, "orders.read"); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 20 questions", n)
	}
	for range 20 {
		hangUp()
		if _, err := c.Check(t.Context(), sample, "orders.read"); err != nil {
			t.Fatalf("after the gate closed its connections: %v", err)
		}
	}
}

// TestNothingPrintsASecret, whatever the verb and the logger.
func TestNothingPrintsASecret(t *testing.T) {
	const gateway = "keydeskgw_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefga1b2c3"
	c, log := wrong(t, ask.Options{Gateway: gateway}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	q := ask.Question{Key: sample, Scopes: []string{"orders.read"}, Agent: "x"}
	_, err := c.Ask(t.Context(), q)
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%s", "%q"} {
		_, _ = fmt.Fprintf(&out, verb+verb+verb, c, q, err)
	}
	_, _ = fmt.Fprintf(&out, "%#v", c)
	log.Logger().Info("all", "client", c, "question", q, "err", err)
	if text := out.String() + log.String(); strings.Contains(text, sample) || strings.Contains(text, gateway) || !strings.Contains(text, "418") {
		t.Errorf("printed: %s", text)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for name, o := range map[string]ask.Options{
		"no gate":             {},
		"no scheme":           {Gate: "127.0.0.1:8081"},
		"another scheme":      {Gate: "ftp://127.0.0.1"},
		"a path":              {Gate: "http://127.0.0.1:8081/gate/check"},
		"a query":             {Gate: "http://127.0.0.1:8081?x=y"},
		"a password":          {Gate: "http://a:b@127.0.0.1:8081"},
		"a line in a header":  {Gate: "http://127.0.0.1:8081", Gateway: "x\r\ny"},
		"a credential's line": {Gate: "http://127.0.0.1:8081", Gateway: "keydeskgw_x\n"},
		"no time":             {Gate: "http://127.0.0.1:8081", Timeout: -1},
	} {
		if c, err := ask.New(o); err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
	if _, err := ask.New(ask.Options{Gate: "https://gate.example:8443/"}); err != nil {
		t.Error(err)
	}
}
