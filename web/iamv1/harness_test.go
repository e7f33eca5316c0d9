package iamv1_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/manage"
	"keydesk/models/secret"
	"keydesk/models/signin"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/web/iamv1"
)

var local = models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}

// cheap is a cost at which a test can hash.
var cheap = signin.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}

const password = "plover anvil tundra mosaic"

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

// api is the API over real HTTP, on a database, with a clock that can be moved.
type api struct {
	t      *testing.T
	desk   *manage.Desk
	people *signin.Service
	url    string
	log    *logged
	conn   *grpc.ClientConn
	client *http.Client

	mu    sync.Mutex
	ahead time.Duration
	still time.Time // where the clock stands; zero: it goes
}

func (a *api) now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.still.IsZero() {
		return a.still.Add(a.ahead)
	}
	return time.Now().Add(a.ahead)
}

// stop has the clock stand still but for the test's own moves: nothing of an allowance comes back meanwhile.
func (a *api) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.still = time.Now()
}

func (a *api) pass(d time.Duration) {
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

// start serves the API without TLS.
func start(t *testing.T) *api { return startOn(t, storetest.New(t), false) }

// startTLS serves it with TLS.
func startTLS(t *testing.T) *api { return startOn(t, storetest.New(t), true) }

func startOn(t *testing.T, s *store.Store, secure bool) *api {
	t.Helper()
	a := &api{t: t, log: &logged{}}
	log := slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	peppers := must(secret.NewPeppers(1, map[int][]byte{1: bytes.Repeat([]byte{9}, 32)}))(t)
	a.desk = &manage.Desk{Store: s, Peppers: peppers, Tokens: must(iamtoken.New(rand.Reader))(t), Now: a.now, Rand: rand.Reader, Log: log}
	a.people = must(signin.New(s, signin.Options{Now: a.now, Rand: rand.Reader, Cost: cheap}))(t)
	handler := must(iamv1.New(iamv1.Config{
		Desk: a.desk, Count: a.people.CountCredential, Endpoint: "keydesk.example.com:443", Address: func(r *http.Request) string { return r.Header.Get("X-From") },
		Log: log, Now: a.now, Rand: rand.Reader,
	}))(t)
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = &http.Protocols{}
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetHTTP2(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	creds := insecure.NewCredentials()
	if secure {
		server.EnableHTTP2 = true
		server.StartTLS()
		roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		creds = credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12})
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	a.url, a.client = server.URL, server.Client()
	a.conn = must(grpc.NewClient(server.Listener.Addr().String(), grpc.WithTransportCredentials(creds)))(t)
	t.Cleanup(func() { _ = a.conn.Close() })
	return a
}

// person adds somebody and makes them an IAM token.
func (a *api) person(access ...string) (models.Person, string) {
	a.t.Helper()
	p, _, err := a.people.AddPerson(a.t.Context(), local, strings.Join(access, ".")+"."+rand.Text()+"@example.com", access, password)
	must(p, err)(a.t)
	return p, must(a.desk.CreateToken(a.t.Context(), local, "", p.ID, time.Hour))(a.t).Token
}

// account makes a service account, with roles in its folder and a token.
func (a *api) account(name string, roles ...string) (models.Account, string) {
	a.t.Helper()
	acct, _, err := a.desk.CreateAccount(a.t.Context(), local, manage.NewAccount{Name: name, Owner: "team@example.com", Roles: roles})
	must(acct, err)(a.t)
	return acct, must(a.desk.Impersonate(a.t.Context(), local, acct.ID))(a.t).Token
}

// bearing is a call's context with a token; pairs are further metadata.
func (a *api) bearing(token string, pairs ...string) context.Context {
	return metadata.AppendToOutgoingContext(a.t.Context(), append([]string{"authorization", "Bearer " + token}, pairs...)...)
}

// answer is an answer of REST.
type answer struct {
	*http.Response
	text string
	body map[string]any
}

// rest sends a request of REST. headers are pairs.
func (a *api) rest(method, path, token string, body any, headers ...string) answer {
	a.t.Helper()
	var sent io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		sent = strings.NewReader(b)
	default:
		sent = bytes.NewReader(must(json.Marshal(b))(a.t))
	}
	r := must(http.NewRequestWithContext(a.t.Context(), method, a.url+path, sent))(a.t)
	if sent != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res := must(a.client.Do(r))(a.t)
	defer func() { _ = res.Body.Close() }()
	got := answer{Response: res, text: string(must(io.ReadAll(res.Body))(a.t))}
	if err := json.Unmarshal([]byte(got.text), &got.body); err != nil {
		a.t.Errorf("%s %s: status %d, and no JSON: %.300s", method, path, res.StatusCode, got.text)
	}
	return got
}

// refused is a refusal over REST: its HTTP status and gRPC code.
func (got answer) refused(t *testing.T, httpStatus int, code codes.Code) {
	t.Helper()
	if got.StatusCode != httpStatus || got.body["code"] != float64(code) {
		t.Errorf("%s %s: status %d, code %v, want %d and %d: %.300s",
			got.Request.Method, got.Request.URL.Path, got.StatusCode, got.body["code"], httpStatus, code, got.text)
	}
	if !strings.Contains(got.text, `"type.googleapis.com/google.rpc.RequestInfo"`) || !strings.Contains(got.text, got.Header.Get("X-Request-Id")) {
		t.Errorf("%s %s: the refusal has no id of its request: %.300s", got.Request.Method, got.Request.URL.Path, got.text)
	}
}

// wantCode holds an error of gRPC to its code.
func wantCode(t *testing.T, err error, code codes.Code) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("the call ends with %v, want %v", err, code)
	}
}

// detail finds a detail of that type in an error.
func detail[T proto.Message](t *testing.T, err error) (found T) {
	t.Helper()
	for _, d := range status.Convert(err).Details() {
		if m, ok := d.(T); ok {
			return m
		}
	}
	t.Errorf("%v has no %T among its details", err, found)
	return found
}
