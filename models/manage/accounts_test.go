package manage_test

import (
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

func TestCreateAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("billing-worker", "postbox.sender", "monitoring.viewer")
		if a.Owner != admin.Name || a.FolderID == "" || !models.IsID(a.ID) || a.CreatedBy != admin.Name {
			t.Errorf("account %+v", a)
		}
		got := must(b.Account(t.Context(), reviewer, "billing-worker"))(t)
		if got.ID != a.ID || strings.Join(got.Roles, " ") != "monitoring.viewer postbox.sender" {
			t.Errorf("read back %+v", got)
		}
		e := b.lastEvent()
		if e.Action != "account.create" || e.ObjectID != a.ID || e.ActorID != admin.ID || e.Result != models.EventDone || !strings.Contains(e.After, "postbox.sender") {
			t.Errorf("event %+v", e)
		}
		_, _, err := b.CreateAccount(t.Context(), admin, manage.NewAccount{Name: "billing-worker"})
		wantCode(t, err, models.Conflict)
		wantField(t, err, "name")
		if e := b.lastEvent(); e.Result != models.EventRefused || e.Reason != "account_name_taken" {
			t.Errorf("a refused change is an event: %+v", e)
		}
	})
}

func TestAccountInput(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for name, tc := range map[string]struct {
			in    manage.NewAccount
			field string
		}{
			"short name":         {manage.NewAccount{Name: "ab"}, "name"},
			"upper case":         {manage.NewAccount{Name: "Billing"}, "name"},
			"ends with a hyphen": {manage.NewAccount{Name: "billing-"}, "name"},
			"64 characters":      {manage.NewAccount{Name: strings.Repeat("a", 64)}, "name"},
			"homoglyph":          {manage.NewAccount{Name: "bіlling"}, "name"},
			"long description":   {manage.NewAccount{Name: "abc", Description: strings.Repeat("ж", 257)}, "description"},
			"NUL":                {manage.NewAccount{Name: "abc", Description: "a\x00b"}, "description"},
			"invalid UTF-8":      {manage.NewAccount{Name: "abc", Description: "a\xffb"}, "description"},
			"right-to-left":      {manage.NewAccount{Name: "abc", Description: "a\u202eb"}, "description"},
			"owner is a name":    {manage.NewAccount{Name: "abc", Owner: "Olga <olga@example.com>"}, "owner"},
			"unknown role":       {manage.NewAccount{Name: "abc", Roles: []string{"root"}}, "roles"},
			"role twice":         {manage.NewAccount{Name: "abc", Roles: []string{"editor", "editor"}}, "roles"},
			"past expiry":        {manage.NewAccount{Name: "abc", ExpiresAt: b.at.Add(-time.Second)}, "expires"},
			"label name":         {manage.NewAccount{Name: "abc", Labels: map[string]string{"Team": "x"}}, "labels"},
		} {
			_, _, err := b.CreateAccount(t.Context(), admin, tc.in)
			if fields, _ := models.FieldErrors(err); fields[tc.field] == "" {
				t.Errorf("%s: err = %v, want a problem at %s", name, err, tc.field)
			}
		}
		if _, _, err := b.CreateAccount(t.Context(), admin, manage.NewAccount{Name: "abc", Description: strings.Repeat("ж", 256)}); err != nil {
			t.Errorf("256 characters are not 256 bytes: %v", err)
		}
	})
}

func TestAFormMakesOneAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		in := manage.NewAccount{Name: "once", FormID: "form-1"}
		a, _, err := b.CreateAccount(t.Context(), admin, in)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = b.CreateAccount(t.Context(), admin, in)
		wantDone(t, err, a.ID)
		_, _, err = b.CreateAccount(t.Context(), operator, manage.NewAccount{Name: "other", FormID: "form-1"})
		if err != nil {
			t.Errorf("another person's form of the same id is another form: %v", err)
		}
	})
}

func TestUpdateAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker", "editor")
		edit := manage.AccountEdit{Version: a.Version, Name: "worker-2", Owner: "team@example.com", Roles: []string{"viewer"}}
		got, _, err := b.UpdateAccount(t.Context(), operator, a.ID, edit)
		if err != nil || got.Name != "worker-2" || got.Roles[0] != "viewer" || got.Version != a.Version+1 {
			t.Fatalf("got %+v, %v", got, err)
		}
		_, _, err = b.UpdateAccount(t.Context(), operator, a.ID, edit)
		wantCode(t, err, models.Conflict)
		e := b.events()[1]
		if !strings.Contains(e.Before, "editor") || !strings.Contains(e.After, "viewer") {
			t.Errorf("before %s after %s", e.Before, e.After)
		}
		b.account("taken")
		_, _, err = b.UpdateAccount(t.Context(), operator, a.ID, manage.AccountEdit{Name: "taken", Owner: "team@example.com"})
		wantField(t, err, "name")
	})
}

func TestSuspendAndReactivate(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		until := stop
		until.Until = b.at.Add(time.Hour)
		got, _, err := b.SuspendAccount(t.Context(), responder, a.ID, until)
		if err != nil || got.State(b.at) != models.AccountSuspended || got.State(b.at.Add(time.Hour)) != models.AccountActive {
			t.Fatalf("%v %+v", err, got.Suspended)
		}
		if _, err := b.CreateKey(t.Context(), admin, manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: "console"}); models.CodeOf(err) != models.Precondition {
			t.Errorf("a key for a suspended account: %v", err)
		}
		if _, _, err := b.ReactivateAccount(t.Context(), responder, a.ID); err != nil {
			t.Errorf("a responder lifts what a responder set: %v", err)
		}
		if _, _, err := b.SuspendAccount(t.Context(), operator, a.ID, stop); err != nil {
			t.Fatal(err)
		}
		_, _, err = b.ReactivateAccount(t.Context(), responder, a.ID)
		wantCode(t, err, models.Forbidden)
		if _, _, err := b.ReactivateAccount(t.Context(), operator, a.ID); err != nil {
			t.Error(err)
		}
		_, _, err = b.ReactivateAccount(t.Context(), operator, a.ID)
		wantCode(t, err, models.Precondition)
	})
}

func TestDeleteAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		k := b.key(a, "yc.postbox.send")
		_, err := b.DeleteAccount(t.Context(), admin, a.ID, "wrong", stop)
		wantField(t, err, "name")
		if _, err := b.DeleteAccount(t.Context(), admin, a.ID, "worker", stop); err != nil {
			t.Fatal(err)
		}
		detail := must(b.Key(t.Context(), reviewer, k.Key.ID))(t)
		if detail.Key.State(b.at) != models.KeyRevoked || detail.Account.State(b.at) != models.AccountDeleted {
			t.Errorf("key %s of %s account", detail.Key.State(b.at), detail.Account.State(b.at))
		}
		again := b.account("worker")
		if keys := must(b.AccountKeys(t.Context(), admin, again.ID, manage.KeyFilter{}))(t); again.ID == a.ID || len(keys.Rows) != 0 {
			t.Error("a new account under an old name got something of the old one")
		}
		for name, err := range map[string]error{
			"update":     second(b.UpdateAccount(t.Context(), admin, a.ID, manage.AccountEdit{Name: "worker-3", Owner: "a@b.example"})),
			"suspend":    second(b.SuspendAccount(t.Context(), admin, a.ID, stop)),
			"reactivate": second(b.ReactivateAccount(t.Context(), admin, a.ID)),
		} {
			if models.CodeOf(err) != models.Precondition {
				t.Errorf("%s of a deleted account: %v", name, err)
			}
		}
		actions := map[string]int{}
		for _, e := range b.events() {
			actions[e.Action+" "+e.Result]++
		}
		if actions["key.revoke done"] != 1 || actions["account.delete done"] != 1 || actions["account.delete refused"] != 1 {
			t.Errorf("events %v", actions)
		}
	})
}

// TestDeleteAccountWithVeryManyKeys: more than one transaction revokes are revoked first.
func TestDeleteAccountWithVeryManyKeys(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		ids := b.made(a, 101)
		_, err := b.DeleteAccount(t.Context(), admin, a.ID, "worker", stop)
		wantCode(t, err, models.Precondition)
		if n := b.acts("key.revoke", models.EventDone); len(n) != 0 {
			t.Errorf("a refused delete revoked %d keys", len(n))
		}
		must(b.RevokeAllKeys(t.Context(), admin, a.ID, "worker", stop))(t)
		must(b.DeleteAccount(t.Context(), admin, a.ID, "worker", stop))(t)
		revokes := b.acts("key.revoke", models.EventDone)
		for _, id := range ids {
			if revokes[id] != 1 {
				t.Errorf("%s was revoked %d times", id, revokes[id])
			}
		}
	})
}

func second[A, B any](_ A, _ B, err error) error { return err }

func TestNobodyLearnsOfWhatTheyMayNotSee(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		k := b.key(a, "yc.postbox.send").Key
		missing := "aje00000000000000000"
		pairs := map[string][2]error{}
		pair := func(name string, hidden, gone error) { pairs[name] = [2]error{hidden, gone} }
		_, h1 := b.Account(t.Context(), stranger, a.ID)
		_, g1 := b.Account(t.Context(), stranger, missing)
		pair("account", h1, g1)
		_, h2 := b.Key(t.Context(), stranger, k.ID)
		_, g2 := b.Key(t.Context(), stranger, missing)
		pair("key", h2, g2)
		pair("revoke", second(b.RevokeKey(t.Context(), stranger, k.ID, stop)), second(b.RevokeKey(t.Context(), stranger, missing, stop)))
		pair("suspend", second(b.SuspendAccount(t.Context(), stranger, a.ID, stop)), second(b.SuspendAccount(t.Context(), stranger, missing, stop)))
		_, h3 := b.CreateKey(t.Context(), stranger, manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: "console"})
		_, g3 := b.CreateKey(t.Context(), stranger, manage.NewKey{AccountID: missing, Scopes: []string{"yc.postbox.send"}, Via: "console"})
		pair("create key", h3, g3)
		for name, p := range pairs {
			if models.CodeOf(p[0]) != models.NotFound || p[0].Error() != p[1].Error() {
				t.Errorf("%s: %v and %v", name, p[0], p[1])
			}
		}
		if l := must(b.Accounts(t.Context(), stranger, manage.AccountFilter{}))(t); len(l.Page.Rows) != 0 || l.Total != 0 {
			t.Error("a stranger sees accounts")
		}
		if state := must(b.Key(t.Context(), admin, k.ID))(t).Key.State(b.at); state != models.KeyActive {
			t.Errorf("the key is %s", state)
		}
	})
}
