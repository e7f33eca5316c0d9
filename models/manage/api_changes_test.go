package manage_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

func TestAnAccountWithManyKeysIsErased(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		a, other := b.account("robot"), b.account("other")
		keys, kept := b.made(a, 250), b.key(other, "yc.postbox.send").Key
		by := b.calling(operator, "key-1", "hash")
		for name, who := range map[string]models.Actor{"a reviewer": reviewer, "who may manage its keys alone": b.acting(b.account("keys", models.RoleAPIKeyAdmin))} {
			_, err := b.EraseAccount(ctx, who, a.ID)
			wantCode(t, err, models.Forbidden)
			if n, _, _ := b.StandingKeys(ctx, admin, a.ID); n != 250 {
				t.Fatalf("%s revoked keys: %d are left", name, n)
			}
		}
		if c := must(b.EraseAccount(ctx, by, a.ID))(t); c.Revision == 0 {
			t.Errorf("%+v", c)
		}
		if _, err := b.AccountWithUse(ctx, admin, a.ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("the account: %v", err)
		}
		for _, id := range []string{keys[0], keys[100], keys[249]} {
			if _, err := b.StandingKey(ctx, admin, id); models.CodeOf(err) != models.NotFound {
				t.Errorf("a key: %v", err)
			}
			if k := must(b.KeyWithoutUse(ctx, admin, id))(t).Key; k.Revoked.Note != "deleted with its service account" {
				t.Errorf("a key's record: %+v", k.Revoked)
			}
		}
		must(b.StandingKey(ctx, admin, kept.ID))(t)
		revoked, refused := 0, 0
		for _, e := range b.events() {
			switch {
			case e.Action == "key.revoke" && e.Result == models.EventDone:
				revoked++
			case e.Result == models.EventRefused:
				refused++
			}
		}
		if revoked != 250 || refused != 2 { // those of who may not
			t.Errorf("%d events of revoked keys and %d of refusals", revoked, refused)
		}
		_, err := b.EraseAccount(ctx, b.calling(operator, "key-1", "hash"), a.ID)
		wantFirst(t, err, by.Call.OperationID)
		token := operator
		token.Method = models.MethodToken
		_, err = b.EraseAccount(ctx, token, a.ID)
		wantCode(t, err, models.NotFound)
	})
}

// TestWhoMayDeleteOneAccountDeletesItsKeys: by a role on the account alone, and none in its folder.
func TestWhoMayDeleteOneAccountDeletesItsKeys(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a, boss := b.account("robot"), b.accountIn(b.folder("second").ID, "boss")
		b.grant(a, models.RoleAccountAdmin, models.Actor{Type: models.ActorAccount, ID: boss.ID})
		ids, by := b.made(a, 130), b.acting(boss)
		must(b.EraseAccount(t.Context(), by, a.ID))(t)
		for _, id := range ids {
			if _, err := b.StandingKey(t.Context(), admin, id); models.CodeOf(err) != models.NotFound {
				t.Fatalf("key %s of a deleted account stands: %v", id, err)
			}
		}
	})
}

// TestADeletionUnderATakenKeyRevokesNothing: not even of an account whose keys are revoked in parts before it.
func TestADeletionUnderATakenKeyRevokesNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, a := t.Context(), b.account("robot")
		ids := b.made(a, 130)
		b.must(b.CreateFolder(ctx, b.calling(admin, "key-1", "of a folder"), manage.NewFolder{Name: "second"}))
		_, err := b.EraseAccount(ctx, b.calling(admin, "key-1", "of a deletion"), a.ID)
		wantCode(t, err, models.Aborted)
		for _, id := range ids {
			b.must(b.StandingKey(ctx, admin, id))
		}
	})
}

func TestAKeyIsErasedOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		k := b.key(b.account("robot"), "yc.postbox.send").Key
		if c := must(b.EraseKey(ctx, operator, k.ID))(t); c.Revision == 0 {
			t.Errorf("%+v", c)
		}
		first := must(b.KeyWithoutUse(ctx, admin, k.ID))(t).Key.Revoked
		b.pass(time.Hour)
		_, err := b.EraseKey(ctx, admin, k.ID)
		wantCode(t, err, models.NotFound)
		if e := b.lastEvent(); e.Result != models.EventRefused || e.Action != "key.revoke" {
			t.Errorf("%+v", e)
		}
		if now := must(b.KeyWithoutUse(ctx, admin, k.ID))(t).Key.Revoked; now != first {
			t.Errorf("%+v, was %+v", now, first)
		}
		_, _, err = b.ChangeKey(ctx, admin, k.ID, manage.KeyChange{})
		wantCode(t, err, models.NotFound)
		_, err = b.StandingKey(ctx, admin, k.ID)
		wantCode(t, err, models.NotFound)
	})
}

func ptr[T any](v T) *T { return &v }

// TestFieldsThatAreNotNamedStay: two who change different fields at the same time both get what they asked for.
func TestFieldsThatAreNotNamedStay(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		a := b.account("robot")
		k := b.key(a, "yc.postbox.send").Key
		for round := range 10 {
			description, scopes := fmt.Sprint("round ", round), []string{"yc.monitoring.read", "yc.postbox.send"}[round%2:]
			expires, labels := b.Now().Add(time.Duration(round+1)*time.Hour), map[string]string{"round": fmt.Sprint(round)}
			var all sync.WaitGroup
			for _, change := range []func() error{
				func() error {
					return second(b.ChangeKey(ctx, operator, k.ID, manage.KeyChange{Description: &description}))
				},
				func() error { return second(b.ChangeKey(ctx, operator, k.ID, manage.KeyChange{Scopes: &scopes})) },
				func() error {
					return second(b.ChangeKey(ctx, operator, k.ID, manage.KeyChange{Expiry: &manage.Expiry{At: expires}}))
				},
				func() error {
					return second(b.ChangeAccount(ctx, operator, a.ID, manage.AccountChange{Description: &description}))
				},
				func() error {
					return second(b.ChangeAccount(ctx, operator, a.ID, manage.AccountChange{Labels: &labels}))
				},
				func() error {
					return second(b.ChangeAccount(ctx, operator, a.ID, manage.AccountChange{ExpiresAt: &expires}))
				},
			} {
				all.Go(func() {
					if err := change(); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			got := must(b.StandingKey(ctx, admin, k.ID))(t)
			if got.Description != description || !slices.Equal(got.Scopes, scopes) || !got.ExpiresAt.Equal(expires) {
				t.Fatalf("round %d: %q %v %v", round, got.Description, got.Scopes, got.ExpiresAt)
			}
			acct := must(b.AccountWithUse(ctx, admin, a.ID))(t)
			if acct.Description != description || acct.Labels["round"] != labels["round"] || !acct.ExpiresAt.Equal(expires) {
				t.Fatalf("round %d: %+v", round, acct)
			}
		}
		version := must(b.StandingKey(ctx, admin, k.ID))(t).Version
		b.must(second3(b.ChangeKey(ctx, operator, k.ID, manage.KeyChange{Description: ptr("meanwhile")})))
		_, _, err := b.UpdateKey(ctx, operator, k.ID, manage.KeyEdit{Version: version, Scopes: []string{"yc.postbox.send"}})
		wantCode(t, err, models.Conflict) // a form that was open all the time
	})
}

func TestLabelsCanBeEmptied(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a, _, err := b.CreateAccount(t.Context(), operator, manage.NewAccount{Name: "robot", Labels: map[string]string{"a": "b"}})
		b.must(a, err)
		b.must(second3(b.ChangeAccount(t.Context(), operator, a.ID, manage.AccountChange{Name: ptr("renamed")})))
		if got := must(b.Account(t.Context(), admin, a.ID))(t); got.Labels["a"] != "b" || got.Name != "renamed" {
			t.Errorf("%+v", got)
		}
		b.must(second3(b.ChangeAccount(t.Context(), operator, a.ID, manage.AccountChange{Labels: new(map[string]string)})))
		if got := must(b.Account(t.Context(), admin, a.ID))(t); len(got.Labels) != 0 {
			t.Errorf("%+v", got.Labels)
		}
	})
}

// TestTheOlderFieldSaysWhatItWasGiven: until the key has other scopes; in what is stored and in what the change answers.
func TestTheOlderFieldSaysWhatItWasGiven(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		a := b.account("robot")
		made := func(one string, scopes ...string) models.Key {
			return must(b.CreateKey(ctx, operator, manage.NewKey{AccountID: a.ID, Scopes: scopes, OneScope: one, Via: manage.ViaAPI}))(t).Key
		}
		const send, read = "yc.postbox.send", "yc.monitoring.read"
		for name, tc := range map[string]struct {
			key    models.Key
			change manage.KeyChange
			want   string
		}{
			"another description":   {made(send, send), manage.KeyChange{Description: ptr("x")}, send},
			"the same scope":        {made(send, send), manage.KeyChange{Scopes: &[]string{send}}, send},
			"another scope":         {made(send, send), manage.KeyChange{Scopes: &[]string{read}}, ""},
			"one scope more":        {made(send, send), manage.KeyChange{Scopes: &[]string{send, read}}, ""},
			"both fields were used": {made(send, send, read), manage.KeyChange{Description: ptr("x")}, send},
			"it was not used":       {made("", send), manage.KeyChange{Scopes: &[]string{send}}, ""},
		} {
			by := b.calling(operator, "", "")
			var answered string
			by.Call.Answer = func(_ string, object any) (m, r models.Message, err error) {
				answered = object.(models.KeyWithUse).OneScope
				return models.Message{Body: []byte{}}, models.Message{Body: []byte{}}, nil
			}
			k, _, err := b.ChangeKey(ctx, by, tc.key.ID, tc.change)
			if got := must(b.StandingKey(ctx, admin, tc.key.ID))(t).OneScope; err != nil || got != tc.want || k.OneScope != tc.want || answered != tc.want {
				t.Errorf("%s: stored %q, given back %q and %q (%v), want %q", name, got, k.OneScope, answered, err, tc.want)
			}
		}
		_, err := b.CreateKey(ctx, operator, manage.NewKey{AccountID: a.ID, Scopes: []string{send}, OneScope: read, Via: manage.ViaAPI})
		wantField(t, err, "scope")
		two := made(send, send, read)
		if k, _, err := b.RemoveScope(ctx, operator, two.ID, read, two.Version); err != nil || k.OneScope != "" {
			t.Errorf("narrowed: %q (%v)", k.OneScope, err)
		}
	})
}

func TestAccountsOfAFolderByName(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		here, there := b.folder("here"), b.folder("there")
		for _, name := range []string{"charlie", "alpha", "bravo"} {
			b.accountIn(here.ID, name)
		}
		b.accountIn(there.ID, "alpha")
		gone := b.accountIn(here.ID, "gone")
		must(b.EraseAccount(ctx, admin, gone.ID))(t)
		var got []string
		for at := (models.Cursor{}); ; {
			page := must(b.FolderAccounts(ctx, reviewer, here.ID, "", at, 2))(t)
			for _, a := range page.Rows {
				got = append(got, a.Name)
			}
			if at = page.Next; !page.More {
				break
			}
		}
		if strings.Join(got, " ") != "alpha bravo charlie" {
			t.Errorf("%v", got)
		}
		if page := must(b.FolderAccounts(ctx, reviewer, there.ID, "alpha", models.Cursor{}, 2))(t); len(page.Rows) != 1 || page.Rows[0].FolderID != there.ID {
			t.Errorf("%+v", page)
		}
		if page := must(b.FolderAccounts(ctx, reviewer, here.ID, "gone", models.Cursor{}, 2))(t); len(page.Rows) != 0 {
			t.Errorf("%+v", page)
		}
	})
}
