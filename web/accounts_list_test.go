package web_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// use counts accepted requests with a key, as a gate does.
func (a *app) use(s *store.Store, sequence int64, k models.Key, scope string, n int64, ago time.Duration) {
	a.t.Helper()
	at := models.Instant(a.now().Add(-ago))
	must(0, s.Flush(a.t.Context(), models.Flush{
		GateID: "gat1", Sequence: sequence, Uses: []models.Use{{
			KeyID: k.ID, AccountID: k.AccountID, SecretID: k.Secrets[0].ID, Bucket: at.Truncate(time.Hour), Requested: scope, Granted: scope,
			Outcome: models.Allowed, Network: "10.2.3.0/24", Count: n, LastAt: at,
		}},
		Last: []models.LastUsed{{KeyID: k.ID, Allowed: models.Sighting{At: at, Scope: scope, Address: "10.2.3.4", Agent: "curl/8.5"}}},
	}))(a.t)
}

// names are the accounts that a list shows, in its order.
func (p page) names() string {
	var all []string
	for _, m := range regexp.MustCompile(`class="row-link wrap" href="/service-accounts/[^"]+">([^<]+)<`).FindAllStringSubmatch(p.text, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

func TestTheListOfAccounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		busy, idle, _ := app.account("busy", "orders.user"), app.account("idle", "orders.user"), app.account("empty")
		worker, old := app.key(busy, "worker").Key, app.key(idle, "old").Key
		app.pass(40 * 24 * time.Hour)
		app.use(s, 1, worker, "orders.read", 1234, time.Minute)
		app.use(s, 2, old, "orders.read", 1, 35*24*time.Hour)
		b := app.as(models.Reviewer)
		list := b.get("/service-accounts")
		list.want(t, 200, "1 unused", "1,234 requests allowed and 0 refused in 14 days", "No requests in 14 days", "Never used", "Export CSV", "1 min ago")
		for query, want := range map[string]string{
			"":                          "busy empty idle",
			"?sort=-name":               "idle empty busy",
			"?sort=used":                "empty idle busy",
			"?sort=-used":               "busy idle empty",
			"?sort=created":             "busy idle empty",
			"?sort=-created":            "empty idle busy",
			"?unused=30":                "idle",
			"?unused=90":                "",
			"?scope=orders.read":        "busy idle",
			"?scope=orders.write":       "",
			"?owner=TEAM%40":            "busy empty idle",
			"?owner=olga":               "",
			"?q=usy&owner=team":         "busy",
			"?q=" + worker.ID:           "busy",
			"?expiring=30":              "",
			"?q=&state=&unused=&scope=": "busy empty idle",
		} {
			if got := b.get("/service-accounts" + query).names(); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		app.pass(45 * 24 * time.Hour) // of the keys' 90 days five are left
		if got := app.as(models.Reviewer).get("/service-accounts?expiring=7"); got.names() != "busy idle" || !got.says("1 expiring") {
			t.Errorf("expiring: %q", got.names())
		}
	})
}

func TestAColumnHeadSortsAndKeepsTheFilter(t *testing.T) {
	app := start(t, storetest.New(t))
	app.account("busy", "orders.user")
	b := app.as(models.Reviewer)
	got := b.get("/service-accounts?q=bu&sort=used")
	for _, part := range []string{
		`aria-sort="ascending"><a href="/service-accounts?q=bu&amp;sort=-used"`, `<a href="/service-accounts?q=bu">Name`,
		`<a href="/service-accounts?q=bu&amp;sort=-created">Created`, `href="/service-accounts.csv?q=bu&amp;sort=used"`,
		`<option value="used" selected>`,
	} {
		if !strings.Contains(got.text, part) {
			t.Errorf("the page has no %s", part)
		}
	}
	for _, query := range []string{"sort=owner", "sort=used%20DESC", "unused=31", "unused=-1", "expiring=x", "state=deleted", "sort=used&sort=name", "dir=asc", "scope=" + strings.Repeat("x", 257)} {
		if got := b.get("/service-accounts?" + query); got.StatusCode != http.StatusBadRequest && got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", query, got.StatusCode)
		}
	}
}

func TestPagesOfASortedList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		for i := range 60 {
			app.account("account-" + string(rune('a'+i/26)) + string(rune('a'+i%26)))
		}
		b := app.as(models.Reviewer)
		for _, sort := range []string{"-name", "used", "-used", "created", "-created"} {
			first := b.get("/service-accounts?sort=" + sort)
			second := b.get(first.link(t, "next"))
			if a, z := len(strings.Fields(first.names())), len(strings.Fields(second.names())); a != 50 || z != 10 {
				t.Errorf("by %s: %d and %d rows", sort, a, z)
			}
			if back := b.get(second.link(t, "prev")); back.names() != first.names() {
				t.Errorf("by %s: back is another page", sort)
			}
		}
	})
}

func TestTheListOfAccountsAsAFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a, _ := app.account("busy", "orders.user"), app.account("quiet")
		app.use(s, 1, app.key(a, "worker").Key, "orders.read", 7, time.Minute)
		_, _, err := app.desk.CreateAccount(t.Context(), local, manage.NewAccount{Name: "formula", Owner: "team@example.com", Description: "=cmd|' /C calc'!A1"})
		must(0, err)(t)
		b := app.as(models.Reviewer)
		got := b.get("/service-accounts.csv?sort=-name")
		got.want(t, 200)
		if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") || !strings.Contains(got.Header.Get("Content-Disposition"), "keydesk-service-accounts-") {
			t.Errorf("it is %v", got.Header)
		}
		rows := must(csv.NewReader(strings.NewReader(got.text)).ReadAll())(t)
		if len(rows) != 4 || rows[1][1] != "quiet" || rows[3][1] != "busy" || rows[3][6] != "1" || rows[3][8] != "7" || rows[3][4] != "orders.user" || rows[2][2] != "'=cmd|' /C calc'!A1" {
			t.Errorf("%q", rows)
		}
		sum := sha256.Sum256([]byte(got.text))
		e := lastEvent(t, app)
		if e.Action != "accounts.export" || e.Result != models.EventDone || !strings.Contains(e.After, hex.EncodeToString(sum[:])) || !strings.Contains(e.After, `"rows":3`) || !strings.Contains(e.After, `"complete":true`) || !strings.Contains(e.After, "sort=-name") {
			t.Errorf("event %+v", e)
		}
		before := e.Number
		b.do(b.request("HEAD", "/service-accounts.csv", nil)).want(t, 200)
		b.get("/service-accounts.csv?sort=owner").want(t, 400)
		if got := lastEvent(t, app); got.Number != before {
			t.Errorf("nothing left, and is an event: %+v", got)
		}
		responder := app.as(models.Responder)
		responder.get("/service-accounts.csv").want(t, 403)
		if responder.get("/service-accounts").says("Export CSV") {
			t.Error("a responder is offered a file that would be refused")
		}
	})
}
