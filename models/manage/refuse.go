package manage

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// AlreadyDone says that a form was submitted before: nothing was made twice. It names what the first one made.
type AlreadyDone struct{ ObjectID string }

func (e *AlreadyDone) Error() string { return "this was submitted before; it made " + e.ObjectID }

// recordFor bounds how long the record of a refusal may take: the refusal itself does not wait for more.
const recordFor = 5 * time.Second

// refused makes an event of a refused change, in a transaction of its own after the rollback, and gives the refusal back.
// A refusal that cannot be recorded stays one. What is no decision (a database that did not answer) is no event.
func (d *Desk) refused(ctx context.Context, o *op, err error) error {
	var done *AlreadyDone
	if errors.As(err, &done) {
		return err
	}
	switch models.CodeOf(err) {
	case models.Unavailable, models.Internal:
		return err
	}
	e := o.refusal(err)
	// The one who asked may be gone; the event is due all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	if _, werr := d.Store.Write(ctx, func(tx *store.Tx) error { tx.Record(e); return nil }); werr != nil {
		d.Log.LogAttrs(ctx, slog.LevelError, "a refusal could not be recorded", slog.String("action", o.action), slog.Any("err", werr))
	}
	return err
}

// refusal is the event of a refused operation: nothing of what was typed is in it.
func (o *op) refusal(err error) models.Event {
	e := o.event()
	e.Result, e.Reason, e.Before = models.EventRefused, models.ReasonOf(err), ""
	e.Note, e.After = "", ""
	if !names(o) { // whoever pastes a secret where a name or an id belongs leaves none here
		e.ObjectID, e.ObjectName = "", ""
	}
	if !models.IsID(e.AccountID) {
		e.AccountID = ""
	}
	if !models.IsID(e.FolderID) {
		e.FolderID = ""
	}
	if fields, ok := models.FieldErrors(err); ok { // names of fields only: what was typed may be anything, a secret too
		e.After = models.Facts{"fields": slices.Sorted(maps.Keys(fields))}.Marshal()
	}
	return e
}

// names reports whether an operation says what it is about by something that Keydesk made, not by what was typed.
func names(o *op) bool {
	switch o.objectType {
	case "account", "key", "gateway", "person", "operation", "folder", "authorized_key", "token":
		return models.IsID(o.objectID)
	}
	return true
}

// RecordRefusal makes an event of a refusal that was decided before an operation was reached: a route's permission.
func (d *Desk) RecordRefusal(ctx context.Context, by models.Actor, action, objectType, objectID string, err error) {
	_ = d.refused(ctx, d.op(by, action, objectType, objectID), err)
}

// forbidden says that an action is not the actor's. It is only said of what they may see.
func forbidden(p models.Permission) error {
	return models.NewError(models.Forbidden, "forbidden", "Your access does not include this ("+string(p)+"). Ask an administrator.")
}

func precondition(reason, text string) error {
	return models.NewError(models.Precondition, reason, text)
}

// claim takes a form's one-time id inside the change's own transaction.
func claim(tx *store.Tx, by models.Actor, formID, resultID string) error {
	if formID == "" { // the command line submits nothing twice
		return nil
	}
	first, claimed, err := tx.ClaimOnce(by.Label(), formID, "", resultID)
	if err != nil {
		return err
	}
	if !claimed {
		return &AlreadyDone{ObjectID: first.ResultID}
	}
	return nil
}
