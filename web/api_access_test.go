package web_test

import (
	"encoding/json"
	"html"
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

const (
	apiPath   = "/api-access"
	revokeAPI = apiPath + "/revoke"
	endAPI    = apiPath + "/end"
)

var tokenShape = regexp.MustCompile(`t1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}`)

// token makes an IAM token in the browser, and gives it with the page that shows it and the form that made it.
func (b *browser) iamToken(life string) (token string, got page, form url.Values) {
	b.t.Helper()
	form = url.Values{"form_id": {b.get(apiPath).field("form_id")}, "life": {life}}
	got = b.post(apiPath, form)
	got.want(b.t, 201, "IAM token created")
	return tokenShape.FindString(got.text), got, form
}

// good reports whether the API takes the token.
func (a *app) good(token string) bool {
	_, err := a.desk.Authenticate(a.t.Context(), models.Actor{}, token)
	return err == nil
}

func TestATokenIsInOneAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		token, got, form := b.iamToken("4h")
		if token == "" || got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Location") != "" || strings.Count(got.text, token) != 1 {
			t.Fatalf("token %q, %d times, with %v", token, strings.Count(got.text, token), got.Header)
		}
		hidden(t, got.text, token)
		got.want(t, 201, "$YC_TOKEN", `os.Getenv("YC_TOKEN")`, strings.TrimPrefix(app.url, "http://"), "in 4 hours")
		by := must(app.desk.Authenticate(t.Context(), models.Actor{}, token))(t)
		if by.Actor.Name != b.mail() || by.Claims.Expires().Sub(by.Claims.Issued()) != 4*time.Hour {
			t.Errorf("the token is of %s, for %v", by.Actor.Name, by.Claims)
		}
		b.post(apiPath, form).want(t, 409, "The token was shown once")
		b = reopened(b)
		admin := app.as(models.Administrator)
		for _, path := range []string{apiPath, "/account"} {
			b.get(path).want(t, 200)
		}
		admin.get("/audit").want(t, 200, "Created IAM token")
		admin.get("/audit?action=token.create").want(t, 200, by.Claims.ID)
		for _, seen := range append(b.seen, admin.seen...) {
			if strings.Contains(seen, token) {
				t.Errorf("the token is in another answer:\n%s", excerpt(seen))
			}
		}
		if strings.Contains(app.log.String(), token) {
			t.Error("the token is in the log")
		}
	})
}

func TestTokensEnd(t *testing.T) {
	app := start(t, storetest.New(t))
	b, other := app.as(models.Operator), app.as(models.Reviewer)
	first, _, _ := b.iamToken("1h")
	second, _, _ := b.iamToken("12h")
	theirs, _, _ := other.iamToken("1h")
	b.follow(b.post(revokeAPI, url.Values{"iam_token": {" " + first + "\n"}})).want(t, 200, "The token is revoked")
	b.post(revokeAPI, url.Values{"iam_token": {first}}).want(t, 303)
	if app.good(first) || !app.good(second) || !app.good(theirs) {
		t.Error("that token alone ends")
	}
	app.pass(time.Second)
	b.get(endAPI).want(t, 200, "End all your tokens")
	b.follow(b.post(endAPI, nil)).want(t, 200, "All your IAM tokens are ended.")
	if app.good(second) || !app.good(theirs) {
		t.Error("all of the person's end, and nobody else's")
	}
	for _, seen := range b.seen[len(b.seen)-6:] {
		if strings.Contains(seen, first) {
			t.Error("a token that was pasted is said back")
		}
	}
}

func TestRefusedTokenForms(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	token, _, _ := b.iamToken("1h")
	form := func(pairs ...string) url.Values {
		return altered(url.Values{"form_id": {b.get(apiPath).field("form_id")}, "life": {"1h"}}, pairs...)
	}
	b.post(apiPath, form("life", "13h")).want(t, 422, "Choose how long")
	b.post(apiPath, form("life", "")).want(t, 422, "Choose how long")
	b.post(apiPath, form("person", "x")).want(t, 422, "a field that it does not have")
	b.post(apiPath, form("form_id", "made up")).want(t, 403, "Nothing was made")
	b.post(apiPath, form("form_id", b.get("/service-accounts/new").field("form_id"))).want(t, 403)
	b.post(revokeAPI, nil).want(t, 422, "Paste the token")
	b.post(revokeAPI, url.Values{"iam_token": {"what is this"}}).want(t, 422, "This is no IAM token", "what is this")
	cut := token[:len(token)-1]
	if got := b.post(revokeAPI, url.Values{"iam_token": {cut}}); got.StatusCode != 422 || strings.Contains(got.text, cut) {
		t.Errorf("a token that was cut: status %d, said back: %v", got.StatusCode, strings.Contains(got.text, cut))
	}
	b.post("/find", url.Values{"q": {token}}).want(t, 422, "it is an IAM token")
	account := url.Values{"form_id": {b.get("/service-accounts/new").field("form_id")}, "name": {"with-token"}, "description": {"uses " + token}, "expires": {"never"}}
	if got := b.post("/service-accounts/new", account); got.StatusCode != 422 || strings.Contains(got.text, token) {
		t.Errorf("a token in a description: status %d", got.StatusCode)
	}
	if !app.good(token) {
		t.Error("a refused form ended the token")
	}
}

func TestEndingSessionsEndsTokens(t *testing.T) {
	app := start(t, storetest.New(t))
	b, admin := app.as(models.Administrator), app.as(models.Administrator)
	token, _, _ := b.iamToken("1h")
	at := "/people/" + b.me()
	app.pass(time.Second)
	admin.get(at+"/sessions").want(t, 200, "IAM token")
	admin.post(at+"/sessions", nil).want(t, 303)
	if app.good(token) {
		t.Error("the token outlives the sessions")
	}
}

func TestAnAccountsTokensEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a, other := app.account("terraform", models.RoleEditor), app.account("other", models.RoleEditor)
		of := func(a models.Account) string { return must(app.desk.Impersonate(t.Context(), local, a.ID))(t).Token }
		first, theirs := of(a), of(other)
		app.pass(time.Second)
		b, reader, at := app.as(models.Operator), app.as(models.Reviewer), "/service-accounts/"+a.ID
		b.get(at+"?tab=authorized-keys").want(t, 200, "End all IAM tokens", at+"/end-tokens")
		b.get(at+"/end-tokens").want(t, 200, "End all IAM tokens of terraform", "It has no authorized key")
		reader.get(at+"/end-tokens").want(t, 403)
		reader.post(at+"/end-tokens", nil).want(t, 403)
		b.post(at+"/end-tokens", url.Values{"all": {"yes"}}).want(t, 422)
		if !app.good(first) {
			t.Fatal("a refused form ended the token")
		}
		b.follow(b.post(at+"/end-tokens", nil)).want(t, 200, "All IAM tokens of this service account are ended.")
		app.pass(time.Second)
		if app.good(first) || !app.good(theirs) || !app.good(of(a)) {
			t.Error("those that it got until then end, and no others")
		}
		app.as(models.Administrator).get("/audit?action=account.end_tokens").want(t, 200, "Ended all IAM tokens of service account", "terraform")
		must(app.desk.CreateAuthorizedKey(t.Context(), local, manage.NewAuthorizedKey{AccountID: a.ID, Algorithm: models.RSA2048}))(t)
		b.get(at+"/end-tokens").want(t, 200, "It keeps 1 authorized key")
		must(app.desk.DeleteAccount(t.Context(), local, a.ID, a.Name, manage.Stop{Reason: models.ReasonUnused}))(t)
		b.get(at+"/end-tokens").want(t, 409, "ended with it")
		b.post(at+"/end-tokens", nil).want(t, 409)
	})
}

var pemShape = regexp.MustCompile(`(?s)-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----`)

func TestAnAuthorizedKeyIsInOneAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b, reader := app.as(models.Operator), app.as(models.Reviewer)
		a := app.account("terraform", "editor")
		at := "/service-accounts/" + a.ID
		tab, makes := at+"?tab=authorized-keys", at+"/authorized-keys/new"
		reader.get(tab).want(t, 403)
		if reader.get(at).says("Authorized keys") {
			t.Error("a reviewer is shown a tab that would refuse")
		}
		b.get(tab).want(t, 200, "No authorized keys")
		form := url.Values{"form_id": {b.get(makes).field("form_id")}, "description": {"CI of billing"}, "algorithm": {"RSA_2048"}}
		got := b.post(makes, form)
		got.want(t, 201, "Authorized key created")
		k := must(app.desk.AuthorizedKeys(t.Context(), local, a.ID, models.Cursor{}, 10))(t).Rows[0]
		_, file, _ := strings.Cut(got.text, `aria-label="Key file">`)
		file, _, _ = strings.Cut(file, "</code>")
		var in map[string]string
		must(0, json.Unmarshal([]byte(html.UnescapeString(file)), &in))(t)
		line := "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <" + k.ID + ">\n-----BEGIN PRIVATE KEY-----"
		if in["id"] != k.ID || in["service_account_id"] != a.ID || in["key_algorithm"] != "RSA_2048" || in["public_key"] != k.PublicKey ||
			!strings.HasPrefix(in["private_key"], line) || in["created_at"] == "" {
			t.Errorf("the file is %v", in)
		}
		private := pemShape.FindString(in["private_key"])
		body := strings.Split(private, "\n")[1]
		if got.Header.Get("Cache-Control") != "no-store" || body == "" {
			t.Errorf("%v", got.Header)
		}
		b.post(makes, form).want(t, 409, "The key was shown once", "CI of billing")
		b = reopened(b)
		b.get(tab).want(t, 200, "CI of billing", k.ID, "Never used")
		b.get("/authorized-keys/"+k.ID+"/delete").want(t, 200, "CI of billing", "terraform")
		reader.get("/authorized-keys/"+k.ID+"/delete").want(t, 403)
		reader.post("/authorized-keys/"+k.ID+"/delete", nil).want(t, 403)
		b.follow(b.post("/authorized-keys/"+k.ID+"/delete", nil)).want(t, 200, "The authorized key is deleted", "No authorized keys")
		for _, seen := range b.seen {
			if strings.Contains(seen, body) {
				t.Errorf("the private key is in another answer:\n%s", excerpt(seen))
			}
		}
		if strings.Contains(app.log.String(), body) {
			t.Error("the private key is in the log")
		}
	})
}

func TestRefusedAuthorizedKeyForms(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Operator)
	a, above := app.account("terraform", "editor"), app.account("above", "admin")
	makes := func(a models.Account) string { return "/service-accounts/" + a.ID + "/authorized-keys/new" }
	form := func(pairs ...string) url.Values {
		return altered(url.Values{"form_id": {b.get(makes(a)).field("form_id")}, "algorithm": {"RSA_2048"}}, pairs...)
	}
	b.post(makes(a), form("algorithm", "ECDSA")).want(t, 422, "Choose one of the algorithms")
	b.post(makes(a), form("description", strings.Repeat("x", 257))).want(t, 422, "256 characters at most")
	b.post(makes(a), form("form_id", "made up")).want(t, 403)
	b.post(makes(above), form()).want(t, 403)
	b.get(makes(above)).want(t, 403, "may more than you do")
	app.as(models.Administrator).get(makes(above)).want(t, 200)
	must(app.desk.DeleteAccount(t.Context(), local, a.ID, a.Name, manage.Stop{Reason: models.ReasonUnused}))(t)
	b.get(makes(a)).want(t, 409)
	for _, acct := range []models.Account{above} {
		if n := len(must(app.desk.AuthorizedKeys(t.Context(), local, acct.ID, models.Cursor{}, 10))(t).Rows); n != 0 {
			t.Errorf("%d keys were made", n)
		}
	}
}
