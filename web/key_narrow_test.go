package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// wide is a key with two scopes.
func (a *app) wide(acct models.Account, description string) models.Key {
	a.t.Helper()
	return must(a.desk.CreateKey(a.t.Context(), local, manage.NewKey{
		AccountID: acct.ID, Description: description, Scopes: []string{"orders.read", "orders.write"}, Via: "cli",
	}))(a.t).Key
}

func TestAScopeThatIsNotUsedIsRemoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		k := app.wide(a, "prod")
		app.use(s, 1, k, "orders.read", 12, time.Minute)
		b := app.as(models.Operator)
		at := "/keys/" + k.ID
		app.use(s, 2, app.wide(a, "other"), "orders.write", 1, 41*24*time.Hour)
		page := b.get(at)
		page.want(t, 200, "Never used", "Networks", "10.2.3.0/24", at+"/narrow?scope=orders.write")
		if page.says("scope=orders.read\"") {
			t.Error("a scope that is used is offered for removal")
		}
		b.part(at+"/use").want(t, 200, at+"/narrow?scope=orders.write")
		form := b.get(at + "/narrow?scope=orders.write")
		form.want(t, 200, "Remove a scope from prod", "orders.write", "Recent use")
		in := url.Values{"version": {form.field("version")}, "scope": {form.field("scope")}}
		b.follow(b.post(at+"/narrow", in)).want(t, 200, "The scope is removed")
		if got := app.read(k.ID).Scopes; strings.Join(got, " ") != "orders.read" {
			t.Errorf("scopes %v", got)
		}
		b.post(at+"/narrow", in).want(t, 409)
		b.get(at+"/narrow?scope=orders.write").want(t, 409, "does not have that scope")
		b.get(at+"/narrow?scope=orders.read").want(t, 409, "the key's only scope")
		in = url.Values{"version": {"2"}, "scope": {"orders.read"}}
		b.post(at+"/narrow", in).want(t, 409, "the key's only scope")
		b.post(at+"/narrow", url.Values{"version": {"x"}, "scope": {"orders.read"}}).want(t, 422)
		if got := app.read(k.ID).Scopes; strings.Join(got, " ") != "orders.read" {
			t.Errorf("scopes %v", got)
		}
		if b.get(at).says("Remove scope") {
			t.Error("the last scope is offered for removal")
		}
		if other := app.wide(a, "wide"); app.as(models.Responder).get("/keys/" + other.ID).says("Remove scope") {
			t.Error("a responder is offered what would be refused")
		}
	})
}

// A scope that was used longer ago than the chart reaches is not called never used.
func TestAScopesLastUseIsRemembered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		k := app.wide(app.account("billing-worker", "orders.user"), "prod")
		app.use(s, 1, k, "orders.read", 1, 41*24*time.Hour)
		app.use(s, 2, k, "orders.read", 1, 50*24*time.Hour)
		got := app.as(models.Operator).get("/keys/" + k.ID)
		got.want(t, 200, "not used in 30 days", app.now().UTC().AddDate(0, 0, -41).Format(time.DateOnly), "Never used", "/narrow?scope=orders.read", "/narrow?scope=orders.write")
	})
}

func TestARoleComesWithTheKeyThatNeedsIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "monitoring.viewer")
		b := app.as(models.Operator)
		page := b.get(newKeyPath(a))
		page.want(t, 200, "Add role orders.user to this account", "Add role postbox.sender to this account", "that no role of the account permits")
		form := newKeyForm(page.field("form_id"))
		form["scopes"], form["add_roles"] = []string{"yc.monitoring.read", "orders.read"}, []string{"orders.user", "orders.user"}
		form["expires"] = nil
		back := b.post(newKeyPath(a), form)
		back.want(t, 422)
		if !strings.Contains(back.text, `name="add_roles" value="orders.user" checked`) {
			t.Error("the form comes back without the role that was ticked")
		}
		form["expires"] = []string{"90d"}
		b.post(newKeyPath(a), form).want(t, 201)
		if got := must(app.desk.Account(t.Context(), local, a.ID))(t).Roles; strings.Join(got, " ") != "monitoring.viewer orders.user" {
			t.Errorf("roles %v", got)
		}
		if again := b.get(newKeyPath(a)); again.says("Add role orders.user") {
			t.Error("a role that is there is offered")
		}

		form = newKeyForm(b.get(newKeyPath(a)).field("form_id"))
		form["scopes"], form["add_roles"] = []string{"orders.read"}, []string{"editor", "postbox.sender"}
		b.post(newKeyPath(a), form).want(t, 422, "no chosen scope needs it")
		if got := must(app.desk.Account(t.Context(), local, a.ID))(t).Roles; len(got) != 2 {
			t.Errorf("roles %v", got)
		}

		k := must(app.desk.AccountKeys(t.Context(), local, a.ID, manage.KeyFilter{}))(t).Rows[0]
		edit := b.get("/keys/" + k.ID + "/edit")
		edit.want(t, 200, "Add role postbox.sender to this account")
		b.follow(b.post("/keys/"+k.ID+"/edit", url.Values{
			"version": {edit.field("version")}, "description": {"x"}, "scopes": {"orders.read", "yc.postbox.send"}, "expires": {"keep"}, "add_roles": {"postbox.sender"},
		})).want(t, 200, "The changes are saved.")
		if got := must(app.desk.Account(t.Context(), local, a.ID))(t).Roles; strings.Join(got, " ") != "monitoring.viewer orders.user postbox.sender" {
			t.Errorf("roles %v", got)
		}
	})
}

func TestScopesStartFromWhatAKeyUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		k, idle := app.wide(a, "prod"), app.wide(a, "idle")
		app.use(s, 1, k, "orders.write", 1, 80*24*time.Hour)
		b := app.as(models.Operator)
		page := b.get(newKeyPath(a))
		page.want(t, 200, "What "+k.Mask()+" used in 90 d")
		if page.says("What " + idle.Mask() + " used") {
			t.Error("a key that was never used is offered by its use")
		}
		if got := b.get(newKeyPath(a) + "?from=used-" + k.ID); got.ticked() != "orders.write" || !strings.Contains(got.text, `from=used-`+k.ID+`" aria-current`) {
			t.Errorf("it selects %q", got.ticked())
		}
		b.get(newKeyPath(app.account("other"))+"?from=used-"+k.ID).want(t, 404)
		b.get(newKeyPath(a)+"?from=used-everything").want(t, 404)
	})
}

// What a newcomer stumbled over.
func TestAKeysPageIsPlain(t *testing.T) {
	s := storetest.New(t)
	app := start(t, s)
	a := app.account("billing-worker", "orders.user")
	k := app.key(a, "").Key
	app.use(s, 1, k, "orders.read", 1234, time.Minute)
	b := app.as(models.Operator)
	at := "/keys/" + k.ID
	page := b.get(at)
	page.want(t, 200, "in 90 days", "Most in a day: 1,234", time.Now().UTC().AddDate(0, 0, -29).Format(time.DateOnly))
	_, main, _ := strings.Cut(page.text, "<main")
	if n := strings.Count(main, ">"+k.ID+"<"); n != 1 {
		t.Errorf("the id stands %d times on the page of a key without a description", n)
	}
	b.post(at+"/revoke", url.Values{"reason": {"unused"}}).want(t, 303)
	for _, path := range []string{at, "/service-accounts/" + a.ID} {
		got := b.get(path)
		got.want(t, 200, k.ExpiresAt.Format(time.DateOnly))
		if got.says("in 90 days") {
			t.Errorf("%s: a revoked key ends in 90 days", path)
		}
	}
}
