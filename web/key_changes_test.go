package web_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func editForm(b *browser, id string) url.Values {
	return url.Values{"version": {b.get("/keys/" + id + "/edit").field("version")}, "description": {"new name"}, "scopes": {"orders.write"}, "expires": {"keep"}}
}

func TestAKeysLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		at := "/keys/" + app.key(app.account("billing-worker", "orders.user"), "prod").Key.ID
		id := strings.TrimPrefix(at, "/keys/")
		b.get(at).want(t, 200, "prod", "Never used", "orders.read")
		b.follow(b.post(at+"/edit", editForm(b, id))).want(t, 200, "new name", "The changes are saved.", "orders.write")

		b.get(at+"/disable").want(t, 200, "Unused")
		until := app.now().AddDate(0, 0, 3).Format(time.DateOnly)
		b.follow(b.post(at+"/disable", url.Values{"reason": {"unused"}, "until": {until}})).want(t, 200, "The key is disabled", until, "Undo")
		b.get(at+"/enable").want(t, 200, "Unused")
		b.follow(b.post(at+"/enable", nil)).want(t, 200, "The key is enabled again.")
		b.post(at+"/enable", nil).want(t, 409, "not disabled")

		b.get(at+"/revoke").want(t, 200, "This is final")
		revoked := b.post(at+"/revoke", url.Values{"reason": {"leaked"}, "note": {"in a public repository"}})
		shown := b.follow(revoked)
		shown.want(t, 200, "No gate is running", "in a public repository", "Create a replacement")
		b.follow(revoked).want(t, 200, "in a public repository") // a reload repeats nothing and shows the same

		b.follow(b.get(at+"/replace")).want(t, 200, "This key replaces one that was revoked.", "new name")
	})
}

func TestNothingLeadsOutOfRevoked(t *testing.T) { // security.md 41, 51; L28
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		k := app.key(app.account("billing-worker", "orders.user"), "prod")
		at := "/keys/" + k.Key.ID
		edit, reissue := editForm(b, k.Key.ID), b.get(at+"/reissue").field("form_id")
		b.post(at+"/revoke", url.Values{"reason": {"leaked"}}).want(t, 303)
		first := app.read(k.Key.ID).Revoked
		app.pass(time.Minute)

		edit.Set("expires", "never")
		b.post(at+"/edit", edit).want(t, 409, "revoked")
		b.post(at+"/enable", nil).want(t, 409, "revoked")
		b.post(at+"/disable", url.Values{"reason": {"unused"}}).want(t, 409, "revoked")
		b.post(at+"/reissue", url.Values{"form_id": {reissue}, "overlap": {"now"}}).want(t, 409, "revoked")
		for _, action := range []string{"edit", "reissue", "disable", "enable", "revoke"} {
			b.get(at+"/"+action).want(t, 409, "revoked")
		}
		app.as(models.Administrator).post(at+"/revoke", url.Values{"reason": {"unused"}}).want(t, 303) // again is no error
		if now := app.read(k.Key.ID).Revoked; now != first {
			t.Errorf("the revoke is now %+v, was %+v", now, first)
		}
	})
}

func reissue(b *browser, at, overlap string) url.Values {
	return url.Values{"form_id": {b.get(at + "/reissue").field("form_id")}, "overlap": {overlap}}
}

func TestAReissueIsShownOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		k := app.key(app.account("billing-worker", "orders.user"), "prod")
		at, form := "/keys/"+k.Key.ID, url.Values(nil)
		form = reissue(b, at, "24h")
		got := b.post(at+"/reissue", form)
		got.want(t, 201, "New secret for prod", k.Key.Mask())
		secret := secretShape.FindString(got.text)
		if secret == "" || secret == k.Secret.Reveal() {
			t.Fatalf("the page shows %q", secret)
		}
		b = reopened(b)
		b.post(at+"/reissue", form).want(t, 409, "The secret was shown once")
		b.get(at).want(t, 200, "Retire now")
		old := b.get(at + "/retire")
		old.want(t, 200, k.Key.Mask())
		b.follow(b.post(at+"/retire", url.Values{"secret": {old.field("secret")}})).want(t, 200, "The old secret is retired")
		b.post(at+"/retire", url.Values{"secret": {old.field("secret")}}).want(t, 409)
		for _, seen := range b.seen {
			if strings.Contains(seen, secret) {
				t.Error("the secret is in another answer")
			}
		}
	})
}

func TestOfTwoWhoReissueAtOnceOneIsTold(t *testing.T) { // security.md 42
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		k := app.key(app.account("billing-worker", "orders.user"), "prod")
		at := "/keys/" + k.Key.ID
		people := []*browser{app.as(models.Operator), app.as(models.Operator)}
		forms := []url.Values{reissue(people[0], at, "now"), reissue(people[1], at, "now")}
		codes := make([]int, len(people))
		var wait sync.WaitGroup
		for i, b := range people {
			wait.Go(func() { codes[i] = b.post(at+"/reissue", forms[i]).StatusCode })
		}
		wait.Wait()
		if codes[0]+codes[1] != 201+409 {
			t.Errorf("status %v, want a 201 and a 409", codes)
		}
		if n := len(app.read(k.Key.ID).Secrets); n != 2 {
			t.Errorf("%d secrets, want the old and one new", n)
		}
	})
}

func TestARefusedStopComesBack(t *testing.T) {
	app := start(t, storetest.New(t))
	b, a := app.as(models.Operator), app.account("billing-worker", "orders.user")
	at := "/keys/" + app.key(a, "prod").Key.ID
	for name, tc := range map[string]struct {
		path string
		in   url.Values
		says string
	}{
		"no reason":        {at + "/revoke", url.Values{"note": {"typed"}}, "Choose one of the reasons"},
		"an odd reason":    {at + "/disable", url.Values{"note": {"typed"}, "reason": {"compromised"}}, "Choose one of the reasons"},
		"an end gone by":   {at + "/disable", url.Values{"note": {"typed"}, "reason": {"unused"}, "until": {"2020-01-01"}}, "in the past"},
		"no such day":      {at + "/disable", url.Values{"note": {"typed"}, "reason": {"unused"}, "until": {"soon"}}, "Enter a day"},
		"a forged field":   {at + "/revoke", url.Values{"note": {"typed"}, "reason": {"unused"}, "until": {"2099-01-01"}}, "a field that it does not have"},
		"a long note":      {at + "/revoke", url.Values{"note": {"typed" + strings.Repeat("x", 2000)}, "reason": {"unused"}}, "characters at most"},
		"an account's end": {"/service-accounts/" + a.ID + "/suspend", url.Values{"note": {"typed"}, "reason": {"other"}, "until": {"2020-01-01"}}, "in the past"},
	} {
		t.Run(name, func(t *testing.T) { b.post(tc.path, tc.in).want(t, 422, tc.says, "typed") })
	}
}

func TestAKeyOfAnAccountThatEndedMeanwhile(t *testing.T) { // security.md 50
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		for name, end := range map[string]func(id string) error{
			"suspended": func(id string) error {
				_, _, err := app.desk.SuspendAccount(t.Context(), local, id, manage.Stop{Reason: models.ReasonOther})
				return err
			},
			"deleted": func(id string) error {
				_, err := app.desk.DeleteAccount(t.Context(), local, id, "ends-deleted", manage.Stop{Reason: models.ReasonOther})
				return err
			},
		} {
			a := app.account("ends-"+name, "orders.user")
			form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
			must(0, end(a.ID))(t)
			b.post(newKeyPath(a), form).want(t, 409, name)
			if n := app.keys(a); n != 0 {
				t.Errorf("%s: %d keys were made", name, n)
			}
		}
	})
}

func TestAnEditOfAKeyThatChangedMeanwhile(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	k := app.key(app.account("billing-worker", "orders.user"), "prod")
	form := editForm(b, k.Key.ID)
	_, _, err := app.desk.UpdateKey(t.Context(), local, k.Key.ID, manage.KeyEdit{Description: "theirs", Scopes: []string{"orders.read"}})
	must(0, err)(t)
	got := b.post("/keys/"+k.Key.ID+"/edit", form)
	got.want(t, 409, "It says now: theirs", "It says now: orders.read", "new name")
	if now := app.read(k.Key.ID); now.Description != "theirs" {
		t.Errorf("the key is called %q", now.Description)
	}
}
