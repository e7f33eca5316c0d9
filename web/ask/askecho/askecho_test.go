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

// TestRoutesOfEcho: each route by its own scope, with the caller and without the secret, and refusals by the package's words.
func TestRoutesOfEcho(t *testing.T) {
	d := asktest.Start(t)
	k := d.Key(asktest.Read)
	e := echo.New()
	e.HTTPErrorHandler = func(err error, _ echo.Context) { t.Errorf("the service's error handler got %v", err) }
	gate := d.Client(ask.Options{Address: echo.ExtractIPDirect()})
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
	service := httptest.NewServer(e)
	defer service.Close()

	ask := func(method, path string, authorization ...string) (int, string, string) {
		r, err := http.NewRequest(method, service.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Authorization"] = authorization
		a, err := service.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		body, _ := io.ReadAll(a.Body)
		return a.StatusCode, a.Header.Get("Keydesk-Error"), string(body)
	}
	good := "Api-Key " + k.Secret.Reveal()
	if status, _, body := ask("GET", "/orders", good); status != 200 || body != k.Key.ID {
		t.Errorf("a good key: %d %q", status, body)
	}
	if status, _, _ := ask("GET", "/open"); status != 200 {
		t.Errorf("a route without a check: %d", status)
	}
	for name, tc := range map[string]struct {
		method, path string
		sent         []string
		status       int
		code         string
	}{
		"nothing":     {"GET", "/orders", nil, 401, "no_credential"},
		"two":         {"GET", "/orders", []string{good, good}, 400, "invalid_request"},
		"other scope": {"POST", "/changes", []string{good}, 403, "insufficient_scope"},
	} {
		if status, code, _ := ask(tc.method, tc.path, tc.sent...); status != tc.status || code != tc.code {
			t.Errorf("%s: %d %q", name, status, code)
		}
	}
	d.Revoke(k.Key.ID)
	if status, code, _ := ask("GET", "/orders", good); status != 401 || code != "revoked_key" {
		t.Errorf("revoked: %d %q", status, code)
	}
	d.Stop()
	if status, code, _ := ask("GET", "/orders", good); status != 503 || code != "unavailable" {
		t.Errorf("gone: %d %q", status, code)
	}
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
