package iamv1

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/yandex-cloud/go-genproto/yandex/cloud/operation"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/manage"
	"keydesk/models/secret"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

const defaultFolder = "b1gdefault0000000000"

var onHost = models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}

// noted is what was logged, by several goroutines.
type noted struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *noted) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *noted) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// served is the API behind a listener, for one test.
type served struct {
	*running
	t testing.TB
}

// running is that API, gRPC and REST on the one port, on a desk whose clock the test moves.
type running struct {
	desk   *manage.Desk
	server *Server
	conn   *grpc.ClientConn
	url    string
	log    *noted

	mu    sync.Mutex
	ahead time.Duration
	calls time.Duration
}

func (s *running) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

func (s *running) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

// unlimited is a clock by which every request comes long after the one before: limits have their own tests.
func (s *running) unlimited() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls += time.Hour
	return time.Now().Add(s.calls)
}

func serve(t testing.TB, db *store.Store) *served {
	t.Helper()
	s := &served{&running{log: &noted{}}, t}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	peppers, err := secret.NewPeppers(1, map[int][]byte{1: bytes.Repeat([]byte{9}, 32)})
	s.ok(err)
	tokens, err := iamtoken.New(rand.Reader)
	s.ok(err)
	s.desk = &manage.Desk{Store: db, Peppers: peppers, Tokens: tokens, Now: s.now, Rand: rand.Reader, Log: log}
	s.server, err = New(Config{
		Desk: s.desk, Count: func(context.Context, bool) {}, Endpoint: "localhost:443", Log: log, Now: s.unlimited, Rand: rand.Reader,
		Address: func(r *http.Request) string { host, _, _ := net.SplitHostPort(r.RemoteAddr); return host },
	})
	s.ok(err)
	listening := httptest.NewUnstartedServer(s.server)
	listening.Config.Protocols = new(http.Protocols)
	listening.Config.Protocols.SetHTTP1(true)
	listening.Config.Protocols.SetUnencryptedHTTP2(true)
	listening.Start()
	t.Cleanup(listening.Close)
	s.url = listening.URL
	s.conn, err = grpc.NewClient("passthrough:///"+listening.Listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	s.ok(err)
	t.Cleanup(func() { _ = s.conn.Close() })
	return s
}

func (s *served) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// eachServed runs fn on both databases.
func eachServed(t *testing.T, fn func(t *testing.T, s *served)) {
	storetest.Each(t, func(t *testing.T, db *store.Store) { fn(t, serve(t, db)) })
}

// asked is one request. A token of "" sends none.
type asked struct {
	token, idempotency string
	scheme             string // "" is Bearer
}

func (a asked) headers() map[string]string {
	h := map[string]string{}
	if a.scheme == "" {
		a.scheme = "Bearer"
	}
	if a.token != "" {
		h["authorization"] = a.scheme + " " + a.token
	}
	if a.idempotency != "" {
		h["idempotency-key"] = a.idempotency
	}
	return h
}

// way is how requests get to the server.
type way func(s *served, as asked, method string, req, answer proto.Message) error

// ways are the two, which must answer alike.
var ways = map[string]way{"grpc": overGRPC, "rest": overREST}

func overGRPC(s *served, as asked, method string, req, answer proto.Message) error {
	ctx := metadata.NewOutgoingContext(context.WithoutCancel(s.t.Context()), metadata.New(as.headers()))
	return s.conn.Invoke(ctx, method, req, answer)
}

// caller asks in one way with one credential.
type caller struct {
	*served
	by way
	as asked
}

// within is the caller in a test within.
func (c caller) within(t testing.TB) caller {
	c.served = &served{c.running, t}
	return c
}

// call gives the answer, or fails the test.
func call[T proto.Message](c caller, method string, req proto.Message, answer T) T {
	c.t.Helper()
	if err := c.by(c.served, c.as, method, req, answer); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	return answer
}

// change gives the response of a change that is done, and fails the test where it is not.
func change[T proto.Message](c caller, method string, req proto.Message, response T) T {
	c.t.Helper()
	o := call(c, method, req, &operation.Operation{})
	if !o.GetDone() || o.GetResponse() == nil {
		c.t.Fatalf("%s: the operation %v is not done", method, o)
	}
	if err := o.GetResponse().UnmarshalTo(response); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	again := call(c, operation.OperationService_Get_FullMethodName, &operation.GetOperationRequest{OperationId: o.GetId()}, &operation.Operation{})
	if !proto.Equal(o, again) {
		c.t.Errorf("%s: the operation is read as\n%v\nit was answered as\n%v", method, again, o)
	}
	return response
}

// fails asks for what has to be refused with this code.
func fails(c caller, method string, req proto.Message, code codes.Code) *status.Status {
	c.t.Helper()
	err := c.by(c.served, c.as, method, req, &operation.Operation{})
	if status.Code(err) != code {
		c.t.Errorf("%s: %v, want %v", method, err, code)
	}
	return status.Convert(err)
}

// fields are what a refusal names as wrong.
func fields(st *status.Status) (names []string) {
	for _, d := range st.Details() {
		if bad, is := d.(*errdetails.BadRequest); is {
			for _, v := range bad.GetFieldViolations() {
				names = append(names, v.GetField())
			}
		}
	}
	return names
}

// person adds somebody who may sign in.
func (s *served) person(name string, access ...string) models.Person {
	s.t.Helper()
	id, err := models.NewID(models.PrefixPerson, rand.Reader)
	s.ok(err)
	mail := name + "." + id + "@example.com"
	p := models.Person{ID: id, Email: mail, EmailKey: mail, PasswordHash: "set", CreatedAt: s.now(), Access: access}
	_, err = s.desk.Store.Write(s.t.Context(), func(tx *store.Tx) error {
		if err := tx.InsertPerson(p); err != nil {
			return err
		}
		return tx.SetAccess(id, access)
	})
	s.ok(err)
	return p
}

// token is one of a person, whom only the host's own command line makes one for.
func (s *served) token(p models.Person) string {
	s.t.Helper()
	made, err := s.desk.CreateToken(s.t.Context(), onHost, "", p.ID, time.Hour)
	s.ok(err)
	return made.Token
}

// account makes one of the folder, with roles there.
func (s *served) account(name, folder string, roles ...string) models.Account {
	s.t.Helper()
	a, _, err := s.desk.CreateAccount(s.t.Context(), onHost, manage.NewAccount{Name: name, FolderID: folder, Roles: roles, Owner: "team@example.com"})
	s.ok(err)
	return a
}

// accountToken is one of an account.
func (s *served) accountToken(a models.Account) string {
	s.t.Helper()
	made, err := s.desk.Impersonate(s.t.Context(), onHost, a.ID)
	s.ok(err)
	return made.Token
}

func (s *served) key(a models.Account, scopes ...string) manage.Issued {
	s.t.Helper()
	made, err := s.desk.CreateKey(s.t.Context(), onHost, manage.NewKey{AccountID: a.ID, Scopes: scopes, Via: "cli"})
	s.ok(err)
	return made
}

func (s *served) folder(name string) models.Folder {
	s.t.Helper()
	f, err := s.desk.CreateFolder(s.t.Context(), onHost, manage.NewFolder{Name: name})
	s.ok(err)
	return f
}

// admin is a person who may everything, over gRPC unless said otherwise.
func (s *served) admin(t testing.TB, by way) caller {
	return caller{served: s, by: by, as: asked{token: s.token(s.person("admin", models.Administrator))}}.within(t)
}

// events are the log's, from its beginning.
func (s *served) events() []models.Event {
	s.t.Helper()
	var list []models.Event
	s.ok(s.desk.Store.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		list, err = tx.EventsFrom(1, 1000)
		return err
	}))
	return list
}

// everyWay runs fn in both ways on both databases, with an administrator's credential.
func everyWay(t *testing.T, fn func(t *testing.T, c caller)) {
	eachServed(t, func(t *testing.T, s *served) {
		for name, by := range ways {
			t.Run(name, func(t *testing.T) { fn(t, s.admin(t, by)) })
		}
	})
}

func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
