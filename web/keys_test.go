package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

var secretShape = regexp.MustCompile(`keydesk_[0-9A-Za-z]{49}`)

func newKeyForm(formID string) url.Values {
	return url.Values{"form_id": {formID}, "description": {"prod worker"}, "scopes": {"orders.read", "orders.write"}, "expires": {"90d"}}
}

func newKeyPath(a models.Account) string { return "/service-accounts/" + a.ID + "/keys/new" }

// made creates a key in the browser and gives the page with the secret, and the form that made it.
func (b *browser) made(a models.Account) (page, url.Values) {
	b.t.Helper()
	form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
	got := b.post(newKeyPath(a), form)
	got.want(b.t, 201)
	return got, form
}

func TestAKeysSecretIsInOneAnswer(t *testing.T) { // security.md 43, 46, 47, 48; L1, L13
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		a := app.account("billing-worker", "orders.user")
		got, form := b.made(a)
		secret := secretShape.FindString(got.text)
		if secret == "" || got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Location") != "" {
			t.Fatalf("secret %q with %v", secret, got.Header)
		}
		hidden(t, got.text, secret)
		again := b.post(newKeyPath(a), form) // reload, double click, second tab, Back and submit: the same request
		again.want(t, 409, "The secret was shown once", "prod worker", "Reissue")
		app.pass(25 * time.Minute)
		b.post(newKeyPath(a), form).want(t, 409)
		if n := app.keys(a); n != 1 {
			t.Errorf("%d keys, want one", n)
		}
		id := must(app.desk.AccountKeys(t.Context(), local, a.ID, manage.KeyFilter{}))(t).Rows[0].ID
		b = reopened(b)
		for _, path := range []string{"/service-accounts", "/service-accounts/" + a.ID, newKeyPath(a), "/keys/" + id, "/keys/" + id + "/edit", "/keys/" + id + "/revoke"} {
			b.get(path).want(t, 200)
		}
		for _, seen := range b.seen {
			if strings.Contains(seen, secret) {
				t.Errorf("the secret is in another answer:\n%s", excerpt(seen))
			}
		}
		if strings.Contains(app.log.String(), secret) {
			t.Error("the secret is in the log")
		}
	})
}

// reopened forgets the answers so far: what is looked at next must be without the secret.
func reopened(b *browser) *browser {
	return &browser{app: b.app, client: b.client, token: b.token}
}

// hidden reports where a secret must not stand even on its own page: what browsers keep, restore or send on.
func hidden(t *testing.T, text, secret string) {
	t.Helper()
	title, _, _ := strings.Cut(text, "</title>")
	if strings.Contains(title, secret) {
		t.Error("the secret is in the title")
	}
	for _, tag := range regexp.MustCompile(`<[a-z][^>]*>`).FindAllString(text, -1) {
		if strings.Contains(tag, secret) {
			t.Errorf("the secret is in an attribute: %s", tag)
		}
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") {
			t.Errorf("the page asks somebody else: %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`<script[^>]*>`).FindAllString(text, -1) {
		if !strings.Contains(m, "nonce=") || !strings.Contains(m, "src=") {
			t.Errorf("a script without source or nonce: %s", m)
		}
	}
}

func TestRefusedKeyForms(t *testing.T) { // security.md 31, 34, 35, 36
	app := start(t, storetest.New(t))
	b, a := app.as(models.Operator), app.account("billing-worker", "orders.user")
	for name, tc := range map[string]struct {
		in   url.Values
		says string
	}{
		"no scope":                  {url.Values{"scopes": nil}, "Choose at least one scope"},
		"an empty scope":            {url.Values{"scopes": {""}}, "Choose at least one scope"},
		"a blank scope":             {url.Values{"scopes": {"  "}}, "Choose at least one scope"},
		"scopes renamed":            {url.Values{"scopes": nil, "scope": {"orders.read"}}, "a field that it does not have"},
		"an unknown scope":          {url.Values{"scopes": {"orders.everything"}}, `There is no scope "orders.everything"`},
		"a wildcard":                {url.Values{"scopes": {"orders.*"}}, `There is no scope "orders.*"`},
		"a look-alike":              {url.Values{"scopes": {"оrders.read"}}, "There is no scope"},
		"a scope twice":             {url.Values{"scopes": {"orders.read", "orders.read"}}, "is there twice"},
		"101 scopes":                {url.Values{"scopes": many(101, "orders.read")}, "100 scopes at most"},
		"a scope too long":          {url.Values{"scopes": {strings.Repeat("x", 257)}}, "There is no scope"},
		"no expiry chosen":          {url.Values{"expires": nil}, "Choose one of these"},
		"an expiry that is none":    {url.Values{"expires": {"100y"}}, "Choose one of these"},
		"an expiry sent twice":      {url.Values{"expires": {"7d", "never"}}, "sent more than once"},
		"in the past":               {date("2020-01-01"), "in the past"},
		"1969":                      {date("1969-12-31"), "in the past"},
		"beyond all limits":         {date("2106-01-01"), "the end of 2105"},
		"no such day":               {date("9999-99-99"), "Enter a day"},
		"a leap second":             {date("2030-06-30T23:59:60Z"), "Enter a day"},
		"without a zone":            {date("2030-06-30T12:00:00"), "Enter a day"},
		"the year nought":           {date("0001-01-01"), "Enter a day"},
		"no date":                   {date(""), "Enter a day"},
		"257 characters":            {url.Values{"description": {strings.Repeat("é", 257)}}, "256 characters at most"},
		"a line break":              {url.Values{"description": {"a\r\nb"}}, "line breaks"},
		"a reversed text":           {url.Values{"description": {"a\u202eb"}}, "invisible control characters"},
		"NUL":                       {url.Values{"description": {"a\x00b"}}, "Remove control characters"},
		"invalid UTF-8":             {url.Values{"description": {"a\xff"}}, "Remove control characters"},
		"a replaced key of nowhere": {url.Values{"id": {"x"}, "secret": {"x"}, "service_account_id": {"x"}}, "a field that it does not have"},
	} {
		t.Run(name, func(t *testing.T) {
			form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
			for field, values := range tc.in {
				form[field] = values
			}
			got := b.post(newKeyPath(a), form)
			got.want(t, 422, tc.says, "Create API key")
			if tc.in.Get("description") == "" && !got.says("prod worker") {
				t.Error("the form came back without what was typed")
			}
			if n := app.keys(a); n != 0 {
				t.Errorf("%d keys were made", n)
			}
		})
	}
}

func date(text string) url.Values { return url.Values{"expires": {"date"}, "expires_date": {text}} }

func many(n int, value string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = value
	}
	return out
}

func TestAcceptedKeyForms(t *testing.T) {
	app := start(t, storetest.New(t))
	b, a := app.as(models.Operator), app.account("billing-worker", "orders.user")
	for name, tc := range map[string]struct {
		in  url.Values
		end func(now time.Time) time.Time
	}{
		"a preset":        {url.Values{"expires": {"7d"}}, func(now time.Time) time.Time { return now.Add(7 * 24 * time.Hour) }},
		"never":           {url.Values{"expires": {"never"}}, func(time.Time) time.Time { return time.Time{} }},
		"a day":           {date("2101-02-03"), func(time.Time) time.Time { return time.Date(2101, 2, 3, 0, 0, 0, 0, time.UTC) }},
		"a time and zone": {date("2101-02-03T14:00:00.123456789+14:00"), func(time.Time) time.Time { return time.Date(2101, 2, 3, 0, 0, 0, 123456000, time.UTC) }},
		"256 characters":  {url.Values{"description": {strings.Repeat("é", 256)}, "expires": {"never"}}, func(time.Time) time.Time { return time.Time{} }},
		"an emoji":        {url.Values{"description": {"🔑 e\u0301\u0301\u0301"}, "expires": {"never"}}, func(time.Time) time.Time { return time.Time{} }},
	} {
		t.Run(name, func(t *testing.T) {
			form := newKeyForm(b.get(newKeyPath(a)).field("form_id"))
			for field, values := range tc.in {
				form[field] = values
			}
			b.post(newKeyPath(a), form).want(t, 201)
			k := must(app.desk.AccountKeys(t.Context(), local, a.ID, manage.KeyFilter{}))(t).Rows[0]
			want := tc.end(k.CreatedAt)
			if !k.ExpiresAt.Equal(want) || k.Description != form.Get("description") || k.CreatedVia != "console" {
				t.Errorf("got %q until %v via %q, want until %v", k.Description, k.ExpiresAt, k.CreatedVia, want)
			}
		})
	}
}
