package web_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"html"
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

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/manage"
	"keydesk/models/secret"
	"keydesk/models/signin"
	"keydesk/models/store"
	"keydesk/web"
	"keydesk/web/console"
	"keydesk/web/session"
	websignin "keydesk/web/signin"
)

const password = "plover anvil tundra mosaic"

// cheap is a cost at which a test can hash; what a password costs is tested where it is decided.
var cheap = signin.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}

var local = models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}

// logged is what the server wrote to its log, which several goroutines do.
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

// app is the real server on a database, with a clock that can be moved.
type app struct {
	t      *testing.T
	desk   *manage.Desk
	people *signin.Service
	url    string
	log    *logged
	mu     sync.Mutex
	ahead  time.Duration
}

func (a *app) now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Now().Add(a.ahead)
}

func (a *app) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ahead += d
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// start builds the server as the program does.
func start(t *testing.T, s *store.Store, change ...func(*web.Config)) *app {
	t.Helper()
	a := &app{t: t, log: &logged{}}
	log := slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	peppers := must(secret.NewPeppers(1, map[int][]byte{1: bytes.Repeat([]byte{9}, 32)}))(t)
	tokens := must(iamtoken.New(rand.Reader))(t)
	a.desk = &manage.Desk{Store: s, Peppers: peppers, Tokens: tokens, Now: a.now, Rand: rand.Reader, Log: log}
	a.people = must(signin.New(s, signin.Options{Now: a.now, Rand: rand.Reader, Cost: cheap}))(t)
	sessions := must(session.New(a.people, session.Options{Rand: rand.Reader}))(t)
	pages := &console.Handler{Desk: a.desk, SignIn: a.people, Now: a.now, GateURL: "http://localhost:8081", Lag: 2 * time.Second, Witness: a.witness}
	cfg := web.Config{
		Console: pages, SignIn: &websignin.Handler{Service: a.people, Sessions: sessions, Page: pages.Titled}, Sessions: sessions,
		Log: log, Now: a.now, Rand: rand.Reader,
	}
	for _, c := range change {
		c(&cfg)
	}
	server := must(web.New(cfg))(t)
	listening := httptest.NewUnstartedServer(nil)
	listening.Config = server
	listening.Start()
	t.Cleanup(listening.Close)
	a.url = listening.URL
	own := models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{{
		Name: "orders", Title: "Orders", Scopes: []models.OwnScope{{Name: "orders.read", Description: "Read orders"}, {Name: "orders.write", Description: "Write orders"}},
	}}}
	must(a.desk.SetCatalogue(t.Context(), local, own))(t)
	return a
}

// auditKey signs the heads of the tests' logs.
var auditKey = manage.Signer{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}

func (a *app) witness() (manage.Witness, error) {
	return manage.Witness{Public: auditKey.Public()}, nil
}

func (a *app) account(name string, roles ...string) models.Account {
	a.t.Helper()
	acct, _, err := a.desk.CreateAccount(a.t.Context(), local, manage.NewAccount{Name: name, Owner: "team@example.com", Roles: roles})
	return must(acct, err)(a.t)
}

func (a *app) key(acct models.Account, description string) manage.Issued {
	a.t.Helper()
	return must(a.desk.CreateKey(a.t.Context(), local, manage.NewKey{
		AccountID: acct.ID, Description: description, Scopes: []string{"orders.read"}, Via: "cli",
	}))(a.t)
}

// keys counts the keys of an account, whatever their state.
func (a *app) keys(acct models.Account) int {
	a.t.Helper()
	live := must(a.desk.AccountKeys(a.t.Context(), local, acct.ID, manage.KeyFilter{}))(a.t)
	dead := must(a.desk.AccountKeys(a.t.Context(), local, acct.ID, manage.KeyFilter{Dead: true}))(a.t)
	return len(live.Rows) + len(dead.Rows)
}

func (a *app) read(id string) models.Key {
	a.t.Helper()
	return must(a.desk.Key(a.t.Context(), local, id))(a.t).Key
}

// browser is a person's browser: a cookie jar, and no following of redirects.
type browser struct {
	*app
	client *http.Client
	token  string
	seen   []string // every body and header that it was sent
}

func (a *app) visitor() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{app: a, client: &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// as signs a new person in by making a session, not by clicking.
func (a *app) as(access ...string) *browser {
	a.t.Helper()
	mail := strings.Join(access, ".") + "." + rand.Text() + "@example.com"
	p, _, err := a.people.AddPerson(a.t.Context(), local, mail, access, password)
	must(p, err)(a.t)
	granted := must(a.people.SignIn(a.t.Context(), signin.Meta{RequestID: "req0"}, mail, password))(a.t)
	b := a.visitor()
	at := must(url.Parse(a.url))(a.t)
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "keydesk_local", Value: granted.Token, Path: "/"}})
	if b.token = b.get("/service-accounts").field("form_token"); b.token == "" {
		a.t.Fatal("the page of a person who is signed in has no form token")
	}
	return b
}

// page is an answer.
type page struct {
	*http.Response
	text string
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body := must(io.ReadAll(res.Body))(b.t)
	var head bytes.Buffer
	_ = res.Header.Write(&head)
	b.seen = append(b.seen, head.String()+string(body))
	return page{res, string(body)}
}

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	r := must(http.NewRequestWithContext(b.t.Context(), method, b.url+path, body))(b.t)
	r.Header.Set("Accept", "text/html")
	return r
}

func (b *browser) get(path string) page { b.t.Helper(); return b.do(b.request("GET", path, nil)) }

// post sends a form with the session's token, as its page would.
func (b *browser) post(path string, in url.Values) page {
	b.t.Helper()
	form := url.Values{"form_token": {b.token}}
	for name, values := range in {
		form[name] = values
	}
	r := b.request("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// follow goes where a redirect leads.
func (b *browser) follow(p page) page {
	b.t.Helper()
	to := p.Header.Get("Location")
	if p.StatusCode != http.StatusSeeOther || to == "" {
		b.t.Fatalf("status %d to %q, want a redirect", p.StatusCode, to)
	}
	return b.get(to)
}

// field is the value of a form's field.
func (p page) field(name string) string {
	m := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `"[^>]*? value="([^"]*)"`).FindStringSubmatch(p.text)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// says reports whether the page has the text, as a person reads it.
func (p page) says(text string) bool { return strings.Contains(p.text, html.EscapeString(text)) }

func (p page) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if p.StatusCode != status {
		t.Errorf("%s %s: status %d, want %d\n%s", p.Request.Method, p.Request.URL.Path, p.StatusCode, status, excerpt(p.text))
	}
	for _, text := range texts {
		if !p.says(text) {
			t.Errorf("%s %s does not say %q\n%s", p.Request.Method, p.Request.URL.Path, text, excerpt(p.text))
		}
	}
}

// excerpt is the page's own part, for a failure's message.
func excerpt(text string) string {
	_, after, found := strings.Cut(text, "<main")
	if !found {
		after = text
	}
	return after[:min(len(after), 1500)]
}

// link is where the link of that relation leads.
func (p page) link(t *testing.T, rel string) string {
	t.Helper()
	m := regexp.MustCompile(`rel="` + rel + `" href="([^"]+)"`).FindStringSubmatch(p.text)
	if m == nil {
		t.Fatalf("%s has no link %q", p.Request.URL, rel)
	}
	return html.UnescapeString(m[1])
}
