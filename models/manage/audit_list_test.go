package manage_test

import (
	"fmt"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

// busy makes a log: an account with a key that an operator disables, an account of the same name after the first was deleted,
// and a refusal to a reviewer.
func busy(t *testing.T, b *bench) (first, second models.Account, key models.Key) {
	t.Helper()
	first = b.account("billing-worker", "monitoring.editor")
	key = b.key(first, "yc.monitoring.read").Key
	b.pass(time.Hour)
	_, _, err := b.DisableKey(t.Context(), operator, key.ID, stop)
	must(0, err)(t)
	_, _, err = b.RevokeKey(t.Context(), reviewer, key.ID, stop)
	wantCode(t, err, models.Forbidden)
	_, err = b.DeleteAccount(t.Context(), admin, first.ID, first.Name, stop)
	must(0, err)(t)
	return first, b.account("billing-worker"), key
}

func (b *bench) asked(f manage.EventFilter) string {
	b.t.Helper()
	list := must(b.Events(b.t.Context(), reviewer, f))(b.t)
	text := ""
	for _, e := range list.Page.Rows {
		text += " " + e.Action
		if e.Result == models.EventRefused {
			text += "!"
		}
	}
	if list.Total != len(list.Page.Rows) || list.Capped {
		b.t.Errorf("%d rows, counted %d", len(list.Page.Rows), list.Total)
	}
	return text
}

func TestTheLogAnswers(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		first, second, key := busy(t, b)
		morning := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
		const made, life = " key.create account.create", " account.delete key.revoke key.revoke! key.disable"
		for name, tc := range map[string]struct {
			f    manage.EventFilter
			want string
		}{
			"everything":                  {manage.EventFilter{}, " account.create" + life + made},
			"a person, by id":             {manage.EventFilter{Actor: operator.ID}, " key.disable"},
			"nobody":                      {manage.EventFilter{Actor: "nobody@example.com"}, ""},
			"another kind of actor":       {manage.EventFilter{Actor: "local:" + operator.ID}, ""},
			"contradictory":               {manage.EventFilter{Actor: "local:ops@host", ActorType: models.ActorSystem}, ""},
			"an action":                   {manage.EventFilter{Action: "key.disable"}, " key.disable"},
			"the key":                     {manage.EventFilter{Object: key.ID}, " key.revoke key.revoke! key.disable key.create"},
			"accounts of the name":        {manage.EventFilter{ObjectType: "account", Object: "billing-worker"}, " account.create account.delete account.create"},
			"the first account":           {manage.EventFilter{Account: first.ID}, life + made},
			"the second account":          {manage.EventFilter{Account: second.ID}, " account.create"},
			"every account of the name":   {manage.EventFilter{Account: "billing-worker"}, " account.create" + life + made},
			"an account that is none":     {manage.EventFilter{Account: "nothing-here"}, ""},
			"refusals":                    {manage.EventFilter{Result: models.EventRefused}, " key.revoke!"},
			"the morning":                 {manage.EventFilter{To: morning}, made},
			"after the morning, of a key": {manage.EventFilter{From: morning, ObjectType: "key"}, " key.revoke key.revoke! key.disable"},
		} {
			t.Run(name, func(t *testing.T) {
				if got := b.asked(tc.f); got != tc.want {
					t.Errorf("got %s, want %s", got, tc.want)
				}
			})
		}
	})
}

func TestWhoMaySeeTheLog(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		busy(t, b)
		for _, by := range []models.Actor{operator, responder, {}} {
			_, err := b.Events(t.Context(), by, manage.EventFilter{})
			wantCode(t, err, models.Forbidden)
			_, err = b.AuditState(t.Context(), by, manage.Witness{})
			wantCode(t, err, models.Forbidden)
			_, err = b.StartAuditCheck(t.Context(), by, manage.Witness{})
			wantCode(t, err, models.Forbidden)
			err = b.EachEvent(t.Context(), by, manage.EventFilter{}, func(manage.EventRow) error { t.Error("an event left"); return nil })
			wantCode(t, err, models.Forbidden)
		}
		if e := b.lastEvent(); e.Action != "audit.export" || e.Result != models.EventRefused {
			t.Errorf("the last event is %+v", e)
		}
		// Whoever sees another folder alone sees nothing of this one.
		if l := must(b.Events(t.Context(), stranger, manage.EventFilter{}))(t); len(l.Page.Rows) > 0 {
			t.Errorf("a stranger sees %d events", len(l.Page.Rows))
		}
	})
}

func TestAnExportIsWhatWasFiltered(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		_, _, key := busy(t, b)
		got := ""
		err := b.EachEvent(t.Context(), reviewer, manage.EventFilter{Object: key.ID}, func(r manage.EventRow) error {
			got += " " + r.Action
			return nil
		})
		if err != nil || got != " key.create key.disable key.revoke key.revoke" {
			t.Errorf("%s, %v", got, err)
		}
		stopped := fmt.Errorf("the reader left")
		if err := b.EachEvent(t.Context(), reviewer, manage.EventFilter{}, func(manage.EventRow) error { return stopped }); err == nil {
			t.Error("an export whose reader left goes on")
		}
	})
}

// TestActivityOfAnObject: whoever may see the object reads what became of it; what belongs to the log stays there.
func TestActivityOfAnObject(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		by := operator
		by.Address, by.RequestID = "10.2.3.4", "req1"
		a := b.account("billing-worker", "monitoring.editor")
		key := b.key(a, "yc.monitoring.read").Key
		_, _, err := b.DisableKey(t.Context(), by, key.ID, stop)
		must(0, err)(t)
		_, _, err = b.RevokeKey(t.Context(), reviewer, key.ID, stop)
		wantCode(t, err, models.Forbidden)

		reviewed := must(b.KeyActivity(t.Context(), reviewer, key.ID, manage.ActivityFilter{}))(t)
		if len(reviewed.Rows) != 3 || reviewed.Rows[0].Result != models.EventRefused || reviewed.Rows[1].Address != "10.2.3.4" || len(reviewed.Rows[1].Hash) != 32 {
			t.Errorf("a reviewer reads %+v", reviewed.Rows)
		}
		for _, who := range []models.Actor{operator, responder} {
			rows := must(b.KeyActivity(t.Context(), who, key.ID, manage.ActivityFilter{}))(t).Rows
			if len(rows) != 2 || rows[0].Action != "key.disable" || rows[0].ActorName != by.Name || rows[0].Note != stop.Note || rows[0].After == "" {
				t.Fatalf("%s reads %+v", who.Name, rows)
			}
			if r := rows[0]; r.Address+r.RequestID+r.AuthMethod != "" || r.Hash != nil || r.PrevHash != nil {
				t.Errorf("%s is told %+v", who.Name, r)
			}
			first := must(b.AccountActivity(t.Context(), who, a.ID, manage.ActivityFilter{Limit: 2}))(t)
			rest := must(b.AccountActivity(t.Context(), who, a.ID, manage.ActivityFilter{Limit: 2, After: first.Next}))(t)
			if len(first.Rows) != 2 || !first.More || len(rest.Rows) != 1 || rest.Rows[0].Action != "account.create" {
				t.Errorf("pages of %d and %d", len(first.Rows), len(rest.Rows))
			}
		}
		for _, id := range []string{key.ID, a.ID, "aje00000000000000000", "x"} {
			_, err := b.KeyActivity(t.Context(), stranger, id, manage.ActivityFilter{})
			wantCode(t, err, models.NotFound)
			_, err = b.AccountActivity(t.Context(), stranger, id, manage.ActivityFilter{})
			wantCode(t, err, models.NotFound)
		}
	})
}
