package manage_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func wantDone(t *testing.T, err error, id string) {
	t.Helper()
	var done *manage.AlreadyDone
	if !errors.As(err, &done) || done.ObjectID != id {
		t.Fatalf("err = %v, want AlreadyDone of %s", err, id)
	}
}

// Each statement is a round trip, and most of what making a key costs: their number is not to grow unnoticed.
func TestStatementsOfAKey(t *testing.T) {
	t.Parallel()
	const most = 17
	url, sent := storetest.Counted(t)
	d := newDesk(t, storetest.Open(t, url, store.Options{}))
	a, _, err := d.CreateAccount(t.Context(), admin, manage.NewAccount{Name: "robot"})
	if err != nil {
		t.Fatal(err)
	}
	before := len(sent())
	by := operator
	by.Call = &models.Call{Key: "key-1", Hash: "hash"}
	scopes := []string{"yc.postbox.send", "yc.monitoring.read", "yc.monitoring.manage"}
	if _, err := d.CreateKey(t.Context(), by, manage.NewKey{AccountID: a.ID, Scopes: scopes, Via: manage.ViaAPI}); err != nil {
		t.Fatal(err)
	}
	if made := sent()[before:]; len(made) == 0 || len(made) > most {
		t.Errorf("a key takes %d statements, not up to %d:\n%s", len(made), most, strings.Join(made, "\n"))
	}
}

func TestCreateKey(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		made := b.key(a, "yc.postbox.send", "yc.monitoring.read")
		k := must(b.Key(t.Context(), reviewer, made.Key.ID))(t).Key
		digest, _ := b.Peppers.Digest(1, made.Secret.Sum())
		if len(k.Secrets) != 1 || !bytes.Equal(k.Secrets[0].Digest, digest[:]) || k.Mask() != made.Secret.Mask() {
			t.Errorf("secret kept as %+v", k.Secrets)
		}
		if !k.ExpiresAt.Equal(b.at.Add(90*24*time.Hour)) || k.CreatedVia != "console" || strings.Join(k.Scopes, " ") != "yc.postbox.send yc.monitoring.read" {
			t.Errorf("key %+v", k)
		}
		found := must(b.FindKey(t.Context(), responder, made.Secret.Reveal()))(t)
		if found.ID != k.ID {
			t.Errorf("found %s", found.ID)
		}
		for _, e := range b.events() {
			if all := e.Before + e.After + e.Note + e.ObjectName; strings.Contains(all, made.Secret.Reveal()) || strings.Contains(all, "digest") {
				t.Errorf("event %d says too much: %s", e.Number, all)
			}
		}
		if strings.Contains(b.log.String(), made.Secret.Reveal()) {
			t.Error("the log has the secret")
		}
	})
}

func TestKeyInput(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		many := make([]string, 101)
		for i := range many {
			many[i] = "yc.postbox.send"
		}
		ok := []string{"yc.postbox.send"}
		for name, tc := range map[string]struct {
			in    manage.NewKey
			field string
		}{
			"no scope":       {manage.NewKey{}, "scopes"},
			"unknown scope":  {manage.NewKey{Scopes: []string{"yc.postbox.steal"}}, "scopes"},
			"wildcard":       {manage.NewKey{Scopes: []string{"yc.ai.*"}}, "scopes"},
			"prefix":         {manage.NewKey{Scopes: []string{"yc.ai"}}, "scopes"},
			"homoglyph":      {manage.NewKey{Scopes: []string{"уc.postbox.send"}}, "scopes"},
			"twice":          {manage.NewKey{Scopes: append(ok, ok...)}, "scopes"},
			"101 scopes":     {manage.NewKey{Scopes: many}, "scopes"},
			"past":           {manage.NewKey{Scopes: ok, Expiry: manage.Expiry{At: b.at.Add(-time.Hour)}}, "expires"},
			"now":            {manage.NewKey{Scopes: ok, Expiry: manage.Expiry{At: b.at}}, "expires"},
			"1969":           {manage.NewKey{Scopes: ok, Expiry: manage.Expiry{At: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)}}, "expires"},
			"2106":           {manage.NewKey{Scopes: ok, Expiry: manage.Expiry{At: time.Date(2106, 1, 1, 0, 0, 0, 0, time.UTC)}}, "expires"},
			"negative":       {manage.NewKey{Scopes: ok, Expiry: manage.Expiry{In: -time.Hour}}, "expires"},
			"257 characters": {manage.NewKey{Scopes: ok, Description: strings.Repeat("x", 257)}, "description"},
			"a line break":   {manage.NewKey{Scopes: ok, Description: "a\r\nb"}, "description"},
		} {
			tc.in.AccountID, tc.in.Via = a.ID, "console"
			_, err := b.CreateKey(t.Context(), admin, tc.in)
			if fields, _ := models.FieldErrors(err); fields[tc.field] == "" {
				t.Errorf("%s: err = %v, want a problem at %s", name, err, tc.field)
			}
		}
		if keys := must(b.AccountKeys(t.Context(), admin, a.ID, manage.KeyFilter{}))(t); len(keys.Rows) != 0 {
			t.Errorf("%d keys were made", len(keys.Rows))
		}
	})
}

func TestDefaultsOutsideTheConsole(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		made, err := b.CreateKey(t.Context(), local, manage.NewKey{AccountID: a.ID, Scopes: []string{}, Via: "cli", Expiry: manage.Expiry{Never: true}})
		if err != nil || len(made.Key.Scopes) != 10 || !made.Key.DefaultScopes || !made.Key.ExpiresAt.IsZero() {
			t.Fatalf("%+v %v", made.Key, err)
		}
	})
}

func TestAFormMakesOneKey(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		in := manage.NewKey{FormID: "form", AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: "console"}
		var wait sync.WaitGroup
		made, done := make(chan manage.Issued, 20), make(chan error, 20)
		for range 20 {
			wait.Go(func() {
				k, err := b.CreateKey(ctxOf(t), admin, in)
				if err != nil {
					done <- err
					return
				}
				made <- k
			})
		}
		wait.Wait()
		if len(made) != 1 {
			t.Fatalf("%d keys from one form", len(made))
		}
		id := (<-made).Key.ID
		for range 19 {
			wantDone(t, <-done, id)
		}
	})
}

func TestReissue(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made := b.key(b.account("worker"), "yc.postbox.send")
		id := made.Key.ID
		second, err := b.ReissueKey(t.Context(), operator, id, manage.Reissue{Overlap: 24 * time.Hour, Version: made.Key.Version})
		if err != nil {
			t.Fatal(err)
		}
		if second.Secret.Reveal() == made.Secret.Reveal() || second.Key.ID != id || !second.Key.ExpiresAt.Equal(made.Key.ExpiresAt) {
			t.Errorf("reissued %+v", second.Key)
		}
		_, err = b.ReissueKey(t.Context(), operator, id, manage.Reissue{Overlap: time.Hour, Version: made.Key.Version})
		wantCode(t, err, models.Conflict) // the form is older than the first reissue
		_, err = b.ReissueKey(t.Context(), operator, id, manage.Reissue{Overlap: time.Hour})
		wantCode(t, err, models.Precondition) // two live secrets are the most
		live := liveSecrets(t, b, id)
		if len(live) != 2 {
			t.Fatalf("%d live secrets", len(live))
		}
		_, _, err = b.RetireSecret(t.Context(), operator, id, second.Key.Secrets[0].ID)
		wantCode(t, err, models.Precondition) // the new one is what the key lives on
		_, _, err = b.RetireSecret(t.Context(), operator, id, made.Key.Secrets[0].ID)
		if err != nil || len(liveSecrets(t, b, id)) != 1 {
			t.Fatalf("retire: %v", err)
		}
		_, _, err = b.RetireSecret(t.Context(), operator, id, second.Key.Secrets[0].ID)
		wantCode(t, err, models.Precondition)
		third, err := b.ReissueKey(t.Context(), operator, id, manage.Reissue{})
		if err != nil {
			t.Fatal(err)
		}
		if live := liveSecrets(t, b, id); len(live) != 1 || live[0].Tail != third.Secret.Tail() {
			t.Errorf("live after a reissue at once: %+v", live)
		}
	})
}

func liveSecrets(t *testing.T, b *bench, id string) (live []models.KeySecret) {
	t.Helper()
	for _, s := range must(b.Key(t.Context(), admin, id))(t).Key.Secrets {
		if s.Live(b.at) {
			live = append(live, s)
		}
	}
	return live
}

func TestAnOldSecretNeverOutlivesItsKey(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		made, err := b.CreateKey(t.Context(), admin, manage.NewKey{
			AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: "console", Expiry: manage.Expiry{In: time.Hour},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.ReissueKey(t.Context(), admin, made.Key.ID, manage.Reissue{Overlap: 7 * 24 * time.Hour}); err != nil {
			t.Fatal(err)
		}
		for _, s := range must(b.Key(t.Context(), admin, made.Key.ID))(t).Key.Secrets {
			if s.RetiresAt.After(made.Key.ExpiresAt) {
				t.Errorf("a secret retires at %v, its key ends at %v", s.RetiresAt, made.Key.ExpiresAt)
			}
		}
	})
}

func TestReissuesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made := b.key(b.account("worker"), "yc.postbox.send")
		var wait sync.WaitGroup
		won, lost := make(chan manage.Issued, 8), make(chan error, 8)
		for range 8 {
			wait.Go(func() {
				k, err := b.ReissueKey(ctxOf(t), admin, made.Key.ID, manage.Reissue{Version: made.Key.Version})
				if err != nil {
					lost <- err
					return
				}
				won <- k
			})
		}
		wait.Wait()
		if len(won) != 1 {
			t.Fatalf("%d reissues of one version", len(won))
		}
		for range 7 {
			wantCode(t, <-lost, models.Conflict)
		}
	})
}

func TestDisableAndEnable(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		id := b.key(b.account("worker"), "yc.postbox.send").Key.ID
		until := stop
		until.Until = b.at.Add(time.Hour)
		k, _, err := b.DisableKey(t.Context(), responder, id, until)
		if err != nil || k.State(b.at) != models.KeyDisabled || k.State(b.at.Add(time.Hour)) != models.KeyActive {
			t.Fatalf("%v %+v", err, k.Disabled)
		}
		if _, _, err := b.EnableKey(t.Context(), responder, id); err != nil {
			t.Errorf("a responder lifts what a responder set: %v", err)
		}
		if _, _, err := b.DisableKey(t.Context(), operator, id, stop); err != nil {
			t.Fatal(err)
		}
		_, _, err = b.EnableKey(t.Context(), responder, id)
		wantCode(t, err, models.Forbidden)
		if _, _, err := b.EnableKey(t.Context(), operator, id); err != nil {
			t.Error(err)
		}
		past := stop
		past.Until = b.at.Add(-time.Second)
		_, _, err = b.DisableKey(t.Context(), operator, id, past)
		wantField(t, err, "until")
		_, _, err = b.DisableKey(t.Context(), operator, id, manage.Stop{Reason: "bored"})
		wantField(t, err, "reason")
	})
}

func TestNothingLeadsOutOfRevoked(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made := b.key(b.account("worker"), "yc.postbox.send")
		id := made.Key.ID
		k, _, err := b.RevokeKey(t.Context(), responder, id, stop)
		if err != nil || k.State(b.at) != models.KeyRevoked {
			t.Fatal(err)
		}
		b.pass(time.Minute)
		again, _, err := b.RevokeKey(t.Context(), admin, id, manage.Stop{Reason: models.ReasonUnused})
		if err != nil || again.Revoked.Reason != models.ReasonLeaked || again.Revoked.By != responder.Name || !again.Revoked.At.Equal(k.Revoked.At) {
			t.Errorf("the first revoke stays: %+v, %v", again.Revoked, err)
		}
		if e := b.lastEvent(); e.Action != "key.revoke_again" || e.Reason != string(models.ReasonLeaked) || again.Version != k.Version {
			t.Errorf("the second one's event is %+v, the version %d after %d", e, again.Version, k.Version)
		}
		_, reissue := b.ReissueKey(t.Context(), admin, id, manage.Reissue{})
		for name, err := range map[string]error{
			"enable":  second(b.EnableKey(t.Context(), admin, id)),
			"disable": second(b.DisableKey(t.Context(), admin, id, stop)),
			"update":  second(b.UpdateKey(t.Context(), admin, id, manage.KeyEdit{Scopes: made.Key.Scopes, Expiry: manage.Expiry{Never: true}})),
			"reissue": reissue,
		} {
			if models.CodeOf(err) != models.Precondition {
				t.Errorf("%s: %v", name, err)
			}
		}
		if k := must(b.Key(t.Context(), admin, id))(t).Key; k.State(b.at.AddDate(50, 0, 0)) != models.KeyRevoked {
			t.Error("not revoked any more")
		}
	})
}

func TestReplacement(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("worker")
		old := b.key(a, "yc.postbox.send").Key
		in := manage.NewKey{AccountID: a.ID, Scopes: old.Scopes, Via: "console", Replaces: old.ID}
		_, err := b.CreateKey(t.Context(), admin, in)
		wantCode(t, err, models.Precondition)
		if _, _, err := b.RevokeKey(t.Context(), admin, old.ID, stop); err != nil {
			t.Fatal(err)
		}
		made, err := b.CreateKey(t.Context(), admin, in)
		if err != nil {
			t.Fatal(err)
		}
		if got := must(b.Key(t.Context(), admin, old.ID))(t).Key; got.ReplacedBy != made.Key.ID || got.State(b.at) != models.KeyRevoked {
			t.Errorf("old key %+v", got)
		}
		_, err = b.CreateKey(t.Context(), admin, in) // from a form that was opened before
		wantCode(t, err, models.Precondition)
	})
}

func TestUpdateKey(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made := b.key(b.account("worker"), "yc.postbox.send", "yc.monitoring.read")
		k, _, err := b.UpdateKey(t.Context(), operator, made.Key.ID, manage.KeyEdit{Version: 1, Description: "nightly", Scopes: []string{"yc.postbox.send"}})
		if err != nil || !k.ExpiresAt.Equal(made.Key.ExpiresAt) || len(must(b.Key(t.Context(), admin, k.ID))(t).Key.Scopes) != 1 {
			t.Fatalf("%+v %v", k, err)
		}
		_, _, err = b.UpdateKey(t.Context(), operator, k.ID, manage.KeyEdit{Version: 1, Scopes: []string{"yc.postbox.send"}})
		wantCode(t, err, models.Conflict)
		_, _, err = b.UpdateKey(t.Context(), operator, k.ID, manage.KeyEdit{})
		wantField(t, err, "scopes")
		b.pass(91 * 24 * time.Hour)
		_, _, err = b.UpdateKey(t.Context(), operator, k.ID, manage.KeyEdit{Scopes: k.Scopes, Expiry: manage.Expiry{Never: true}})
		wantCode(t, err, models.Precondition) // an expired key stays expired
	})
}
