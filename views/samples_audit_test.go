package views_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/views/audit"
	"keydesk/views/layout"
	"keydesk/views/ui"

	"github.com/a-h/templ"
)

const (
	wasKey = `{"description":"prod worker","disabled":"","expires_at":"2026-12-01T09:05:00Z","revoked":"","scopes":"yc.postbox.send yc.monitoring.read","secrets":"****a1b2c3","service_account_id":"ajek3vb0q1s2d4f5g6h7"}`
	isKey  = `{"description":"production worker","disabled":"since 2026-11-23T14:03:07Z, unused, until 2026-11-30T00:00:00Z","expires_at":"2027-02-21T09:05:00Z","revoked":"","scopes":"yc.postbox.send yc.ydb.tables.manage","secrets":"****d4e5f6, ****a1b2c3 retires 2026-11-24T14:03:07Z","service_account_id":"ajek3vb0q1s2d4f5g6h7"}`
)

func event(n int64, actor string, action string) audit.Event {
	return audit.Event{
		Number: n, At: now.Add(time.Duration(n-9000) * time.Minute), Actor: actor, ActorType: models.ActorPerson, ActorHref: "/audit?actor=bfb00000000000000001",
		Action: action, ObjectType: "key", ObjectID: "ajeh5vb0q1s2d4f5g6h7", ObjectName: "prod worker", ObjectHref: "/keys/ajeh5vb0q1s2d4f5g6h7",
		EventsHref: "/audit?object=ajeh5vb0q1s2d4f5g6h7", AccountName: "billing-worker", AccountHref: "/service-accounts/ajek3vb0q1s2d4f5g6h7",
		Address: "10.2.3.4", RequestID: "req0123456789abcdefg", Method: "session", Hash: strings.Repeat("0123456789abcdef", 4),
	}
}

func events() []audit.Event {
	edited, revoked, refused := event(8812, "olga@example.com", "key.update"), event(8811, "olga@example.com", "key.revoke"), event(8810, longMail, "key.revoke")
	edited.Before, edited.After = wasKey, isKey
	revoked.Reason, revoked.Note, revoked.Before = "leaked", "seen in a public repository", wasKey
	revoked.After = strings.Replace(wasKey, `"revoked":""`, `"revoked":"since 2026-11-23T10:54:07Z, leaked"`, 1)
	refused.Refused, refused.Reason = true, "forbidden"
	signedIn := event(8809, "olga@example.com", "session.create")
	signedIn.ObjectType, signedIn.ObjectID, signedIn.ObjectHref, signedIn.AccountName, signedIn.Method = "session", "0011223344556677", "", "", "password"
	local := event(8808, "local:root@desk", "account.create")
	local.ActorType, local.Address, local.RequestID, local.Method, local.AccountName = models.ActorLocal, "", "", "local", ""
	local.ObjectType, local.ObjectName, local.ObjectHref = "account", "billing-worker", "/service-accounts/ajek3vb0q1s2d4f5g6h7"
	local.After = `{"description":"","expires_at":"","labels":{"env":"production","team":"billing"},"name":"billing-worker","owner":"olga@example.com","roles":"monitoring.editor postbox.sender","suspended":""}`
	old := event(8807, "system:keydesk", "reactor.scram")
	old.ActorType, old.ObjectType, old.ObjectHref, old.AccountName = models.ActorSystem, "reactor", "", ""
	list := []audit.Event{edited, revoked, refused, signedIn, local, old}
	list = append(list, program())
	for i := range int64(18) {
		made := event(8805-i, "olga@example.com", "key.create")
		made.After = wasKey
		list = append(list, made)
	}
	return list
}

// program is what a service account did, by an IAM token.
func program() audit.Event {
	e := event(8806, "terraform", "authorized_key.create")
	e.ActorType, e.Method, e.ActorPage = models.ActorAccount, "iam_token", "/service-accounts/ajet3vb0q1s2d4f5g6h7"
	e.ObjectType, e.ObjectName, e.ObjectHref = "authorized_key", "CI of billing", ""
	return e
}

func hostileEvents() []audit.Event {
	e := event(1<<40, longMail+longWord, "key.update")
	e.ObjectName, e.AccountName, e.Note, e.RequestID = rtl+longWord, longName, markup+longWord, longWord
	e.Address = "2001:db8:1234:5678:9abc:def0:1234:5678"
	e.Before = `{"description":"` + longWord + `","scopes":"` + strings.Join(manyScopes(12), " ") + `"}`
	e.After = `{"description":"<script>alert(1)</script>","scopes":"` + longWord + `"}`
	torn := event(7, markup, "key."+longWord)
	torn.Refused, torn.Reason, torn.After = true, longWord, markup
	return []audit.Event{e, torn}
}

func verifiedUpTo() audit.Verified {
	return audit.Verified{
		Now: now, FormToken: "form-token", UpTo: 8812, At: now.Add(-3 * time.Minute), By: "olga@example.com", Heads: 412, Since: 3, SignedTo: 8814, SignedAt: now.Add(-20 * time.Second),
	}
}

func brokenLog() audit.Verified {
	v := verifiedUpTo()
	v.UpTo, v.ProblemAt, v.Problem, v.Since = 4710, 4711, "event 4711 is not what was written: its hash differs", 4104
	return v
}

func auditPage() layout.Page {
	p := page()
	p.RequestPath = "/audit"
	return p
}

func auditSamples() []sample {
	list := audit.ListPage{
		Now: now, Total: "1,000+", Rows: events(), CSV: "/audit.csv", JSON: "/audit.jsonl", Verified: verifiedUpTo(),
		Pager: ui.PagerProps{Prev: "/audit?page=x", Next: "/audit?page=y"},
	}
	running := audit.Verified{Now: now, FormToken: "form-token", SignedTo: 12, SignedAt: now, Running: &audit.Progress{By: "olga@example.com", Started: now.Add(-4 * time.Second), UpTo: 350_000, Of: 1_000_000}}
	cut := audit.Verified{Now: now, FormToken: "form-token", CutShort: &audit.Progress{By: longMail, Started: now.Add(-time.Hour), UpTo: 350_000, Of: 1_000_000}}
	hostile := audit.ListPage{Now: now, Rows: hostileEvents(), Verified: brokenLog(), Filter: audit.Filter{
		ActorType: "person", Actor: markup, Action: "key.copy", ObjectType: "reactor", Object: longWord, Account: rtl, Result: "refused", From: "2026-11-23T14:03:00Z", To: "2026-11-24",
	}}
	bad := audit.ListPage{Now: now, Verified: cut, Filter: audit.Filter{From: "yesterday", To: "2026-11-24", Problems: models.Fields{"from": "Type a day, such as 2026-11-23, or an instant, such as 2026-11-23T14:03:00Z"}}}
	timeline := audit.Timeline{Rows: append(events()[:3], hostileEvents()...), Self: "ajeh5vb0q1s2d4f5g6h7", Audit: "/audit?object=ajeh5vb0q1s2d4f5g6h7", Pager: ui.PagerProps{Next: "/keys/x?page=y"}}
	return []sample{
		{"audit", audit.List(auditPage(), list)},
		{"audit-running", audit.List(auditPage(), audit.ListPage{Now: now, Total: "0", Verified: running})},
		{"audit-no-match", audit.List(auditPage(), audit.ListPage{Now: now, Total: "0", Verified: verifiedUpTo(), Filter: audit.Filter{Actor: "nobody@example.com", Action: "key.revoke"}})},
		{"audit-problems", audit.List(auditPage(), bad)},
		{"audit-hostile", audit.List(auditPage(), hostile)},
		{"audit-timeline", part("Timeline", audit.TimelineList(timeline))},
		{"audit-timeline-empty", part("Timeline", audit.TimelineList(audit.Timeline{}))},
	}
}

// part shows a part of a page in the frame of one.
func part(title string, c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		body := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			if _, err := fmt.Fprintf(w, "<h1>%s</h1>", title); err != nil {
				return err
			}
			return c.Render(ctx, w)
		})
		return layout.Base(page()).Render(templ.WithChildren(ctx, body), w)
	})
}
