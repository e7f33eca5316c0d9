package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
)

var errAway = errors.New("the database is away")

// memorySource is a database for tests of the protocol's order and of lost answers, which a real one cannot be made to give
// on demand. What the gate and a real database do together is tested in gate_store_test.go.
type memorySource struct {
	mu       sync.Mutex
	now      func() time.Time
	skew     time.Duration   // of the database's clock
	feed     models.Feed     // its Last is the head
	history  []models.Change // before it
	pending  []models.Feed   // by change, what feeds have not answered yet
	steps    []string
	beats    []models.Gate
	fail     map[string]error // by step
	slow     map[string]time.Duration
	during   map[string]func() // runs within a step
	flushed  []models.Flush
	written  map[int64]bool // sequences that were counted
	loseNext bool           // the next flush is written, and its answer lost
	origin   models.Origin
	epoch    models.Epoch
	alarmed  bool // another gate says that the database went back in time
}

func newSource() *memorySource {
	return &memorySource{
		now: time.Now, fail: map[string]error{}, slow: map[string]time.Duration{}, during: map[string]func(){},
		written: map[int64]bool{}, feed: models.Feed{Last: models.Change{Revision: 1, Token: "one"}},
	}
}

func (s *memorySource) step(ctx context.Context, name string) error {
	s.mu.Lock()
	s.steps = append(s.steps, name)
	err, slow, during := s.fail[name], s.slow[name], s.during[name]
	s.mu.Unlock()
	if during != nil {
		during()
	}
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

func (s *memorySource) clock() time.Time { return s.now().Add(s.skew) }

func (s *memorySource) Beat(ctx context.Context, own models.Gate) (models.Gate, error) {
	if err := s.step(ctx, "beat"); err != nil {
		return models.Gate{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own.SeenAt = s.clock()
	if own.Enforced > 0 && own.Enforced == s.feed.Last.Revision && own.Token != s.feed.Last.Token || own.Enforced > s.feed.Last.Revision {
		own.State, own.Enforced = models.GateAlarmed, 0
	}
	s.beats = append(s.beats, own)
	return own, nil
}

func (s *memorySource) Load(ctx context.Context, into models.Loaded) (models.Change, time.Time, error) {
	if err := s.step(ctx, "load"); err != nil {
		return models.Change{}, time.Time{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := into.Standing(models.Standing{Origin: s.origin, Epoch: s.epoch, Last: s.feed.Last, Alarmed: s.alarmed}); err != nil {
		return models.Change{}, time.Time{}, err
	}
	errs := []error{into.Catalogue(*s.feed.Catalogue)}
	for _, a := range s.feed.Accounts {
		errs = append(errs, into.Account(a))
	}
	for _, k := range s.feed.Keys {
		errs = append(errs, into.Key(k))
	}
	for _, g := range s.feed.Gateways {
		errs = append(errs, into.Gateway(g))
	}
	return s.feed.Last, s.clock(), errors.Join(errs...)
}

func (s *memorySource) Feed(ctx context.Context, after int64) (models.Feed, error) {
	if err := s.step(ctx, "feed"); err != nil {
		return models.Feed{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := models.Feed{Now: s.clock(), Origin: s.origin, Epoch: s.epoch}
	rows := append(slices.Clone(s.history), s.feed.Last)
	for _, c := range rows {
		if c.Revision == after {
			f.From, f.Last = c, c
		}
	}
	if len(s.pending) > 0 && after != theEnd { // one change a feed, so that a gate has to read on
		own := s.pending[0]
		own.Now, own.From, own.More, own.Origin, own.Epoch = f.Now, f.From, len(s.pending) > 1, f.Origin, f.Epoch
		f, s.pending = own, s.pending[1:]
	}
	return f, nil
}

func (s *memorySource) Flush(ctx context.Context, f models.Flush) error {
	if err := s.step(ctx, "flush"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.written[f.Sequence] {
		s.flushed = append(s.flushed, f)
	}
	s.written[f.Sequence] = true
	if s.loseNext {
		s.loseNext = false
		return errAway
	}
	return nil
}

func (s *memorySource) Leave(ctx context.Context, _ string) error { return s.step(ctx, "leave") }

// change commits a change as the console would: the next revision, and what it is about.
func (s *memorySource) change(f models.Feed) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history = append(s.history, s.feed.Last)
	s.feed.Last.Revision++
	s.feed.Last.Token = fmt.Sprint("token of ", s.feed.Last.Revision)
	f.Last = s.feed.Last
	s.pending = append(s.pending, f)
	return s.feed.Last.Revision
}

func (s *memorySource) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

func (s *memorySource) stepsSoFar() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.steps)
}

func (s *memorySource) enforced() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.beats) == 0 {
		return 0
	}
	return s.beats[len(s.beats)-1].Enforced
}

// uses sums what was written by outcome.
func (s *memorySource) uses() map[models.Outcome]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	sums := map[models.Outcome]int64{}
	for _, f := range s.flushed {
		for _, u := range f.Uses {
			sums[u.Outcome] += u.Count
		}
	}
	return sums
}

// world is a source with one good key of one account with one role, and what is needed to ask with it.
type world struct {
	*memorySource
	peppers *secret.Peppers
	secret  secret.Secret
	key     models.GateKey
	account models.GateAccount
	rand    *rand.ChaCha8

	journal Journal // nil: none
	known   models.Journaled
	travel  func(models.Epoch)
}

var ownCatalogue = models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{{Name: "orders", Title: "Orders", Scopes: []models.OwnScope{
	{Name: "orders.read", Description: "Read orders"},
	{Name: "orders.write", Description: "Write orders", Covers: []string{"orders.read"}},
	{Name: "orders.purge", Description: "Purge orders"},
}}}}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{memorySource: newSource(), rand: rand.NewChaCha8(sha256.Sum256([]byte(t.Name())))}
	var err error
	if w.peppers, err = secret.NewPeppers(1, map[int][]byte{1: make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	w.account = models.GateAccount{ID: w.id(t), FolderID: w.id(t), Roles: []string{"orders.user"}}
	w.secret, w.key = w.newKey(t, "orders.write")
	w.feed.Catalogue, w.feed.Accounts, w.feed.Keys = &ownCatalogue, []models.GateAccount{w.account}, []models.GateKey{w.key}
	return w
}

func (w *world) id(t testing.TB) string {
	id, err := models.NewID(models.PrefixKey, w.rand)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *world) newKey(t testing.TB, scopes ...string) (secret.Secret, models.GateKey) {
	s, err := secret.New(w.rand)
	if err != nil {
		t.Fatal(err)
	}
	return s, models.GateKey{
		ID: w.id(t), AccountID: w.account.ID, Scopes: slices.Clone(scopes), UsedBefore: true,
		Secrets: []models.GateSecret{w.stored(t, s)},
	}
}

func (w *world) stored(t testing.TB, s secret.Secret) models.GateSecret {
	digest, ok := w.peppers.Digest(w.peppers.Current(), s.Sum())
	if !ok {
		t.Fatal("no current pepper")
	}
	return models.GateSecret{ID: w.id(t), Digest: digest, PepperVersion: w.peppers.Current()}
}

func (w *world) gate(t testing.TB) *Gate {
	return w.gateWith(t, func(*Config) {})
}

func (w *world) gateWith(t testing.TB, set func(*Config)) *Gate {
	cfg := Config{
		ID: w.id(t), Name: "test", Version: "test", Source: w.memorySource, Peppers: w.peppers, Now: time.Now,
		Journal: w.journal, Journaled: w.known, TimeTravel: w.travel,
	}
	set(&cfg)
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (w *world) ask(scopes ...string) Request {
	return Request{Secret: w.secret.Reveal(), Scopes: scopes, Agent: "curl/8"}
}
