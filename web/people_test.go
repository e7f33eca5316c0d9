package web_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/views/people"
)

// add makes a person with the usual password.
func (a *app) add(email string, access ...string) models.Person {
	a.t.Helper()
	p, _, err := a.people.AddPerson(a.t.Context(), local, email, access, password)
	return must(p, err)(a.t)
}

// in signs a person in by the form, as they do.
func (a *app) in(email string) *browser {
	a.t.Helper()
	b := a.visitor()
	b.token = b.get("/signin").field("form_token")
	b.post("/signin", url.Values{"email": {email}, "password": {password}}).want(a.t, 303)
	if b.token = b.get("/account").field("form_token"); b.token == "" {
		a.t.Fatalf("%s is not signed in", email)
	}
	return b
}

func (a *app) view(id string) signin.PersonView {
	a.t.Helper()
	return must(a.people.Person(a.t.Context(), local, id))(a.t)
}

// me is the person of a browser.
func (b *browser) me() string {
	b.t.Helper()
	m := regexp.MustCompile(`/people/(bfb[a-z0-9]{17})`).FindStringSubmatch(b.get("/account").text)
	if m == nil {
		b.t.Fatal("the own account of an administrator does not lead to the person")
	}
	return m[1]
}

// with is a form with the password of whoever sends it.
func with(in url.Values) url.Values {
	out := url.Values{"password": {password}}
	for name, values := range in {
		out[name] = values
	}
	return out
}

var shownLink = regexp.MustCompile(`id="secret"[^>]*>(http[^<]+)/reset/([A-Za-z0-9_-]{43})<`)

// link is the one-time link's token that the page shows.
func (p page) token(t *testing.T) string {
	t.Helper()
	m := shownLink.FindStringSubmatch(p.text)
	if m == nil {
		t.Fatalf("no link on the page\n%s", excerpt(p.text))
	}
	return m[2]
}

// recorded lists what happened to an object, "action:reason", oldest first.
func recorded(t *testing.T, s *store.Store, objectID string) (all []string, text string) {
	t.Helper()
	must(0, s.Read(t.Context(), func(tx *store.Tx) error {
		events, err := tx.EventsFrom(1, 1000)
		for _, e := range events {
			text += fmt.Sprintf("%+v\n", e)
			if e.ObjectID == objectID {
				all = append(all, strings.TrimSuffix(e.Action+":"+e.Reason, ":"))
			}
		}
		return err
	}))(t)
	return all, text
}

func TestAnInvitationIsShownOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Administrator)
		form := url.Values{"form_id": {b.get("/people/new").field("form_id")}, "email": {"ivan@example.com"}, "access": {"operator", "reviewer"}}
		got := b.post("/people/new", form)
		got.want(t, 201, "ivan@example.com", "Operator, reviewer")
		token := got.token(t)
		if got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control %q", got.Header.Get("Cache-Control"))
		}
		again := b.post("/people/new", form)
		again.want(t, 409, "The link was shown once")
		everybody := must(app.people.People(t.Context(), local))(t)
		if len(everybody) != 2 {
			t.Errorf("%d people", len(everybody))
		}
		ivan := everybody[slices.IndexFunc(everybody, func(p models.Person) bool { return p.Email == "ivan@example.com" })]
		b.get("/people/"+ivan.ID).want(t, 200, "Invited", "Their invitation link works until")
		for i, seen := range b.seen {
			if strings.Contains(seen, token) && !strings.Contains(seen, `id="secret"`) {
				t.Errorf("answer %d has the link too", i)
			}
		}
		if n := strings.Count(strings.Join(b.seen, ""), token); n != 1 {
			t.Errorf("the link was sent %d times", n)
		}
		if _, events := recorded(t, s, ""); strings.Contains(events, token) || strings.Contains(app.log.String(), token) {
			t.Error("the link is in the audit log, or in the log")
		}
		v := app.visitor()
		v.token = v.get("/signin").field("form_token")
		v.get("/reset/"+token).want(t, 303)
		v.post("/reset", url.Values{"token": {v.get("/reset").field("token")}, "password": {password}}).want(t, 303)
		app.in("ivan@example.com").get("/service-accounts").want(t, 200)
		b.get("/people/"+ivan.ID).want(t, 200, "Active")
	})
}

func TestInvitationsThatAreRefused(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	secret := app.key(app.account("billing-worker", "orders.user"), "prod").Secret.Reveal()
	send := func(email, pass string, access ...string) page {
		t.Helper()
		return b.post("/people/new", url.Values{
			"form_id": {b.get("/people/new").field("form_id")}, "email": {email}, "access": access, "password": {pass},
		})
	}
	before := len(must(app.people.People(t.Context(), local))(t))
	send("ivan@example.com", "").want(t, 422, "Choose one or more of")
	send("ivan@example.com", "", "owner").want(t, 422, "Choose one or more of")
	send("ivan", "", "reviewer").want(t, 422, "Type one mail address")
	send("ivan@example.com", "", "administrator").want(t, 422, "Type your password.")
	send("ivan@example.com", "not my password at all", "administrator", "reviewer").want(t, 422, "This is not your password.")
	if got := send(secret+"@example.com", "", "reviewer"); got.StatusCode != 422 || got.says(secret) {
		t.Errorf("a secret as a mail address: %d, said back: %v", got.StatusCode, got.says(secret))
	}
	b.post("/people/new", url.Values{"form_id": {"forged"}, "email": {"ivan@example.com"}, "access": {"reviewer"}}).want(t, 403, "Nothing was made")
	if n := len(must(app.people.People(t.Context(), local))(t)); n != before {
		t.Fatalf("%d people were made", n-before)
	}
	send("ivan@example.com", password, "administrator").want(t, 201)
	send("IVAN@example.com ", "", "reviewer").want(t, 409, "Somebody has this mail address already.")
}

// Nothing is chosen beforehand on an invitation: what somebody may do is a decision.
func TestNothingIsPreselected(t *testing.T) {
	b := start(t, storetest.New(t)).as(models.Administrator)
	if got := b.get("/people/new"); strings.Contains(got.text, " checked") || strings.Count(got.text, `name="access"`) != 4 {
		t.Error("the form of an invitation chooses, or does not offer all four")
	}
}

func TestADoubleClickInvitesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Administrator)
		form := url.Values{"form_id": {b.get("/people/new").field("form_id")}, "email": {"ivan@example.com"}, "access": {"reviewer"}}
		codes := make([]int, 6)
		var wait sync.WaitGroup
		for i := range codes {
			own := reopened(b)
			wait.Go(func() { codes[i] = own.post("/people/new", form).StatusCode })
		}
		wait.Wait()
		slices.Sort(codes)
		if !slices.Equal(codes, []int{201, 409, 409, 409, 409, 409}) {
			t.Errorf("statuses %v", codes)
		}
	})
}

func TestTheListOfPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Administrator)
		for i := range 60 {
			app.add(fmt.Sprintf("person-%02d@example.com", i), models.Reviewer)
		}
		ops := app.add("ops@example.com", models.Operator)
		must(0, app.people.DisablePerson(t.Context(), local, "ops@example.com"))(t)
		first := b.get("/people?q=PERSON-")
		first.want(t, 200, "60", "person-00@", "person-49@", "Who may do what", "Manage people and their access")
		second := b.get(first.link(t, "next"))
		second.want(t, 200, "person-50@", "person-59@")
		b.get(second.link(t, "prev")).want(t, 200, "person-00@")
		b.get("/people?state=disabled").want(t, 200, "ops@example.com")
		b.get("/people?access=operator&state=active").want(t, 200, "Nobody matches")
		b.get("/people?q="+ops.ID).want(t, 200, "ops@example.com")
		b.get("/people?q=%25").want(t, 200, "Nobody matches")
		for _, query := range []string{"page=x", "state=locked", "access=owner", "sort=digest", "q=a&q=b", "q=%00"} {
			b.get("/people?"+query).want(t, 400)
		}
		file := b.get("/people.csv?q=person-")
		rows := must(csv.NewReader(strings.NewReader(file.text)).ReadAll())(t)
		if len(rows) != 61 || rows[1][1] != "person-00@example.com" || rows[1][2] != models.Reviewer || rows[60][3] != "active" {
			t.Errorf("%d rows, %v", len(rows), rows[:min(2, len(rows))])
		}
		sum := sha256.Sum256([]byte(file.text))
		if _, events := recorded(t, s, ""); !strings.Contains(events, hex.EncodeToString(sum[:])) || !strings.Contains(events, `"rows":60`) || !strings.Contains(events, "people.export") {
			t.Error("the export left no event, or one that does not say what it was")
		}
		for _, hash := range []string{"argon2id", "password_hash"} {
			if strings.Contains(file.text, hash) || strings.Contains(strings.Join(b.seen, ""), hash) {
				t.Errorf("%s is on a page", hash)
			}
		}
	})
}

func TestOthersSeeNothingOfPeople(t *testing.T) {
	app := start(t, storetest.New(t))
	victim := app.add("victim@example.com", models.Reviewer)
	for _, access := range []string{models.Operator, models.Responder, models.Reviewer} {
		b := app.as(access)
		for _, d := range doors(t) {
			if !strings.HasPrefix(d.path, "/people") {
				continue
			}
			path := strings.ReplaceAll(d.path, ":id", victim.ID)
			got := b.get(path)
			if d.method == "POST" {
				got = b.post(path, with(url.Values{"access": {"administrator"}, "owner": {"x@example.com"}}))
			}
			if got.StatusCode != 403 || got.says(victim.Email) {
				t.Errorf("%s: %s %s: %d", access, d.method, d.path, got.StatusCode)
			}
		}
	}
	if v := app.view(victim.ID); !slices.Equal(v.Access, []string{models.Reviewer}) || v.State() != models.PersonActive {
		t.Errorf("%+v", v)
	}
}

func TestOddPeopleAreMissing(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	acct := app.account("billing-worker")
	for _, id := range []string{"bfb00000000000000000", acct.ID, "someone@example.com", "null", "%00", strings.Repeat("a", 5000), "..%2fkeys"} {
		for _, action := range []string{"", "/access", "/disable", "/link", "/owner"} {
			if got := b.get("/people/" + id + action); got.StatusCode != 404 && got.StatusCode != 400 {
				t.Errorf("%.40s%s: %d", id, action, got.StatusCode)
			}
		}
		if got := b.post("/people/"+id+"/disable", with(nil)); got.StatusCode != 404 && got.StatusCode != 400 {
			t.Errorf("%.40s: %d", id, got.StatusCode)
		}
	}
}

// TestTheMatrixNamesEveryPermission: what a route asks for stands in the matrix, so that nobody reads it and is surprised.
func TestTheMatrixNamesEveryPermission(t *testing.T) {
	for _, d := range doors(t) {
		named := slices.ContainsFunc(people.Abilities, func(a people.Ability) bool { return slices.Contains(a.Of, d.permission) })
		if models.KnownPermission(d.permission) && !named {
			t.Errorf("%s is asked for by %s %s, and in no row of people.Abilities", d.permission, d.method, d.path)
		}
	}
}
