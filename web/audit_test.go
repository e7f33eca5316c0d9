package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

const hostileNote = `=cmd|' /C calc'!A0 <script>alert("x")</script> مفتاح`

// audited makes a log with a key that was disabled with a hostile note, and a refusal.
func audited(t *testing.T, app *app) (models.Account, models.Key) {
	t.Helper()
	a := app.account("billing-worker", "orders.user")
	k := app.key(a, "<b>prod</b> worker").Key
	op := app.as(models.Operator)
	op.post("/keys/"+k.ID+"/disable", url.Values{"reason": {"unused"}, "note": {hostileNote}}).want(t, 303)
	reviewer := models.Actor{
		Type: models.ActorPerson, ID: "bfb00000000000000001", Name: "rev@example.com", Grants: []models.Grant{{Role: models.Reviewer, FolderID: models.AllFolders}},
	}
	if _, _, err := app.desk.RevokeKey(t.Context(), reviewer, k.ID, manage.Stop{Reason: models.ReasonLeaked}); models.CodeOf(err) != models.Forbidden {
		t.Fatalf("a reviewer revokes: %v", err)
	}
	return a, k
}

func TestTheAuditLogAnswersQuestions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a, k := audited(t, app)
		b := app.as(models.Reviewer)
		b.get("/audit").want(t, 200, "Disabled API key", "<b>prod</b> worker", hostileNote, "Created service account", "Changed scope catalogue", "local:root@desk")
		today := time.Now().UTC().Format(time.DateOnly)
		for query, want := range map[string]struct{ shown, hidden string }{
			"action=key.disable":                       {"Unused", "local:root@desk"},
			"object=" + k.ID:                           {"Disabled API key", "Created service account"},
			"account=billing-worker":                   {"Created service account", "Changed scope catalogue"},
			"account=" + a.ID + "&result=done":         {"Created API key", "Signed in"},
			"object_type=account":                      {"Created service account", "Created API key"},
			"object=%3Cb%3Eprod%3C%2Fb%3E+worker":      {"Disabled API key", "Created service account"},
			"result=refused":                           {"Their access did not include it", "Created API key"},
			"actor=local%3Aroot%40desk":                {"Created service account", "Disabled API key"},
			"actor_type=person&from=" + today:          {"Signed in", "local:root@desk"},
			"to=2020-01-01":                            {"No event matches", "Created API key"},
			"from=" + today + "T00:00:00%2B00:00":      {"Signed in", "No event matches"},
			"from=yesterday":                           {"Type a day, such as 2026-11-23", "Signed in"},
			"from=2026-11-24&to=2026-11-22":            {"This is before the beginning", "Signed in"},
			"to=0001-01-01T00:00:00Z":                  {"Type a day, such as 2026-11-23", "Signed in"},
			"action=reactor.scram&object_type=reactor": {"No event matches", "local:root@desk"},
		} {
			got := b.get("/audit?" + query)
			status := 200
			if strings.Contains(want.shown, "Type a day") || strings.Contains(want.shown, "before the beginning") {
				status = 422
			}
			got.want(t, status, want.shown)
			if table(got).says(want.hidden) {
				t.Errorf("%s shows %q", query, want.hidden)
			}
		}
		for _, query := range []string{"actr=x", "actor=x&actor=y", "result=maybe", "actor_type=god", "action=Key.Create'", "page=x", "actor=%00", "object=" + strings.Repeat("x", 257)} {
			b.get("/audit?"+query).want(t, 400)
		}
		b.get("/audit?object="+app.key(a, "other").Secret.Reveal()).want(t, 422, "Treat its key as leaked")
	})
}

// table is the part of a page that holds the events.
func table(p page) page {
	_, p.text, _ = strings.Cut(p.text, "<tbody>")
	return p
}

func TestTheAuditLogIsPaged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		for i := range 60 {
			app.account("worker-" + strconv.Itoa(i))
		}
		b := app.as(models.Administrator)
		for _, filter := range []string{"", "from=2020-01-01&object_type=account"} {
			seen, at := []string{}, "/audit?"+filter
			var pages []string
			for {
				p := b.get(at)
				rows := eventNumber.FindAllString(p.text, -1)
				seen, pages = append(seen, rows...), append(pages, strings.Join(rows, " "))
				if !strings.Contains(p.text, `rel="next"`) || strings.Contains(p.text, `button-off">Older`) {
					break
				}
				at = p.link(t, "next")
			}
			if len(pages) < 3 || len(seen) < 60 {
				t.Fatalf("%q: %d events on %d pages", filter, len(seen), len(pages))
			}
			for i := len(pages) - 2; i >= 0; i-- {
				at = b.get(at).link(t, "prev")
				if got := strings.Join(eventNumber.FindAllString(b.get(at).text, -1), " "); got != pages[i] {
					t.Errorf("%q: back to page %d: %s, want %s", filter, i, got, pages[i])
				}
			}
		}
	})
}

var eventNumber = regexp.MustCompile(`event [0-9,]+<`)

func TestLinksToTheAuditLog(t *testing.T) {
	app := start(t, storetest.New(t))
	a, k := audited(t, app)
	for access, shown := range map[string]bool{models.Administrator: true, models.Reviewer: true, models.Operator: false, models.Responder: false} {
		b := app.as(access)
		for from, to := range map[string]string{"/keys/" + k.ID: "/audit?object=" + k.ID, "/service-accounts/" + a.ID: "/audit?account=" + a.ID} {
			if got := strings.Contains(b.get(from).text, `href="`+to+`"`); got != shown {
				t.Errorf("%s: %s links to the log: %v, want %v", access, from, got, shown)
			}
		}
	}
}

func TestTheAuditLogAsCSV(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		_, k := audited(t, app)
		b := app.as(models.Reviewer)
		got := b.get("/audit.csv?object=" + k.ID)
		rows := must(csv.NewReader(strings.NewReader(got.text)).ReadAll())(t)
		if got.StatusCode != 200 || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/csv") || len(rows) != 4 {
			t.Fatalf("status %d, %s, rows %q", got.StatusCode, got.Header.Get("Content-Type"), rows)
		}
		column := map[string]int{}
		for i, name := range rows[0] {
			column[name] = i
		}
		disabled := rows[2]
		for name, want := range map[string]string{
			"action": "key.disable", "event_type": "yandex.cloud.audit.iam.DisableApiKey", "object_id": k.ID, "account_name": "billing-worker",
			"note": "'" + hostileNote, "reason": "unused", "result": "done", "object_name": "<b>prod</b> worker",
		} {
			if disabled[column[name]] != want {
				t.Errorf("%s = %q, want %q", name, disabled[column[name]], want)
			}
		}
		last := lastEvent(t, app)
		sum := sha256.Sum256([]byte(got.text))
		for _, want := range []string{`"rows":3`, `"complete":true`, `"filter":"/audit.csv?object=` + k.ID + `"`, hex.EncodeToString(sum[:])} {
			if last.Action != "audit.export" || !strings.Contains(last.After, want) {
				t.Errorf("the event %s %s does not say %s", last.Action, last.After, want)
			}
		}
		if empty := b.get("/audit.csv?to=2020-01-01"); empty.StatusCode != 200 || strings.Count(empty.text, "\n") != 1 {
			t.Errorf("of nothing: %d %q", empty.StatusCode, empty.text)
		}
		b.get("/audit.csv?page=x").want(t, 400)
		b.get("/audit.csv?from=yesterday").want(t, 422)
	})
}

func lastEvent(t *testing.T, app *app) models.Event {
	t.Helper()
	list := must(app.desk.Events(t.Context(), local, manage.EventFilter{}))(t)
	return list.Page.Rows[0].Event
}

// exportedEvent is a line as a reader who knows only the file sees it.
type exportedEvent struct {
	EventID        string    `json:"event_id"`
	EventSource    string    `json:"event_source"`
	EventType      string    `json:"event_type"`
	EventTime      time.Time `json:"event_time"`
	Authentication struct {
		Authenticated bool   `json:"authenticated"`
		SubjectType   string `json:"subject_type"`
		SubjectID     string `json:"subject_id"`
		SubjectName   string `json:"subject_name"`
	} `json:"authentication"`
	Authorization struct {
		Authorized bool `json:"authorized"`
	} `json:"authorization"`
	Resource struct {
		Path []map[string]string `json:"path"`
	} `json:"resource_metadata"`
	Request struct {
		RemoteAddress string `json:"remote_address"`
		RequestID     string `json:"request_id"`
	} `json:"request_metadata"`
	EventStatus string `json:"event_status"`
	Error       *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Details struct {
		APIKeyID           string          `json:"api_key_id"`
		APIKeyDescription  string          `json:"api_key_description"`
		ServiceAccountID   string          `json:"service_account_id"`
		ServiceAccountName string          `json:"service_account_name"`
		Reason             string          `json:"reason"`
		Note               string          `json:"note"`
		Before             json.RawMessage `json:"before"`
		After              json.RawMessage `json:"after"`
		Chain              struct {
			Number     int64  `json:"number"`
			Encoding   int    `json:"encoding"`
			PrevHash   string `json:"prev_hash"`
			Hash       string `json:"hash"`
			FolderID   string `json:"folder_id"`
			ActorType  string `json:"actor_type"`
			AuthMethod string `json:"auth_method"`
			Action     string `json:"action"`
			ObjectType string `json:"object_type"`
			ObjectID   string `json:"object_id"`
			ObjectName string `json:"object_name"`
			AccountID  string `json:"account_id"`
			Result     string `json:"result"`
		} `json:"chain"`
	} `json:"details"`
}

// event puts together again what was hashed.
func (x exportedEvent) event() models.Event {
	d, c := x.Details, x.Details.Chain
	return models.Event{
		Number: c.Number, Encoding: c.Encoding, At: x.EventTime, FolderID: c.FolderID, ActorType: models.ActorType(c.ActorType),
		ActorID: x.Authentication.SubjectID, ActorName: x.Authentication.SubjectName, AuthMethod: c.AuthMethod, RequestID: x.Request.RequestID,
		Address: x.Request.RemoteAddress, Action: c.Action, ObjectType: c.ObjectType, ObjectID: c.ObjectID, ObjectName: c.ObjectName,
		AccountID: c.AccountID, Result: c.Result, Reason: d.Reason, Note: d.Note, Before: string(d.Before), After: string(d.After),
	}
}

func (b *browser) trail(t *testing.T, query string) []exportedEvent {
	t.Helper()
	got := b.get("/audit.jsonl" + query)
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("status %d, %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
	var events []exportedEvent
	for _, line := range strings.Split(strings.TrimSuffix(got.text, "\n"), "\n") {
		var x exportedEvent
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&x); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		events = append(events, x)
	}
	return events
}

// TestTheExportIsCheckedOffline: the chain verifies from the file alone, hostile text and all.
func TestTheExportIsCheckedOffline(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		audited(t, app)
		prev := []byte{}
		all := app.as(models.Reviewer).trail(t, "")
		for i, x := range all {
			hash := x.event().Digest(prev)
			if c := x.Details.Chain; c.Number != int64(i+1) || c.PrevHash != hex.EncodeToString(prev) || c.Hash != hex.EncodeToString(hash) {
				t.Fatalf("event %d does not verify from its line: %+v", i+1, x)
			}
			prev = hash
		}
		if len(all) < 8 || !bytes.Equal(prev, must(beforeLast(app))(t)) {
			t.Errorf("%d events, which are not the whole log", len(all))
		}
	})
}

// beforeLast is the hash of the last event before the export's own.
func beforeLast(app *app) ([]byte, error) {
	list, err := app.desk.Events(app.t.Context(), local, manage.EventFilter{})
	return list.Page.Rows[0].PrevHash, err
}

func TestEventsInTheEnvelopeOfAuditTrails(t *testing.T) {
	app := start(t, storetest.New(t))
	a, k := audited(t, app)
	events := app.as(models.Administrator).trail(t, "?object="+k.ID)
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	made, disabled, refused := events[0], events[1], events[2]
	if made.EventType != "yandex.cloud.audit.iam.CreateApiKey" || made.EventSource != "iam" || made.EventStatus != "DONE" || made.Error != nil ||
		made.Details.APIKeyID != k.ID || made.Details.ServiceAccountID != a.ID || made.Details.ServiceAccountName != "billing-worker" ||
		made.Authentication.SubjectType != "SSH_USER" || made.Authentication.SubjectID != local.ID || !made.Authorization.Authorized {
		t.Errorf("made: %+v", made)
	}
	if d := disabled; d.Authentication.SubjectType != "FEDERATED_USER_ACCOUNT" || d.Request.RemoteAddress != "127.0.0.1" || d.Request.RequestID == "" ||
		d.Details.Note != hostileNote || len(d.Resource.Path) != 3 || d.Resource.Path[2]["resource_id"] != k.ID || d.Resource.Path[1]["resource_name"] != "billing-worker" {
		t.Errorf("disabled: %+v", d)
	}
	if r := refused; r.EventStatus != "ERROR" || r.Authorization.Authorized || r.Error == nil || r.Error.Code != 7 || r.Error.Message == "" {
		t.Errorf("refused: %+v", r)
	}
}

func TestWhoMayExportTheAuditLog(t *testing.T) {
	app := start(t, storetest.New(t))
	for access, status := range map[string]int{models.Administrator: 200, models.Reviewer: 200, models.Operator: 403, models.Responder: 403} {
		b := app.as(access)
		for _, path := range []string{"/audit.csv", "/audit.jsonl"} {
			if got := b.get(path); got.StatusCode != status {
				t.Errorf("%s: %s is answered %d, want %d", access, path, got.StatusCode, status)
			}
		}
	}
	before := lastEvent(t, app).Number
	b := app.as(models.Reviewer)
	if got := b.do(b.request("HEAD", "/audit.csv", nil)); got.StatusCode != 200 || lastEvent(t, app).Number != before+2 { // a person, a sign-in
		t.Errorf("a HEAD is answered %d, and is event %d after %d", got.StatusCode, lastEvent(t, app).Number, before)
	}
}

func TestTheAuditLogIsVerifiedByAButton(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		app := start(t, storetest.Open(t, at, store.Options{}))
		audited(t, app)
		b := app.as(models.Reviewer)
		b.get("/audit").want(t, 200, "Not verified from its start yet", "Verify from the start", "No event is signed yet")
		upTo := lastEvent(t, app).Number
		b.follow(b.post("/audit/verify", nil)).want(t, 200, "Verified from the start up to event "+strconv.FormatInt(upTo, 10),
			"No signed head was there to compare it with; 1 event since", "Verified audit log")
		head := must(app.desk.SignHead(t.Context(), auditKey, models.Head{}))(t)
		b.follow(b.post("/audit/verify", nil)).want(t, 200, "1 signed head agrees; 1 event since",
			"Continued up to event "+strconv.FormatInt(head.Number, 10), "Verify again")
		b.post("/audit/verify", url.Values{"from": {"7"}}).want(t, 422)

		storetest.Exec(t, at, "UPDATE audit_events SET note = 'x' WHERE number = 3")
		b.follow(b.post("/audit/verify", nil)).want(t, 200, "The audit log does not verify.", "Event 3 is not what was written: its hash differs",
			"Verified from the start up to event 2", "Signatures vouch for nothing beyond that.")
		app.as(models.Operator).post("/audit/verify", nil).want(t, 403)

		part := b.request("GET", "/audit/verified", nil)
		part.Header.Set("HX-Request", "true")
		if got := b.do(part); got.StatusCode != 200 || strings.Contains(got.text, "<html") || !got.says("does not verify") {
			t.Errorf("the part: %d %s", got.StatusCode, got.text)
		}
		if got := b.get("/audit/verified"); got.StatusCode != 303 || got.Header.Get("Location") != "/audit" {
			t.Errorf("the part as a page: %d to %s", got.StatusCode, got.Header.Get("Location"))
		}
	})
}

func TestACheckUnderWayIsShown(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Reviewer)
	now := app.now().UTC().Format(time.RFC3339)
	_, err := app.desk.Store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.SetSetting("audit_check", `{"By":"olga@example.com","Started":"`+now+`","Seen":"`+now+`","Of":1000000,"Report":{"UpTo":350000}}`)
	})
	must(0, err)(t)
	got := b.get("/audit")
	got.want(t, 200, "Reading event 350,000 of 1,000,000", "olga@example.com", "Reload")
	if !strings.Contains(got.text, `data-hx-get="/audit/verified"`) || strings.Contains(got.text, `action="/audit/verify"`) {
		t.Errorf("the part does not keep itself current: %s", excerpt(html.UnescapeString(got.text)))
	}
	b.post("/audit/verify", nil).want(t, 409, "is being verified already")
	app.pass(time.Minute)
	b.get("/audit").want(t, 200, "The last check did not end.", "cut short after event 350,000", "Verify from the start")
}

// TestWhatAServiceAccountDid is told under its name, is found by it and by its id, and is a service account's in exports.
func TestWhatAServiceAccountDid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		terraform, target := app.account("terraform", "editor"), app.account("billing-worker", "orders.user")
		by := models.Actor{
			Type: models.ActorAccount, ID: terraform.ID, Name: terraform.Name, Method: "iam_token",
			Grants: []models.Grant{{Role: models.RoleEditor, FolderID: terraform.FolderID}},
		}
		in := manage.NewKey{AccountID: target.ID, Description: "made by a program", Scopes: []string{"orders.read"}, Via: manage.ViaAPI}
		must(app.desk.CreateKey(t.Context(), by, in))(t)
		must(app.desk.CreateAuthorizedKey(t.Context(), by, manage.NewAuthorizedKey{AccountID: target.ID, Description: "of CI", Algorithm: models.RSA2048}))(t)
		b := app.as(models.Reviewer)
		for _, query := range []string{"actor=terraform", "actor=" + terraform.ID, "actor=account%3A" + terraform.ID, "actor_type=account", "object=of+CI"} {
			got := b.get("/audit?" + query)
			got.want(t, 200, "of CI", "terraform", "Created authorized key")
			if !strings.Contains(got.text, `href="/service-accounts/`+terraform.ID+`"`) || got.says("local:root@desk") {
				t.Errorf("%s: no link to the account, or others' events\n%s", query, excerpt(got.text))
			}
		}
		lines := strings.Split(strings.TrimSpace(b.get("/audit.jsonl?actor=terraform").text), "\n")
		for i, want := range []string{"CreateApiKey", "CreateKey"} {
			var e struct {
				EventType      string `json:"event_type"`
				Authentication struct {
					SubjectType string `json:"subject_type"`
					SubjectID   string `json:"subject_id"`
				} `json:"authentication"`
			}
			must(0, json.Unmarshal([]byte(lines[i]), &e))(t)
			if !strings.HasSuffix(e.EventType, want) || e.Authentication.SubjectType != "SERVICE_ACCOUNT" || e.Authentication.SubjectID != terraform.ID {
				t.Errorf("%+v", e)
			}
		}
	})
}
