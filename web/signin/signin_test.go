package signin_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestSignInAndOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db)
		d.add("olga@example.com")
		b := d.browser()
		for to, want := range map[string]string{
			"/keys%3Funused%3D30":        "/keys?unused=30",
			"https%3A%2F%2Fevil.example": "/",
			"%2F%2Fevil.example":         "/",
			"":                           "/",
		} {
			b.get("/signin?return=" + to)
			if a := b.post("/signin", "email", "Olga@Example.com ", "password", password); a.status != http.StatusSeeOther || a.location != want {
				t.Fatalf("return %s: %d to %q, want %q", to, a.status, a.location, want)
			}
			if got := b.get("/who").body; got != "olga@example.com" {
				t.Errorf("signed in as %q", got)
			}
			if a := b.get("/signin?return=" + to); a.status != http.StatusSeeOther || a.location != want {
				t.Errorf("the page when signed in: %d to %q", a.status, a.location)
			}
			signOut(t, b)
		}
	})
}

func signOut(t *testing.T, b *browser) {
	t.Helper()
	token := b.get("/token").body
	b.hidden.Set("form_token", token)
	a := b.post("/signout")
	if a.status != http.StatusSeeOther || a.location != "/signin" || a.header.Get("Clear-Site-Data") == "" {
		t.Fatalf("signing out: %d to %q, %v", a.status, a.location, a.header)
	}
	if got := b.get("/who").body; got != "" {
		t.Errorf("after signing out it is still %q", got)
	}
}

// The forged return field is checked again when the form comes back.
func TestAForgedReturnLeadsHome(t *testing.T) {
	d := open(t, storetest.New(t))
	d.add("olga@example.com")
	b := d.browser()
	b.get("/signin?return=/keys")
	a := b.post("/signin", "email", "olga@example.com", "password", password, "return", "//evil.example")
	if a.status != http.StatusSeeOther || a.location != "/" {
		t.Errorf("%d to %q", a.status, a.location)
	}
}

var varying = regexp.MustCompile(`name="form_token" value="[^"]*"`)

// Known, unknown, nonsense: the same bytes but for what was typed.
func TestRefusalsAreAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db)
		d.add("olga@example.com")
		var pages []string
		for _, email := range []string{"olga@example.com", "nobody@example.com", "no address"} {
			a := d.browser().signIn(email, "not the password of anybody")
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "do not match") {
				t.Fatalf("%s: %d %s", email, a.status, a.body)
			}
			if strings.Contains(a.body, "not the password of anybody") {
				t.Error("the page repeats the password")
			}
			pages = append(pages, strings.ReplaceAll(varying.ReplaceAllString(a.body, ""), email, "TYPED"))
		}
		if pages[0] != pages[1] || pages[1] != pages[2] {
			t.Errorf("the pages differ:\n%s\n%s\n%s", pages[0], pages[1], pages[2])
		}
	})
}

func TestALockOutSaysHowLong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db)
		d.add("olga@example.com")
		for _, email := range []string{"olga@example.com", "nobody@example.com"} {
			for range 5 {
				d.browser().signIn(email, "not the password of anybody")
			}
			a := d.browser().signIn(email, password)
			if a.status != http.StatusTooManyRequests || !regexp.MustCompile(`locked for (1 minute|5\d seconds)`).MatchString(a.body) ||
				!regexp.MustCompile(`^(60|5\d)$`).MatchString(a.header.Get("Retry-After")) {
				t.Errorf("%s: %d, Retry-After %q: %s", email, a.status, a.header.Get("Retry-After"), a.body)
			}
		}
	})
}

func TestWhatWasTypedIsShownAsText(t *testing.T) {
	d := open(t, storetest.New(t))
	const hostile = `"><script>alert(1)</script>@example.com`
	if a := d.browser().signIn(hostile, "x"); strings.Contains(a.body, "<script>alert") || !strings.Contains(a.body, "&lt;script&gt;alert(1)") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A password in an address would be in logs and histories: it does not even work.
func TestAPasswordInTheAddressDoesNotWork(t *testing.T) {
	d := open(t, storetest.New(t))
	d.add("olga@example.com")
	b := d.browser()
	b.get("/signin")
	if a := b.post("/signin?email=olga@example.com&password=plover+anvil+tundra+mosaic"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d to %q", a.status, a.location)
	}
}
