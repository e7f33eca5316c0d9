package manage_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// made puts n keys of an account into the store, past the desk: a batch is a hundred.
func (b *bench) made(a models.Account, n int) []string {
	b.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = must(models.NewID(models.PrefixKey, b.Rand))(b.t)
	}
	for part := range slices.Chunk(ids, 100) { // as no transaction has more objects
		_, err := b.Store.Write(b.t.Context(), func(tx *store.Tx) error {
			for _, id := range part {
				k := models.Key{ID: id, AccountID: a.ID, FolderID: a.FolderID, CreatedAt: b.at, CreatedBy: "test", CreatedVia: "cli", Version: 1}
				if err := tx.InsertKey(k); err != nil {
					return err
				}
			}
			return nil
		})
		must(0, err)(b.t)
	}
	return ids
}

// someone is a person that the database knows, who holds the access.
func (b *bench) someone(access string) models.Actor {
	b.t.Helper()
	by := person(access)
	b.put(models.Person{ID: by.ID, Email: by.Name, EmailKey: by.Name, CreatedAt: b.at}, access)
	return by
}

func (b *bench) put(p models.Person, access ...string) {
	b.t.Helper()
	_, err := b.Store.Write(b.t.Context(), func(tx *store.Tx) error {
		err := tx.UpdatePerson(p)
		if models.CodeOf(err) == models.NotFound {
			err = tx.InsertPerson(p)
		}
		if err != nil {
			return err
		}
		return tx.SetAccess(p.ID, access)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// started is an operation on these lines that was confirmed.
func (b *bench) started(by models.Actor, action models.OperationAction, lines []string) models.Operation {
	b.t.Helper()
	draft, err := b.DraftOperation(b.t.Context(), by, manage.NewOperation{Action: action, Keys: lines})
	if err != nil {
		b.t.Fatal(err)
	}
	detail := must(b.Operation(b.t.Context(), by, draft.ID))(b.t)
	return must(b.StartOperation(b.t.Context(), by, draft.ID, stop, detail.Typed))(b.t)
}

func (b *bench) worker() *manage.Worker {
	b.t.Helper()
	return must(b.NewWorker())(b.t)
}

// carried is an operation after its end.
func (b *bench) carried(id string) models.Operation {
	b.t.Helper()
	return must(b.worker().CarryOut(b.t.Context(), id, func(models.Operation) {}))(b.t)
}

func (b *bench) items(id string) map[string]manage.ItemRow {
	b.t.Helper()
	rows := map[string]manage.ItemRow{}
	err := b.ExportItems(b.t.Context(), admin, id, func(r manage.ItemRow) error {
		rows[r.Given] = r
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

// acts counts the events of an action by their object.
func (b *bench) acts(action, result string) map[string]int {
	b.t.Helper()
	n := map[string]int{}
	for _, e := range b.log10k() {
		if e.Action == action && e.Result == result {
			n[e.ObjectID]++
		}
	}
	return n
}

// log10k is the whole audit log, verified as a chain.
func (b *bench) log10k() (all []models.Event) {
	b.t.Helper()
	for {
		var page []models.Event
		err := b.Store.Read(b.t.Context(), func(tx *store.Tx) (err error) {
			page, err = tx.EventsFrom(int64(len(all))+1, store.EventsMax)
			return err
		})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, e := range page {
			prev := []byte{}
			if len(all) > 0 {
				prev = all[len(all)-1].Hash
			}
			if e.Number != int64(len(all))+1 || !bytes.Equal(e.Digest(prev), e.Hash) {
				b.t.Fatalf("event %d does not verify", e.Number)
			}
			all = append(all, e)
		}
		if len(page) < store.EventsMax {
			return all
		}
	}
}

// onceEach checks that each key was revoked, and once, with one event that names the operation.
func (b *bench) onceEach(ids []string, operation string) {
	b.t.Helper()
	revoked := b.acts("key.revoke", models.EventDone)
	for _, id := range ids {
		if revoked[id] != 1 {
			b.t.Errorf("%s has %d events of a revoke, want 1", id, revoked[id])
		}
		if k := must(b.Key(b.t.Context(), admin, id))(b.t).Key; k.State(b.at) != models.KeyRevoked || k.Version != 2 {
			b.t.Errorf("%s is %s, version %d", id, k.State(b.at), k.Version)
		}
	}
	for _, e := range b.log10k() {
		if e.Action == "key.revoke" && !strings.Contains(e.After, operation) && slices.Contains(ids, e.ObjectID) {
			b.t.Errorf("the event of %s does not name the operation: %s", e.ObjectID, e.After)
		}
	}
}

func TestEachOfManyKeysIsRevokedOnce(t *testing.T) { // security.md 52, L29
	each(t, func(t *testing.T, b *bench) {
		one, other := b.account("one"), b.account("other")
		good := slices.Concat(b.made(one, 180), b.made(other, 70))
		before := b.key(one, "yc.postbox.send").Key.ID
		if _, _, err := b.RevokeKey(t.Context(), admin, before, manage.Stop{Reason: models.ReasonUnused}); err != nil {
			t.Fatal(err)
		}
		revokes := len(b.acts("key.revoke", models.EventDone))
		secret := b.key(one, "yc.postbox.send").Secret.Reveal()
		lines := slices.Concat(good[:100], good[50:], []string{
			before, one.ID, "aje00000000000000000", "../etc/passwd", strings.Repeat("x", 5000), secret, "x" + secret[:50], "\u202e", "AJE00000000000000000",
		})
		by := b.someone(models.Responder)
		op := b.started(by, models.OperationRevoke, lines)
		if op.Duplicates != 50 || op.Total != len(lines)-50 || op.Found != 251 || op.Refused != 6 {
			t.Errorf("started as %+v", op)
		}
		b.pass(time.Minute)
		op = b.carried(op.ID)
		if op.State != models.OperationDone || op.Done != 250 || op.Already != 1 || op.Refused != 8 || op.Failed != 0 || op.Waiting() != 0 || op.EndedAt.IsZero() {
			t.Errorf("ended as %+v", op)
		}
		b.onceEach(good, op.ID)
		if n := len(b.acts("key.revoke", models.EventDone)); n != revokes+250 {
			t.Errorf("%d keys have an event of a revoke, want %d", n, revokes+250)
		}
		if k := must(b.Key(t.Context(), admin, before))(t).Key; k.Revoked.Reason != models.ReasonUnused {
			t.Errorf("the first revoke did not stay: %+v", k.Revoked)
		}
		rows := b.items(op.ID)
		for given, want := range map[string][2]string{
			good[249]: {"done", ""}, before: {"already", ""}, one.ID: {"refused", "not_found"}, "aje00000000000000000": {"refused", "not_found"},
			"../etc/passwd": {"refused", "malformed"}, "(a secret)": {"refused", "malformed"}, "AJE00000000000000000": {"refused", "malformed"},
		} {
			if r := rows[given]; string(r.State) != want[0] || r.Reason != want[1] || r.At.IsZero() {
				t.Errorf("%s: %s %s at %v, want %v", given, r.State, r.Reason, r.At, want)
			}
		}
		for given := range rows {
			if strings.Contains(given, secret[10:40]) || len(given) > 300 {
				t.Errorf("a row keeps %.80q", given)
			}
		}
		for action, by := range map[string]string{"operation.start": by.Name, "operation.end": "keydesk"} {
			if b.acts(action, models.EventDone)[op.ID] != 1 {
				t.Errorf("%s is not there once", action)
			}
			for _, e := range b.log10k() {
				if e.Action == action && e.ActorName != by {
					t.Errorf("%s is by %s", action, e.ActorName)
				}
			}
		}
	})
}

func TestAnOperationIsTheDeedOfItsAuthor(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 3)
		by := b.someone(models.Responder)
		by.RequestID, by.Address = "req1", "10.9.8.7"
		op := b.carried(b.started(by, models.OperationDisable, ids).ID)
		if op.Done != 3 {
			t.Fatalf("%+v", op)
		}
		k := must(b.Key(t.Context(), admin, ids[0]))(t).Key
		if k.Disabled.By != by.Name || k.Disabled.As != models.Responder || k.Disabled.Note != stop.Note || k.Disabled.Reason != stop.Reason {
			t.Errorf("disabled as %+v", k.Disabled)
		}
		for _, e := range b.log10k() {
			if e.Action == "key.disable" && (e.ActorID != by.ID || e.RequestID != "req1" || e.Address != "10.9.8.7" || e.Reason != "leaked" || e.Before == "") {
				t.Errorf("event %+v", e)
			}
		}
		if _, _, err := b.EnableKey(t.Context(), responder, ids[0]); err != nil {
			t.Errorf("a responder lifts what a responder set: %v", err)
		}
	})
}

func TestWhatOneRuleRefusesTheOthersDo(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		ids := b.made(a, 5)
		soon := manage.Stop{Reason: models.ReasonOther, Until: b.at.Add(time.Hour)}
		_, _, err := b.DisableKey(t.Context(), operator, ids[0], manage.Stop{Reason: models.ReasonOther}) // for good
		must(0, err)(t)
		_, _, err = b.DisableKey(t.Context(), operator, ids[1], soon)
		must(0, err)(t)
		_, _, err = b.DisableKey(t.Context(), responder, ids[2], soon)
		must(0, err)(t)
		_, _, err = b.RevokeKey(t.Context(), operator, ids[3], stop)
		must(0, err)(t)
		op := b.carried(b.started(b.someone(models.Responder), models.OperationDisable, ids).ID)
		rows := b.items(op.ID)
		for i, want := range []string{"already ", "refused held_by_another", "done ", "refused key_revoked", "done "} {
			if got := string(rows[ids[i]].State) + " " + rows[ids[i]].Reason; got != want {
				t.Errorf("key %d: %s, want %s", i, got, want)
			}
		}
		if k := must(b.Key(t.Context(), admin, ids[1]))(t).Key; !k.Disabled.Until.Equal(soon.Until) {
			t.Errorf("what was refused changed: %+v", k.Disabled)
		}
		if n := b.acts("key.disable", models.EventRefused); len(n) != 2 || n[ids[1]] != 1 || n[ids[3]] != 1 {
			t.Errorf("refusals %v", n)
		}
	})
}

// TestAWorkerDiesBetweenBatches: the next one goes on where it ended, and nothing is done twice.
func TestAWorkerDiesBetweenBatches(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 350)
		op := b.started(local, models.OperationRevoke, ids)
		first, second := b.worker(), b.worker()
		for range 2 {
			if more, err := first.Step(t.Context(), op.ID); !more || err != nil {
				t.Fatalf("a step: %v, %v", more, err)
			}
		}
		if _, err := second.Step(t.Context(), op.ID); models.CodeOf(err) != models.Conflict {
			t.Errorf("a second worker, while the first one's lease holds: %v", err)
		}
		dying, kill := context.WithCancel(t.Context())
		kill()
		if _, err := first.Step(dying, op.ID); err == nil {
			t.Error("a step without a context passed")
		}
		began := time.Now()
		op = must(second.CarryOut(t.Context(), op.ID, func(models.Operation) {}))(t)
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("the second worker went on after %v", took)
		}
		if op.State != models.OperationDone || op.Done != 350 {
			t.Errorf("ended as %+v", op)
		}
		b.onceEach(ids, op.ID)
	})
}

func TestTwoWorkersAtOnce(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := newBench(t, storetest.Open(t, url, store.Options{}))
		other := newBench(t, storetest.Open(t, url, store.Options{}))
		ids := b.made(b.account("worker"), 420)
		op := b.started(local, models.OperationRevoke, ids)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, bench := range []*bench{b, other, b} {
			w := bench.worker()
			running.Go(func() { w.Run(ctx) })
		}
		b.ends(op.ID)
		stop()
		running.Wait()
		b.onceEach(ids, op.ID)
		if n := b.acts("operation.end", models.EventDone)[op.ID]; n != 1 {
			t.Errorf("it ended %d times", n)
		}
	})
}

// ends waits for the end of an operation that workers carry out.
func (b *bench) ends(id string) models.Operation {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if o := must(b.Operation(b.t.Context(), admin, id))(b.t); o.Ended() {
			return o.Operation
		}
	}
	b.t.Fatal("the operation does not end")
	return models.Operation{}
}
