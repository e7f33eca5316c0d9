package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store/storetest"
)

func TestAThemeIsKeptInTheBrowser(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Reviewer)
	forced := func(p page) string {
		_, tag, _ := strings.Cut(p.text, "<html")
		tag, _, _ = strings.Cut(tag, ">")
		return strings.TrimSpace(strings.ReplaceAll(tag, `lang="en"`, ""))
	}
	for _, tc := range []struct{ theme, want string }{{"dark", `data-theme="dark"`}, {"light", `data-theme="light"`}, {"", ""}} {
		list := b.get("/service-accounts?state=active")
		list.want(t, 200, "Theme", "/theme")
		got := b.follow(b.post("/theme", url.Values{"theme": {tc.theme}, "return": {list.field("return")}}))
		got.want(t, 200)
		if at := got.Request.URL.RequestURI(); at != "/service-accounts?state=active" || forced(got) != tc.want {
			t.Errorf("%q: %s has <html %s>", tc.theme, at, forced(got))
		}
	}
	b.post("/theme", url.Values{"theme": {"dark"}})
	if got := forced(b.get("/keys/aje00000000000000000")); got != `data-theme="dark"` {
		t.Errorf("an error page has <html %s>", got)
	}
	b.post("/signout", nil).want(t, 303)
	if got := forced(b.get("/signin")); got != `data-theme="dark"` {
		t.Errorf("the sign-in page has <html %s>", got)
	}
}

func TestAThemeThatIsNone(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Reviewer)
	for name, in := range map[string]url.Values{
		"another word": {"theme": {"sepia"}}, "twice": {"theme": {"dark", "light"}}, "a forged field": {"theme": {"dark"}, "x": {"y"}},
	} {
		if got := b.post("/theme", in); got.StatusCode != 400 || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: status %d, %q", name, got.StatusCode, got.Header.Get("Set-Cookie"))
		}
	}
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", `/\evil.example`} {
		if to := b.post("/theme", url.Values{"theme": {"dark"}, "return": {elsewhere}}).Header.Get("Location"); to != "/" {
			t.Errorf("it leads from %q to %q", elsewhere, to)
		}
	}
	at := must(url.Parse(app.url))(t)
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "keydesk_theme", Value: "sepia", Path: "/"}})
	if got := b.get("/service-accounts"); strings.Contains(got.text, "data-theme") {
		t.Error("a cookie that is no theme reaches the page")
	}
}

func TestTheSecretsPageOffersNoTheme(t *testing.T) {
	app := start(t, storetest.New(t))
	got, _ := app.as(models.Operator).made(app.account("billing-worker", "orders.user"))
	if got.says("Theme") {
		t.Error("a click on a theme leads away from a secret that is shown once")
	}
}
