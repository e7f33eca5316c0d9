package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/secret"
	"keydesk/models/signin"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/views/accounts"
	keyviews "keydesk/views/keys"
	"keydesk/views/layout"
	"keydesk/web"
	"keydesk/web/console"
	"keydesk/web/session"
	websignin "keydesk/web/signin"
)

// desk is the console on a filled database, as the program puts it together, and an administrator's session.
type desk struct {
	url    string
	cookie *http.Cookie
	token  string // of the session's forms
}

// now is noon of the filled database, and goes on from there.
func clock() func() time.Time {
	began := time.Now()
	return func() time.Time { return storetest.Noon.Add(time.Since(began)) }
}

func openDesk(b *testing.B, dialect string, keys int) *desk {
	b.Helper()
	database := storetest.Filled(b, dialect, keys)
	storetest.FillEvents(b, dialect, database, keys)
	s := storetest.Open(b, database, store.Options{})
	log, now := slog.New(slog.DiscardHandler), clock()
	peppers, err := secret.NewPeppers(1, map[int][]byte{1: make([]byte, 32)})
	must(b, err)
	manages := &manage.Desk{Store: s, Peppers: peppers, Now: now, Rand: rand.Reader, Log: log, CountsFor: 5 * time.Second}
	people, err := signin.New(s, signin.Options{Now: now, Rand: rand.Reader, Cost: signin.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	must(b, err)
	sessions, err := session.New(people, session.Options{Rand: rand.Reader})
	must(b, err)
	witness := manage.Signer{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}.Public()
	pages := &console.Handler{
		Desk: manages, SignIn: people, Now: now, GateURL: "http://localhost:8081", Lag: 2 * time.Second,
		Witness: func() (manage.Witness, error) { return manage.Witness{Public: witness}, nil },
	}
	server, err := web.New(web.Config{
		Console: pages, SignIn: &websignin.Handler{Service: people, Sessions: sessions, Page: pages.Titled}, Sessions: sessions,
		Log: log, Now: now, Rand: rand.Reader,
	})
	must(b, err)
	listening := httptest.NewUnstartedServer(nil)
	listening.Config = server
	listening.Start()
	b.Cleanup(listening.Close)
	d := &desk{url: listening.URL, cookie: signedIn(b, people)}
	_, page, err := d.answer(b.Context(), "/find")
	must(b, err)
	found := regexp.MustCompile(`name="form_token" value="([^"]+)"`).FindSubmatch(page)
	if found == nil {
		b.Fatal("the page has no form token")
	}
	d.token = string(found[1])
	return d
}

// signedIn is the cookie of an administrator who is a reviewer too.
func signedIn(b *testing.B, people *signin.Service) *http.Cookie {
	b.Helper()
	const password, mail = "plover anvil tundra mosaic", "olga@example.com"
	by := models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}
	_, _, err := people.AddPerson(b.Context(), by, mail, []string{models.Administrator, models.Reviewer}, password)
	must(b, err)
	granted, err := people.SignIn(b.Context(), signin.Meta{RequestID: "req0"}, mail, password)
	must(b, err)
	return &http.Cookie{Name: "keydesk_local", Value: granted.Token}
}

// request asks for a page. What is looked for is in the addresses of the benchmark alone: it is sent as a form.
func (d *desk) request(ctx context.Context, path string) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if text, find := strings.CutPrefix(path, finding); find {
		method, path = http.MethodPost, "/find"
		body = strings.NewReader(url.Values{"form_token": {d.token}, "q": {text}}.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, d.url+path, body)
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.Header.Set("Accept", "text/html")
	if d.cookie != nil {
		r.AddCookie(d.cookie)
	}
	return r, nil
}

// finding begins the address of what is looked for.
const finding = "/find?q="

// answer reads a page whole.
func (d *desk) answer(ctx context.Context, path string) (status int, body []byte, err error) {
	r, err := d.request(ctx, path)
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// bare is what the same pages cost without a desk: echo and templ alone, with 50 rows that were made up before.
func bare(b *testing.B) *desk {
	b.Helper()
	e, now := echo.New(), storetest.Noon
	page := layout.Page{Person: "olga@example.com", FormToken: "token", ThemeAction: "/theme"}
	list := keyviews.ListPage{Now: now, Any: true, Total: "1,000+", Revoke: true, Disable: true}
	all := accounts.ListPage{Now: now, Total: "1,000+"}
	for range 50 {
		list.Rows = append(list.Rows, keyviews.ListRow{Key: bareKey(now).Key, LastUsed: bareKey(now).LastUsed, Owner: "team@example.org", Select: true})
		all.Rows = append(all.Rows, accounts.Row{ID: "aje00000000000000007", Name: "name-7", Owner: "team@example.org", State: models.AccountActive, Keys: 3, LastUsed: now})
	}
	key := keyviews.DetailPage{Now: now, Key: bareKey(now).Key}
	e.GET("/keys", func(c echo.Context) error { return write(c, keyviews.List(page, list)) })
	e.GET("/service-accounts", func(c echo.Context) error { return write(c, accounts.List(page, all)) })
	e.GET("/key", func(c echo.Context) error { return write(c, keyviews.Detail(page, key)) })
	listening := httptest.NewServer(e)
	b.Cleanup(listening.Close)
	return &desk{url: listening.URL}
}

func bareKey(now time.Time) keyviews.Row {
	return keyviews.Row{
		Key: keyviews.Key{
			ID: "ajk00000000000000007", Description: "key number 7", Mask: "****abcdef", State: models.KeyActive, CreatedAt: now, CreatedBy: "a", CreatedVia: "api",
			Account: keyviews.AccountRef{ID: "aje00000000000000007", Name: "name-7", State: models.AccountActive}, Scopes: []string{"orders.scope1", "orders.scope2"},
			ExpiresAt: now.AddDate(0, 3, 0), Version: 1,
		},
		LastUsed: keyviews.Sighting{At: now, Scope: "orders.scope1", Address: "10.0.0.9", Agent: "curl/8.5"},
	}
}

// component is a page of templ.
type component interface {
	Render(ctx context.Context, w io.Writer) error
}

func write(c echo.Context, page component) error {
	var text bytes.Buffer
	if err := page.Render(c.Request().Context(), &text); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, text.Bytes())
}

// databases are both, each with as many keys as KEYDESK_BENCH_KEYS says.
func databases() map[string]int {
	n := setting("KEYDESK_BENCH_KEYS", 20_000)
	return map[string]int{store.SQLite: n, store.Postgres: n}
}
