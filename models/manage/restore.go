package manage

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"keydesk/models"
	"keydesk/models/store"
)

// History says how a database stands to what a revocation journal knows of it.
type History struct {
	models.Standing
	Problem string // why it is not the continuation of what was known, "" where it is
}

// Unknown reports that the database went on from nothing that the journal could know, as its file is new or was lost: what
// the database has forgotten nobody can tell.
func (h History) Unknown(j *models.Journaled) bool {
	return h.Problem != "" && j.Empty() && h.Last.Revision > 0
}

// History holds the database against the journal.
func (d *Desk) History(ctx context.Context, j *models.Journaled) (h History, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		h, err = history(tx, j)
		return err
	})
	return h, err
}

func history(tx *store.Tx, j *models.Journaled) (h History, err error) {
	if h.Standing, err = tx.Standing(); err != nil {
		return h, err
	}
	there, err := tx.ChangeAt(j.Last.Revision)
	if err != nil {
		return h, err
	}
	lost := j.Last.Revision > 0 && there.Token != j.Last.Token
	switch {
	case j.Epoch.Number > 0 && h.Follows(j.Epoch): // accepted since, by another process
	case lost:
		h.Problem = fmt.Sprintf("revision %d, which the revocation journal names, is gone or another", j.Last.Revision)
	case j.Empty():
		h.Problem = h.Strayed()
	default:
		h.Problem = h.Departs(j.Epoch)
	}
	return h, nil
}

// BeginEpochs writes the first epoch where the database has none: from then on another server is noticed. It answers
// whether it did.
func (d *Desk) BeginEpochs(ctx context.Context) (began bool, err error) {
	token, err := d.drawToken()
	if err != nil {
		return false, err
	}
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error {
		newest, err := tx.Epoch()
		if began = err == nil && newest.Number == 0; !began {
			return err
		}
		_, err = tx.InsertEpoch(models.Epoch{Number: 1, Token: token, By: restorer.Label()})
		return err
	})
	if models.CodeOf(err) == models.Conflict { // another process was first
		return false, nil
	}
	return began && err == nil, err
}

func (d *Desk) drawToken() (string, error) {
	var raw [16]byte
	if _, err := io.ReadFull(d.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("drawing a token of an epoch: %w", err)
	}
	return hex.EncodeToString(raw[:]), nil
}

// restorer is the product itself: what it does by the journal nobody asked for.
var restorer = models.Actor{Type: models.ActorSystem, ID: "keydesk", Name: "keydesk", Method: "journal"}

// Merge says how a database is accepted.
type Merge struct {
	WithoutJournal bool  // on a person's word that what it has forgotten is forgotten
	Above          int64 // an epoch is written even if the journal finds no gap, unless there is a newer one: a gate that knew this one did; -1: none did
}

// Merged says what a merge came to.
type Merged struct {
	Problem        string // why the database was not the continuation, "" where it was
	Revoked        int    // keys that are revoked again
	Deleted        int    // accounts that are deleted again
	Suspended      int    // accounts that could not be deleted, and are suspended
	Retired        int    // secrets that are retired again
	Gateways       int    // credentials that are revoked again
	HeldKeys       int    // disabled until a person decides
	HeldAccounts   int    // suspended until a person decides
	UnknownObjects int    // which the database does not have
	Epoch          int64  // the new one, 0 where none was needed or another process wrote it
}

// Changed reports whether anything was done again or put on hold.
func (m Merged) Changed() bool {
	return m.Revoked+m.Deleted+m.Suspended+m.Retired+m.Gateways+m.HeldKeys+m.HeldAccounts > 0
}

// MergeJournal brings into the database what the journal knows and the database has forgotten, each with its event, then
// accepts the database by a new epoch where it went back in time. What is final is done again. What can be lifted puts its
// object on hold until a person decides. It may run again, and in two processes at once.
func (d *Desk) MergeJournal(ctx context.Context, by models.Actor, j *models.Journaled, how Merge) (m Merged, err error) {
	h, err := d.History(ctx, j)
	if err != nil {
		return m, err
	}
	if err := how.byWhat(h, j); err != nil {
		return m, err
	}
	m.Problem = h.Problem
	g := merger{desk: d, journal: j, merged: &m, began: d.now()}
	if err := g.final(ctx); err != nil {
		return m, err
	}
	gap := h.Problem != "" || how.Above >= 0 || how.WithoutJournal
	if gap || h.Epoch.Number > j.Epoch.Number && j.Epoch.Number > 0 { // accepted already, by a process with another journal
		if err := g.holds(ctx); err != nil {
			return m, err
		}
	}
	if gap {
		err = d.accept(ctx, by, j, how, h, &m)
	}
	if d.Wake != nil && (m.Changed() || m.Epoch > 0) {
		d.Wake()
	}
	return m, err
}

// byWhat refuses to accept a database by a journal that cannot know what it has forgotten.
func (how Merge) byWhat(h History, j *models.Journaled) error {
	if how.WithoutJournal || !h.Unknown(j) && (!j.Empty() || how.Above < 0) {
		return nil
	}
	return unknownHistory(cmp.Or(h.Problem, "a gate says so"))
}

func unknownHistory(problem string) error {
	return models.NewError(models.Precondition, "journal_missing",
		"The database went back in time, or another took its place ("+problem+"), and the revocation journal is missing or empty: nobody can tell "+
			"which revokes the database has forgotten. Bring the journal back and name it with --revocation-journal. Where it is lost for good, revoke "+
			"by hand what has to stay revoked, then accept the database as it is: \"keydesk restore accept --without-journal\".")
}

// HasEvent reports whether the audit log still has the event that a head was signed over.
func (d *Desk) HasEvent(ctx context.Context, head models.Head) (has bool, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.EventsFrom(head.Number, 1)
		has = len(found) == 1 && found[0].Number == head.Number && bytes.Equal(found[0].Hash, head.Hash)
		return err
	})
	return has, err
}

// EpochInAlarm is the newest epoch where a gate says that it answers nothing for the database went back in time, and -1
// where none does: what Merge.Above is to be.
func (d *Desk) EpochInAlarm(ctx context.Context) (above int64, err error) {
	above = -1
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		newest, err := tx.Epoch()
		if err != nil {
			return err
		}
		gates, err := tx.Gates()
		for _, g := range gates {
			if g.State == models.GateAlarmed && g.Epoch >= newest.Number {
				above = newest.Number
			}
		}
		return err
	})
	return above, err
}

// errAccepted says that another process wrote the epoch.
var errAccepted = errors.New("accepted already")

// accept writes the new epoch with its event. Its number is above every one that the database, its gates or the journal
// know, so that all of them take it for news.
func (d *Desk) accept(ctx context.Context, by models.Actor, j *models.Journaled, how Merge, seen History, m *Merged) error {
	token, err := d.drawToken()
	if err != nil {
		return err
	}
	o := d.op(by, "database.accept", "database", "")
	var e models.Epoch
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error {
		// Before the history: whoever accepts between the two is seen in that, and whoever does after it takes the same number.
		highest, err := tx.HighestEpoch()
		if err != nil {
			return err
		}
		now, err := history(tx, j)
		if err != nil {
			return err
		}
		asked := how.WithoutJournal && !now.Follows(seen.Epoch)
		if !asked && now.Problem == "" && now.Epoch.Number > how.Above {
			return errAccepted
		}
		e = models.Epoch{Number: max(highest, j.Epoch.Number, how.Above, 0) + 1, Token: token, By: by.Label()}
		if e, err = tx.InsertEpoch(e); err != nil {
			return err
		}
		o.objectID, o.after = fmt.Sprint(e.Number), acceptFacts(e, how, *m)
		tx.Record(o.event())
		return nil
	})
	if errors.Is(err, errAccepted) || models.CodeOf(err) == models.Conflict { // two processes drew one number
		return nil
	}
	if err == nil {
		m.Epoch = e.Number
	}
	return err
}

func acceptFacts(e models.Epoch, how Merge, m Merged) models.Facts {
	return models.Facts{
		"epoch": e.Number, "system": e.Origin.SystemID, "timeline": e.Origin.Timeline, "without_journal": how.WithoutJournal, "problem": m.Problem,
		"revoked_keys": m.Revoked, "deleted_accounts": m.Deleted, "suspended_accounts": m.Suspended, "retired_secrets": m.Retired,
		"revoked_gateways": m.Gateways, "keys_on_hold": m.HeldKeys, "accounts_on_hold": m.HeldAccounts, "unknown_objects": m.UnknownObjects,
	}
}
