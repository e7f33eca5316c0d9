package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// auditReport is what `audit verify --json` prints.
type auditReport struct {
	OK      bool   `json:"ok"`
	Events  int64  `json:"events"`
	UpTo    int64  `json:"verified_up_to"`
	Heads   int    `json:"signed_heads"`
	Problem string `json:"problem"`
	At      int64  `json:"at_event"`
}

// logged is an installation with an audit log of some length and a signed head of its end; its server is stopped.
func logged(t *testing.T, in *installation) (head string, events int64) {
	t.Helper()
	s := in.serve()
	in.account("audited")
	k := in.key("audited", "--scope", scopeRead)
	s.change("key", "disable", k.ID, "--reason", "unused", "--note", "näher betrachtet")
	s.change("key", "enable", k.ID)
	in.keydesk("key", "create", "--account", "audited", "--scope", "no.such")
	s.change("key", "revoke", k.ID, "--reason", "leaked")
	if status := s.stop(); status != exitDone {
		t.Fatalf("the server ended with status %d", status)
	}
	head = in.path("kept-head.json")
	putFile(t, head, in.done("audit", "head"))
	events = in.number("SELECT COUNT(*) FROM audit_events")
	in.verified(t, events, "--head", head)
	return head, events
}

// verified checks that the log verifies, in words and as JSON.
func (in *installation) verified(t *testing.T, events int64, args ...string) {
	t.Helper()
	var r auditReport
	in.answer(&r, append([]string{"audit", "verify"}, args...)...)
	if !r.OK || r.Events != events || r.UpTo != events || r.Problem != "" || r.At != 0 || r.Heads < 1 {
		t.Errorf("the report of a good log is %+v, want %d events", r, events)
	}
	if said := in.done(append([]string{"audit", "verify"}, args...)...); !strings.Contains(said, "Verified: "+strconv.FormatInt(events, 10)+" events") {
		t.Errorf("a good log is answered %q", said)
	}
}

// reported checks that the log does not verify, and that words and JSON name the event.
func (in *installation) reported(t *testing.T, at int64, args ...string) {
	t.Helper()
	in.reportedAsJSON(t, at, args...)
	r := in.keydesk(append([]string{"audit", "verify"}, args...)...)
	named := regexp.MustCompile(`(event|reached) ` + strconv.FormatInt(at, 10) + `\b`)
	if r.status != exitRefused || r.out != "" || !named.MatchString(r.err) {
		t.Errorf("status %d, %q and %q, want status 1 and event %d", r.status, r.out, r.err, at)
	}
}

func (in *installation) reportedAsJSON(t *testing.T, at int64, args ...string) {
	t.Helper()
	r := in.keydesk(append([]string{"audit", "verify", "--json"}, args...)...)
	var report auditReport
	oneValue(t, r.out, &report)
	if r.status != exitRefused || report.OK || report.At != at || report.Problem == "" {
		t.Errorf("status %d and %+v, want status 1 and event %d", r.status, report, at)
	}
}

// rewrites are changes of the row in the middle of the log, each of one column.
var rewrites = map[string]string{
	"at": "'2020-01-01 00:00:00+00:00'", "folder_id": "folder_id || 'x'", "actor_type": "'person'", "actor_id": "actor_id || 'x'",
	"actor_name": "actor_name || ' '", "auth_method": "'oidc'", "request_id": "'req'", "address": "'192.0.2.1'", "action": "action || 'd'",
	"object_type": "'account'", "object_id": "object_id || 'x'", "object_name": "object_name || 'x'", "account_id": "account_id || 'x'",
	"result": "'refused'", "reason": "'other'", "note": "note || '.'", "before": "before || ' '", "after": "REPLACE(after, 'orders.read', 'orders.reed')",
	"encoding": "2", "hash": "prev_hash", "prev_hash": "hash",
}

// TestAuditRewritten: each byte that is changed in a row is found, and the row is named.
func TestAuditRewritten(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		head, events := logged(t, in)
		middle := in.number("SELECT MIN(number) FROM audit_events WHERE action = 'key.disable'")
		columns := in.number(in.columnsOfEvents())
		if int(columns) != len(rewrites)+1 {
			t.Errorf("the test rewrites %d columns of %d beside the number", len(rewrites), columns-1)
		}
		for column, value := range rewrites {
			in.keepEvents()
			in.alter(1, "UPDATE audit_events SET "+column+" = "+value+" WHERE number = ?", middle)
			in.reportedAsJSON(t, middle)
			in.restoreEvents(events)
		}
		in.verified(t, events, "--head", head)
	})
}

// columnsOfEvents is a query for the number of columns.
func (in *installation) columnsOfEvents() string {
	if strings.HasPrefix(in.database, "sqlite:") {
		return "SELECT COUNT(*) FROM pragma_table_info('audit_events')"
	}
	return "SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'audit_events'"
}

// keepEvents makes a copy of the log beside it, and restoreEvents puts that in its place.
func (in *installation) keepEvents() {
	in.t.Helper()
	in.run("CREATE TABLE kept_events AS SELECT * FROM audit_events")
}

func (in *installation) restoreEvents(events int64) {
	in.t.Helper()
	in.run("DELETE FROM audit_events")
	in.alter(events, "INSERT INTO audit_events SELECT * FROM kept_events")
	in.run("DROP TABLE kept_events")
}

// TestAuditMoved: rows that are gone, swapped or put in between are found.
func TestAuditMoved(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		head, events := logged(t, in)
		for name, edit := range map[string]struct {
			statements []string
			at         int64
		}{
			"deleted":           {[]string{"DELETE FROM audit_events WHERE number = 3"}, 3},
			"the first deleted": {[]string{"DELETE FROM audit_events WHERE number = 1"}, 1},
			"closed up behind": {[]string{
				"DELETE FROM audit_events WHERE number = 3",
				"UPDATE audit_events SET number = number + 100 WHERE number > 3", "UPDATE audit_events SET number = number - 101 WHERE number > 100",
			}, 3},
			"swapped": {[]string{
				"UPDATE audit_events SET number = 100 WHERE number = 3", "UPDATE audit_events SET number = 3 WHERE number = 4",
				"UPDATE audit_events SET number = 4 WHERE number = 100",
			}, 3},
			"put in between": {[]string{
				"UPDATE audit_events SET number = number + 100 WHERE number > 2", "UPDATE audit_events SET number = number - 99 WHERE number > 100",
				"CREATE TABLE inserted AS SELECT * FROM audit_events WHERE number = 2", "UPDATE inserted SET number = 3",
				"INSERT INTO audit_events SELECT * FROM inserted", "DROP TABLE inserted",
			}, 3},
		} {
			t.Run(name, func(t *testing.T) {
				in.keepEvents()
				for _, s := range edit.statements {
					in.run(s)
				}
				in.reported(t, edit.at)
				in.reportedAsJSON(t, edit.at, "--head", head)
				in.restoreEvents(events)
			})
		}
	})
}

// TestAuditCut: an end that is cut off is found by the heads that the database keeps and, where those are cut too, by the
// one beside the signing key, or by one that was kept elsewhere.
func TestAuditCut(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		head, events := logged(t, in)
		in.alter(1, "DELETE FROM audit_events WHERE number = ?", events)
		in.reported(t, events)
		in.run("DELETE FROM audit_heads")
		in.reported(t, events)
		if r := in.keydesk("audit", "head"); r.status != exitRefused || r.out != "" || !strings.Contains(r.err, "does not verify") {
			t.Errorf("a log without its end is signed: %+v", r)
		}
		if err := os.Remove(in.path(auditHeadFile)); err != nil {
			t.Fatal(err)
		}
		var r auditReport
		if in.answer(&r, "audit", "verify"); !r.OK || r.UpTo != events-1 {
			t.Errorf("without any head the report is %+v: nobody can know of the end", r)
		}
		in.reported(t, events, "--head", head)
	})
}

// TestAuditHeads: a head that was not signed with the installation's key, or was changed, is refused.
func TestAuditHeads(t *testing.T) {
	in := onSQLite(t)
	head, events := logged(t, in)
	other := install(t, "sqlite:"+t.TempDir()+"/keydesk.db")
	other.done("account", "create", "--name", "elsewhere")
	foreign := other.path("head.json")
	putFile(t, foreign, other.done("audit", "head"))
	var theirs struct{ Number int64 }
	text, err := os.ReadFile(foreign)
	if err != nil || json.Unmarshal(text, &theirs) != nil {
		t.Fatalf("the other head is %s (%v)", text, err)
	}
	in.reported(t, theirs.Number, "--head", foreign)

	text, err = os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	number := `"number": ` + strconv.FormatInt(events, 10)
	changed := strings.Replace(string(text), number, `"number": 1`, 1)
	if changed == string(text) {
		t.Fatalf("the head %s does not hold %s", text, number)
	}
	putFile(t, head, changed)
	in.reported(t, 1, "--head", head)
	putFile(t, head, "{}\n{")
	in.keydesk("audit", "verify", "--head", head).refusedWith(t, exitUsage, "audit head")

	if err := os.Remove(in.path(auditKeyFile)); err != nil {
		t.Fatal(err)
	}
	in.keydesk("audit", "verify").refusedWith(t, exitRefused, auditKeyFile, "missing")
}
