package session_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/models/store"
	"keydesk/views/ui"
	"keydesk/web/problem"
	"keydesk/web/session"
)

const password = "plover anvil tundra mosaic"

var local = models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}

// desk is a real server with doors of every kind.
type desk struct {
	*testing.T
	db      *store.Store
	service *signin.Service
	url     string
}

func open(t *testing.T, db *store.Store, opt session.Options) *desk {
	t.Helper()
	service, err := signin.New(db, signin.Options{
		Now: time.Now, Rand: rand.Reader, Cost: signin.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	opt.Rand = rand.Reader
	m, err := session.New(service, opt)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = problem.Handler(slog.New(slog.DiscardHandler))
	e.Use(m.Load)
	routes(e, m, service)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return &desk{T: t, db: db, service: service, url: server.URL}
}

func routes(e *echo.Echo, m *session.Manager, service *signin.Service) {
	say := func(what func(echo.Context) string) echo.HandlerFunc {
		return func(c echo.Context) error { return c.String(http.StatusOK, what(c)) }
	}
	who := say(func(c echo.Context) string { return session.Actor(c).Name + " " + session.Person(c).Email })
	e.GET("/who", who, m.Require(session.SignedIn))
	e.GET("/people", who, m.Require(models.PeopleManage))
	e.GET("/open", who, m.Require(session.Anyone))
	e.GET("/shut", who, m.Require(""))
	e.POST("/change", who, m.Require(session.SignedIn))
	e.GET("/token", say(session.FormToken), m.Require(session.Anyone))
	e.GET("/id", say(func(c echo.Context) string { return session.FormID(c, c.QueryParam("for")) }), m.Require(session.SignedIn))
	e.GET("/check-id", say(func(c echo.Context) string {
		if session.CheckFormID(c, c.QueryParam("for"), c.QueryParam("id")) {
			return "fits"
		}
		return "does not fit"
	}), m.Require(session.SignedIn))
	e.GET("/flash", say(func(c echo.Context) string {
		if f := session.TakeFlash(c); f != nil {
			return f.Text
		}
		return ""
	}), m.Require(session.Anyone))
	e.POST("/flash", func(c echo.Context) error { return session.SetFlash(c, ui.Flash{Text: c.FormValue("text")}) }, m.Require(session.Anyone))
	e.POST("/in", func(c echo.Context) error {
		g, err := service.SignIn(c.Request().Context(), session.Meta(c), c.FormValue("email"), password)
		if err != nil {
			return err
		}
		return m.Begin(c, g)
	}, m.Require(session.Anyone))
	e.POST("/out", m.End, m.Require(session.Anyone))
}

func (d *desk) add(email string, access ...string) {
	d.Helper()
	if _, _, err := d.service.AddPerson(d.Context(), local, email, access, password); err != nil {
		d.Fatal(err)
	}
}

// browser keeps cookies and follows no redirect.
type browser struct {
	*desk
	jar http.CookieJar
}

func (d *desk) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{desk: d, jar: jar}
}

type answer struct {
	status int
	body   string
	header http.Header
}

// do sends a request as a browser on our own page would; header pairs change that.
func (b *browser) do(method, path, form string, header ...string) answer {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, strings.NewReader(form))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if method != http.MethodGet {
		req.Header.Set("Content-Type", echo.MIMEApplicationForm)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Origin", b.url)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			req.Header.Del(header[i])
			continue
		}
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Jar: b.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return answer{res.StatusCode, string(body), res.Header}
}

func (b *browser) get(path string) string {
	b.Helper()
	return b.do(http.MethodGet, path, "").body
}

// post sends a form with this session's token.
func (b *browser) post(path string, fields ...string) answer {
	b.Helper()
	form := url.Values{session.FormField: {b.get("/token")}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, form.Encode())
}

func (b *browser) signIn(email string) *browser {
	b.Helper()
	if a := b.post("/in", "email", email); a.status != http.StatusOK {
		b.Fatalf("signing in: %d %s", a.status, a.body)
	}
	return b
}

// cookie answers the value that the browser keeps under a name.
func (b *browser) cookie(name string) string {
	at, _ := url.Parse(b.url)
	for _, c := range b.jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// plant puts a cookie into the browser, as an attacker might.
func (b *browser) plant(name, value string) {
	at, _ := url.Parse(b.url)
	b.jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}
