package manage

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"keydesk/models"
	"keydesk/models/store"
)

// StartOperation confirms a draft: from here on it is carried out, whatever becomes of who asked. Typed is what the draft
// asks to be typed. One that was started before gives *AlreadyDone.
func (d *Desk) StartOperation(ctx context.Context, by models.Actor, id string, s Stop, typed string) (draft models.Operation, err error) {
	o := d.op(by, "operation.start", "operation", id)
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		if draft, err = lockOperation(tx, o); err != nil {
			return err
		}
		if err := startable(draft, by); err != nil {
			return err
		}
		if err := confirmStart(tx, o, draft, s, typed); err != nil {
			return err
		}
		draft.State, draft.StartedAt, draft.Actor = models.OperationRunning, o.at, models.ActorOf(by)
		draft.Reason, draft.Note = s.Reason, s.Note
		if draft.Action == models.OperationDisable {
			draft.Until = models.Instant(s.Until)
		}
		o.reason, o.note, o.after = string(s.Reason), s.Note, startFacts(draft)
		return tx.UpdateOperation(draft)
	})
	if err == nil && d.Work != nil {
		d.Work()
	}
	return draft, err
}

// lockOperation reads an operation for a change of it.
func lockOperation(tx *store.Tx, o *op) (models.Operation, error) {
	if !models.IsID(o.objectID) {
		return models.Operation{}, models.Missing("operation")
	}
	op, err := visible(tx.LockOperation(o.objectID))(o.by)
	if err == nil {
		o.objectName = operationName(op)
	}
	return op, err
}

func startable(draft models.Operation, by models.Actor) error {
	may := draft.Action.Permission()
	switch {
	case !by.MayAnywhere(may):
		return forbidden(may)
	case draft.State != models.OperationDraft:
		return &AlreadyDone{ObjectID: draft.ID}
	case draft.Found == 0:
		return precondition("nothing_found", "None of these lines names a key that you may see: there is nothing to do.")
	}
	return nil
}

// confirmStart checks why, until when, and what was typed.
func confirmStart(tx *store.Tx, o *op, draft models.Operation, s Stop, typed string) error {
	accounts, err := tx.ShareItems(o.by.Folders(models.KeysView), draft.ID, 2) // one or several is all that matters
	if err != nil {
		return err
	}
	p := problems{}
	if draft.Action == models.OperationRevoke {
		s = Stop{Reason: s.Reason, Note: s.Note}
	}
	p.stop(s, o.at)
	if want := typedToStart(draft, accounts); want != "" && spelled(typed) != want {
		p.add("confirm", "Type %s, exactly, to confirm", want)
	}
	return p.err()
}

// spelled is what was typed, a number without what sets its thousands apart.
func spelled(typed string) string {
	typed = strings.TrimSpace(typed)
	if number := strings.NewReplacer(",", "", " ", "").Replace(typed); number != "" {
		if _, err := strconv.Atoi(number); err == nil {
			return number
		}
	}
	return typed
}

// operationName is what events call an operation: "Revoke 37 keys".
func operationName(o models.Operation) string {
	verb := "Revoke"
	if o.Action == models.OperationDisable {
		verb = "Disable"
	}
	if o.Found == 1 {
		return verb + " 1 key"
	}
	return fmt.Sprintf("%s %d keys", verb, o.Found)
}

func startFacts(o models.Operation) models.Facts {
	f := models.Facts{"action": string(o.Action), "rows": o.Total, "duplicates": o.Duplicates, "found": o.Found}
	if !o.Until.IsZero() {
		f["until"] = when(o.Until)
	}
	if o.RetryOf != "" {
		f["retry_of"] = o.RetryOf
	}
	return f
}

// DiscardOperation deletes a draft of the actor's own.
func (d *Desk) DiscardOperation(ctx context.Context, by models.Actor, id string) error {
	o := d.op(by, "operation.discard", "operation", id)
	_, err := d.Store.Write(ctx, func(tx *store.Tx) error {
		draft, err := lockOperation(tx, o)
		if err != nil {
			return err
		}
		if draft.State != models.OperationDraft {
			return precondition("operation_started", "This operation was started: it can be cancelled, not discarded.")
		}
		return tx.DeleteDraft(id)
	})
	if err != nil {
		return d.refused(ctx, o, err)
	}
	return nil
}

// CancelOperation ends an operation after the batch that is under way. What is done stays done. Whoever may do what it does
// may cancel it. One that is cancelled or ended already gives *AlreadyDone.
func (d *Desk) CancelOperation(ctx context.Context, by models.Actor, id string) error {
	o := d.op(by, "operation.cancel", "operation", id)
	_, err := d.change(ctx, o, func(tx *store.Tx) error {
		op, err := lockOperation(tx, o)
		if err != nil {
			return err
		}
		may := op.Action.Permission()
		switch {
		case !by.MayAnywhere(may):
			return forbidden(may)
		case op.State == models.OperationDraft:
			return precondition("operation_draft", "This operation was not started: discard it instead.")
		case op.Ended() || !op.CancelAt.IsZero():
			return &AlreadyDone{ObjectID: id}
		}
		op.CancelAt, op.CancelBy = o.at, by.Label()
		o.after = models.Facts{"done": op.Done, "waiting": op.Waiting()}
		return tx.UpdateOperation(op)
	})
	if err == nil && d.Work != nil {
		d.Work()
	}
	return err
}

// draftsAtATime bounds a purge's transaction: each draft has up to MostItems rows.
const draftsAtATime = 10

// PurgeDrafts deletes the drafts that nobody started for a day.
func (d *Desk) PurgeDrafts(ctx context.Context) error {
	before := d.now().Add(-DraftsFor)
	for {
		var ids []string
		_, err := d.Store.Write(ctx, func(tx *store.Tx) (err error) {
			if ids, err = tx.DraftsBefore(before, draftsAtATime); err != nil {
				return err
			}
			return dropDrafts(tx, ids)
		})
		if err != nil || len(ids) < draftsAtATime {
			return err
		}
	}
}
