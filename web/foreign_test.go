package web_test

import (
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store/storetest"
)

// TestOtherSitesChangeNothing sends every change of people and of one's own account as another site could: with the cookie
// and, at worst, even with a form token that it got hold of.
func TestOtherSitesChangeNothing(t *testing.T) {
	app := start(t, storetest.New(t))
	b, victim := app.as(models.Administrator), app.add("victim@example.com", models.Reviewer)
	inviteID := b.get("/people/new").field("form_id")
	before := len(must(app.people.People(t.Context(), local))(t))
	form := url.Values{
		"form_token": {b.token}, "password": {password}, "access": {"administrator"}, "seen": {"reviewer"}, "form_id": {inviteID},
		"email": {"eve@example.com"}, "owner": {"eve@example.com"}, "new_password": {"copper lantern orbit thistle"},
	}
	for name, headers := range map[string]map[string]string{
		"cross-site":         {"Sec-Fetch-Site": "cross-site"},
		"same-site":          {"Sec-Fetch-Site": "same-site"},
		"in a frame":         {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"},
		"an old browser":     {"Origin": "https://evil.example"},
		"a sandboxed frame":  {"Origin": "null"},
		"another port of us": {"Origin": "http://127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range doors(t) {
				if d.method != "POST" || !strings.HasPrefix(d.path, "/people") && !strings.HasPrefix(d.path, "/account") {
					continue
				}
				path := strings.NewReplacer(":id", victim.ID, ":session", "0000000000000000").Replace(d.path)
				r := b.request("POST", path, strings.NewReader(form.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for k, v := range headers {
					r.Header.Set(k, v)
				}
				b.do(r).want(t, 403, "Another site")
			}
		})
	}
	if v := app.view(victim.ID); v.Access[0] != models.Reviewer || v.State() != models.PersonActive || !v.LinkUntil.IsZero() {
		t.Errorf("%+v", v.Person)
	}
	if n := len(must(app.people.People(t.Context(), local))(t)); n != before {
		t.Errorf("%d people", n)
	}
	b.get("/account").want(t, 200)
	for _, path := range []string{"/people", "/account", "/people/" + victim.ID + "/disable", "/account/password"} {
		h := b.get(path).Header
		if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s can be framed", path)
		}
	}
}

// controls are the ways that a page offers to change people or one's own account.
func controls(p page) (all []string) {
	for _, part := range strings.Split(p.text, "<")[1:] {
		for _, attr := range []string{`href="`, `action="`} {
			_, to, found := strings.Cut(part, attr)
			if to, _, _ = strings.Cut(to, `"`); found && (strings.HasPrefix(to, "/people") || strings.HasPrefix(to, "/account")) {
				all = append(all, strings.TrimPrefix(strings.TrimSuffix(attr, `="`), "")+" "+strings.ReplaceAll(to, "&amp;", "&"))
			}
		}
	}
	return all
}

// TestNoControlOfPeopleIsRefused follows every link and finds every form that the pages of people offer, by every access
// and in every state that somebody may be in: none leads to a refusal.
func TestNoControlOfPeopleIsRefused(t *testing.T) {
	app := start(t, storetest.New(t))
	active := app.add("active@example.com", models.Operator)
	disabled := app.add("disabled@example.com", models.Operator)
	locked := app.add("locked@example.com", models.Operator)
	invited, _, err := app.people.AddPerson(t.Context(), local, "invited@example.com", []string{models.Reviewer}, "")
	must(invited, err)(t)
	must(0, app.people.DisablePerson(t.Context(), local, disabled.Email))(t)
	v := app.visitor()
	v.token = v.get("/signin").field("form_token")
	for range 5 {
		v.post("/signin", url.Values{"email": {locked.Email}, "password": {"wrong"}})
	}
	app.in("active@example.com")
	for _, access := range models.AccessNames {
		b := app.as(access)
		pages := []string{"/account", "/account/password", "/service-accounts"}
		if access == models.Administrator {
			for _, id := range []string{active.ID, disabled.ID, locked.ID, invited.ID, b.me()} {
				pages = append(pages, "/people/"+id)
			}
			pages = append(pages, "/people", "/people/new", "/people?state=disabled")
		}
		seen := map[string]bool{}
		for _, from := range pages {
			got := b.get(from)
			got.want(t, 200)
			for _, c := range controls(got) {
				kind, to, _ := strings.Cut(c, " ")
				if seen[c] {
					continue
				}
				seen[c] = true
				if kind == "href" {
					if leads := b.get(to); leads.StatusCode != 200 {
						t.Errorf("%s: %s offers %s, which answers %d", access, from, to, leads.StatusCode)
					}
				}
			}
		}
		for c := range seen {
			if access != models.Administrator && strings.Contains(c, "/people") {
				t.Errorf("%s is shown %s", access, c)
			}
		}
		if access == models.Administrator && len(seen) < 20 {
			t.Errorf("only %d controls were found", len(seen))
		}
	}
}
