package verify_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/models/verify"
)

// wire is a real database whose answers to a flush can be lost on the way back.
type wire struct {
	*store.Store
	lose atomic.Bool
	lost atomic.Int32
}

func (w *wire) Flush(ctx context.Context, f models.Flush) error {
	err := w.Store.Flush(ctx, f)
	if err == nil && len(f.Uses) > 0 && w.lose.CompareAndSwap(true, false) {
		w.lost.Add(1)
		return errors.New("the answer was lost")
	}
	return err
}

// desk is a database with one account and one key, and a running gate.
type desk struct {
	*wire
	t       *testing.T
	gate    *verify.Gate
	gateID  string
	plain   secret.Secret
	key     models.Key
	account models.Account
	leave   func()
}

var everywhere = models.FolderScope{All: true}

func open(t *testing.T, s *store.Store) *desk {
	t.Helper()
	d, r := &desk{wire: &wire{Store: s}, t: t}, rand.NewChaCha8([32]byte{7})
	draw := func(prefix string) string {
		id, err := models.NewID(prefix, r)
		d.must(err)
		return id
	}
	peppers, err := secret.NewPeppers(1, map[int][]byte{1: make([]byte, 32)})
	d.must(err)
	d.plain, err = secret.New(r)
	d.must(err)
	digest, _ := peppers.Digest(1, d.plain.Sum())
	now := models.Instant(time.Now())
	d.write(func(tx *store.Tx) error {
		folder, err := tx.DefaultFolder()
		d.must(err)
		d.account = models.Account{ID: draw(models.PrefixAccount), FolderID: folder.ID, Name: "mailer", CreatedAt: now, Roles: []string{"postbox.sender"}}
		d.key = models.Key{
			ID: draw(models.PrefixKey), AccountID: d.account.ID, FolderID: folder.ID, CreatedAt: now, Scopes: []string{"yc.postbox.send", "yc.logging.write"},
			Secrets: []models.KeySecret{{ID: draw(models.PrefixSecret), Digest: digest[:], Tail: d.plain.Tail(), PepperVersion: 1, CreatedAt: now}},
		}
		tx.Change(models.ChangeAccount, d.account.ID)
		tx.Change(models.ChangeKey, d.key.ID)
		return errors.Join(tx.PutCatalogue(models.OwnCatalogue{BuiltIn: true}), tx.InsertAccount(d.account), tx.InsertKey(d.key))
	})
	d.gateID = draw(models.PrefixGate)
	d.gate, err = verify.New(verify.Config{ID: d.gateID, Name: "test", Source: d.wire, Peppers: peppers, Now: time.Now, Flush: 50 * time.Millisecond})
	d.must(err)
	d.run()
	return d
}

func (d *desk) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.gate.Run(ctx)
	}()
	d.leave = func() { cancel(); <-done }
	d.t.Cleanup(d.leave)
	d.until("the gate is ready", d.gate.Ready)
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) write(fn func(*store.Tx) error) store.Commit {
	d.t.Helper()
	c, err := d.Write(d.t.Context(), fn)
	d.must(err)
	return c
}

// until waits for what another goroutine brings about.
func (d *desk) until(what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatal("never: ", what)
		}
	}
}

// confirmed commits a change, wakes the gate, and waits as the console does, until no gate is behind.
func (d *desk) confirmed(fn func(*store.Tx) error) {
	d.t.Helper()
	c := d.write(fn)
	d.gate.Wake()
	d.until("the gate confirms", func() bool {
		at, err := d.GatesAt(d.t.Context(), c.Revision)
		d.must(err)
		return len(at.Pending) == 0
	})
}

func (d *desk) expect(scope string, want models.Outcome) {
	d.t.Helper()
	got := d.gate.Check(verify.Request{
		Secret: d.plain.Reveal(), Scopes: []string{scope}, Source: netip.MustParseAddr("192.0.2.7"), Agent: "curl/8",
	})
	if got.Outcome != want {
		d.t.Errorf("%s: %q, want %q", scope, got.Outcome, want)
	}
}

func TestAChangeIsEnforcedOnceItIsConfirmed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := open(t, s)
		d.expect("yc.postbox.send", models.Allowed)
		d.expect("yc.logging.write", models.PermissionDenied)
		d.confirmed(func(tx *store.Tx) error {
			tx.Change(models.ChangeAccount, d.account.ID)
			return tx.SetRoles(d.account, []string{"editor"})
		})
		d.expect("yc.logging.write", models.Allowed)
		d.confirmed(func(tx *store.Tx) error {
			key, err := tx.LockKey(everywhere, d.key.ID)
			d.must(err)
			key.Revoked = models.Restriction{At: models.Instant(time.Now()), Reason: models.ReasonLeaked, By: "test"}
			tx.Change(models.ChangeKey, key.ID)
			return tx.UpdateKey(everywhere, key)
		})
		d.expect("yc.postbox.send", models.RevokedKey)
		d.until("the last use is written", func() bool {
			last := d.last().Allowed
			return last.Scope == "yc.logging.write" && last.Address == "192.0.2.7" && last.Agent == "curl/8"
		})
	})
}

func (d *desk) last() (last models.LastUsed) {
	d.t.Helper()
	d.must(d.Read(d.t.Context(), func(tx *store.Tx) (err error) {
		last, err = tx.LastUsed(d.key.ID)
		return err
	}))
	return last
}

func (d *desk) counted() map[models.Outcome]int64 {
	d.t.Helper()
	sums := map[models.Outcome]int64{}
	d.must(d.Read(d.t.Context(), func(tx *store.Tx) error {
		uses, err := tx.Usage(d.key.ID, time.Now().Add(-2*time.Hour))
		for _, u := range uses {
			sums[u.Outcome] += u.Count
		}
		return err
	}))
	return sums
}

func TestUsesReachTheDatabaseOnceThoughAnswersAreLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := open(t, s)
		if last := d.last(); !last.Allowed.At.IsZero() {
			t.Errorf("a key that was never used says %+v", last)
		}
		d.lose.Store(true)
		for range 100 {
			d.expect("yc.postbox.send", models.Allowed)
		}
		d.until("an answer is lost", func() bool { return d.lost.Load() == 1 })
		before := d.last().Allowed
		for range 3 {
			d.expect("nothing", models.InsufficientScope)
		}
		d.expect("yc.postbox.send", models.Allowed)
		d.leave()
		got, last := d.counted(), d.last()
		if got[models.Allowed] != 101 || got[models.InsufficientScope] != 3 {
			t.Errorf("counted %v, want 101 allowed and 3 refused", got)
		}
		if last.Allowed.Scope != "yc.postbox.send" || last.Allowed.At.Before(before.At) || last.Refused.Reason != models.InsufficientScope {
			t.Errorf("last used %+v", last)
		}
	})
}

func TestAGateRegistersAndLeaves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := open(t, s)
		gates := func() (list []models.Gate) {
			d.must(d.Read(t.Context(), func(tx *store.Tx) (err error) {
				list, err = tx.Gates()
				return err
			}))
			return list
		}
		if list := gates(); len(list) != 1 || list[0].ID != d.gateID || list[0].State != models.GateReady || list[0].Enforced != d.gate.Stats().Applied {
			t.Errorf("gates %+v", list)
		}
		d.leave()
		d.expect("yc.postbox.send", models.GateUnavailable)
		if list := gates(); len(list) != 0 {
			t.Errorf("it left, and is still there: %+v", list)
		}
	})
}
