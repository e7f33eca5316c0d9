package manage_test

import (
	"slices"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
)

// keeper may create and edit keys, and not accounts.
var keeper = models.Actor{Type: models.ActorPerson, ID: "bfbkeeper", Name: "keeper@example.com"}

func TestARoleIsAddedWithTheKeyThatNeedsIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker", "monitoring.viewer")
		in := manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send", "yc.monitoring.read"}, Via: "console", AddRoles: []string{"postbox.sender"}}
		made := must(b.CreateKey(t.Context(), operator, in))(t)
		want := []string{"monitoring.viewer", "postbox.sender"}
		if got := must(b.Account(t.Context(), reviewer, a.ID))(t); !slices.Equal(got.Roles, want) || got.Version != a.Version+1 || !slices.Equal(made.Account.Roles, want) {
			t.Errorf("roles %v, version %d; told %v", got.Roles, got.Version, made.Account.Roles)
		}
		all := b.events()
		role, key := all[len(all)-2], all[len(all)-1]
		if role.Action != "account.update" || role.ObjectID != a.ID || strings.Contains(role.Before, "postbox") || !strings.Contains(role.After, "postbox.sender") || !role.At.Equal(key.At) {
			t.Errorf("the role's event is %+v", role)
		}
		if key.Action != "key.create" || key.ObjectID != made.Key.ID {
			t.Errorf("the key's event is %+v", key)
		}
		must(b.CreateKey(t.Context(), operator, in))(t) // the role is there by now
		if got := must(b.Account(t.Context(), reviewer, a.ID))(t); got.Version != a.Version+1 {
			t.Error("a role that is held already was added again")
		}
	})
}

func TestARoleIsAddedWithAnEdit(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		k := b.key(a, "yc.monitoring.read").Key
		edit := manage.KeyEdit{Version: k.Version, Scopes: []string{"yc.monitoring.read"}, AddRoles: []string{"monitoring.viewer"}}
		must(second3(b.UpdateKey(t.Context(), operator, k.ID, edit)))(t)
		if got := must(b.Account(t.Context(), reviewer, a.ID))(t).Roles; !slices.Equal(got, []string{"monitoring.viewer"}) {
			t.Errorf("roles %v", got)
		}
		edit.AddRoles = []string{"editor"}
		_, _, err := b.UpdateKey(t.Context(), operator, k.ID, edit) // of a version that is gone: neither half is done
		wantCode(t, err, models.Conflict)
		if got := must(b.Account(t.Context(), reviewer, a.ID))(t).Roles; len(got) != 1 {
			t.Errorf("roles %v after a refused edit", got)
		}
	})
}

func second3[A, B any](a A, _ B, err error) (A, error) { return a, err }

func TestARoleThatNoScopeNeedsIsNotAdded(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		for name, role := range map[string]string{"of another scope": "monitoring.viewer", "of nowhere": "postbox.god"} {
			_, err := b.CreateKey(t.Context(), admin, manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: "console", AddRoles: []string{role}})
			if fields, _ := models.FieldErrors(err); fields["scopes"] == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if page := must(b.AccountKeys(t.Context(), admin, a.ID, manage.KeyFilter{}))(t); len(page.Rows) != 0 {
			t.Error("a key was made all the same")
		}
	})
}

func TestWhoMayNotEditAccountsAddsNoRole(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		in := manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: "console", AddRoles: []string{"postbox.sender"}}
		_, err := b.CreateKey(t.Context(), responder, in)
		wantCode(t, err, models.Forbidden)
		_, err = b.CreateKey(t.Context(), keeper, in)
		wantCode(t, err, models.NotFound)
		if got := must(b.Account(t.Context(), reviewer, a.ID))(t).Roles; len(got) != 0 {
			t.Errorf("roles %v", got)
		}
	})
}

func TestRemoveScope(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		k := b.key(b.account("worker"), "yc.postbox.send", "yc.monitoring.read").Key
		got, _, err := b.RemoveScope(t.Context(), operator, k.ID, "yc.postbox.send", k.Version)
		if err != nil || !slices.Equal(got.Scopes, []string{"yc.monitoring.read"}) {
			t.Fatalf("%v %v", got.Scopes, err)
		}
		if e := b.lastEvent(); e.Action != "key.update" || !strings.Contains(e.Before, "postbox") || strings.Contains(e.After, "postbox") {
			t.Errorf("event %+v", e)
		}
		_, _, err = b.RemoveScope(t.Context(), operator, k.ID, "yc.monitoring.read", k.Version)
		wantCode(t, err, models.Conflict)
		_, _, err = b.RemoveScope(t.Context(), operator, k.ID, "yc.postbox.send", got.Version)
		wantCode(t, err, models.Precondition)
		_, _, err = b.RemoveScope(t.Context(), operator, k.ID, "yc.monitoring.read", got.Version)
		wantCode(t, err, models.Precondition)
		if now := must(b.Key(t.Context(), admin, k.ID))(t).Key; !slices.Equal(now.Scopes, []string{"yc.monitoring.read"}) {
			t.Errorf("scopes %v", now.Scopes)
		}
	})
}

func TestRemovingAScopeOfTheDefaultsIsAChoice(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made := must(b.CreateKey(t.Context(), local, manage.NewKey{AccountID: b.account("worker").ID, Via: "cli"}))(t).Key
		got, _, err := b.RemoveScope(t.Context(), admin, made.ID, made.Scopes[0], made.Version)
		if err != nil || got.DefaultScopes || len(got.Scopes) != len(made.Scopes)-1 {
			t.Errorf("%+v %v", got, err)
		}
		if now := must(b.Key(t.Context(), admin, made.ID))(t).Key; now.DefaultScopes {
			t.Error("it is still marked as made without a choice")
		}
	})
}
