package web_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// several makes keys of an account, named after it.
func (a *app) several(acct models.Account, n int) []models.Key {
	a.t.Helper()
	var list []models.Key
	for range n {
		list = append(list, a.key(acct, "of "+acct.Name).Key)
	}
	return list
}

func TestAllKeysAreListed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Operator)
		b.get("/keys").want(t, 200, "No keys yet")
		orders, billing := app.account("orders-api", "orders.user"), app.account("billing-worker", "orders.user")
		first := app.several(orders, 1)[0]
		app.several(billing, 1)
		_, _, err := app.desk.DisableKey(t.Context(), local, first.ID, manage.Stop{Reason: models.ReasonUnused})
		must(0, err)(t)

		b.get("/keys").want(t, 200, "of orders-api", "of billing-worker", "team@example.com", "Active", "Disabled", first.Mask())
		for address, want := range map[string]struct{ has, not string }{
			"/keys?tab=disabled":                       {"of orders-api", "of billing-worker"},
			"/keys?tab=attention":                      {"No key deserves a look", "of orders-api"},
			"/keys?account=billing-worker":             {"of billing-worker", "of orders-api"},
			"/keys?account=" + orders.ID:               {"of orders-api", "of billing-worker"},
			"/keys?account=nobody":                     {"No key matches", "of orders-api"},
			"/keys?owner=TEAM@example.com":             {"of orders-api", "No key matches"},
			"/keys?owner=x@example.com&state=":         {"owner “x@example.com”", "of orders-api"},
			"/keys?scope=orders.read":                  {"of orders-api", "No key matches"},
			"/keys?scope=orders.write&tab=":            {"scope “orders.write”", "of orders-api"},
			"/keys?state=active":                       {"of billing-worker", "of orders-api"},
			"/keys?state=revoked&account=" + orders.ID: {"No key matches", "of orders-api"},
			"/keys?unused_since=2020-01-01":            {"No key matches", "of orders-api"},
			"/keys?expiring_before=2100-01-01":         {"of orders-api", "No key matches"},
			"/keys?network=10.0.0.1":                   {"No key matches", "of orders-api"},
			"/keys?sort=-used":                         {`aria-sort="descending"`, "No key matches"},
			"/keys?tab=expiring&sort=created":          {"Nothing here", "of orders-api"},
		} {
			got := b.get(address)
			got.want(t, 200)
			if !strings.Contains(got.text, htmlText(want.has)) || strings.Contains(excerpt(got.text), htmlText(want.not)) {
				t.Errorf("%s: want %q and not %q\n%s", address, want.has, want.not, excerpt(got.text))
			}
		}
	})
}

func htmlText(text string) string { return strings.ReplaceAll(text, "'", "&#39;") }

func TestAListIsPagedBothWays(t *testing.T) {
	app := start(t, storetest.New(t))
	app.several(app.account("orders-api", "orders.user"), 51)
	b := app.as(models.Reviewer)
	for _, address := range []string{"/keys", "/keys?tab=attention", "/keys?sort=created", "/keys?sort=-used&owner=team%40example.com", "/keys?sort=expires"} {
		if strings.Contains(address, "attention") {
			app.pass(10 * 24 * time.Hour) // each was never used by then
			b = app.as(models.Reviewer)
		}
		first := b.get(address)
		second := b.get(first.link(t, "next"))
		if n, m := strings.Count(first.text, `href="/keys/aje`), strings.Count(second.text, `href="/keys/aje`); n != 50 || m != 1 {
			t.Errorf("%s: %d and %d rows", address, n, m)
		}
		back := b.get(second.link(t, "prev"))
		if excerpt(back.text) != excerpt(first.text) {
			t.Errorf("%s: the way back leads elsewhere", address)
		}
	}
}

func TestAnAddressOfTheListThatIsNotOursIsRefused(t *testing.T) {
	b := start(t, storetest.New(t)).as(models.Administrator)
	for address, status := range map[string]int{
		"/keys?tab=unheard":                    400,
		"/keys?sort=digest":                    400,
		"/keys?sort=created,id":                400,
		"/keys?state=suspended":                400,
		"/keys?page=x":                         400,
		"/keys?digest=x":                       400,
		"/keys?tab=unused&tab=unused":          400,
		"/keys?account=%00":                    400,
		"/keys?account=%FF":                    400,
		"/keys?unused_since=yesterday":         422,
		"/keys?expiring_before=2027-02-30":     422,
		"/keys?network=10.2.3":                 422,
		"/keys.csv?network=10.2.3":             422,
		"/keys.csv?page=x":                     400,
		"/keys.jsonl?tab=unheard":              400,
		"/keys?owner=' OR 1=1 --&state=active": 200,
	} {
		at := must(url.Parse(address))(t)
		at.RawQuery = strings.ReplaceAll(at.RawQuery, " ", "%20")
		got := b.get(at.String())
		if got.StatusCode != status {
			t.Errorf("%s: %d, want %d", address, got.StatusCode, status)
		}
	}
	b.get("/keys?network=10.2.3&owner=olga").want(t, 422)
	b.account("orders-api")
	b.key(must(b.desk.Account(t.Context(), local, "orders-api"))(t), "prod")
	got := b.get("/keys?network=10.2.3&owner=olga")
	got.want(t, 422, "This filter cannot be read", "or a network as usage counts it")
	if got.field("network") != "10.2.3" || got.field("owner") != "olga" {
		t.Errorf("the form came back as %q, %q", got.field("network"), got.field("owner"))
	}
}

// What a person may not do to a key is not offered: no box, no button, no file.
func TestTheListOffersWhatIsAllowed(t *testing.T) {
	app := start(t, storetest.New(t))
	k := app.several(app.account("orders-api", "orders.user"), 1)[0]
	for access, want := range map[string]struct{ stop, file bool }{
		models.Administrator: {true, true}, models.Operator: {true, true}, models.Responder: {true, false}, models.Reviewer: {false, true},
	} {
		b := app.as(access)
		got := b.get("/keys")
		box, button := strings.Contains(got.text, `name="key" value="`+k.ID+`"`), strings.Contains(got.text, `name="action" value="revoke"`)
		if box != want.stop || button != want.stop || strings.Contains(got.text, "/keys.csv") != want.file {
			t.Errorf("%s: a box %v, a button %v", access, box, button)
		}
		if file := b.get("/keys.csv"); (file.StatusCode == 200) != want.file {
			t.Errorf("%s: the file is answered with %d", access, file.StatusCode)
		}
	}
	_, _, err := app.desk.RevokeKey(t.Context(), local, k.ID, manage.Stop{Reason: models.ReasonLeaked})
	must(0, err)(t)
	if got := app.as(models.Operator).get("/keys"); strings.Contains(got.text, `name="key"`) {
		t.Error("a revoked key can be selected")
	}
}

func TestAReviewerBeginsWithTheKeys(t *testing.T) {
	app := start(t, storetest.New(t))
	for to, access := range map[string][][]string{
		"/keys":             {{models.Reviewer}, {models.Responder, models.Reviewer}},
		"/service-accounts": {{models.Administrator}, {models.Operator}, {models.Responder}, {models.Operator, models.Reviewer}},
	} {
		for _, a := range access {
			if got := app.as(a...).get("/").Header.Get("Location"); got != to {
				t.Errorf("%v: %q, want %q", a, got, to)
			}
		}
	}
}

// exports lists the events of exports, oldest first.
func exports(t *testing.T, s *store.Store) []map[string]any {
	t.Helper()
	var all []map[string]any
	must(0, s.Read(t.Context(), func(tx *store.Tx) error {
		events, err := tx.EventsFrom(1, 1000)
		for _, e := range events {
			if e.Action == "keys.export" {
				var facts map[string]any
				must(0, json.Unmarshal([]byte(e.After), &facts))(t)
				all = append(all, facts)
			}
		}
		return err
	}))(t)
	return all
}

// A file holds exactly what is filtered, and its event says what left.
func TestKeysAsAFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		app.several(app.account("orders-api", "orders.user"), 3)
		hostile := app.account("billing-worker", "orders.user")
		k := app.key(hostile, "=cmd|'/c calc'!A1, \"quoted\"").Key
		b := app.as(models.Reviewer)

		file := b.get("/keys.csv?account=billing-worker&tab=&sort=-created")
		rows := must(csv.NewReader(strings.NewReader(file.text)).ReadAll())(t)
		if len(rows) != 2 || rows[1][0] != k.ID || rows[1][1] != "'"+k.Description || rows[1][6] != hostile.Name || rows[1][8] != "orders.read" {
			t.Errorf("rows %q", rows)
		}
		if at, err := time.Parse(time.RFC3339Nano, rows[1][10]); err != nil || !at.Equal(k.CreatedAt) || !strings.HasSuffix(rows[1][10], "Z") {
			t.Errorf("created %q, want %v", rows[1][10], k.CreatedAt)
		}
		lines := b.get("/keys.jsonl")
		var names []string
		for scan := bufio.NewScanner(strings.NewReader(lines.text)); scan.Scan(); {
			var line struct {
				Description string `json:"description"`
				FolderID    string `json:"folder_id"`
				Folder      string `json:"folder"`
				ExpiresAt   *time.Time
			}
			must(0, json.Unmarshal(scan.Bytes(), &line))(t)
			names = append(names, line.Description)
			if line.FolderID != hostile.FolderID || line.Folder != "default" {
				t.Errorf("the folder of a line is %q, %q", line.FolderID, line.Folder)
			}
		}
		if len(names) != 4 {
			t.Errorf("lines of %q", names)
		}
		empty := b.get("/keys.csv?state=expired")
		events := exports(t, s)
		if len(events) != 3 {
			t.Fatalf("%d events", len(events))
		}
		for i, sent := range []page{file, lines, empty} {
			sum := sha256.Sum256([]byte(sent.text))
			if e := events[i]; e["sha256"] != hex.EncodeToString(sum[:]) || e["complete"] != true || e["rows"] != []float64{1, 4, 0}[i] {
				t.Errorf("event %v of %d bytes", e, len(sent.text))
			}
		}
		if events[0]["filter"] != "/keys?account=billing-worker&sort=-created" || events[0]["format"] != "csv" || events[2]["filter"] != "/keys?sort=-expires&state=expired" {
			t.Errorf("events %v", events)
		}
	})
}

// A reader that leaves ends the reading of the database, and the event says that not all of it left.
func TestAReaderOfAFileWhoLeaves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Reviewer)
		acct := app.account("orders-api", "orders.user")
		const rows = 4000
		long := strings.Repeat("long ", 800) // more in all than the buffers between the two hold
		for range rows / 500 {
			must(s.Write(t.Context(), func(tx *store.Tx) error {
				for range 500 {
					k := models.Key{ID: must(models.NewID(models.PrefixKey, app.desk.Rand))(t), AccountID: acct.ID, FolderID: acct.FolderID, Description: long, CreatedAt: app.now(), Scopes: []string{"orders.read"}}
					if err := tx.InsertKey(k); err != nil {
						return err
					}
				}
				return nil
			}))(t)
		}
		res := must(b.client.Do(b.request("GET", "/keys.jsonl", nil)))(t)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("status %d", res.StatusCode)
		}
		must(io.ReadFull(res.Body, make([]byte, 100_000)))(t)
		must(0, res.Body.Close())(t)
		var events []map[string]any
		for until := time.Now().Add(20 * time.Second); len(events) == 0 && time.Now().Before(until); {
			events = exports(t, s)
		}
		if len(events) != 1 || events[0]["complete"] != false || events[0]["rows"].(float64) >= rows {
			t.Errorf("events %v", events)
		}
	})
}

// All that match are taken from the list as its address says, and not only from the page that is looked at.
func TestAllThatMatchAreSelected(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		app.several(app.account("orders-api", "orders.user"), 52)
		app.several(app.account("billing-worker", "orders.user"), 1)
		b := app.as(models.Operator)
		got := b.get("/keys?account=orders-api&sort=created")
		if list := got.field("list"); list != "account=orders-api&sort=created" {
			t.Fatalf("the form has the list %q", list)
		}
		draft := b.follow(b.post("/operations/confirm", url.Values{"action": {"disable"}, "all": {"yes"}, "list": {got.field("list")}}))
		draft.want(t, 200, "52 keys")
		for list, status := range map[string]int{"account=orders-api&digest=x": 400, "tab=unheard": 400, "%zz": 400, "network=10": 422, "account=nobody": 422} {
			if got := b.post("/operations/confirm", url.Values{"action": {"disable"}, "all": {"yes"}, "list": {list}}); got.StatusCode != status {
				t.Errorf("%q: %d, want %d", list, got.StatusCode, status)
			}
		}
		if short := b.get("/keys?account=billing-worker"); short.field("list") != "" {
			t.Error("what stands on one page is selected there")
		}
	})
}
