package manage_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestWhoLosesAccessStopsTheirOperation: what they may is looked up with every batch, not when they confirmed.
func TestWhoLosesAccessStopsTheirOperation(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for reason, change := range map[string]func(models.Actor){
			models.StopActorDisabled: func(by models.Actor) {
				b.put(models.Person{ID: by.ID, Email: by.Name, EmailKey: by.Name, DisabledAt: b.at}, models.Operator)
			},
			models.StopActorAccess: func(by models.Actor) {
				b.put(models.Person{ID: by.ID, Email: by.Name, EmailKey: by.Name}, models.Reviewer)
			},
		} {
			ids := b.made(b.account("worker-"+strings.ReplaceAll(reason, "_", "-")), 150)
			by := b.someone(models.Operator)
			op := b.started(by, models.OperationRevoke, ids)
			w := b.worker()
			if _, err := w.Step(t.Context(), op.ID); err != nil {
				t.Fatal(err)
			}
			change(by)
			op = must(w.CarryOut(t.Context(), op.ID, func(models.Operation) {}))(t)
			if op.State != models.OperationCancelled || op.StopReason != reason || op.Done != 100 || op.Waiting() != 50 {
				t.Errorf("%s: ended as %+v", reason, op)
			}
			b.onceEach(ids[:100], op.ID)
			for _, e := range b.log10k() {
				if e.Action == "operation.end" && e.ObjectID == op.ID && e.Reason != reason {
					t.Errorf("the end says %q, want %q", e.Reason, reason)
				}
			}
			b.put(models.Person{ID: by.ID, Email: by.Name, EmailKey: by.Name}, models.Operator)
		}
	})
}

func TestCancelAndDoTheRest(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 250)
		op := b.started(local, models.OperationRevoke, ids)
		w := b.worker()
		if _, err := w.Step(t.Context(), op.ID); err != nil {
			t.Fatal(err)
		}
		wantCode(t, b.CancelOperation(t.Context(), reviewer, op.ID), models.Forbidden)
		if err := b.CancelOperation(t.Context(), responder, op.ID); err != nil {
			t.Fatal(err)
		}
		wantDone(t, b.CancelOperation(t.Context(), responder, op.ID), op.ID)
		op = must(w.CarryOut(t.Context(), op.ID, func(models.Operation) {}))(t)
		if op.State != models.OperationCancelled || op.StopReason != models.StopCancelled || op.Done != 100 || op.CancelBy != responder.Name {
			t.Errorf("cancelled as %+v", op)
		}
		if n := len(b.acts("operation.cancel", models.EventDone)); n != 1 {
			t.Errorf("%d events of the cancel", n)
		}
		rest := must(b.RetryOperation(t.Context(), admin, op.ID))(t)
		if rest.Total != 150 || rest.RetryOf != op.ID || rest.State != models.OperationDraft {
			t.Errorf("the rest is %+v", rest)
		}
		must(b.StartOperation(t.Context(), admin, rest.ID, stop, "worker"))(t)
		b.put(models.Person{ID: admin.ID, Email: admin.Name, EmailKey: admin.Name}, models.Administrator)
		if rest = b.carried(rest.ID); rest.Done != 150 {
			t.Errorf("the rest ended as %+v", rest)
		}
		revoked := b.acts("key.revoke", models.EventDone)
		if len(revoked) != 250 {
			t.Errorf("%d keys are revoked", len(revoked))
		}
		_, err := b.RetryOperation(t.Context(), admin, rest.ID)
		wantCode(t, err, models.Precondition)
	})
}

// refuseUpdates has the database refuse to change one key.
var refuseUpdates = map[string][]string{
	"sqlite": {`CREATE TRIGGER broken BEFORE UPDATE ON api_keys WHEN old.id = 'KEY' BEGIN SELECT RAISE(ABORT, 'broken'); END`},
	"postgres": {
		`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$`,
		`CREATE TRIGGER broken BEFORE UPDATE ON api_keys FOR EACH ROW WHEN (old.id = 'KEY') EXECUTE FUNCTION broken()`,
	},
}

// TestAKeyThatCannotBeWrittenFailsAlone: the others of its batch are done, and it can be tried again.
func TestAKeyThatCannotBeWrittenFailsAlone(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url, store.Options{})
		b := newBench(t, s)
		ids := b.made(b.account("worker"), 130)
		for _, statement := range refuseUpdates[s.Dialect()] {
			storetest.Exec(t, url, strings.ReplaceAll(statement, "KEY", ids[42]))
		}
		op := b.carried(b.started(local, models.OperationRevoke, ids).ID)
		if op.State != models.OperationDone || op.Done != 129 || op.Failed != 1 {
			t.Errorf("ended as %+v", op)
		}
		if r := b.items(op.ID)[ids[42]]; r.State != models.ItemFailed || r.Reason != "internal" {
			t.Errorf("the row is %s, %s", r.State, r.Reason)
		}
		b.onceEach(slices.Delete(slices.Clone(ids), 42, 43), op.ID)
		if !strings.Contains(b.log.String(), "broken") {
			t.Error("the log does not say why")
		}
		drop := `DROP TRIGGER broken`
		if s.Dialect() == store.Postgres {
			drop += ` ON api_keys`
		}
		storetest.Exec(t, url, drop)
		rest := must(b.RetryOperation(t.Context(), local, op.ID))(t)
		must(b.StartOperation(t.Context(), local, rest.ID, stop, ""))(t) // one key: nothing to type
		if rest = b.carried(rest.ID); rest.Done != 1 {
			t.Errorf("the second try ended as %+v", rest)
		}
	})
}

func TestWhatIsTypedToStart(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		one, other := b.account("one"), b.account("other")
		draft := func(keys ...string) models.Operation {
			return must(b.DraftOperation(t.Context(), operator, manage.NewOperation{Action: models.OperationRevoke, Keys: keys}))(t)
		}
		start := func(id, typed string) error {
			_, err := b.StartOperation(t.Context(), operator, id, stop, typed)
			return err
		}
		ofOne, ofBoth := draft(b.made(one, 3)...), draft(slices.Concat(b.made(one, 1000), b.made(other, 1), []string{"nonsense"})...)
		for _, typed := range []string{"", "3", "One", "on"} {
			wantField(t, start(ofOne.ID, typed), "confirm")
		}
		for _, typed := range []string{"", "1000", "1002", "one", "-1001", "1001.0"} {
			wantField(t, start(ofBoth.ID, typed), "confirm")
		}
		must(0, start(ofOne.ID, " one "))(t)
		must(0, start(ofBoth.ID, "1,001"))(t)
		wantDone(t, start(ofBoth.ID, "1001"), ofBoth.ID) // sent twice, started once
		if n := b.acts("operation.start", models.EventDone); n[ofBoth.ID] != 1 || n[ofOne.ID] != 1 {
			t.Errorf("starts %v", n)
		}
		if n := b.acts("operation.start", models.EventRefused); n[ofOne.ID] != 4 {
			t.Errorf("refused starts %v", n)
		}
		alone := draft(b.made(one, 1)...)
		_, err := b.StartOperation(t.Context(), operator, alone.ID, manage.Stop{Reason: "bored"}, "")
		wantField(t, err, "reason")
		must(0, start(alone.ID, ""))(t)
		nothing := draft("aje00000000000000000", "x")
		wantCode(t, start(nothing.ID, "0"), models.Precondition)
	})
}

func TestDraftsAreTheirAuthors(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 1)
		in := manage.NewOperation{Action: models.OperationRevoke, Keys: ids}
		draft := must(b.DraftOperation(t.Context(), operator, in))(t)
		for name, err := range map[string]error{
			"seen":      second2(b.Operation(t.Context(), admin, draft.ID)),
			"its rows":  second2(b.OperationItems(t.Context(), admin, draft.ID, manage.ItemFilter{})),
			"started":   second2(b.StartOperation(t.Context(), admin, draft.ID, stop, "")),
			"discarded": b.DiscardOperation(t.Context(), admin, draft.ID),
			"cancelled": b.CancelOperation(t.Context(), admin, draft.ID),
			"malformed": second2(b.Operation(t.Context(), operator, "../x")),
		} {
			if models.CodeOf(err) != models.NotFound {
				t.Errorf("%s by another: %v", name, err)
			}
		}
		if list := must(b.Operations(t.Context(), admin, models.Cursor{}, false))(t); len(list.Rows) != 0 {
			t.Errorf("another sees %d drafts", len(list.Rows))
		}
		if list := must(b.Operations(t.Context(), operator, models.Cursor{}, false))(t); len(list.Rows) != 1 {
			t.Errorf("the author sees %d drafts", len(list.Rows))
		}
		wantCode(t, b.CancelOperation(t.Context(), operator, draft.ID), models.Precondition)
		must(0, b.DiscardOperation(t.Context(), operator, draft.ID))(t)
		wantCode(t, b.DiscardOperation(t.Context(), operator, draft.ID), models.NotFound)
		for _, by := range []models.Actor{reviewer, {}} {
			_, err := b.DraftOperation(t.Context(), by, in)
			wantCode(t, err, models.Forbidden)
		}
		_, err := b.DraftOperation(t.Context(), operator, manage.NewOperation{Action: "key.steal", Keys: ids})
		wantField(t, err, "action")
		_, err = b.DraftOperation(t.Context(), operator, manage.NewOperation{Action: models.OperationRevoke, Keys: []string{" ", ""}})
		wantField(t, err, "ids")
		many := make([]string, manage.MostItems+1)
		for i := range many {
			many[i] = strconv.Itoa(i)
		}
		_, err = b.DraftOperation(t.Context(), operator, manage.NewOperation{Action: models.OperationRevoke, Keys: many})
		wantField(t, err, "ids")
	})
}

// second2 is the error of a call with two results.
func second2[T any](_ T, err error) error { return err }

// TestKeysOfAnotherFolderAreMissing: a row about one says what a row about none says.
func TestKeysOfAnotherFolderAreMissing(t *testing.T) { // L9
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 2)
		draft := must(b.DraftOperation(t.Context(), stranger, manage.NewOperation{Action: models.OperationRevoke, Keys: ids}))(t)
		detail := must(b.Operation(t.Context(), stranger, draft.ID))(t)
		if detail.Found != 0 || detail.Summary != (store.ItemSummary{}) || len(detail.Accounts) != 0 {
			t.Errorf("a stranger learns %+v, %+v", detail.Summary, detail.Accounts)
		}
		for _, r := range must(b.OperationItems(t.Context(), stranger, draft.ID, manage.ItemFilter{}))(t).Rows {
			if r.Key.ID != "" || r.Account.ID != "" {
				t.Errorf("a stranger sees %+v", r)
			}
		}
		_, err := b.StartOperation(t.Context(), stranger, draft.ID, stop, "")
		wantCode(t, err, models.Precondition)
		op := b.started(local, models.OperationRevoke, ids)
		_, err = b.Operation(t.Context(), stranger, op.ID)
		wantCode(t, err, models.NotFound)
		_, err = b.Operations(t.Context(), stranger, models.Cursor{}, false)
		wantCode(t, err, models.Forbidden)
	})
}

func TestDraftsDoNotPileUp(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 1)
		first := must(b.DraftOperation(t.Context(), operator, manage.NewOperation{Action: models.OperationRevoke, Keys: ids}))(t)
		for range 10 {
			b.pass(time.Second)
			must(b.DraftOperation(t.Context(), operator, manage.NewOperation{Action: models.OperationRevoke, Keys: ids}))(t)
		}
		_, err := b.Operation(t.Context(), operator, first.ID)
		wantCode(t, err, models.NotFound)
		op := b.started(local, models.OperationRevoke, ids)
		count := func() int { return len(must(b.Operations(t.Context(), operator, models.Cursor{}, false))(t).Rows) }
		b.pass(23 * time.Hour)
		must(0, b.PurgeDrafts(t.Context()))(t)
		if n := count(); n != 11 {
			t.Errorf("%d operations within the day, want 11", n)
		}
		b.pass(2 * time.Hour)
		must(0, b.PurgeDrafts(t.Context()))(t)
		if n := count(); n != 1 {
			t.Errorf("%d operations after the day, want the one that was started", n)
		}
		b.carried(op.ID)
	})
}

// TestAWorkerThatEndsHandsOver: nobody waits for the lease of one that was told to stop.
func TestAWorkerThatEndsHandsOver(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 300)
		op := b.started(local, models.OperationRevoke, ids)
		w := b.worker()
		if _, err := w.Step(t.Context(), op.ID); err != nil {
			t.Fatal(err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		w.Run(ended)
		if more, err := b.worker().Step(t.Context(), op.ID); !more || err != nil {
			t.Errorf("the next worker: %v, %v", more, err)
		}
	})
}

// TestTheGatesAnswerIsKept: what they said at the end, or what they say by now where one had not answered.
func TestTheGatesAnswerIsKept(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids := b.made(b.account("worker"), 2)
		gate := models.Gate{ID: "gat00000000000000000", Name: "here", State: models.GateReady, StaleFor: time.Minute}
		beat := func(enforced int64) {
			gate.Enforced = enforced
			must(b.Store.Beat(t.Context(), gate))(t)
		}
		beat(1 << 40)
		op := b.carried(b.started(local, models.OperationRevoke, ids[:1]).ID)
		if op.Revision == 0 || op.Gates != 1 || op.ConfirmedAt.IsZero() {
			t.Errorf("ended as %+v", op)
		}
		beat(0)
		if c := must(b.Operation(t.Context(), reviewer, op.ID))(t).Confirmation; !c.Complete() || c.Gates != 1 || c.Confirmed != 1 {
			t.Errorf("a confirmation does not stay: %+v", c)
		}
		late := b.carried(b.started(local, models.OperationRevoke, ids[1:]).ID)
		if !late.ConfirmedAt.IsZero() {
			t.Errorf("confirmed by a gate that did not: %+v", late)
		}
		if c := must(b.Operation(t.Context(), reviewer, late.ID))(t).Confirmation; c.Complete() || c.Revision != late.Revision || len(c.Pending) != 1 {
			t.Errorf("not confirmed, as %+v", c)
		}
		beat(late.Revision)
		if c := must(b.Operation(t.Context(), reviewer, late.ID))(t).Confirmation; !c.Complete() {
			t.Errorf("confirmed by now, and yet %+v", c)
		}
	})
}

// TestTenThousandKeys prints how long they take. The bound is far above that: it fails where the work grows faster than
// the list.
func TestTenThousandKeys(t *testing.T) {
	const keys, within = 10_000, 3 * time.Minute
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		var ids []string
		for range keys / 1000 {
			ids = append(ids, b.made(a, 1000)...)
		}
		began := time.Now()
		op := b.started(local, models.OperationRevoke, ids)
		drafted := time.Since(began)
		ctx, stop := context.WithTimeout(t.Context(), within)
		defer stop()
		var running sync.WaitGroup
		w := b.worker()
		running.Go(func() { w.Run(ctx) })
		for !must(b.Operation(t.Context(), admin, op.ID))(t).Ended() {
			if ctx.Err() != nil {
				t.Fatalf("not within %v", within)
			}
			time.Sleep(20 * time.Millisecond)
		}
		took := time.Since(began)
		stop()
		running.Wait()
		revoked := b.acts("key.revoke", models.EventDone)
		for _, id := range ids {
			if revoked[id] != 1 {
				t.Fatalf("%s has %d events", id, revoked[id])
			}
		}
		t.Logf("%s: %d keys drafted and started in %v, revoked in %v", b.Store.Dialect(), keys, drafted.Round(time.Millisecond), (took - drafted).Round(time.Millisecond))
	})
}
