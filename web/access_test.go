package web_test

import (
	"bufio"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/web/session"
)

// door is a line of the table as the golden file has it.
type door struct {
	method, path string
	permission   models.Permission
}

func doors(t *testing.T) []door {
	t.Helper()
	f := must(os.Open("testdata/routes.golden"))(t)
	defer func() { _ = f.Close() }()
	var all []door
	for s := bufio.NewScanner(f); s.Scan(); {
		if w := strings.Fields(s.Text()); w[0] == "console" {
			all = append(all, door{w[1], w[2], models.Permission(w[3])})
		}
	}
	if len(all) < 30 {
		t.Fatalf("the table has %d console routes", len(all))
	}
	return all
}

// may is the expectation, by the table of permissions alone.
func (d door) may(access []string) bool {
	switch d.permission {
	case session.SignedIn:
		return len(access) > 0
	case session.Anyone, "open":
		return true
	}
	for _, a := range access {
		if models.Permits(a, d.permission) {
			return true
		}
	}
	return false
}

// TestMatrix asks every route of the table as everybody: exactly the allowed cells pass the door. What lies behind it is
// asked of things that do not exist, so nothing changes and the answer behind the door is told from the door's own.
func TestMatrix(t *testing.T) { // L8
	app := start(t, storetest.New(t))
	everybody := map[string][]string{
		"nobody": nil, "administrator": {models.Administrator}, "operator": {models.Operator}, "responder": {models.Responder},
		"reviewer": {models.Reviewer}, "responder and reviewer": {models.Responder, models.Reviewer},
	}
	for name, access := range everybody {
		b := app.visitor()
		if len(access) > 0 {
			b = app.as(access...)
		} else {
			b.token = b.get("/signin").field("form_token")
		}
		for _, d := range doors(t) {
			if d.path == "/signout" {
				continue // it would end the session of the cells after it; it has its own test
			}
			t.Run(name+" "+d.method+" "+d.path, func(t *testing.T) {
				if got := b.passes(d); got != d.may(access) {
					t.Errorf("passes: %v, want %v", got, d.may(access))
				}
			})
		}
	}
}

// passes reports whether the door let the request through.
func (b *browser) passes(d door) bool {
	b.t.Helper()
	path := strings.NewReplacer(":id", "aje00000000000000000", ":token", "x", "*", "x").Replace(d.path)
	var got page
	if d.method == "GET" {
		got = b.get(path)
	} else {
		got = b.post(path, nil)
	}
	toSignIn := strings.HasPrefix(got.Header.Get("Location"), "/signin")
	return got.StatusCode != 401 && !toSignIn && !got.says("Your access does not include this")
}

func TestSignOutEndsTheSession(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	b.post("/signout", nil).want(t, 303)
	if got := b.get("/service-accounts"); got.StatusCode != 303 || !strings.HasPrefix(got.Header.Get("Location"), "/signin?return=") {
		t.Errorf("status %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	app.visitor().post("/signout", nil).want(t, 401)
}

// controls are what a page offers about a key; a control that would be refused is not shown.
func TestControlsThatWouldBeRefusedAreNotShown(t *testing.T) {
	app := start(t, storetest.New(t))
	a := app.account("billing-worker", "orders.user")
	at := "/keys/" + app.key(a, "prod").Key.ID
	for access, want := range map[string][]string{
		models.Administrator: {"edit", "reissue", "disable", "revoke"},
		models.Operator:      {"edit", "reissue", "disable", "revoke"},
		models.Responder:     {"disable", "revoke"},
		models.Reviewer:      nil,
	} {
		b := app.as(access)
		for _, from := range []string{at, "/service-accounts/" + a.ID} {
			got := b.get(from)
			for _, action := range []string{"edit", "reissue", "disable", "enable", "revoke"} {
				shown, wanted := strings.Contains(got.text, `href="`+at+"/"+action+`"`), strings.Contains(strings.Join(want, " "), action)
				if shown != wanted {
					t.Errorf("%s: %s shows %s: %v, want %v", access, from, action, shown, wanted)
				}
			}
		}
	}
}

func TestAResponderLiftsWhatAResponderSet(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		at, account := "/keys/"+app.key(a, "prod").Key.ID, "/service-accounts/"+a.ID
		first, second, operator, reviewer := app.as(models.Responder), app.as(models.Responder), app.as(models.Operator), app.as(models.Reviewer)
		stop := url.Values{"reason": {"leaked"}}

		first.post(at+"/disable", stop).want(t, 303)
		reviewer.post(at+"/enable", nil).want(t, 403)
		second.get(at+"/enable").want(t, 200)
		second.post(at+"/enable", nil).want(t, 303)
		operator.post(at+"/disable", stop).want(t, 303)
		second.get(at+"/enable").want(t, 403)
		second.post(at+"/enable", nil).want(t, 403)

		first.post(account+"/suspend", stop).want(t, 303)
		second.post(account+"/reactivate", nil).want(t, 303)
		operator.post(account+"/suspend", stop).want(t, 303)
		second.get(account+"/reactivate").want(t, 403)
		second.post(account+"/reactivate", nil).want(t, 403)
	})
}

func TestAccessThatEndsMidSessionEndsAtOnce(t *testing.T) { // L4, L5
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	a := app.account("billing-worker", "orders.user")
	form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
	person := must(app.people.People(t.Context(), local))(t)[0]
	must(0, app.people.DisablePerson(t.Context(), local, person.Email))(t)
	b.post(newKeyPath(a), form).want(t, 401)
	if n := app.keys(a); n != 0 {
		t.Errorf("%d keys were made", n)
	}
}

func TestASessionEndsWhenIdle(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	app.pass(31 * time.Minute)
	b.get("/service-accounts").want(t, 303)
	b.post("/service-accounts/new", nil).want(t, 401, "Nothing was changed")
}

func TestRefusalsAreEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		a := app.account("billing-worker", "orders.user")
		before := len(refused(t, s))
		b.post(newKeyPath(a), newKeyForm("forged"))
		b.post(newKeyPath(a), url.Values{"form_id": {b.get(newKeyPath(a)).field("form_id")}, "forged": {"x"}})
		b.post("/keys/aje00000000000000000/revoke", url.Values{"reason": {"leaked"}})
		app.as(models.Reviewer).post("/keys/aje00000000000000000/revoke", url.Values{"reason": {"leaked"}})
		b.token = "forged"
		b.post("/keys/aje00000000000000000/revoke", url.Values{"reason": {"leaked"}}).want(t, 403)
		want := "key.create:form_id key.create:invalid_fields key.revoke:not_found access.refuse:forbidden request.refuse:form_token"
		if got := refused(t, s)[before:]; strings.Join(got, " ") != want {
			t.Errorf("events %v", got)
		}
	})
}

// TestAChangeOfWhatIsNotThereIsAnEvent: whichever change it is, and as far as the address names an object, that is in it.
func TestAChangeOfWhatIsNotThereIsAnEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Administrator)
		for path, action := range map[string]string{
			"/keys/:id/revoke": "key.revoke", "/keys/:id/disable": "key.disable", "/keys/:id/enable": "key.enable", "/keys/:id/edit": "key.update",
			"/keys/:id/reissue": "key.reissue", "/keys/:id/note": "key.note", "/service-accounts/:id/suspend": "account.suspend",
			"/service-accounts/:id/reactivate": "account.reactivate", "/service-accounts/:id/edit": "account.update",
			"/service-accounts/:id/note": "account.note", "/service-accounts/:id/revoke-all": "account.revoke_keys", "/keys/:id/narrow": "key.update", "/service-accounts/:id/delete": "account.delete", "/service-accounts/:id/keys/new": "key.create",
			"/people/:id/access": "person.change_access", "/people/:id/disable": "person.disable", "/people/:id/enable": "person.enable",
			"/people/:id/sessions": "person.end_sessions", "/people/:id/unlock": "person.unlock", "/people/:id/link": "person.reset_link",
			"/service-accounts/:id/authorized-keys/new": "authorized_key.create", "/authorized-keys/:id/delete": "authorized_key.delete",
			"/service-accounts/:id/folder-roles": "folder.bind",
			"/people/:id/owner":                  "account.update", "/account/sessions/0000000000000000/end": "session.delete",
		} {
			before := len(refused(t, s))
			form := url.Values{}
			if action == "key.revoke" {
				form.Set("reason", "leaked") // which it looks at first
			}
			b.post(strings.Replace(path, ":id", "aje00000000000000000", 1), form).want(t, 404)
			if got := refused(t, s)[before:]; strings.Join(got, " ") != action+":not_found" {
				t.Errorf("%s: events %v", path, got)
			}
		}
	})
}

// refused lists the refusals of the audit log, oldest first.
func refused(t *testing.T, s *store.Store) []string {
	t.Helper()
	var all []string
	must(0, s.Read(t.Context(), func(tx *store.Tx) error {
		events, err := tx.EventsFrom(1, 1000)
		for _, e := range events {
			if e.Result == models.EventRefused {
				all = append(all, e.Action+":"+e.Reason)
			}
		}
		return err
	}))(t)
	return all
}
