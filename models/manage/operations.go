package manage

import (
	"context"
	"strconv"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// Limits of operations.
const (
	MostItems  = 20_000         // lines that one operation takes
	mostDrafts = 10             // of one person: an older one makes room
	DraftsFor  = 24 * time.Hour // how long one that nobody started is kept
	usedWithin = 7 * 24 * time.Hour
	sharesMost = 6
)

// NewOperation describes a change of many keys. Keys are as they were given, one each: ids, or whatever stood in their place.
type NewOperation struct {
	Action  models.OperationAction
	Keys    []string
	retryOf string
}

// DraftOperation stores which keys an operation is about: exactly these, whatever a list shows later. Nothing is changed yet,
// and no event is made of it.
func (d *Desk) DraftOperation(ctx context.Context, by models.Actor, in NewOperation) (models.Operation, error) {
	o := d.op(by, "operation.draft", "operation", "")
	draft, items, err := d.draftOperation(o, in)
	if err != nil {
		return models.Operation{}, d.refused(ctx, o, err)
	}
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.InsertOperation(draft, items); err != nil {
			return err
		}
		s, err := tx.SummariseItems(by.Folders(models.KeysView), draft.ID, o.at, o.at)
		if err != nil {
			return err
		}
		draft.Found = s.Found
		if err := tx.UpdateOperation(draft); err != nil {
			return err
		}
		return makeRoom(tx, draft.Actor)
	})
	return draft, err
}

func (d *Desk) draftOperation(o *op, in NewOperation) (draft models.Operation, items []models.OperationItem, err error) {
	p := problems{}
	switch may := in.Action.Permission(); {
	case may == "":
		p.add("action", "Choose what to do: disable or revoke")
	case !o.by.MayAnywhere(may):
		return draft, nil, forbidden(may)
	}
	id, err := models.NewID(models.PrefixOperation, d.Rand)
	if err != nil {
		return draft, nil, err
	}
	items, duplicates := itemsOf(id, in.Keys, o.at)
	switch {
	case len(items) == 0:
		p.add("ids", "Select at least one key, or enter the ID of one")
	case len(items) > MostItems:
		p.add("ids", "%d keys at most; these are %d: split the list", MostItems, len(items))
	}
	draft = models.Operation{
		ID: id, Action: in.Action, State: models.OperationDraft, Actor: models.ActorOf(o.by), CreatedAt: o.at, RetryOf: in.retryOf,
		Total: len(items), Duplicates: duplicates,
	}
	for _, item := range items {
		if item.State == models.ItemRefused {
			draft.Refused++
		}
	}
	return draft, items, p.err()
}

// makeRoom keeps the newest drafts of an author: nobody fills the database with forms that are never sent.
func makeRoom(tx *store.Tx, a models.OperationActor) error {
	ids, err := tx.DraftsOf(a)
	if err != nil {
		return err
	}
	return dropDrafts(tx, ids[min(len(ids), mostDrafts):])
}

// dropDrafts deletes drafts, but for those that were started or discarded meanwhile.
func dropDrafts(tx *store.Tx, ids []string) error {
	for _, id := range ids {
		if err := tx.DeleteDraft(id); err != nil && models.CodeOf(err) != models.NotFound {
			return err
		}
	}
	return nil
}

// RetryOperation drafts what is left of an operation that ended: what failed, and what it did not come to.
func (d *Desk) RetryOperation(ctx context.Context, by models.Actor, id string) (models.Operation, error) {
	o := d.op(by, "operation.draft", "operation", id)
	var old models.Operation
	var rest []string
	err := d.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if old, err = seenOperation(tx, by, id); err != nil {
			return err
		}
		if old.Rest() == 0 {
			return precondition("nothing_left", "Nothing of this operation is left to do.")
		}
		rest, err = tx.RestOf(id)
		return err
	})
	if err != nil {
		return models.Operation{}, d.refused(ctx, o, err)
	}
	return d.DraftOperation(ctx, by, NewOperation{Action: old.Action, Keys: rest, retryOf: id})
}

// seenOperation reads an operation that the actor may see: their own, and those of others once they were started, where the
// actor may see the keys of every folder.
func seenOperation(tx *store.Tx, by models.Actor, id string) (models.Operation, error) {
	if !models.IsID(id) {
		return models.Operation{}, models.Missing("operation")
	}
	return visible(tx.Operation(id))(by)
}

// visible answers an operation that was read to whom it may be shown; to others it is missing.
func visible(op models.Operation, err error) func(models.Actor) (models.Operation, error) {
	return func(by models.Actor) (models.Operation, error) {
		others := !op.Actor.Is(by) && (op.State == models.OperationDraft || !by.Folders(models.KeysView).All)
		if err == nil && others {
			return models.Operation{}, models.Missing("operation")
		}
		return op, err
	}
}

// OperationDetail is an operation, and what stands beside it: of a draft what it would hit, of one that ended what the gates
// said.
type OperationDetail struct {
	models.Operation
	Summary      store.ItemSummary    // draft: the keys as they are now
	Accounts     []store.AccountShare // draft: whose they are, those with the most keys first; not all of them where they are many
	Typed        string               // draft: what has to be typed to start it; "" where nothing has
	Confirmation Confirmation         // ended: Revision is 0 where nothing was changed
}

// Operation reads one operation.
func (d *Desk) Operation(ctx context.Context, by models.Actor, id string) (o OperationDetail, err error) {
	now := d.now()
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if o.Operation, err = seenOperation(tx, by, id); err != nil || o.State != models.OperationDraft {
			return err
		}
		in := by.Folders(models.KeysView)
		if o.Summary, err = tx.SummariseItems(in, id, now, now.Add(-usedWithin)); err != nil {
			return err
		}
		o.Accounts, err = tx.ShareItems(in, id, sharesMost)
		o.Typed = typedToStart(o.Operation, o.Accounts)
		return err
	})
	if err != nil || o.Revision == 0 {
		return o, err
	}
	o.Confirmation = Confirmation{
		Revision: o.Revision, Gates: o.Gates, Confirmed: o.Gates, Took: time.Duration(o.ConfirmedMS) * time.Millisecond, At: o.ConfirmedAt,
	}
	if o.ConfirmedAt.IsZero() { // not when it ended: perhaps by now
		o.Confirmation, err = d.gatesAt(ctx, o.Revision)
		o.Confirmation.At = now
	}
	return o, err
}

// typedToStart is what has to be typed, so that many keys are not stopped by a slip: the name of the account where all are
// of one, else how many they are.
func typedToStart(o models.Operation, accounts []store.AccountShare) string {
	switch {
	case o.Found <= 1:
		return ""
	case len(accounts) == 1:
		return accounts[0].Name
	}
	return strconv.Itoa(o.Found)
}

// Operations lists the operations that the actor may see, newest first.
func (d *Desk) Operations(ctx context.Context, by models.Actor, after models.Cursor, back bool) (p models.Page[models.Operation], err error) {
	if !by.Folders(models.KeysView).All {
		return p, forbidden(models.KeysView)
	}
	q := store.OperationQuery{DraftsOf: models.ActorOf(by), After: after, Before: back, Limit: pageRows}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		p, err = tx.Operations(q)
		return err
	})
	return p, err
}

// ItemRow is a row with the key that it names: its Key.ID is "" where there is none, or none that the actor may see.
type ItemRow = store.ItemRow

// ItemFilter pages over the rows of an operation: the latest first or, InOrder, as they were given.
type ItemFilter struct {
	State   models.ItemState // "": any
	InOrder bool
	After   models.Cursor
	Back    bool
	Limit   int
}

// OperationItems lists rows of an operation with the keys that they name, as far as the actor may see those.
func (d *Desk) OperationItems(ctx context.Context, by models.Actor, id string, f ItemFilter) (p models.Page[store.ItemRow], err error) {
	q := store.ItemQuery{
		OperationID: id, Scope: by.Folders(models.KeysView), State: f.State, InOrder: f.InOrder, After: f.After, Before: f.Back, Limit: rowsOf(f.Limit),
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if _, err := seenOperation(tx, by, id); err != nil {
			return err
		}
		p, err = tx.Items(q)
		return err
	})
	return p, err
}

// ExportItems hands over all rows of an operation in their order, from one snapshot.
func (d *Desk) ExportItems(ctx context.Context, by models.Actor, id string, row func(ItemRow) error) error {
	if !by.MayAnywhere(models.Export) {
		return forbidden(models.Export)
	}
	q := store.ItemQuery{OperationID: id, Scope: by.Folders(models.KeysView), InOrder: true, Limit: maxRows}
	return d.Store.Stream(ctx, func(tx *store.Tx) error {
		if _, err := seenOperation(tx, by, id); err != nil {
			return err
		}
		for {
			p, err := tx.Items(q)
			if err != nil {
				return err
			}
			for _, r := range p.Rows {
				if err := row(r); err != nil {
					return err
				}
			}
			if !p.More {
				return nil
			}
			q.After = p.Next
		}
	})
}
