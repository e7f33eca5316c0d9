package manage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// Witness is what proves the log from outside the database: the public key of its signed heads, and the heads that are kept
// beside that key.
type Witness struct {
	Public ed25519.PublicKey
	Kept   []models.Head
}

// AuditCheck is a reading of the whole log, from its first event to its end, that is under way or over.
type AuditCheck struct {
	By      string // models.Actor.Label
	Started time.Time
	Seen    time.Time // the last sign of life of one under way
	Ended   time.Time // zero: under way, or cut short
	Of      int64     // events in the log when it began
	Report  AuditReport
}

// silence is how long a check may give no sign of life before it is taken for cut short: its process was stopped.
const silence = 15 * time.Second

// Running reports whether the check is under way.
func (c AuditCheck) Running(now time.Time) bool {
	return !c.Started.IsZero() && c.Ended.IsZero() && now.Before(c.Seen.Add(silence))
}

// AuditState is what is known of the log without reading all of it.
type AuditState struct {
	Now     time.Time
	Checked AuditCheck  // the last check that came to an end; zero: there was none
	Last    AuditCheck  // the last one that began
	Since   int64       // events written after the last one that was verified
	End     int64       // the newest event
	Head    models.Head // the signed head that reaches furthest; Number 0: nothing was signed
	Problem string      // what a look at the newest head alone shows to be wrong; "" nothing
	At      int64       // the event that the problem is at
}

// The settings that hold the last check which ended, and the last one which began. A check is not a fact about the log but
// about its reader: whoever rewrites the database can write here too, which is why the page says how to verify elsewhere.
const (
	settingChecked = "audit_checked"
	settingChecks  = "audit_check"
)

// AuditState says how far the log was verified. The newest signed head is looked at each time: its signature, the event that
// it signs, and the heads that are kept elsewhere. That finds an end that was cut off or rewritten, at once.
func (d *Desk) AuditState(ctx context.Context, by models.Actor, w Witness) (s AuditState, err error) {
	if !by.MayAnywhere(models.AuditView) {
		return s, forbidden(models.AuditView)
	}
	s.Now = d.now()
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if s.Checked, err = readCheck(tx, settingChecked); err != nil {
			return err
		}
		if s.Last, err = readCheck(tx, settingChecks); err != nil {
			return err
		}
		end, err := tx.LastEvent()
		if err != nil {
			return err
		}
		s.End, s.Since = end.Number, max(end.Number-s.Checked.Report.UpTo, 0)
		return s.look(tx, w)
	})
	return s, err
}

// look compares the newest heads with the events that they sign.
func (s *AuditState) look(tx *store.Tx, w Witness) error {
	stored, err := tx.LastHead()
	if err != nil {
		return err
	}
	v := verifier{pub: w.Public}
	for _, h := range append([]models.Head{stored}, w.Kept...) {
		if h.Number == 0 || !v.signed(h) {
			continue
		}
		if h.Number > s.Head.Number {
			s.Head = h
		}
		signed, err := tx.EventsFrom(h.Number, 1)
		switch {
		case err != nil:
			return err
		case len(signed) == 0:
			v.problem(s.End+1, "the log ends at event %d, but a signed head says that it reached %d: its end was cut off", s.End, h.Number)
		case signed[0].Number != h.Number:
			v.problem(h.Number, "event %d is missing, and it was signed", h.Number)
		case !bytes.Equal(signed[0].Hash, h.Hash) || !bytes.Equal(signed[0].Digest(signed[0].PrevHash), h.Hash):
			v.problem(h.Number, "event %d is not the one that was signed", h.Number)
		}
	}
	s.Problem, s.At = v.report.Problem, v.report.AtNumber
	return nil
}

func readCheck(tx *store.Tx, name string) (c AuditCheck, err error) {
	text, err := tx.Setting(name)
	if err != nil || text == "" {
		return c, err
	}
	err = json.Unmarshal([]byte(text), &c)
	return c, err
}

func writeCheck(tx *store.Tx, name string, c AuditCheck) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.SetSetting(name, string(b))
}

// checks are the checks of this process: one at a time.
type checks struct {
	mu   sync.Mutex
	done chan struct{} // closed when the one under way has ended; nil: none is
}

// StartAuditCheck begins to read the whole log in the background: a million events take longer than a page may. The channel
// is closed at its end. Its result is kept, and is an event; while one is under way, another is refused.
func (d *Desk) StartAuditCheck(ctx context.Context, by models.Actor, w Witness) (<-chan struct{}, error) {
	o := d.op(by, "audit.verify", "audit", "")
	if !by.MayAnywhere(models.AuditView) {
		return nil, d.refused(ctx, o, forbidden(models.AuditView))
	}
	d.checks.mu.Lock()
	defer d.checks.mu.Unlock()
	if d.checks.done != nil {
		return d.checks.done, nil // the second of two clicks waits for the first one's
	}
	c := AuditCheck{By: by.Label(), Started: o.at, Seen: o.at}
	_, err := d.Store.Write(ctx, func(tx *store.Tx) error {
		last, err := readCheck(tx, settingChecks)
		if err != nil {
			return err
		}
		if last.Running(o.at) {
			return precondition("check_running", "The log is being verified already, since "+when(last.Started)+". Wait for that to end.")
		}
		end, err := tx.LastEvent()
		if err != nil {
			return err
		}
		c.Of = end.Number
		return writeCheck(tx, settingChecks, c)
	})
	if err != nil {
		return nil, d.refused(ctx, o, err)
	}
	done := make(chan struct{})
	d.checks.done = done
	go d.check(context.WithoutCancel(ctx), o, c, w) // whoever asked may leave: the next look at the page tells
	return done, nil
}

// check reads the log and keeps what it found.
func (d *Desk) check(ctx context.Context, o *op, c AuditCheck, w Witness) {
	defer func() {
		d.checks.mu.Lock()
		defer d.checks.mu.Unlock()
		close(d.checks.done)
		d.checks.done = nil
	}()
	ctx, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	var err error
	c.Report, err = d.verify(ctx, w.Public, w.Kept, func(upTo int64) { d.stillChecking(ctx, &c, upTo) })
	if err == nil {
		err = d.checked(ctx, o, c)
	}
	if err != nil {
		d.Log.LogAttrs(ctx, slog.LevelError, "the check of the audit log did not end", slog.Int64("up_to", c.Report.UpTo), slog.Any("err", err))
	}
}

// stillChecking leaves a sign of life each second, for the page, whichever process draws it.
func (d *Desk) stillChecking(ctx context.Context, c *AuditCheck, upTo int64) {
	now := d.now()
	if now.Sub(c.Seen) < time.Second {
		return
	}
	c.Seen, c.Report.UpTo = now, upTo
	if _, err := d.Store.Write(ctx, func(tx *store.Tx) error { return writeCheck(tx, settingChecks, *c) }); err != nil {
		d.Log.LogAttrs(ctx, slog.LevelWarn, "the progress of the audit log's check could not be kept", slog.Any("err", err))
	}
}

func (d *Desk) checked(ctx context.Context, o *op, c AuditCheck) error {
	o.at = d.now()
	c.Seen, c.Ended = o.at, o.at
	o.after = models.Facts{
		"from": 1, "up_to": c.Report.UpTo, "events": c.Report.Events, "signed_heads": c.Report.Heads, "problem": c.Report.Problem,
	}
	_, err := d.Store.Write(ctx, func(tx *store.Tx) error {
		tx.Record(o.event())
		if err := writeCheck(tx, settingChecks, c); err != nil {
			return err
		}
		return writeCheck(tx, settingChecked, c)
	})
	return err
}
