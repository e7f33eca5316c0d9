package signin_test

import (
	"net/http"
	"strings"
	"testing"

	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestSetupByItsLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db)
		token, err := d.service.SetupLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b := d.browser()
		opened(t, b, "/setup", token)
		a := b.post("/setup", "email", "olga@example.com", "password", "passwordpassword")
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "easy to guess") || !strings.Contains(a.body, "olga@example.com") ||
			strings.Contains(a.body, "passwordpassword") {
			t.Fatalf("a weak password: %d %s", a.status, a.body)
		}
		if a := b.post("/setup", "email", "olga@example.com", "password", password); a.status != http.StatusSeeOther || a.location != "/" {
			t.Fatalf("set-up: %d to %q %s", a.status, a.location, a.body)
		}
		if got := b.get("/who").body; got != "olga@example.com" {
			t.Errorf("signed in as %q", got)
		}
		dead(t, d.browser(), "/setup", token)
		secretFree(t, d, token, password)
	})
}

func TestResetByItsLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db)
		d.add("olga@example.com")
		session := d.browser()
		session.signIn("olga@example.com", password)
		token, err := d.service.ResetLink(t.Context(), local, "olga@example.com")
		if err != nil {
			t.Fatal(err)
		}
		const other = "glacier pocket violin thimble"
		b := d.browser()
		if page := opened(t, b, "/reset", token); !strings.Contains(page, "olga@example.com") {
			t.Error("the page does not say whose password it sets")
		}
		if a := b.post("/reset", "password", "short"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "at least 15") {
			t.Errorf("a short password: %d", a.status)
		}
		if a := b.post("/reset", "password", other); a.status != http.StatusSeeOther || a.location != "/signin" {
			t.Fatalf("reset: %d to %q %s", a.status, a.location, a.body)
		}
		if b.get("/who").body != "" || session.get("/who").body != "" {
			t.Error("a reset signs nobody in, and ends what was open")
		}
		dead(t, d.browser(), "/reset", token)
		if a := d.browser().signIn("olga@example.com", other); a.status != http.StatusSeeOther {
			t.Errorf("the new password: %d", a.status)
		}
		if a := d.browser().signIn("olga@example.com", password); a.status != http.StatusUnprocessableEntity {
			t.Errorf("the old password: %d", a.status)
		}
		secretFree(t, d, token, other)
	})
}

// opened follows a link: the page behind it has no token in its address. Twice, as a preview and then a person would.
func opened(t *testing.T, b *browser, path, token string) (page string) {
	t.Helper()
	for range 2 {
		if a := b.get(path + "/" + token); a.status != http.StatusSeeOther || a.location != path {
			t.Fatalf("the link: %d to %q", a.status, a.location)
		}
	}
	a := b.get(path)
	if a.status != http.StatusOK || b.hidden.Get("token") != token {
		t.Fatalf("the page behind the link: %d %s", a.status, a.body)
	}
	return a.body
}

func dead(t *testing.T, b *browser, path, token string) {
	t.Helper()
	for _, link := range []string{token, strings.Repeat("A", 43), "x", "a%0d%0ab"} {
		b.get(path + "/" + link)
		if a := b.get(path); a.status != http.StatusNotFound || !strings.Contains(a.body, "This link does not work") {
			t.Errorf("link %.8s…: %d %s", link, a.status, a.body)
		}
		b.get("/signin") // for a form token
		if a := b.post(path, "token", link, "email", "eve@example.com", "password", password); a.status != http.StatusNotFound {
			t.Errorf("a form with %.8s…: %d", link, a.status)
		}
	}
}

// secretFree looks for secrets in all that was logged.
func secretFree(t *testing.T, d *desk, secrets ...string) {
	t.Helper()
	log := d.log.String()
	if !strings.Contains(log, "/:token") {
		t.Fatal("the log has no line of the link: the search below would find nothing for that reason")
	}
	for _, s := range secrets {
		if strings.Contains(log, s) {
			t.Errorf("the log has %.4s… in it", s)
		}
	}
}
