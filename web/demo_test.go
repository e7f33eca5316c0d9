package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/models/store/storetest"
	"keydesk/views/layout"
	"keydesk/web"
	"keydesk/web/console"
)

// inDemo makes a server a demo's.
func inDemo(cfg *web.Config) {
	cfg.Console.Demo = &console.Demo{Sessions: cfg.Sessions, People: []layout.DemoPerson{
		{Access: models.Administrator, Label: "Administrator", Email: "olga@example.com"},
		{Access: models.Reviewer, Label: "Reviewer", Email: "mei@example.com"},
	}}
}

func TestADemoIsEntered(t *testing.T) {
	app := start(t, storetest.New(t), inDemo)
	for email, access := range map[string]string{"olga@example.com": models.Administrator, "mei@example.com": models.Reviewer} {
		_, _, err := app.people.AddPerson(t.Context(), local, email, []string{access}, password)
		must(0, err)(t)
	}
	token := must(app.people.OpenDemo("olga@example.com"))(t)
	b := app.visitor()
	b.get("/signin").want(t, 200, "Demo.", "nothing here is kept")
	b.get("/demo/"+strings.Repeat("A", 43)).want(t, 404, "Open the one on its terminal")
	home := b.follow(b.follow(b.get("/demo/" + token)))
	home.want(t, 200, "Demo.", "olga@example.com")
	b.token = home.field("form_token")

	first := b.cookie()
	form := url.Values{"person": {models.Reviewer}, "return": {"/keys/aje00000000000000000?x=1"}}
	forged := url.Values{"form_token": {"forged"}, "person": {models.Reviewer}}
	b.post("/demo/switch", forged).want(t, 403)
	b.post("/demo/switch", url.Values{"person": {models.Responder}}).want(t, 400)
	b.post("/demo/switch", url.Values{"person": {models.Reviewer}, "more": {"x"}}).want(t, 400)
	if b.cookie() != first {
		t.Error("a refused switch changes the session")
	}
	got := b.post("/demo/switch", form)
	if to := got.Header.Get("Location"); got.StatusCode != 303 || to != "/keys/aje00000000000000000?x=1" {
		t.Errorf("the switch is answered %d to %q", got.StatusCode, to)
	}
	if now := b.cookie(); now == first || now == "" {
		t.Error("the switch keeps the session")
	}
	if _, _, _, err := app.people.Session(t.Context(), first); models.CodeOf(err) != models.Unauthenticated {
		t.Errorf("the session before the switch: %v", err)
	}
	b.get("/service-accounts").want(t, 200, "mei@example.com")
	b.get("/service-accounts/new").want(t, 403, "Your access does not include this", "Demo.")
	app.visitor().post("/demo/switch", form).want(t, 401)
}

func TestASwitchLeadsWhereEverybodyMayLook(t *testing.T) {
	app := start(t, storetest.New(t), inDemo)
	must(app.people.OpenDemo("olga@example.com"))(t)
	_, _, err := app.people.AddPerson(t.Context(), local, "mei@example.com", []string{models.Reviewer}, password)
	must(0, err)(t)
	for from, to := range map[string]string{
		"/keys?state=active":                      "/keys?state=active",
		"/service-accounts/aje00000000000000000":  "/service-accounts/aje00000000000000000",
		"/service-accounts/new":                   "/",
		"/keys/aje00000000000000000/edit":         "/",
		"/people":                                 "/",
		"//elsewhere.example.com/keys":            "/",
		"https://elsewhere.example.com/keys":      "/",
		"/keys/aje00000000000000000/../../people": "/",
	} {
		b := app.as(models.Administrator)
		got := b.post("/demo/switch", url.Values{"person": {models.Reviewer}, "return": {from}})
		if got.StatusCode != 303 || got.Header.Get("Location") != to {
			t.Errorf("from %s: %d to %q, want %q", from, got.StatusCode, got.Header.Get("Location"), to)
		}
	}
}

// TestWithoutADemoItsDoorsAreNone: the two addresses answer like any that does not exist, to whoever asks.
func TestWithoutADemoItsDoorsAreNone(t *testing.T) {
	app := start(t, storetest.New(t))
	token := must(app.people.OpenDemo("olga@example.com"))(t) // even where the way in was opened by mistake
	b := app.as(models.Administrator)
	before := b.cookie()
	b.get("/demo/"+token).want(t, 404)
	b.post("/demo/switch", url.Values{"person": {models.Reviewer}}).want(t, 404)
	if got := b.get("/service-accounts"); got.says("Demo.") || b.cookie() != before {
		t.Error("a console that is no demo behaves as one")
	}
	_, err := (&signin.Service{}).DemoSwitch(t.Context(), models.Actor{}, signin.Meta{}, "olga@example.com")
	if models.CodeOf(err) != models.NotFound {
		t.Errorf("a service that was not opened as a demo's: %v", err)
	}
	if got := app.visitor().get("/demo/" + token); got.StatusCode != http.StatusNotFound {
		t.Errorf("a visitor gets %d", got.StatusCode)
	}
}
