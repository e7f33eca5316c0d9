package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestAccessHoldsFromNowOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		admin := app.as(models.Administrator)
		ivan := app.add("ivan@example.com", models.Operator)
		b, at := app.in("ivan@example.com"), "/people/"+ivan.ID
		acct := app.account("billing-worker", "orders.user")
		form := newKeyForm(b.get(newKeyPath(acct)).field("form_id"))
		change := url.Values{"seen": {"operator"}, "access": {"reviewer"}}
		admin.get(at+"/access").want(t, 200, "their sessions end")
		admin.post(at+"/access", change).want(t, 422, "Type your password.")
		admin.post(at+"/access", url.Values{"seen": {"reviewer"}, "access": {"responder"}, "password": {password}}).want(t, 409, "Somebody changed")
		admin.post(at+"/access", with(url.Values{"seen": {"operator"}})).want(t, 422, "Choose one or more of")
		admin.post(at+"/access", with(url.Values{"seen": {"operator"}, "access": {"operator"}})).want(t, 422, "already")
		admin.follow(admin.post(at+"/access", with(change))).want(t, 200, "The access is changed", "Reviewer")
		b.post(newKeyPath(acct), form).want(t, 401) // the old cookie is dead on the server
		again := app.in("ivan@example.com")
		again.post(newKeyPath(acct), form).want(t, 403, "Your access does not include this")
		again.get("/service-accounts/"+acct.ID).want(t, 200)
		if n := app.keys(acct); n != 0 {
			t.Errorf("%d keys were made", n)
		}
		got, text := recorded(t, s, ivan.ID)
		if !slices.Contains(got, "person.change_access") || !strings.Contains(text, `{"access":["reviewer"],"disabled":false`) {
			t.Errorf("events %v", got)
		}
	})
}

func TestDisablingAsksForANewOwner(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		admin, operator := app.as(models.Administrator), app.as(models.Operator)
		ivan := app.add("Ivan@example.com", models.Operator)
		b, at := app.in("ivan@example.com"), "/people/"+ivan.ID
		var ids []string
		for i := range 105 {
			a, _, err := app.desk.CreateAccount(t.Context(), local, manage.NewAccount{Name: fmt.Sprintf("worker-%03d", i), Owner: "ivan@EXAMPLE.com"})
			ids = append(ids, must(a, err)(t).ID)
		}
		admin.get(at).want(t, 200, "Service accounts they own", "105", "worker-019")
		admin.get(at+"/disable").want(t, 200, "105", "asks for a new owner")
		admin.post(at+"/disable", nil).want(t, 422, "Type your password.")
		admin.post(at+"/disable", url.Values{"password": {"not my password at all"}}).want(t, 422, "This is not your password.")
		b.get("/service-accounts").want(t, 200)
		asked := admin.follow(admin.post(at+"/disable", with(nil)))
		asked.want(t, 200, "is disabled, and signed out everywhere", "Give 105 service accounts this owner", "worker-049")
		admin.get(asked.link(t, "next")).want(t, 200, "worker-050", "worker-099")
		b.get("/service-accounts").want(t, 303)
		b.post("/account/password", nil).want(t, 401)
		admin.get(at).want(t, 200, "They still own 105 service accounts")
		admin.get("/service-accounts/"+ids[0]).want(t, 200, "Its owner is disabled", at+"/owner")
		if got := operator.get("/service-accounts/" + ids[0]); got.says("Its owner is disabled") {
			t.Error("who may not change people is told of them")
		}
		admin.post(at+"/owner", url.Values{"owner": {"nobody"}}).want(t, 422, "One mail address")
		admin.post(at+"/owner", url.Values{"owner": {"IVAN@example.com"}}).want(t, 422, "this owner already")
		admin.follow(admin.post(at+"/owner", url.Values{"owner": {"olga@example.com"}})).want(t, 200, "have their new owner", "None.")
		admin.get(at+"/owner").want(t, 200, "No service account is theirs")
		got, _ := recorded(t, s, ids[104])
		if !slices.Equal(got, []string{"account.create", "account.update"}) {
			t.Errorf("events %v", got)
		}
		admin.follow(admin.post(at+"/enable", nil)).want(t, 200, "can sign in again", "Active")
		app.in("ivan@example.com")
	})
}

func TestTheLastAdministratorStaysOnPages(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	at := "/people/" + b.me()
	got := b.get(at)
	got.want(t, 200, "The last administrator who can sign in")
	if strings.Contains(got.text, at+"/disable") {
		t.Error("disabling the last administrator is offered")
	}
	b.get(at+"/disable").want(t, 409)
	b.post(at+"/disable", with(nil)).want(t, 409)
	// Invited and disabled administrators cannot take their place.
	must(0, func() error {
		_, _, err := app.people.AddPerson(t.Context(), local, "invited@example.com", []string{models.Administrator}, "")
		return err
	}())(t)
	app.add("gone@example.com", models.Administrator)
	must(0, app.people.DisablePerson(t.Context(), local, "gone@example.com"))(t)
	demote := with(url.Values{"seen": {"administrator"}, "access": {"reviewer"}, "understood": {"yes"}})
	b.post(at+"/access", demote).want(t, 409, "last administrator")
	b.get("/people").want(t, 200) // still signed in, still an administrator
	b.follow(b.post(at+"/access", with(url.Values{"seen": {"administrator"}, "access": {"administrator", "reviewer"}}))).want(t, 303)
	app.add("other@example.com", models.Administrator)
	if v := app.view(at[len("/people/"):]); !slices.Equal(v.Access, []string{models.Administrator, models.Reviewer}) || v.Last {
		t.Errorf("%v, last: %v", v.Access, v.Last)
	}
}

func TestOwnAccessIsNotLostByASlip(t *testing.T) {
	app := start(t, storetest.New(t))
	app.add("other@example.com", models.Administrator)
	b := app.as(models.Administrator)
	at := "/people/" + b.me()
	less := with(url.Values{"seen": {"administrator"}, "access": {"operator"}})
	b.get(at+"/access").want(t, 200, "This is your own access.")
	b.post(at+"/access", less).want(t, 422, "You will no longer be able to:", "Manage people and their access", "Change settings", "I give this up")
	b.get("/people").want(t, 200)
	less.Set("understood", "yes")
	b.post(at+"/access", less).want(t, 303)
	b.get("/people").want(t, 303) // signed out
	if v := app.view(at[len("/people/"):]); !slices.Equal(v.Access, []string{models.Operator}) {
		t.Errorf("access %v", v.Access)
	}
	other := app.in("other@example.com")
	other.get("/people/"+other.me()+"/disable").want(t, 409, "Nobody disables themselves")
	other.post("/people/"+other.me()+"/disable", with(nil)).want(t, 409, "Nobody disables themselves")
}

// Administrators who take each other's access at the same moment leave one.
func TestAdministratorsDemoteEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		var all []*browser
		var at []string
		for range 4 {
			b := app.as(models.Administrator)
			all, at = append(all, b), append(at, "/people/"+b.me())
		}
		var wait sync.WaitGroup
		for i, b := range all {
			victim := at[(i+1)%len(at)]
			wait.Go(func() {
				if i%2 == 0 {
					b.post(victim+"/disable", with(nil))
					return
				}
				b.post(victim+"/access", with(url.Values{"seen": {"administrator"}, "access": {"reviewer"}}))
			})
		}
		wait.Wait()
		left := 0
		for _, p := range must(app.people.People(t.Context(), local))(t) {
			if p.State() == models.PersonActive && slices.Contains(p.Access, models.Administrator) {
				left++
			}
		}
		if left == 0 {
			t.Error("no administrator is left")
		}
	})
}

// What makes an administrator, or takes one's place, takes the password: a session that was left open does not.
func TestAdministratorsAreNotMadeWithoutThePassword(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	other := app.add("other@example.com", models.Administrator)
	at := "/people/" + other.ID
	linkForm := func(of string, pass string) page {
		t.Helper()
		return b.post(of+"/link", url.Values{"form_id": {b.get(of + "/link").field("form_id")}, "password": {pass}})
	}
	linkForm(at, "").want(t, 422, "Type your password.")
	linkForm("/people/"+b.me(), "").want(t, 422, "Type your password.")
	linkForm(at, "wrong wrong wrong wrong").want(t, 422, "This is not your password.")
	if until := app.view(other.ID).LinkUntil; !until.IsZero() {
		t.Error("a link was made")
	}
	linkForm(at, password).want(t, 201, "Reset link for")
	must(0, app.people.DisablePerson(t.Context(), local, other.Email))(t)
	b.get(at+"/enable").want(t, 200, "It makes an administrator.")
	b.post(at+"/enable", nil).want(t, 422, "Type your password.")
	b.post(at+"/enable", with(nil)).want(t, 303)
	plain := app.add("plain@example.com", models.Reviewer)
	linkForm("/people/"+plain.ID, "").want(t, 201)
}

func TestAResetLinkIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b, ivan := app.as(models.Administrator), app.add("ivan@example.com", models.Reviewer)
		at := "/people/" + ivan.ID
		form := url.Values{"form_id": {b.get(at + "/link").field("form_id")}}
		token := b.post(at+"/link", form).token(t)
		b.post(at+"/link", form).want(t, 409, "The link was shown once")
		b.post(at+"/link", url.Values{"form_id": {b.get("/people/new").field("form_id")}}).want(t, 403)
		b.get(at).want(t, 200, "A reset link of theirs works.")
		if _, err := app.people.Link(t.Context(), models.LinkReset, token); err != nil {
			t.Errorf("the first link is dead: %v", err)
		}
		if n := strings.Count(strings.Join(b.seen, ""), token); n != 1 {
			t.Errorf("the link was sent %d times", n)
		}
	})
}
