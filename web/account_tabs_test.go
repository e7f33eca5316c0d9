package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestTheTabsOfAnAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user", "editor", "monitoring.viewer")
		k := app.key(a, "prod")
		app.use(s, 1, k.Key, "orders.read", 1234, 3*24*time.Hour)
		b := app.as(models.Operator)
		at := "/service-accounts/" + a.ID
		b.get(at).want(t, 200, "API keys", "prod", at+"?tab=roles")
		roles := b.get(at + "?tab=roles")
		roles.want(t, 200, "None: no key has a scope of it", "orders.write", "Keys that need it", "1 key that can be used were looked at.")
		if strings.Contains(roles.text, "data-hx-get") {
			t.Error("the roles ask for themselves")
		}
		b.get(at+"?tab=activity").want(t, 200, "1,234", "Most in a day: 1,234", "Per day", time.Now().UTC().Format(time.DateOnly))
		b.get(at+"?tab=else").want(t, 400)
		bare := app.account("bare")
		b.get("/service-accounts/"+bare.ID+"?tab=roles").want(t, 200, "No roles", "Add roles")
		b.get("/service-accounts/"+bare.ID+"?tab=activity").want(t, 200, "None of its keys was used in 30 days")
		app.key(bare, "lost")
		b.get("/service-accounts/"+bare.ID+"?tab=roles").want(t, 200, "Scopes that no role permits", "lost")
	})
}

func TestAllKeysAreRevokedOnceTheNameIsTyped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		one, two := app.key(a, "first one"), app.key(a, "second one")
		g := app.withGate(s)
		b := app.as(models.Responder)
		at := "/service-accounts/" + a.ID + "/revoke-all"
		b.get("/service-accounts/"+a.ID).want(t, 200, "Revoke all keys", at)
		b.get(at).want(t, 200, "2 keys are refused from now on", "first one", "second one", "Type the account's name", "Recent use")
		form := url.Values{"confirm_name": {"billing"}, "reason": {"leaked"}, "note": {"typed"}}
		b.post(at, form).want(t, 422, "This is not the account's name", "typed")
		form.Set("confirm_name", "billing-worker")
		form.Set("reason", "bored")
		b.post(at, form).want(t, 422, "Choose one of the reasons", "typed")
		form.Set("reason", "leaked")
		if n := len(must(app.desk.StandingRows(t.Context(), local, a.ID, 10))(t)); n != 2 {
			t.Fatalf("%d keys stand after refused forms", n)
		}
		b.follow(b.post(at, form)).want(t, 200, "All keys of the service account are revoked", "Confirmed", "1 of 1 gate", "2 revoked or expired keys")
		for _, k := range []models.Outcome{ask(g, one, "orders.read"), ask(g, two, "orders.read")} {
			if k != models.RevokedKey {
				t.Errorf("a check after the answer: %s", k)
			}
		}
		if k := app.read(one.Key.ID).Revoked; k.Reason != models.ReasonLeaked || k.Note != "typed" {
			t.Errorf("%+v", k)
		}
		b.get(at).want(t, 409, "revoked already")
		b.post(at, form).want(t, 409, "revoked already")
		reviewer := app.as(models.Reviewer)
		reviewer.get(at).want(t, 403)
		if reviewer.get("/service-accounts/" + a.ID).says(at) {
			t.Error("a reviewer is offered what would be refused")
		}
		if made := b.get("/service-accounts/" + app.account("fresh").ID + "?done=suspended&revision=1"); made.says("is suspended") {
			t.Error("a made-up link says something")
		}
	})
}

func TestRecentUseStandsBesideWhatStops(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		k := app.key(a, "prod").Key
		app.use(s, 1, k, "orders.read", 3, time.Minute)
		app.use(s, 2, k, "orders.read", 40, 3*24*time.Hour)
		b := app.as(models.Operator)
		key, account := "/keys/"+k.ID, "/service-accounts/"+a.ID
		for path, recent := range map[string]string{
			key + "/revoke": key, key + "/disable": key, account + "/suspend": account, account + "/revoke-all": account, account + "/delete": account,
		} {
			got := b.get(path)
			got.want(t, 200, "Recent use")
			if !strings.Contains(got.text, `data-hx-get="`+recent+`/recent" data-hx-trigger="load"`) || !strings.Contains(got.text, `href="`+recent+`/recent"`) {
				t.Errorf("%s has no link to recent use", path)
			}
		}
		for _, path := range []string{key + "/recent", account + "/recent"} {
			whole := b.get(path)
			whole.want(t, 200, "Recent use of", "10.2.3.4", "curl/8.5", "orders.read", "10.2.3.0/24")
			if !strings.Contains(whole.text, `<td class="number">3</td><td class="number">43</td><td class="number">43</td>`) {
				t.Errorf("%s does not say 3, 43 and 43:\n%s", path, excerpt(whole.text))
			}
			part := b.part(path)
			part.want(t, 200, "43")
			if strings.Contains(part.text, "<html") {
				t.Errorf("%s is a whole page", path)
			}
		}
		b.get(account+"/recent").want(t, 200, "prod "+k.Mask())
		b.get("/keys/"+app.key(a, "new").Key.ID+"/recent").want(t, 200, "Never used", "No request was accepted in 30 days.")
		b.get("/keys/"+a.ID+"/recent").want(t, 404)
	})
}
