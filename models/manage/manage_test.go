package manage_test

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/manage"
	"keydesk/models/secret"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// lockedRand is a seeded source that several goroutines may read.
type lockedRand struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

func (r *lockedRand) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.src.Read(p)
}

// bench is a desk with a clock that the test moves.
type bench struct {
	*manage.Desk
	t   *testing.T
	mu  sync.Mutex
	at  time.Time
	log bytes.Buffer
}

func newBench(t *testing.T, s *store.Store) *bench {
	t.Helper()
	b := &bench{t: t, at: time.Date(2026, 11, 23, 9, 5, 0, 0, time.UTC), Desk: newDesk(t, s)}
	b.Log = slog.New(slog.NewTextHandler(&b.log, nil))
	b.Now = func() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.at }
	return b
}

func newDesk(t testing.TB, s *store.Store) *manage.Desk {
	t.Helper()
	p, err := secret.NewPeppers(1, map[int][]byte{1: bytes.Repeat([]byte{9}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	random := &lockedRand{src: rand.NewChaCha8([32]byte{1})}
	tokens, err := iamtoken.New(random)
	if err != nil {
		t.Fatal(err)
	}
	return &manage.Desk{Store: s, Peppers: p, Tokens: tokens, Rand: random, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(d)
}

func person(access ...string) models.Actor {
	a := models.Actor{Type: models.ActorPerson, ID: "bfb" + access[0], Name: access[0] + "@example.com", Method: "session"}
	for _, role := range access {
		a.Grants = append(a.Grants, models.Grant{Role: role, FolderID: models.AllFolders})
	}
	return a
}

var (
	admin     = person(models.Administrator)
	operator  = person(models.Operator)
	responder = person(models.Responder)
	reviewer  = person(models.Reviewer)
	stranger  = models.Actor{
		Type: models.ActorPerson, ID: "bfbstranger", Name: "stranger@example.com",
		Grants: []models.Grant{{Role: models.Administrator, FolderID: "b1gother000000000000"}},
	}
	local = models.Actor{Type: models.ActorLocal, ID: "ops@host", Name: "ops@host", Method: "local"}
)

func (b *bench) account(name string, roles ...string) models.Account {
	b.t.Helper()
	a, _, err := b.CreateAccount(b.t.Context(), admin, manage.NewAccount{Name: name, Roles: roles})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *bench) key(a models.Account, scopes ...string) manage.Issued {
	b.t.Helper()
	made, err := b.CreateKey(b.t.Context(), admin, manage.NewKey{AccountID: a.ID, Scopes: scopes, Via: "console"})
	if err != nil {
		b.t.Fatal(err)
	}
	return made
}

func (b *bench) events() []models.Event {
	b.t.Helper()
	var out []models.Event
	err := b.Store.Read(b.t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.EventsFrom(1, 1000)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) lastEvent() models.Event {
	b.t.Helper()
	all := b.events()
	if len(all) == 0 {
		b.t.Fatal("no events")
	}
	return all[len(all)-1]
}

func wantCode(t *testing.T, err error, code models.Code) {
	t.Helper()
	if err == nil || models.CodeOf(err) != code {
		t.Fatalf("err = %v (%s), want %s", err, models.CodeOf(err), code)
	}
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	fields, _ := models.FieldErrors(err)
	if fields[field] == "" {
		t.Fatalf("err = %v, want a problem at %q", err, field)
	}
}

// each runs fn on both databases.
func each(t *testing.T, fn func(t *testing.T, b *bench)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { fn(t, newBench(t, s)) })
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var stop = manage.Stop{Reason: models.ReasonLeaked, Note: "seen in a log"}

func ctxOf(t *testing.T) context.Context { return t.Context() }
