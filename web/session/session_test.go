package session_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/web/session"
)

// The cookies, to the letter: what a library adds or leaves out shows here.
func TestCookiesToTheLetter(t *testing.T) {
	for name, tc := range map[string]struct {
		opt       session.Options
		name, end string
	}{
		"https":          {session.Options{Secure: true}, "__Host-keydesk", "; HttpOnly; Secure; SameSite=Lax"},
		"http, loopback": {session.Options{}, "keydesk_local", "; HttpOnly; SameSite=Lax"},
		"a demo":         {session.Options{Demo: true}, "keydesk_demo", "; HttpOnly; SameSite=Lax"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, storetest.New(t), tc.opt)
			d.add("olga@example.com", models.Reviewer)
			form := d.browser().do(http.MethodGet, "/token", "")
			before := set(t, form, 0, "-form=[A-Za-z0-9_-]{43}; Path=/"+tc.end, tc.name)
			in := d.browser().do(http.MethodPost, "/in", session.FormField+"="+form.body+"&email=olga@example.com", "Cookie", before)
			if len(in.header.Values("Set-Cookie")) != 2 {
				t.Errorf("signing in sets %q", in.header.Values("Set-Cookie"))
			}
			set(t, in, 0, "-form=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0"+tc.end, tc.name)
			id := set(t, in, 1, "=[A-Za-z0-9_-]{43}; Path=/"+tc.end, tc.name)
			token := d.browser().do(http.MethodGet, "/token", "", "Cookie", id)
			if c := token.header.Values("Set-Cookie"); len(c) != 0 {
				t.Errorf("a page sets %q", c)
			}
			out := d.browser().do(http.MethodPost, "/out", session.FormField+"="+token.body, "Cookie", id)
			set(t, out, 0, "=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0"+tc.end, tc.name)
			if out.header.Get("Clear-Site-Data") != `"cache", "storage"` || out.header.Get("Cache-Control") != "no-store" {
				t.Errorf("signing out answers %v", out.header)
			}
		})
	}
}

// set checks the nth Set-Cookie line against a name and a pattern, and answers it as a Cookie header.
func set(t *testing.T, a answer, n int, pattern, name string) string {
	t.Helper()
	lines := a.header.Values("Set-Cookie")
	pattern = strings.Replace(pattern, "-form", map[bool]string{true: "-form", false: "_form"}[strings.HasPrefix(name, "__Host-")], 1)
	if len(lines) <= n || !regexp.MustCompile("^"+name+pattern+"$").MatchString(lines[n]) {
		t.Fatalf("Set-Cookie %d of %q (%d %s), want %s%s", n, lines, a.status, a.body, name, pattern)
	}
	pair, _, _ := strings.Cut(lines[n], ";")
	return pair
}

func TestTheIDChangesAtSignIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db, session.Options{})
		d.add("olga@example.com", models.Reviewer)
		b := d.browser()
		planted := strings.Repeat("A", 43)
		b.plant("keydesk_local", planted)
		first := b.signIn("olga@example.com").cookie("keydesk_local")
		if first == planted || first == "" {
			t.Fatalf("after a sign-in with a planted id the cookie is %q", first)
		}
		second := b.signIn("olga@example.com").cookie("keydesk_local")
		if second == first {
			t.Error("a second sign-in keeps the id")
		}
		for _, dead := range []string{planted, first} {
			attacker := d.browser()
			attacker.plant("keydesk_local", dead)
			if a := attacker.do(http.MethodGet, "/who", ""); a.status != http.StatusSeeOther {
				t.Errorf("id %.4s… opens a session: %d %s", dead, a.status, a.body)
			}
		}
		if got := b.get("/who"); got != "olga@example.com olga@example.com" {
			t.Errorf("/who = %q", got)
		}
	})
}

func TestAReplayIsDead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db, session.Options{})
		d.add("olga@example.com", models.Reviewer)
		for name, end := range map[string]func(*browser){
			"after sign-out": func(b *browser) { b.post("/out") },
			"after a disable": func(*browser) {
				if err := d.service.DisablePerson(t.Context(), local, "olga@example.com"); err != nil {
					t.Fatal(err)
				}
			},
		} {
			t.Run(name, func(t *testing.T) {
				_ = d.service.EnablePerson(t.Context(), local, "olga@example.com")
				b := d.browser().signIn("olga@example.com")
				id, token := b.cookie("keydesk_local"), b.get("/token")
				end(b)
				thief := d.browser()
				thief.plant("keydesk_local", id)
				if a := thief.do(http.MethodGet, "/who", ""); a.status != http.StatusSeeOther {
					t.Errorf("GET with the old id: %d %s", a.status, a.body)
				}
				if a := thief.do(http.MethodPost, "/change", session.FormField+"="+token); a.status != http.StatusUnauthorized {
					t.Errorf("POST with the old id and token: %d", a.status)
				}
			})
		}
	})
}

// A database that does not answer is an error, not a sign-out: nobody is sent to sign in, and no cookie is lost.
func TestADeadDatabaseSignsNobodyOut(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d := open(t, db, session.Options{})
		d.add("olga@example.com", models.Reviewer)
		b := d.browser().signIn("olga@example.com")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if a := b.do(http.MethodGet, "/who", ""); a.status < 500 || len(a.header.Values("Set-Cookie")) != 0 {
			t.Errorf("%d %v", a.status, a.header)
		}
	})
}

// Two people on 32 connections each, at the same time: nobody is ever taken for the other. echo reuses its contexts.
func TestPeopleAreNeverMixedUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db, session.Options{})
		var all sync.WaitGroup
		for _, email := range []string{"olga@example.com", "ivan@example.com"} {
			d.add(email, models.Reviewer)
			b := d.browser().signIn(email)
			want := email + " " + email
			for range 32 {
				all.Go(func() {
					for range 12 {
						if got := b.get("/who"); got != want {
							t.Errorf("%s is taken for %q", email, got)
						}
					}
				})
			}
		}
		all.Wait()
	})
}

func TestAFlashIsShownOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db, session.Options{})
		d.add("olga@example.com", models.Reviewer)
		b, other := d.browser().signIn("olga@example.com"), d.browser().signIn("olga@example.com")
		b.post("/flash", "text", "first")
		b.post("/flash", "text", "Key <b>created</b>")
		if got := other.get("/flash"); got != "" {
			t.Errorf("another session is shown %q", got)
		}
		if got := b.get("/flash"); got != "Key <b>created</b>" {
			t.Errorf("the flash is %q", got)
		}
		if got := b.get("/flash"); got != "" {
			t.Errorf("it is shown again: %q", got)
		}
		stranger := d.browser()
		if a := stranger.post("/flash", "text", "x"); a.status != http.StatusOK || stranger.get("/flash") != "" {
			t.Errorf("somebody who is not signed in is left a message (%d)", a.status)
		}
	})
}
