package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/signin"
	"keydesk/models/store/storetest"
)

// notOffered are the doors that nobody who is signed in is led to, each with its reason.
var notOffered = map[string]string{
	"GET /healthz": "for machines", "GET /static/*": "parts of pages",
	"GET /signin": "before one is in", "POST /signin": "before one is in",
	"GET /setup": "a link on the terminal", "GET /setup/:token": "a link on the terminal", "POST /setup": "behind that link",
	"GET /reset": "a link that an administrator sends", "GET /reset/:token": "a link that an administrator sends", "POST /reset": "behind that link",
	"GET /demo/:token": "the demo's own", "POST /demo/switch": "the demo's own",
	"GET /keys/:id/revoked": "the answer to a revoke", "GET /find": "the box on every page, by POST",
	"GET /keys/:id/recent": "a part of pages that ask", "GET /service-accounts/:id/recent": "a part of pages that ask",
	"GET /keys/:id/use": "a part of the key's page", "GET /service-accounts/:id/keys": "a part of the account's page", "GET /audit/verified": "a part of the log",
}

// TestNobodySeesWhatWouldRefuseThem walks the console as everybody, by every link and form: each thing that is offered opens,
// and each door of the table that is open to the person can be reached, without scripts.
func TestNobodySeesWhatWouldRefuseThem(t *testing.T) {
	app := start(t, storetest.New(t))
	prod := app.furnish()
	for set := 1; set < 1<<len(models.AccessNames); set++ {
		var access []string
		for i, name := range models.AccessNames {
			if set&(1<<i) != 0 {
				access = append(access, name)
			}
		}
		t.Run(strings.Join(access, "+"), func(t *testing.T) {
			app.pass(20 * time.Second) // so that nobody signs in too often for an address
			app.guess(lockedOut)       // whose lock ends by itself
			app := app.within(t)
			b := app.as(access...)
			must(app.people.SignIn(t.Context(), signin.Meta{RequestID: "req0"}, b.mail(), password))(t) // which it can end
			from := []string{"/"}
			if (door{permission: models.KeysDisable}).may(access) {
				draft, _ := b.selected("revoke", prod.Key.ID)
				from = append(from, draft)
			}
			w := b.walked(access, from...)
			for _, d := range w.doors {
				name := d.method + " " + d.path
				if w.opens(d) && !w.reached[name] && notOffered[name] == "" {
					t.Errorf("nothing leads to %s", name)
				}
			}
		})
	}
}

// within is the app in a part of the test.
func (a *app) within(t *testing.T) *app {
	return &app{t: t, desk: a.desk, people: a.people, url: a.url, log: a.log}
}

const lockedOut = "locked@example.com"

// guess tries a wrong password, which is refused.
func (a *app) guess(email string) {
	a.t.Helper()
	if _, err := a.people.SignIn(a.t.Context(), signin.Meta{RequestID: "req0"}, email, "a guess"); err == nil {
		a.t.Fatal("a wrong password lets in")
	}
}

// mail is the address of whoever is signed in.
func (b *browser) mail() string {
	b.t.Helper()
	m := regexp.MustCompile(`[a-z.]+\.[A-Za-z0-9]{26}@example\.com`).FindString(b.get("/account").text)
	if m == "" {
		b.t.Fatal("the own account does not show its address")
	}
	return m
}

// furnish fills the desk with something for every control: what is stopped by whom, what can be taken back, what ended.
func (a *app) furnish() (prod manage.Issued) {
	a.t.Helper()
	responder, operator, admin := a.as(models.Responder), a.as(models.Operator), a.as(models.Administrator)
	account := a.account("billing-worker", "orders.user")
	prod = a.key(account, "prod")
	leaked, unused := url.Values{"reason": {"leaked"}, "note": {"in a repository"}}, url.Values{"reason": {"unused"}}
	done := func(b *browser, path string, form url.Values) { a.t.Helper(); b.post(path, form).want(a.t, 303) }

	must(a.desk.ReissueKey(a.t.Context(), local, a.key(account, "two secrets").Key.ID, manage.Reissue{Overlap: 24 * time.Hour}))(a.t)
	done(responder, "/keys/"+a.key(account, "disabled by a responder").Key.ID+"/disable", leaked)
	done(operator, "/keys/"+a.key(account, "disabled by an operator").Key.ID+"/disable", leaked)
	done(responder, "/keys/"+a.key(account, "revoked").Key.ID+"/revoke", leaked)
	for i, b := range []*browser{responder, operator} {
		held := a.account([]string{"held-by-responder", "held-by-operator"}[i], "orders.user")
		a.key(held, "of a suspended account")
		done(b, "/service-accounts/"+held.ID+"/suspend", leaked)
	}
	gone := a.account("gone", "orders.user")
	done(operator, "/service-accounts/"+gone.ID+"/delete", with(url.Values{"confirm_name": {"gone"}}))
	a.use(a.desk.Store, 1, a.wide(account, "with a scope that is not used"), "orders.read", 1, time.Minute)

	must(a.desk.CreateAuthorizedKey(a.t.Context(), local, manage.NewAuthorizedKey{AccountID: account.ID, Algorithm: models.RSA2048}))(a.t)

	a.add(lockedOut, models.Reviewer)
	for range 5 {
		a.guess(lockedOut)
	}
	owner := a.add("owner@example.com", models.Operator)
	_, _, err := a.desk.CreateAccount(a.t.Context(), local, manage.NewAccount{Name: "orphan", Owner: owner.Email})
	must(0, err)(a.t)
	must(0, a.people.DisablePerson(a.t.Context(), local, owner.Email))(a.t)
	admin.post(gatewayPath+"/new", url.Values{"form_id": {admin.get(gatewayPath + "/new").field("form_id")}, "name": {"nginx"}}).want(a.t, 201)

	cancelled, _ := operator.selected("disable", a.key(account, "of a cancelled operation").Key.ID)
	done(operator, cancelled+"/start", unused)
	done(operator, cancelled+"/cancel", nil)
	a.t.Run("a worker ends what is cancelled", func(t *testing.T) {
		a.within(t).works()
		eventually(t, "it is cancelled", func() bool { return operator.get(cancelled).says("It ended before its end") })
	})
	running, _ := operator.selected("disable", a.key(account, "of a running operation").Key.ID)
	done(operator, running+"/start", unused)
	return prod
}
