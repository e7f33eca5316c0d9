package signin_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	domain "keydesk/models/signin"
	"keydesk/models/store"
	"keydesk/views/layout"
	"keydesk/web/mw"
	"keydesk/web/problem"
	"keydesk/web/session"
	"keydesk/web/signin"
)

const password = "plover anvil tundra mosaic"

var local = models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}

// desk is a real server with the sign-in pages, and what it wrote to its log.
type desk struct {
	*testing.T
	service *domain.Service
	url     string
	log     *logged
}

type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func open(t *testing.T, db *store.Store) *desk {
	t.Helper()
	service, err := domain.New(db, domain.Options{
		Now: time.Now, Rand: rand.Reader, Cost: domain.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := session.New(service, session.Options{Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	h := &signin.Handler{Service: service, Sessions: m, Page: func(c echo.Context, title string) layout.Page {
		return layout.Page{Title: title, FormToken: session.FormToken(c)}
	}}
	d := &desk{T: t, service: service, log: &logged{}}
	log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = problem.Handler(log)
	e.Use(mw.AccessLog(log, time.Now, func(echo.Context) string { return "" }), m.Load)
	routes(e, m, h)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

func routes(e *echo.Echo, m *session.Manager, h *signin.Handler) {
	anyone := m.Require(session.Anyone)
	e.GET("/signin", h.SignInForm, anyone)
	e.POST("/signin", h.SignIn, anyone)
	e.POST("/signout", h.SignOut, anyone)
	e.GET("/setup/:token", h.SetupLink, anyone)
	e.GET("/setup", h.SetupForm, anyone)
	e.POST("/setup", h.Setup, anyone)
	e.GET("/reset/:token", h.ResetLink, anyone)
	e.GET("/reset", h.ResetForm, anyone)
	e.POST("/reset", h.Reset, anyone)
	e.GET("/token", func(c echo.Context) error { return c.String(http.StatusOK, session.FormToken(c)) }, anyone)
	e.GET("/who", func(c echo.Context) error { return c.String(http.StatusOK, session.Actor(c).Name) }, anyone)
}

func (d *desk) add(email string) {
	d.Helper()
	if _, _, err := d.service.AddPerson(d.Context(), local, email, []string{models.Administrator}, password); err != nil {
		d.Fatal(err)
	}
}

// browser keeps cookies and the last page's form, and follows no redirect.
type browser struct {
	*desk
	client *http.Client
	hidden url.Values
}

type answer struct {
	status   int
	body     string
	header   http.Header
	location string
}

func (d *desk) browser() *browser {
	jar, _ := cookiejar.New(nil)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{desk: d, client: &http.Client{Jar: jar, CheckRedirect: stay}}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)"`)

func (b *browser) get(path string) answer {
	b.Helper()
	a := b.do(http.MethodGet, path, "")
	b.hidden = url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(a.body, -1) {
		b.hidden.Set(m[1], m[2])
	}
	return a
}

// post sends the last page's form with these fields filled in.
func (b *browser) post(path string, fields ...string) answer {
	b.Helper()
	form := url.Values{}
	for k := range b.hidden {
		form.Set(k, b.hidden.Get(k))
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, form.Encode())
}

func (b *browser) do(method, path, form string) answer {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(form))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", echo.MIMEApplicationForm)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{res.StatusCode, string(body), res.Header, res.Header.Get("Location")}
}

func (b *browser) signIn(email, password string) answer {
	b.Helper()
	b.get("/signin")
	return b.post("/signin", "email", email, "password", password)
}
