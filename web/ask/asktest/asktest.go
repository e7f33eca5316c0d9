// Package asktest gives tests of the client a real gate: a database, the desk that changes it, and the gate's own server.
package asktest

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/secret"
	"keydesk/models/store/storetest"
	"keydesk/models/verify"
	"keydesk/web/ask"
	"keydesk/web/gate"
)

// By is who changes things in tests.
var By = models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}

// Scopes of the tests' catalogue. The role of the tests' account permits the first two, Mail not.
const (
	Read  = "orders.read"
	Write = "orders.write"
	Mail  = "yc.postbox.send"
)

// Desk is a running Keydesk: its gate believes X-Forwarded-For of this machine.
type Desk struct {
	*manage.Desk
	URL     string // of the gate
	Account models.Account

	t    testing.TB
	stop func()
}

// Start starts one. It ends with the test.
func Start(t testing.TB, change ...func(*gate.Config)) *Desk {
	t.Helper()
	peppers := must(secret.NewPeppers(1, map[int][]byte{1: bytes.Repeat([]byte{9}, 32)}))(t)
	s, log := storetest.New(t), slog.New(slog.DiscardHandler)
	d := &Desk{t: t, Desk: &manage.Desk{Store: s, Peppers: peppers, Now: time.Now, Rand: rand.Reader, Log: log}}
	decides := must(verify.New(verify.Config{
		ID: must(models.NewID(models.PrefixGate, rand.Reader))(t), Name: "test", Source: s, Peppers: peppers, Now: time.Now,
		Poll: 20 * time.Millisecond, Flush: 50 * time.Millisecond, BadKeys: verify.Limit{PerSecond: 1, Burst: 20}, Log: log,
	}))(t)
	d.Wake = decides.Wake
	must(d.SetCatalogue(t.Context(), By, models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{{
		Name: "orders", Title: "Orders", Scopes: []models.OwnScope{{Name: Read, Description: "Read orders"}, {Name: Write, Description: "Change orders"}},
	}}}))(t)
	cfg := gate.Config{Gate: decides, Now: time.Now, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	for _, c := range change {
		c(&cfg)
	}
	d.serve(decides, gate.NewServer(gate.New(cfg), log))
	account, _, err := d.CreateAccount(t.Context(), By, manage.NewAccount{Name: "reader", Owner: "team@example.com", Roles: []string{"orders.user"}})
	d.Account = must(account, err)(t)
	return d
}

func (d *Desk) serve(decides *verify.Gate, server *gate.Server) {
	d.t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(d.t)
	d.URL = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { decides.Run(ctx) })
	running.Go(func() { _ = server.Serve(listener) })
	d.stop = sync.OnceFunc(func() {
		cancel()
		_ = server.Close()
		running.Wait()
	})
	d.t.Cleanup(d.stop)
	Until(d.t, "the gate is ready", decides.Ready)
}

// Stop ends the gate, as a machine does that is switched off.
func (d *Desk) Stop() { d.stop() }

// Client asks this gate.
func (d *Desk) Client(o ask.Options) *ask.Client {
	d.t.Helper()
	o.Gate = d.URL
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return must(ask.New(o))(d.t)
}

// Key makes a key that every gate knows.
func (d *Desk) Key(scopes ...string) manage.Issued {
	d.t.Helper()
	made := must(d.CreateKey(d.t.Context(), By, manage.NewKey{AccountID: d.Account.ID, Description: "test", Scopes: scopes, Via: "cli"}))(d.t)
	d.Confirmed(made.Confirmation)
	return made
}

// Revoke revokes a key, and returns once every gate has confirmed.
func (d *Desk) Revoke(id string) {
	d.t.Helper()
	_, c, err := d.RevokeKey(d.t.Context(), By, id, manage.Stop{Reason: models.ReasonLeaked})
	d.Confirmed(must(c, err)(d.t))
}

// Confirmed fails the test where a gate has not confirmed a change.
func (d *Desk) Confirmed(c manage.Confirmation) {
	d.t.Helper()
	if !c.Complete() {
		d.t.Fatalf("not every gate confirmed: %+v", c)
	}
}

// Until waits for what another goroutine brings about.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: ", what)
		}
	}
}

// Log is what was logged, by several goroutines.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

var _ io.Writer = &Log{}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Logger writes to the log, at every level.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
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
