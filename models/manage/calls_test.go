package manage_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

// calling is an actor whose request is to be remembered.
func (b *bench) calling(by models.Actor, key, hash string) models.Actor {
	b.t.Helper()
	by.Call = &models.Call{
		Key: key, Hash: hash, OperationID: b.id(models.PrefixCall), Description: "of a test",
		Answer: func(objectID string, object any) (metadata, response models.Message, err error) {
			return models.Message{Type: "id", Body: []byte(objectID)}, models.Message{Type: "object", Body: fmt.Append(nil, object)}, nil
		},
	}
	return by
}

func wantFirst(t *testing.T, err error, id string) {
	t.Helper()
	var first *manage.AlreadyDone
	if !errors.As(err, &first) || first.ObjectID != id {
		t.Errorf("%v, want what %s made", err, id)
	}
}

func (b *bench) named(name string) int {
	b.t.Helper()
	return len(must(b.FolderAccounts(b.t.Context(), admin, defaultFolder, name, models.Cursor{}, 10))(b.t).Rows)
}

func TestARepeatedCallMakesNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		create := func(by models.Actor, name string) error {
			return second(b.CreateAccount(ctx, by, manage.NewAccount{Name: name}))
		}
		first := b.calling(operator, "key-1", "hash-1")
		if err := create(first, "robot"); err != nil {
			t.Fatal(err)
		}
		events := len(b.events())
		wantFirst(t, create(b.calling(operator, "key-1", "hash-1"), "robot"), first.Call.OperationID)
		wantCode(t, create(b.calling(operator, "key-1", "hash-2"), "another"), models.Aborted)
		if e := b.events(); len(e) != events+1 || e[events].Result != models.EventRefused || e[events].Reason != "idempotency_key_reused" {
			t.Errorf("%d events more, want that of the reused key", len(e)-events)
		}
		if n := b.named("robot") + b.named("another"); n != 1 {
			t.Errorf("%d accounts, want one", n)
		}
		o := must(b.APIOperation(ctx, operator, first.Call.OperationID))(t)
		if !o.Done || o.Description != "of a test" || o.CreatedBy != operator.ID || string(o.Metadata.Body) != o.ObjectID || o.AccountID != o.ObjectID ||
			!strings.Contains(string(o.Response.Body), "robot") || !o.CreatedAt.Equal(b.Now()) {
			t.Errorf("%+v", o)
		}
		if err := create(b.calling(admin, "key-1", "hash-3"), "another"); err != nil {
			t.Errorf("the same key of somebody else: %v", err)
		}
		if err := create(b.calling(operator, "", "hash-1"), "without-a-key"); err != nil {
			t.Errorf("without a key: %v", err)
		}
	})
}

func TestARepeatedKeyIsToldWhichTheFirstMade(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot")
		by := b.calling(operator, "key-1", "hash-1")
		by.Call.OperationID, by.Call.Answer = "", nil // it answers with the key itself
		in := manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: manage.ViaAPI}
		made := must(b.CreateKey(t.Context(), by, in))(t)
		again, err := b.CreateKey(t.Context(), by, in)
		wantFirst(t, err, made.Key.ID)
		if again.Secret.Reveal() != "" {
			t.Error("a secret came back")
		}
		if page := must(b.AccountStandingKeys(t.Context(), admin, a.ID, models.Cursor{}, 10))(t); len(page.Rows) != 1 {
			t.Errorf("%d keys", len(page.Rows))
		}
		pair := b.calling(operator, "key-2", "hash-2")
		pair.Call.OperationID, pair.Call.Answer = "", nil
		one := must(b.CreateAuthorizedKey(t.Context(), pair, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048}))(t)
		_, err = b.CreateAuthorizedKey(t.Context(), pair, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048})
		wantFirst(t, err, one.Key.ID)
	})
}

func TestOfSeveralAtOnceOneMakesIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for round := range 5 {
			const at = 8
			callers, errs := make([]models.Actor, at), make([]error, at)
			for i := range callers {
				callers[i] = b.calling(operator, fmt.Sprint("key-", round), "hash")
			}
			var all sync.WaitGroup
			for i := range callers {
				all.Go(func() {
					errs[i] = second(b.CreateAccount(t.Context(), callers[i], manage.NewAccount{Name: fmt.Sprint("robot-", round)}))
				})
			}
			all.Wait()
			first := ""
			for i, err := range errs {
				if err == nil {
					if first != "" {
						t.Fatal("two made it")
					}
					first = callers[i].Call.OperationID
				}
			}
			for _, err := range errs {
				if err != nil {
					wantFirst(t, err, first)
				}
			}
		}
	})
}

func TestAFailedChangeLeavesNoClaim(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.account("taken")
		for name, fail := range map[string]func(by models.Actor) error{
			"a taken name": func(by models.Actor) error { return second(b.CreateAccount(ctx, by, manage.NewAccount{Name: "taken"})) },
			"a bad name":   func(by models.Actor) error { return second(b.CreateAccount(ctx, by, manage.NewAccount{Name: "X"})) },
			"no right to": func(by models.Actor) error {
				by.Grants = reviewer.Grants
				return second(b.CreateAccount(ctx, by, manage.NewAccount{Name: "forbidden"}))
			},
			"an answer that cannot be made": func(by models.Actor) error {
				by.Call.Answer = func(string, any) (m, r models.Message, err error) { return m, r, errors.New("no answer") }
				return second(b.CreateAccount(ctx, by, manage.NewAccount{Name: "unanswered"}))
			},
		} {
			key := strings.ReplaceAll(name, " ", "-")
			failed := b.calling(operator, key, "hash")
			if err := fail(failed); err == nil {
				t.Fatalf("%s: it went through", name)
			}
			if _, err := b.APIOperation(ctx, operator, failed.Call.OperationID); models.CodeOf(err) != models.NotFound {
				t.Errorf("%s: its operation: %v", name, err)
			}
			if err := second(b.CreateAccount(ctx, b.calling(operator, key, "another hash"), manage.NewAccount{Name: "z-" + key})); err != nil {
				t.Errorf("%s: the key is taken: %v", name, err)
			}
		}
		if n := b.named("unanswered"); n != 0 {
			t.Error("what cannot be answered was made")
		}
	})
}

func TestKeysOfCallsAreForgottenAndFormsAreNot(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.Now = time.Now // claims have the database's time
		do := func(name string) error {
			return second(b.CreateAccount(t.Context(), b.calling(operator, "key-1", "hash"), manage.NewAccount{Name: name}))
		}
		form := func(name string) error {
			return second(b.CreateAccount(t.Context(), operator, manage.NewAccount{Name: name, FormID: "call_form"}))
		}
		b.must(nil, errors.Join(do("first"), form("form")))
		for _, tc := range []struct {
			later time.Duration
			held  bool
		}{{manage.CallsFor - time.Minute, true}, {manage.CallsFor + time.Minute, false}} {
			b.Now = func() time.Time { return time.Now().Add(tc.later) }
			b.must(nil, b.PurgeCalls(t.Context()))
			b.Now = time.Now
			if err := do(fmt.Sprint("later-", tc.held)); (err != nil) != tc.held {
				t.Errorf("after %v: %v", tc.later, err)
			}
		}
		if form("form-again") == nil {
			t.Error("the form's id was forgotten, too")
		}
	})
}

func TestWhoSeesAnOperation(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		second := b.folder("second")
		a := b.account("robot")
		author := b.calling(operator, "", "")
		b.must(second3(b.ChangeAccount(ctx, author, a.ID, manage.AccountChange{})))
		former := operator
		former.Grants = nil
		single, seer := b.acting(b.accountIn(second.ID, "single")), b.accountIn(second.ID, "seer")
		b.grant(a, models.RoleViewer, models.Actor{Type: models.ActorAccount, ID: seer.ID})
		for name, tc := range map[string]struct {
			by   models.Actor
			sees bool
		}{
			"its author":                       {operator, true},
			"its author, who may not any more": {former, true},
			"who may view the folder":          {reviewer, true},
			"who may view the account":         {b.acting(seer), true},
			"who may nothing here":             {stranger, false},
			"another account":                  {single, false},
			"nobody":                           {models.Actor{}, false},
		} {
			_, err := b.APIOperation(ctx, tc.by, author.Call.OperationID)
			if tc.sees != (err == nil) || err != nil && models.CodeOf(err) != models.NotFound {
				t.Errorf("%s: %v", name, err)
			}
			page := must(b.APIOperations(ctx, tc.by, a.ID, models.Cursor{}, 10))(t)
			if listed := len(page.Rows) == 1; listed != (tc.sees && tc.by.MayOn(models.AccountsView, a.FolderID, a.ID)) {
				t.Errorf("%s: %d in the list", name, len(page.Rows))
			}
		}
	})
}

func TestOperationsOfAnAccountArePaged(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot")
		var want, got []string
		for range 5 {
			b.pass(time.Second)
			by := b.calling(operator, "", "")
			b.must(second3(b.ChangeAccount(t.Context(), by, a.ID, manage.AccountChange{})))
			want = append([]string{by.Call.OperationID}, want...)
		}
		for at := (models.Cursor{}); ; {
			page := must(b.APIOperations(t.Context(), reviewer, a.ID, at, 2))(t)
			for _, o := range page.Rows {
				got = append(got, o.ID)
			}
			if hidden := must(b.APIOperations(t.Context(), stranger, a.ID, at, 2))(t); hidden.More || len(hidden.Rows) > 0 {
				t.Errorf("a stranger sees %+v", hidden)
			}
			if at = page.Next; !page.More {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want the newest first: %v", got, want)
		}
	})
}

// TestAnOperationIsDoneWhenGatesEnforceIt: not before, and not by time alone.
func TestAnOperationIsDoneWhenGatesEnforceIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		beat := func(enforced int64) {
			_, err := b.Store.Beat(ctx, models.Gate{ID: "inner", Name: "inner", State: models.GateReady, Enforced: enforced, StaleFor: time.Hour})
			b.must(nil, err)
		}
		a := b.account("robot")
		k := b.key(a, "yc.postbox.send").Key
		beat(0)
		by := b.calling(operator, "", "")
		c := must(b.EraseKey(ctx, by, k.ID))(t)
		o := must(b.APIOperation(ctx, operator, by.Call.OperationID))(t)
		if o.Revision == 0 || o.Revision != c.Revision || o.Done || c.Complete() {
			t.Errorf("%+v of %+v, want it to wait for the gate", o, c)
		}
		beat(o.Revision - 1)
		if must(b.APIOperation(ctx, operator, o.ID))(t).Done {
			t.Error("done when the gate enforces the change before")
		}
		then := b.Now
		b.Now = func() time.Time { return then().Add(manage.OperationsFor + time.Hour) }
		b.must(nil, b.PurgeCalls(ctx))
		b.must(b.APIOperation(ctx, operator, o.ID)) // however old: nobody has heard yet that it is done
		b.Now = then
		beat(o.Revision)
		if !must(b.APIOperation(ctx, operator, o.ID))(t).Done {
			t.Error("not done when the gate enforces it")
		}
		beat(0)
		folder := b.calling(admin, "", "")
		b.must(b.CreateFolder(ctx, folder, manage.NewFolder{Name: "second"}))
		if o := must(b.APIOperation(ctx, admin, folder.Call.OperationID))(t); !o.Done || o.Revision != 0 {
			t.Errorf("%+v, want it done: no gate needs to know of a folder", o)
		}
	})
}

// TestACallIsKeptWithItsChange: both or neither, whatever fails.
func TestACallIsKeptWithItsChange(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot")
		by := b.calling(operator, "key-1", "hash")
		b.must(second3(b.ChangeAccount(t.Context(), by, a.ID, manage.AccountChange{})))
		by.Call.Key = "key-2" // the same operation's id again: the database refuses it, at the very end
		name := "renamed"
		if err := second(b.ChangeAccount(t.Context(), by, a.ID, manage.AccountChange{Name: &name})); err == nil {
			t.Fatal("two operations of one id")
		}
		if now := must(b.Account(t.Context(), admin, a.ID))(t); now.Name != a.Name {
			t.Errorf("the change stands, without its operation: %+v", now)
		}
		err := b.Store.Read(t.Context(), func(tx *store.Tx) error {
			o, err := tx.APIOperation(by.Call.OperationID)
			if err == nil && o.ObjectID != a.ID {
				t.Errorf("%+v", o)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestOldOperationsAreForgotten: in parts, and those alone that are done.
func TestOldOperationsAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, a := t.Context(), b.account("robot")
		const many = store.PurgeBatch + 5
		b.write(func(tx *store.Tx) error {
			for i := range many {
				tx.Keep(models.APIOperation{
					ID: fmt.Sprintf("aje%017d", i), FolderID: a.FolderID, AccountID: a.ID, ObjectID: a.ID, CreatedAt: b.Now(), CreatedBy: operator.ID,
					Metadata: models.Message{Body: []byte{}}, Response: models.Message{Body: []byte{}},
				})
			}
			return nil
		})
		left := func() int {
			n, after := 0, models.Cursor{}
			for {
				page := must(b.APIOperations(ctx, operator, a.ID, after, 1000))(t)
				n += len(page.Rows)
				if !page.More {
					return n
				}
				after = page.Next
			}
		}
		began := b.Now()
		b.Now = func() time.Time { return began.Add(manage.OperationsFor) }
		b.must(nil, b.PurgeCalls(ctx))
		if n := left(); n != many {
			t.Fatalf("%d are left before their time, want %d", n, many)
		}
		b.Now = func() time.Time { return began.Add(manage.OperationsFor + time.Second) }
		b.must(nil, b.PurgeCalls(ctx))
		if n := left(); n != 0 {
			t.Errorf("%d are left after it", n)
		}
	})
}
