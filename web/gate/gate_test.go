package gate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/verify"
)

// fixed is a database that holds what a test put in it. The gate and a real database are tested together in models/verify.
type fixed struct {
	mu      sync.Mutex
	feed    models.Feed
	changed models.Feed
	flushed []models.Flush
}

func (s *fixed) Beat(_ context.Context, own models.Gate) (models.Gate, error) {
	own.SeenAt = time.Now()
	return own, nil
}

func (s *fixed) Load(_ context.Context, into models.Loaded) (models.Change, time.Time, error) {
	if err := into.Catalogue(*s.feed.Catalogue); err != nil {
		return models.Change{}, time.Time{}, err
	}
	for _, a := range s.feed.Accounts {
		_ = into.Account(a)
	}
	for _, k := range s.feed.Keys {
		if err := into.Key(k); err != nil {
			return models.Change{}, time.Time{}, err
		}
	}
	for _, g := range s.feed.Gateways {
		_ = into.Gateway(g)
	}
	return s.feed.Last, time.Now(), nil
}

func (s *fixed) Feed(_ context.Context, after int64) (models.Feed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed.Last.Revision > after {
		s.changed.From, s.changed.Now = s.feed.Last, time.Now()
		return s.changed, nil
	}
	last := models.Change{Revision: after, Token: "token"}
	return models.Feed{From: last, Last: last, Now: time.Now()}, nil
}

func (s *fixed) Flush(_ context.Context, f models.Flush) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushed = append(s.flushed, f)
	return nil
}

func (s *fixed) Leave(context.Context, string) error { return nil }

// service is a running gate behind a real server on loopback, with a good key and a gateway's credential.
type service struct {
	*fixed
	addr    string
	gate    *verify.Gate
	peppers *secret.Peppers
	key     string
	gateway string
	account models.GateAccount
	rand    *rand.ChaCha8
	leave   func() // stops the gate, not the server
	logged  sync.Mutex
	log     *bytes.Buffer
}

func (s *service) id(t testing.TB) string {
	id, err := models.NewID(models.PrefixKey, s.rand)
	must(t, err)
	return id
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// addKey stores a key before the gate loads, and gives its secret.
func (s *service) addKey(t testing.TB, change func(*models.GateKey)) string {
	plain, err := secret.New(s.rand)
	must(t, err)
	digest, _ := s.peppers.Digest(1, plain.Sum())
	k := models.GateKey{
		ID: s.id(t), AccountID: s.account.ID, Scopes: []string{"yc.postbox.send", "yc.logging.write", "yc.search-api.execute"},
		UsedBefore: true, Secrets: []models.GateSecret{{ID: s.id(t), Digest: digest, PepperVersion: 1}},
	}
	if change != nil {
		change(&k)
	}
	s.feed.Keys = append(s.feed.Keys, k)
	return plain.Reveal()
}

func prepare(t testing.TB) *service {
	t.Helper()
	s := &service{
		fixed: &fixed{feed: models.Feed{Last: models.Change{Revision: 1, Token: "token"}, Catalogue: &models.OwnCatalogue{BuiltIn: true}}},
		rand:  rand.NewChaCha8(sha256.Sum256([]byte(t.Name()))),
	}
	var err error
	s.peppers, err = secret.NewPeppers(1, map[int][]byte{1: make([]byte, 32)})
	must(t, err)
	s.account = models.GateAccount{ID: s.id(t), FolderID: s.id(t), Roles: []string{"postbox.sender", "search-api.executor"}}
	s.feed.Accounts = []models.GateAccount{s.account}
	s.key = s.addKey(t, nil)
	credential, err := secret.NewGateway(s.rand)
	must(t, err)
	digest, _ := s.peppers.Digest(1, credential.Sum())
	s.gateway = credential.Reveal()
	s.feed.Gateways = []models.Gateway{{ID: s.id(t), Digest: digest[:], PepperVersion: 1}}
	return s
}

func (s *service) start(t testing.TB, change ...func(*Config)) *service {
	t.Helper()
	var err error
	s.gate, err = verify.New(verify.Config{
		ID: s.id(t), Name: "test", Source: s.fixed, Peppers: s.peppers, Now: time.Now, StaleFor: time.Minute,
	})
	must(t, err)
	cfg := Config{Gate: s.gate, Now: time.Now}
	for _, c := range change {
		c(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	var left sync.WaitGroup
	left.Go(func() { s.gate.Run(ctx) })
	s.leave = func() { cancel(); left.Wait() }
	for !s.gate.Ready() {
		time.Sleep(time.Millisecond)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.addr = listener.Addr().String()
	s.log = &bytes.Buffer{}
	log := slog.New(slog.NewTextHandler(locked{&s.logged, s.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var server interface {
		Serve(net.Listener) error
		Close() error
	} = NewServer(New(cfg), log)
	if strings.Contains(t.Name(), "/"+full) {
		server = NewHTTPServer(New(cfg), log)
	}
	done.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		s.leave()
		_ = server.Close()
		done.Wait()
		if text := s.text(); strings.Contains(text, s.key) || strings.Contains(text, s.gateway) || strings.Contains(text, "level=INFO") {
			t.Errorf("the servers' log says: %s", text)
		}
	})
	return s
}

// both runs a test on the gate's server, and on net/http alone, which is the measure of what a promise means.
func both(t *testing.T, test func(t *testing.T)) {
	t.Run("lean", test)
	t.Run(full, test)
}

const full = "net-http"

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// text is what the server logged.
func (s *service) text() string {
	s.logged.Lock()
	defer s.logged.Unlock()
	return s.log.String()
}

// raw sends bytes as they are and reads answers until the connection ends or as many as asked came. Nothing follows the
// bytes, and where they are the end the server is told so.
func (s *service) raw(t testing.TB, request string, answers int, end bool) []*http.Response {
	t.Helper()
	return rawTo(t, s.addr, request, answers, end)
}

func rawTo(t testing.TB, addr, request string, answers int, end bool) []*http.Response {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	must(t, err)
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	go func() {
		_, _ = io.WriteString(c, request) // a server that refuses early closes while we still write
		if end {
			_ = c.(*net.TCPConn).CloseWrite()
		}
	}()
	in, list := bufio.NewReader(c), []*http.Response(nil)
	for len(list) < answers {
		method, _, _ := strings.Cut(request, " ")
		r, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			break
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		list = append(list, r)
	}
	return list
}

// ask sends one request with these header lines.
func (s *service) ask(t testing.TB, line string, headers ...string) *http.Response {
	t.Helper()
	text := line + " HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n" + strings.Join(headers, "\r\n")
	list := s.raw(t, strings.TrimSuffix(text, "\r\n")+"\r\n\r\n", 1, false)
	if len(list) != 1 {
		t.Fatalf("%s: no answer", line)
	}
	return list[0]
}

func (s *service) check(t testing.TB, headers ...string) *http.Response {
	t.Helper()
	return s.ask(t, "GET /gate/check?scope=yc.postbox.send", headers...)
}

func (s *service) auth() string { return "Authorization: Api-Key " + s.key }

func (s *service) post(t testing.TB, path, body string, headers ...string) *http.Response {
	t.Helper()
	text := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: gate\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n\r\n%s",
		path, len(body), strings.Join(append(headers, "X-End: 1"), "\r\n"), body)
	list := s.raw(t, text, 1, false)
	if len(list) != 1 {
		t.Fatalf("%s: no answer", path)
	}
	return list[0]
}

// expect checks the status, the code and, for a 401 and a 403, the challenge.
func expect(t testing.TB, r *http.Response, status int, code models.Outcome) {
	t.Helper()
	if got := models.Outcome(r.Header.Get("Keydesk-Error")); r.StatusCode != status || got != code {
		t.Errorf("%d %q, want %d %q", r.StatusCode, got, status, code)
	}
	if mayBeKept(r) {
		t.Errorf("a cache may keep the answer: %v", r.Header)
	}
	if has := r.Header.Get("Www-Authenticate") != ""; status == 401 && !has {
		t.Error("a 401 without a challenge")
	}
}

// mayBeKept reports whether anything but an allowed check, which is never without Authorization, lacks one of the two
// headers that keep caches off, or whether an answer could be asked for again.
func mayBeKept(r *http.Response) bool {
	h := r.Header
	return h.Get("Cache-Control") != "no-store" || r.StatusCode != http.StatusNoContent && h.Get("Vary") != "Authorization" ||
		h.Get("Etag") != "" || h.Get("Last-Modified") != ""
}

func prefixes(list ...string) (p []netip.Prefix) {
	for _, text := range list {
		p = append(p, netip.MustParsePrefix(text))
	}
	return p
}

// change commits a change and returns once the gate knows it.
func (s *service) change(t testing.TB, f models.Feed) {
	t.Helper()
	f.Last = models.Change{Revision: 2, Token: "token"}
	s.mu.Lock()
	s.changed = f
	s.mu.Unlock()
	s.gate.Wake()
	for s.gate.Stats().Applied < 2 {
		time.Sleep(time.Millisecond)
	}
}
