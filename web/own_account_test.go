package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// cookie is the id of the browser's session.
func (b *browser) cookie() string {
	b.t.Helper()
	for _, c := range b.client.Jar.Cookies(must(url.Parse(b.url))(b.t)) {
		if c.Name == "keydesk_local" {
			return c.Value
		}
	}
	return ""
}

// replay is another browser with a cookie that was taken from somewhere.
func (a *app) replay(cookie, token string) *browser {
	a.t.Helper()
	b := a.visitor()
	b.client.Jar.SetCookies(must(url.Parse(a.url))(a.t), []*http.Cookie{{Name: "keydesk_local", Value: cookie, Path: "/"}})
	b.token = token
	return b
}

func TestANewIDAtSignIn(t *testing.T) { // L20
	app := start(t, storetest.New(t))
	app.add("ivan@example.com", models.Reviewer)
	planted := app.visitor()
	planted.client.Jar.SetCookies(must(url.Parse(app.url))(t), []*http.Cookie{{Name: "keydesk_local", Value: strings.Repeat("A", 43), Path: "/"}})
	planted.token = planted.get("/signin").field("form_token")
	planted.post("/signin", url.Values{"email": {"ivan@example.com"}, "password": {password}}).want(t, 303)
	first := planted.cookie()
	if first == strings.Repeat("A", 43) || first == "" {
		t.Error("the planted id was taken over")
	}
	token := planted.get("/account").field("form_token")
	planted.token = token
	planted.post("/signin", url.Values{"email": {"ivan@example.com"}, "password": {password}}).want(t, 303)
	if planted.cookie() == first {
		t.Error("a second sign-in keeps the id")
	}
	app.replay(first, token).get("/account").want(t, 303)
	planted.token = planted.get("/account").field("form_token")
	last := planted.cookie()
	planted.post("/signout", nil).want(t, 303)
	app.replay(last, planted.token).get("/account").want(t, 303)
	app.replay(last, planted.token).post("/account/sessions/end", nil).want(t, 401)
}

func TestOwnSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		ivan := app.add("ivan@example.com", models.Reviewer)
		app.add("eve@example.com", models.Operator)
		one, two, three, eve := app.in("ivan@example.com"), app.in("ivan@example.com"), app.in("ivan@example.com"), app.in("eve@example.com")
		ends := regexp.MustCompile(`/account/sessions/([0-9a-f]{16})/end`)
		got := one.get("/account")
		got.want(t, 200, "ivan@example.com", "This session", "End all others", "Read the audit log")
		refs := ends.FindAllStringSubmatch(got.text, -1)
		if len(refs) != 2 {
			t.Fatalf("%d sessions can be ended, want the two others", len(refs))
		}
		for _, ref := range []string{refs[0][1], "00", "zz", strings.Repeat("0", 16), "%00"} {
			eve.post("/account/sessions/"+ref+"/end", nil).want(t, 404)
		}
		one.follow(one.post(refs[0][0], nil)).want(t, 200, "The session is ended.")
		one.post(refs[0][0], nil).want(t, 404)
		alive := 0
		for _, b := range []*browser{two, three} {
			if b.get("/account").StatusCode == 200 {
				alive++
			}
		}
		if alive != 1 {
			t.Errorf("%d of the two others are alive, want 1", alive)
		}
		one.follow(one.post("/account/sessions/end", nil)).want(t, 200, "All other sessions are ended.")
		two.get("/account").want(t, 303)
		three.get("/account").want(t, 303)
		eve.get("/account").want(t, 200)
		if got, _ := recorded(t, s, ivan.ID); !slices.Contains(got, "person.end_sessions") {
			t.Errorf("events %v", got)
		}
		if got, _ := recorded(t, s, refs[0][1]); !slices.Contains(got, "session.delete") {
			t.Errorf("events %v", got)
		}
		admin := app.as(models.Administrator)
		admin.get("/people/"+ivan.ID).want(t, 200, "End all sessions")
		admin.follow(admin.post("/people/"+ivan.ID+"/sessions", nil)).want(t, 200, "The sessions are ended.", "They are signed in nowhere.")
		one.get("/account").want(t, 303)
	})
}

func TestOwnPassword(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		ivan := app.add("ivan@example.com", models.Responder)
		link := must(app.people.ResetLink(t.Context(), local, ivan.Email))(t)
		b, other := app.in("ivan@example.com"), app.in("ivan@example.com")
		const next = "copper lantern orbit thistle"
		b.get("/account/password").want(t, 200, "Your other sessions end")
		b.post("/account/password", url.Values{"password": {"wrong wrong wrong wrong"}, "new_password": {next}}).want(t, 422, "This is not your password.")
		b.post("/account/password", url.Values{"password": {password}, "new_password": {"short"}}).want(t, 422, "at least 15 characters")
		b.post("/account/password", url.Values{"password": {password}, "new_password": {"ivan@example.com ivan"}}).want(t, 422, "easy to guess")
		b.post("/account/password", url.Values{"password": {password}, "new_password": {password}}).want(t, 422, "choose another")
		b.post("/account/password", url.Values{"new_password": {next}}).want(t, 422, "Type the password that you have now.")
		other.get("/account").want(t, 200)
		b.follow(b.post("/account/password", url.Values{"password": {password}, "new_password": {next}})).want(t, 200, "Your password is changed")
		other.get("/account").want(t, 303)
		if _, err := app.people.Link(t.Context(), models.LinkReset, link); err == nil {
			t.Error("a link that was made before still sets the password")
		}
		v := app.visitor()
		v.token = v.get("/signin").field("form_token")
		v.post("/signin", url.Values{"email": {ivan.Email}, "password": {password}}).want(t, 422)
		v.post("/signin", url.Values{"email": {ivan.Email}, "password": {next}}).want(t, 303)
		got, text := recorded(t, s, ivan.ID)
		if !slices.Contains(got, "person.change_password") || strings.Contains(text, next) || strings.Contains(app.log.String(), next) {
			t.Errorf("events %v; or the password is in the log", got)
		}
	})
}

// The old password is asked as often as at sign-in, and not once more.
func TestOwnPasswordIsNoOracle(t *testing.T) {
	app := start(t, storetest.New(t))
	app.add("ivan@example.com", models.Responder)
	b := app.in("ivan@example.com")
	guess := url.Values{"password": {"wrong wrong wrong wrong"}, "new_password": {"copper lantern orbit thistle"}}
	for range 5 {
		b.post("/account/password", guess).want(t, 422)
	}
	guess.Set("password", password)
	b.post("/account/password", guess).want(t, 429, "Too many attempts failed")
	v := app.visitor()
	v.token = v.get("/signin").field("form_token")
	v.post("/signin", url.Values{"email": {"ivan@example.com"}, "password": {password}}).want(t, 429)
	app.pass(time.Minute)
	b.post("/account/password", guess).want(t, 303)
}

func TestALockOutIsNoWayToKeepSomebodyOut(t *testing.T) { // L16
	app := start(t, storetest.New(t))
	admin, ivan := app.as(models.Administrator), app.add("ivan@example.com", models.Reviewer)
	at := "/people/" + ivan.ID
	attacker := app.visitor()
	attacker.token = attacker.get("/signin").field("form_token")
	guess := func(spelling string) page {
		return attacker.post("/signin", url.Values{"email": {spelling}, "password": {"not the password of anybody"}})
	}
	for i, spelling := range []string{"ivan@example.com", " IVAN@example.com", "ivan@EXAMPLE.com", "ｉvan@example.com", "ivan @example.com"} {
		if got := guess(spelling); got.StatusCode != 422 {
			t.Fatalf("guess %d: %d", i+1, got.StatusCode)
		}
	}
	if got := guess("Ivan@Example.com"); got.StatusCode != 429 || got.Header.Get("Retry-After") == "" {
		t.Fatalf("the sixth guess: %d", got.StatusCode)
	}
	locked := admin.get(at)
	locked.want(t, 200, "Locked", "It ends by itself", at+"/unlock")
	admin.follow(admin.post(at+"/unlock", nil)).want(t, 200, "no longer locked out")
	admin.get(at+"/unlock").want(t, 409)
	app.in("ivan@example.com")

	for range 5 {
		guess("ivan@example.com")
	}
	token := admin.post(at+"/link", url.Values{"form_id": {admin.get(at + "/link").field("form_id")}}).token(t)
	v := app.visitor()
	v.token = v.get("/signin").field("form_token")
	v.post("/reset", url.Values{"token": {token}, "password": {password}}).want(t, 303)
	app.in("ivan@example.com") // a reset link lets them in while the lock would still hold

	// However long somebody goes on, the lock ends within a quarter of an hour.
	for range 12 {
		for guess("ivan@example.com").StatusCode == 422 {
			continue
		}
		if left := app.view(ivan.ID).LockedUntil.Sub(app.now()); left > 15*time.Minute {
			t.Fatalf("locked for %v", left)
		}
		app.pass(15 * time.Minute)
	}
	app.in("ivan@example.com")
}

// TestKnownAndUnknownGetOneAnswer compares what is sent, byte by byte; that the work is the same is tested where it is done.
func TestKnownAndUnknownGetOneAnswer(t *testing.T) { // L17
	app := start(t, storetest.New(t))
	app.add("known@example.com", models.Reviewer)
	app.add("other@example.com", models.Reviewer)
	must(0, app.people.DisablePerson(t.Context(), local, "other@example.com"))(t)
	vary := regexp.MustCompile(`name="form_token" value="[^"]*"|nonce="[^"]*"|[a-z]{5}@example\.com|req[a-z0-9]{17}`)
	answers := func(email string) (all []string) {
		for i := range 7 {
			b := app.visitor()
			b.token = b.get("/signin").field("form_token")
			got := b.post("/signin", url.Values{"email": {email}, "password": {"not the password of anybody"}})
			retry := got.Header.Get("Retry-After") != ""
			text := vary.ReplaceAllString(got.text, "…")
			text = regexp.MustCompile(`\d+ (seconds?|minutes?)`).ReplaceAllString(text, "a while")
			all = append(all, fmt.Sprint(i, got.StatusCode, retry, len(got.Cookies()), text))
		}
		return all
	}
	want := answers("known@example.com")
	for _, email := range []string{"other@example.com", "nobod@example.com"} {
		if got := answers(email); !slices.Equal(got, want) {
			t.Errorf("%s is told from somebody known", email)
		}
	}
}
