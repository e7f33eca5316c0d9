package manage_test

import (
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func (b *bench) witness(kept ...models.Head) manage.Witness {
	return manage.Witness{Public: signer(1).Public(), Kept: kept}
}

func (b *bench) state(kept ...models.Head) manage.AuditState {
	b.t.Helper()
	return must(b.AuditState(b.t.Context(), reviewer, b.witness(kept...)))(b.t)
}

// check reads the whole log, and waits for that.
func (b *bench) check(kept ...models.Head) manage.AuditState {
	b.t.Helper()
	done := must(b.StartAuditCheck(b.t.Context(), reviewer, b.witness(kept...)))(b.t)
	select {
	case <-done:
	case <-b.t.Context().Done():
	}
	return b.state(kept...)
}

func TestTheLogIsVerifiedUpToNow(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		if s := b.state(); !s.Checked.Started.IsZero() || s.Problem != "" || s.End != 0 {
			t.Errorf("of an empty log it says %+v", s)
		}
		b.account("worker")
		b.account("another")
		head := b.sign(models.Head{})
		s := b.check(head)
		if r := s.Checked.Report; r.UpTo != 2 || r.Heads != 1 || r.Problem != "" || s.Checked.By != reviewer.Name || s.Since != 1 || s.End != 3 {
			t.Errorf("verified: %+v", s)
		}
		if s.Head.Number != 2 || s.Last.Running(s.Now) || s.Last.Ended.IsZero() {
			t.Errorf("verified: %+v", s)
		}
		if e := b.lastEvent(); e.Action != "audit.verify" || e.ActorName != reviewer.Name || !strings.Contains(e.After, `"up_to":2`) {
			t.Errorf("its event: %+v", e)
		}
		b.account("third")
		if s := b.state(head); s.Since != 2 || s.Checked.Report.UpTo != 2 {
			t.Errorf("after another event: %+v", s)
		}
	})
}

// TestATamperedLogIsToldWithoutACheck: the newest signed head is looked at whenever the page is.
func TestATamperedLogIsToldWithoutACheck(t *testing.T) {
	for name, tc := range map[string]struct {
		statement string
		at        int64
	}{
		"rewritten": {`UPDATE audit_events SET note = 'x' WHERE number = 2`, 2},
		"cut off":   {`DELETE FROM audit_events WHERE number = 2`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachURL(t, func(t *testing.T, url string) {
				b := newBench(t, storetest.Open(t, url, store.Options{}))
				b.account("worker")
				b.account("another")
				kept := b.sign(models.Head{})
				storetest.Exec(t, url, `DELETE FROM audit_heads`)
				storetest.Exec(t, url, tc.statement)
				if s := b.state(kept); s.At != tc.at || s.Problem == "" {
					t.Errorf("it says %+v", s)
				}
				if r := b.check(kept).Checked.Report; r.AtNumber != tc.at || r.Problem == "" {
					t.Errorf("the check says %+v", r)
				}
				if e := b.lastEvent(); e.Action != "audit.verify" || !strings.Contains(e.After, `"up_to":1`) || strings.Contains(e.After, `"problem":""`) {
					t.Errorf("its event: %+v", e)
				}
			})
		})
	}
}

// TestAMiddleThatWasRewrittenNeedsACheck: the newest head says nothing of what lies before it.
func TestAMiddleThatWasRewrittenNeedsACheck(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := newBench(t, storetest.Open(t, url, store.Options{}))
		for _, name := range []string{"one", "two", "three"} {
			b.account(name)
		}
		kept := b.sign(models.Head{})
		storetest.Exec(t, url, `UPDATE audit_events SET note = 'x' WHERE number = 2`)
		if s := b.state(kept); s.Problem != "" {
			t.Errorf("a look says %+v", s)
		}
		if r := b.check(kept).Checked.Report; r.AtNumber != 2 || r.UpTo != 1 {
			t.Errorf("the check says %+v", r)
		}
	})
}

func TestOneCheckAtATime(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.account("worker")
		other := newBench(t, b.Store) // another process
		other.at = b.at
		_, err := b.Store.Write(t.Context(), func(tx *store.Tx) error { // that began a check, and shows signs of life
			return tx.SetSetting("audit_check", `{"By":"olga@example.com","Started":"2026-11-23T09:05:00Z","Seen":"2026-11-23T09:05:00Z","Of":9}`)
		})
		must(0, err)(t)
		if s := b.state(); !s.Last.Running(s.Now) || s.Last.Of != 9 {
			t.Errorf("a check under way: %+v", s.Last)
		}
		_, err = b.StartAuditCheck(t.Context(), reviewer, b.witness())
		wantCode(t, err, models.Precondition)
		b.pass(time.Minute) // no sign of life since: its process was stopped
		if s := b.state(); s.Last.Running(s.Now) || !s.Last.Ended.IsZero() {
			t.Errorf("a check that was cut short: %+v", s.Last)
		}
		if s := b.check(); s.Checked.Report.UpTo < 1 || s.Checked.Report.Problem != "" {
			t.Errorf("the next: %+v", s)
		}
	})
}
