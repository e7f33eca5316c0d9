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

func newAccountForm(formID, name string) url.Values {
	return url.Values{"form_id": {formID}, "name": {name}, "description": {"Sends bills"}, "owner": {"olga@example.com"}, "roles": {"orders.user"}, "expires": {"never"}}
}

func TestAnAccountsLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := start(t, s).as(models.Operator)
		b.get("/service-accounts").want(t, 200, "Create your first service account")
		form := b.get("/service-accounts/new")
		form.want(t, 200, "orders.user")
		made := b.post("/service-accounts/new", newAccountForm(form.field("form_id"), "billing-worker"))
		at, _, _ := strings.Cut(made.Header.Get("Location"), "?")
		b.follow(made).want(t, 200, "billing-worker", "The service account is created.", "orders.user", "olga@example.com")
		b.get("/service-accounts").want(t, 200, "billing-worker")

		edit := b.get(at + "/edit")
		changed := newAccountForm("", "billing-agent")
		delete(changed, "form_id")
		changed.Set("version", edit.field("version"))
		changed.Set("expires", "keep")
		b.follow(b.post(at+"/edit", changed)).want(t, 200, "billing-agent", "The changes are saved.")

		b.get(at+"/suspend").want(t, 200, "All keys of this account are refused")
		b.follow(b.post(at+"/suspend", url.Values{"reason": {"other"}, "note": {"while we look"}})).want(t, 200, "Suspended", "while we look", "Undo")
		b.get(at+"/reactivate").want(t, 200, "while we look")
		b.follow(b.post(at+"/reactivate", nil)).want(t, 200, "The service account is active again.")

		b.get(at+"/delete").want(t, 200, "Type the account's name")
		b.post(at+"/delete", url.Values{"confirm_name": {"billing"}, "password": {password}}).want(t, 422, "This is not the account's name")
		b.post(at+"/delete", url.Values{"confirm_name": {"billing-agent"}, "password": {"wrong"}}).want(t, 422, "This is not your password.")
		b.follow(b.post(at+"/delete", url.Values{"confirm_name": {"billing-agent"}, "password": {password}})).want(t, 200, "This account is deleted")
		b.post(at+"/delete", url.Values{"confirm_name": {"billing-agent"}, "password": {password}}).want(t, 409)
		if list := b.get("/service-accounts"); list.says("billing-agent") {
			t.Error("the list still has the deleted account")
		}
	})
}

func TestAnAccountFormThatComesTwiceMakesOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := start(t, s).as(models.Operator)
		form := newAccountForm(b.get("/service-accounts/new").field("form_id"), "billing-worker")
		first := b.post("/service-accounts/new", form)
		form.Set("name", "another-name")
		again := b.post("/service-accounts/new", form)
		b.follow(again).want(t, 200, "billing-worker", "Nothing new was made now")
		if first, again := path(first), path(again); first != again {
			t.Errorf("the repeat leads to %s, the first to %s", again, first)
		}
	})
}

func path(p page) string {
	to, _, _ := strings.Cut(p.Header.Get("Location"), "?")
	return to
}

func TestRefusedAccountForms(t *testing.T) {
	b := start(t, storetest.New(t)).as(models.Operator)
	b.account("taken")
	for name, tc := range map[string]struct {
		field, value string
		status       int
		says         string
	}{
		"a name that is no name": {"name", "Billing Worker", 422, "beginning with a letter"},
		"a taken name":           {"name", "taken", 409, "choose another name"},
		"no name":                {"name", "", 422, "3 to 63 characters"},
		"an unknown role":        {"roles", "orders.god", 422, `There is no role "orders.god"`},
		"an owner that is none":  {"owner", "olga", 422, "One mail address"},
		"a long description":     {"description", strings.Repeat("é", 257), 422, "256 characters at most"},
		"a forged field":         {"id", "aje00000000000000000", 422, "a field that it does not have"},
		"a past expiry":          {"expires_date", "2020-01-01", 422, "in the past"},
	} {
		t.Run(name, func(t *testing.T) {
			form := newAccountForm(b.get("/service-accounts/new").field("form_id"), "fresh-name")
			form.Set(tc.field, tc.value)
			if tc.field == "expires_date" {
				form.Set("expires", "date")
			}
			got := b.post("/service-accounts/new", form)
			got.want(t, tc.status, tc.says)
			for field, typed := range form { // what the page's own form knows comes back as it was typed
				if field != "id" && field != "form_token" && !got.says(typed[0]) {
					t.Errorf("the form came back without %s %q", field, typed[0])
				}
			}
			if _, err := b.desk.Account(t.Context(), local, "fresh-name"); models.CodeOf(err) != models.NotFound {
				t.Errorf("an account was made, or: %v", err)
			}
		})
	}
}

func TestAnEditOfAnOlderVersionShowsWhatChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := start(t, s).as(models.Operator)
		a := b.account("billing-worker", "orders.user")
		form := newAccountForm("", a.Name)
		delete(form, "form_id")
		form.Set("version", b.get("/service-accounts/"+a.ID+"/edit").field("version"))
		_, _, err := b.desk.UpdateAccount(t.Context(), local, a.ID, manage.AccountEdit{Name: a.Name, Description: "Theirs", Owner: a.Owner, Roles: a.Roles})
		must(0, err)(t)
		form.Set("expires", "keep")
		got := b.post("/service-accounts/"+a.ID+"/edit", form)
		got.want(t, 409, "Somebody changed this", "It says now: Theirs", "Sends bills")
		form.Set("version", got.field("version"))
		b.follow(b.post("/service-accounts/"+a.ID+"/edit", form)).want(t, 200, "Sends bills")
	})
}

func TestAMistakeDoesNotHideAConflict(t *testing.T) {
	b := start(t, storetest.New(t)).as(models.Operator)
	a := b.account("billing-worker")
	form := newAccountForm("", "No Name")
	delete(form, "form_id")
	form.Set("version", "1")
	_, _, err := b.desk.UpdateAccount(t.Context(), local, a.ID, manage.AccountEdit{Name: a.Name, Description: "Theirs", Owner: a.Owner})
	must(0, err)(t)
	got := b.post("/service-accounts/"+a.ID+"/edit", form)
	if got.field("version") != "1" && got.StatusCode == 422 {
		t.Errorf("the form came back as version %q: the next save would overwrite unseen", got.field("version"))
	}
}
