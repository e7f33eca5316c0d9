package askecho_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"keydesk/web/ask"
	"keydesk/web/ask/askecho"
	"keydesk/web/ask/asktest"
)

// service is one of echo with a route to read, one to change, and one without a check.
func service(t *testing.T, gate *ask.Client) *httptest.Server {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = func(err error, _ echo.Context) { t.Errorf("the service's error handler got %v", err) }
	e.GET("/orders", func(c echo.Context) error {
		who, known := askecho.Caller(c)
		if !known || len(c.Request().Header["Authorization"]) > 0 {
			t.Errorf("the handler knows %+v, %v, and was given %v", who, known, c.Request().Header)
		}
		return c.String(http.StatusOK, who.KeyID)
	}, askecho.Require(gate, asktest.Read))
	changes := e.Group("/changes", askecho.Require(gate, asktest.Write))
	changes.POST("", func(echo.Context) error { t.Error("a call passed that may not"); return nil })
	e.GET("/open", func(c echo.Context) error {
		if _, known := askecho.Caller(c); known {
			t.Error("a route without a check knows a caller")
		}
		return c.NoContent(http.StatusOK)
	})
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	return s
}

// answer is what a service said.
type answer struct {
	status     int
	code, body string
}

func send(t *testing.T, s *httptest.Server, method, path string, authorization ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["Authorization"] = authorization
	a, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header.Get("Keydesk-Error"), string(body)}
}

// TestRoutesOfEcho: each route by its own scope, with the caller and without the secret, and refusals by the package's words.
func TestRoutesOfEcho(t *testing.T) {
	d := asktest.Start(t)
	k := d.Key(asktest.Read)
	s := service(t, d.Client(ask.Options{Address: echo.ExtractIPDirect()}))
	good := "Api-Key " + k.Secret.Reveal()
	if a := send(t, s, "GET", "/orders", good); a.status != 200 || a.body != k.Key.ID {
		t.Errorf("a good key: %+v", a)
	}
	if a := send(t, s, "GET", "/open"); a.status != 200 {
		t.Errorf("a route without a check: %+v", a)
	}
	is := func(what, method, path string, status int, code string, sent ...string) {
		t.Helper()
		if a := send(t, s, method, path, sent...); a.status != status || a.code != code {
			t.Errorf("%s: %+v, want %d %s", what, a, status, code)
		}
	}
	is("nothing", "GET", "/orders", 401, "no_credential")
	is("two", "GET", "/orders", 400, "invalid_request", good, good)
	is("another scope", "POST", "/changes", 403, "insufficient_scope", good)
	d.Revoke(k.Key.ID)
	is("revoked", "GET", "/orders", 401, "revoked_key", good)
	d.Stop()
	is("gone", "GET", "/orders", 503, "unavailable", good)
}

func TestARouteThatForgetsItsScopeDoesNotStart(t *testing.T) {
	gate, err := ask.New(ask.Options{Gate: "http://127.0.0.1:8081"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("the route is made")
		}
	}()
	askecho.Require(gate)
}
