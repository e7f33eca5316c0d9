package session_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/web/session"
)

func TestRequire(t *testing.T) {
	d := open(t, storetest.New(t), session.Options{})
	d.add("olga@example.com", models.Reviewer)
	d.add("root@example.com", models.Administrator)
	nobody, olga, root := d.browser(), d.browser().signIn("olga@example.com"), d.browser().signIn("root@example.com")
	for name, tc := range map[string]struct {
		by     *browser
		path   string
		header []string
		status int
	}{
		"anyone":                          {nobody, "/open", nil, http.StatusOK},
		"signed in":                       {olga, "/who", nil, http.StatusOK},
		"with the permission":             {root, "/people", nil, http.StatusOK},
		"without the permission":          {olga, "/people", nil, http.StatusForbidden},
		"a route that forgot, nobody":     {nobody, "/shut", nil, http.StatusForbidden},
		"a route that forgot, all":        {root, "/shut", nil, http.StatusForbidden},
		"a page, not signed in":           {nobody, "/who", nil, http.StatusSeeOther},
		"JSON, not signed in":             {nobody, "/who", []string{"Accept", "application/json"}, http.StatusUnauthorized},
		"a part of a page, not signed in": {nobody, "/who", []string{"HX-Request", "true"}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			if a := tc.by.do(http.MethodGet, tc.path, "", tc.header...); a.status != tc.status {
				t.Errorf("%d, want %d: %s", a.status, tc.status, a.body)
			}
		})
	}
	if a := nobody.do(http.MethodGet, "/who?tab=keys&x=1", ""); a.header.Get("Location") != "/signin?return=%2Fwho%3Ftab%3Dkeys%26x%3D1" {
		t.Errorf("not signed in: Location %q", a.header.Get("Location"))
	}
}

func TestARefusedPersonLeavesAnEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db, session.Options{})
		d.add("olga@example.com", models.Reviewer)
		d.browser().signIn("olga@example.com").get("/people")
		d.browser().get("/shut") // a stranger leaves none
		var page models.Page[store.EventRow]
		err := db.Read(t.Context(), func(tx *store.Tx) (err error) {
			page, err = tx.Events(store.EventQuery{Scope: models.FolderScope{All: true}, Limit: 10})
			return err
		})
		refused := slices.DeleteFunc(page.Rows, func(e store.EventRow) bool { return e.Result != models.EventRefused })
		if err != nil || len(refused) != 1 {
			t.Fatalf("%d refusals are recorded (%v), want 1", len(refused), err)
		}
		if e := refused[0]; e.ActorName != "olga@example.com" || e.ObjectID != string(models.PeopleManage) || e.Address == "" || e.Reason != "forbidden" {
			t.Errorf("event = %+v", e)
		}
	})
}

// What a form may come from, and with which token. All rows have the cookie of the session.
func TestForms(t *testing.T) {
	d := open(t, storetest.New(t), session.Options{PublicURL: "https://keydesk.example.com"})
	d.add("olga@example.com", models.Reviewer)
	b, other, nobody := d.browser().signIn("olga@example.com"), d.browser().signIn("olga@example.com"), d.browser()
	own, planted := b.get("/token"), nobody.get("/token")
	b.plant("keydesk_local_form", nobody.cookie("keydesk_local_form")) // gains nothing: the session's own key counts
	for name, tc := range map[string]struct {
		token  string
		header []string
		status int
	}{
		"our own page":                     {own, nil, http.StatusOK},
		"our own page, again":              {own, nil, http.StatusOK},
		"an older browser":                 {own, []string{"Sec-Fetch-Site", ""}, http.StatusOK},
		"a program without either header":  {own, []string{"Sec-Fetch-Site", "", "Origin", ""}, http.StatusOK},
		"typed by the user":                {own, []string{"Sec-Fetch-Site", "none"}, http.StatusOK},
		"behind a proxy, by its origin":    {own, []string{"Sec-Fetch-Site", "", "Origin", "https://keydesk.example.com"}, http.StatusOK},
		"another site":                     {own, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, http.StatusForbidden},
		"a sibling of the site":            {own, []string{"Sec-Fetch-Site", "same-site", "Origin", "https://blog.example.com"}, http.StatusForbidden},
		"another port of this host":        {own, []string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"}, http.StatusForbidden},
		"an older browser on another site": {own, []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, http.StatusForbidden},
		"a sandboxed frame":                {own, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe", "Origin", "null"}, http.StatusForbidden},
		"an older browser, origin null":    {own, []string{"Sec-Fetch-Site", "", "Origin", "null"}, http.StatusForbidden},
		"no token":                         {"", nil, http.StatusForbidden},
		"no token and no headers":          {"", []string{"Sec-Fetch-Site", "", "Origin", ""}, http.StatusForbidden},
		"a token of another session":       {other.get("/token"), nil, http.StatusForbidden},
		"a token from before the sign-in":  {planted, nil, http.StatusForbidden},
		"a form id in its place":           {b.get("/id?for=key"), nil, http.StatusForbidden},
		"a token cut by one":               {own[:len(own)-1], nil, http.StatusForbidden},
		"a token with one letter changed":  {flip(own), nil, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.do(http.MethodPost, "/change", url.Values{session.FormField: {tc.token}}.Encode(), tc.header...)
			if a.status != tc.status {
				t.Errorf("%d, want %d", a.status, tc.status)
			}
			if a.status == http.StatusForbidden && !strings.Contains(a.body, "Go back") && !strings.Contains(a.body, "Open Keydesk itself") {
				t.Errorf("the refusal does not say what to do: %s", a.body)
			}
		})
	}
	if a := b.do(http.MethodPost, "/change?"+session.FormField+"="+own, ""); a.status != http.StatusForbidden {
		t.Errorf("a token in the address: %d", a.status)
	}
	if a := b.do(http.MethodPost, "/change", "", session.FormHeader, own); a.status != http.StatusOK {
		t.Errorf("a token in the header: %d", a.status)
	}
	if a := nobody.post("/change"); a.status != http.StatusUnauthorized {
		t.Errorf("not signed in: %d", a.status)
	}
	if a := b.do(http.MethodPost, "/change", "%zz=1"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a form that is none: %d", a.status)
	}
}

// flip changes one letter in the middle, where all six bits count.
func flip(token string) string {
	letter := byte('A')
	if token[40] == letter {
		letter = 'B'
	}
	return token[:40] + string(letter) + token[41:]
}

// The form of the sign-in page is bound to its browser too, so that nobody can be signed in as somebody else unawares.
func TestSignInFormsAreBoundToTheirBrowser(t *testing.T) {
	d := open(t, storetest.New(t), session.Options{})
	d.add("mallory@example.com", models.Reviewer)
	mallory, victim := d.browser(), d.browser()
	form := url.Values{session.FormField: {mallory.get("/token")}, "email": {"mallory@example.com"}}.Encode()
	for name, prepare := range map[string]func(){"without a visit": func() {}, "after a visit": func() { victim.get("/token") }} {
		prepare()
		if a := victim.do(http.MethodPost, "/in", form, "Sec-Fetch-Site", "", "Origin", ""); a.status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, a.status)
		}
	}
	if a := mallory.do(http.MethodPost, "/in", form); a.status != http.StatusOK {
		t.Errorf("in its own browser: %d", a.status)
	}
}

func TestFormIDs(t *testing.T) {
	d := open(t, storetest.New(t), session.Options{})
	d.add("olga@example.com", models.Reviewer)
	b, other := d.browser().signIn("olga@example.com"), d.browser().signIn("olga@example.com")
	id := b.get("/id?for=key.create")
	if again := b.get("/id?for=key.create"); again == id {
		t.Error("two forms share an id")
	}
	for name, tc := range map[string]struct {
		by      *browser
		use, id string
		fits    bool
	}{
		"its own":            {b, "key.create", id, true},
		"another purpose":    {b, "account.create", id, false},
		"another session":    {other, "key.create", id, false},
		"changed":            {b, "key.create", flip(id), false},
		"empty":              {b, "key.create", "", false},
		"a form token":       {b, "key.create", b.get("/token"), false},
		"the use form token": {b, "form token", b.get("/token"), false},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.by.get("/check-id?for=" + url.QueryEscape(tc.use) + "&id=" + url.QueryEscape(tc.id))
			if (got == "fits") != tc.fits {
				t.Errorf("it %s", got)
			}
		})
	}
}

func TestReturnPath(t *testing.T) {
	for raw, want := range map[string]string{
		"/service-accounts":         "/service-accounts",
		"/keys?unused=30&sort=name": "/keys?unused=30&sort=name",
		"/keys?next=//evil.example": "/keys?next=//evil.example",
		"/keys/%2e%2e/x":            "/keys/%2e%2e/x",
		"":                          "/",
		"keys":                      "/",
		"//evil.example":            "/",
		"///evil.example":           "/",
		`/\evil.example`:            "/",
		`\\evil.example`:            "/",
		"/%2f/evil.example":         "/",
		"/%5cevil.example":          "/",
		"https://evil.example/":     "/",
		"http:evil.example":         "/",
		"javascript:alert(1)":       "/",
		"/\tevil":                   "/",
		"/x\r\nSet-Cookie: a=b":     "/",
		"/\x00":                     "/",
		"/%zz":                      "/",
		"/signin?return=/x":         "/",
		"/signout":                  "/",
		"/setup/abc":                "/",
		"/reset":                    "/",
		"/signing-keys":             "/signing-keys",
	} {
		if got := session.ReturnPath(raw); got != want {
			t.Errorf("ReturnPath(%q) = %q, want %q", raw, got, want)
		}
	}
}

// A form whose body arrives after its person was disabled changes nothing.
func TestAFormThatArrivesTooLate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		d := open(t, db, session.Options{})
		d.add("root@example.com", models.Administrator)
		d.add("olga@example.com", models.Operator)
		b := d.browser().signIn("olga@example.com")
		form := url.Values{session.FormField: {b.get("/token")}}.Encode()
		body, rest := io.Pipe()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/change", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		answered := make(chan int)
		go func() {
			client := http.Client{Jar: b.jar}
			res, err := client.Do(r)
			if err != nil {
				answered <- 0
				return
			}
			defer res.Body.Close() //nolint:errcheck // only its status counts
			answered <- res.StatusCode
		}()
		if _, err := io.WriteString(rest, form[:10]); err != nil { // the request is on its way
			t.Fatal(err)
		}
		if err := d.service.DisablePerson(t.Context(), local, "olga@example.com"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(rest, form[10:]); err != nil {
			t.Fatal(err)
		}
		_ = rest.Close()
		if got := <-answered; got != http.StatusUnauthorized {
			t.Errorf("status %d, want 401", got)
		}
	})
}
