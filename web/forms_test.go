package web_test

import (
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestFormIDsOfOthersMakeNothing(t *testing.T) { // security.md 44
	app := start(t, storetest.New(t))
	b, other := app.as(models.Operator), app.as(models.Operator)
	a, elsewhere := app.account("billing-worker", "orders.user"), app.account("legacy-import", "orders.user")
	for name, id := range map[string]string{
		"none":                        "",
		"made up":                     strings.Repeat("A", 64),
		"of another person":           other.get(newKeyPath(a)).field("form_id"),
		"of another account":          b.get(newKeyPath(elsewhere)).field("form_id"),
		"for another thing":           b.get("/service-accounts/new").field("form_id"),
		"a form token, not a form id": b.token,
	} {
		t.Run(name, func(t *testing.T) {
			b.post(newKeyPath(a), newKeyForm(id)).want(t, 403, "Nothing was made")
			if n := app.keys(a); n != 0 {
				t.Errorf("%d keys were made", n)
			}
		})
	}
}

func TestAFormWithoutItsTokenChangesNothing(t *testing.T) {
	app := start(t, storetest.New(t))
	b, other := app.as(models.Operator), app.as(models.Operator)
	k := app.key(app.account("billing-worker", "orders.user"), "prod")
	for name, token := range map[string]string{"none": "", "of another session": other.token, "a form id": b.get("/service-accounts/new").field("form_id")} {
		t.Run(name, func(t *testing.T) {
			b.post("/keys/"+k.Key.ID+"/revoke", url.Values{"form_token": {token}, "reason": {"leaked"}}).want(t, 403)
		})
	}
	t.Run("from another site", func(t *testing.T) {
		r := b.request("POST", "/keys/"+k.Key.ID+"/revoke", strings.NewReader(url.Values{"form_token": {b.token}, "reason": {"leaked"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		b.do(r).want(t, 403, "Another site")
	})
	if state := app.read(k.Key.ID).State(app.now()); state != models.KeyActive {
		t.Errorf("the key is %s", state)
	}
}

func TestTheIDIsThatOfThePath(t *testing.T) { // security.md S9, S10, 38, 39
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	a := app.account("billing-worker", "orders.user")
	mine, victim := app.key(a, "mine"), app.key(a, "victim")
	b.post("/keys/"+mine.Key.ID+"/revoke", url.Values{"reason": {"leaked"}, "id": {victim.Key.ID}}).want(t, 422, "a field that it does not have")
	b.post("/keys/"+mine.Key.ID+"/revoke?id="+victim.Key.ID, url.Values{"reason": {"leaked"}}).want(t, 303)
	if mine, victim := app.read(mine.Key.ID).State(app.now()), app.read(victim.Key.ID).State(app.now()); mine != models.KeyRevoked || victim != models.KeyActive {
		t.Errorf("mine is %s, the victim is %s", mine, victim)
	}
}

func TestOddIDsAreMissing(t *testing.T) { // security.md 56
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	a := app.account("billing-worker", "orders.user")
	k := app.key(a, "prod")
	for name, id := range map[string]string{
		"dots": "%2e%2e%2f", "dots and a slash": "..%2fkeys", "NUL": "%00", "long": strings.Repeat("a", 10_000), "upper case": strings.ToUpper(a.ID),
		"nought": "0", "null": "null", "undefined": "undefined", "a name": a.Name, "nobody's": "aje00000000000000000", "blank": "%20",
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/service-accounts/" + id, "/keys/" + id, "/keys/" + id + "/revoke"} {
				if got := b.get(path); got.StatusCode != 404 && got.StatusCode != 400 {
					t.Errorf("%.60s: status %d", path, got.StatusCode)
				}
			}
		})
	}
	b.get("/service-accounts/"+k.Key.ID).want(t, 404)
	b.get("/keys/"+a.ID).want(t, 404)
	b.post("/keys/"+a.ID+"/revoke", url.Values{"reason": {"leaked"}}).want(t, 404)
}

// hostile are texts that mean something to a page, a template, a shell, a database or a spreadsheet.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{7*7}}`, `${jndi:ldap://x}`, `javascript:alert(1)`, `'; DROP TABLE api_keys; --`,
	`%s%n`, `=cmd|' /C calc'!A1`, `</title><svg onload=alert(1)>`, `&lt;b&gt;`,
}

func TestHostileTextIsText(t *testing.T) { // security.md 36, 37; L3
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		for i, text := range hostile {
			a, _, err := app.desk.CreateAccount(t.Context(), local, manage.NewAccount{
				Name: "hostile-" + string(rune('a'+i)), Owner: "team@example.com", Description: text, Roles: []string{"orders.user"},
			})
			must(a, err)(t)
			form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
			form.Set("description", text)
			b.post(newKeyPath(a), form).want(t, 201, text)
			k := must(app.desk.AccountKeys(t.Context(), local, a.ID, manage.KeyFilter{}))(t).Rows[0]
			b.follow(b.post("/keys/"+k.ID+"/disable", url.Values{"reason": {"other"}, "note": {text}})).want(t, 200, text)
			for _, path := range []string{"/service-accounts/" + a.ID, "/keys/" + k.ID, "/keys/" + k.ID + "/edit", "/service-accounts/" + a.ID + "/edit", "/keys/" + k.ID + "/revoke"} {
				got := b.get(path)
				got.want(t, 200, text)
				if strings.ContainsAny(text, "<>") && strings.Contains(got.text, text) {
					t.Errorf("%s: %q is markup", path, text)
				}
			}
			got := b.get("/service-accounts?q=" + url.QueryEscape(text))
			got.want(t, 200, text)
		}
	})
}
