package manage

import (
	"context"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// Calls of the API are remembered with what they change: see models.Call. Their Idempotency-Keys lie beside the one-time
// ids of forms, under a name that no form has.
const callClaim = "call:"

// CallsFor is how long an Idempotency-Key is remembered.
const CallsFor = 7 * 24 * time.Hour

// OperationsFor is how long an operation that is done can be looked up: longer than any Idempotency-Key leads to it. What was
// changed, by whom and when is in the audit log, which forgets nothing.
const OperationsFor = 90 * 24 * time.Hour

// claimCall takes a call's Idempotency-Key before anything is changed. Of two at the same time one waits for the other.
func (o *op) claimCall(tx *store.Tx) error {
	c := o.by.Call
	if c == nil || c.Key == "" {
		return nil
	}
	makes := c.OperationID
	if makes == "" {
		makes = o.made
	}
	first, claimed, err := tx.ClaimOnce(o.by.Label(), callClaim+c.Key, c.Hash, makes)
	if err != nil || claimed {
		return err
	}
	return repeated(c, first)
}

// repeated is the answer to a call whose Idempotency-Key is taken.
func repeated(c *models.Call, first models.Claim) error {
	if first.RequestHash != c.Hash {
		return models.NewError(models.Aborted, "idempotency_key_reused",
			"This Idempotency-Key came with another request before. Send a new key with a new request.")
	}
	return &AlreadyDone{ObjectID: first.ResultID}
}

// notRepeated refuses what claimCall would refuse, before a call changes anything in transactions of its own.
func (d *Desk) notRepeated(ctx context.Context, by models.Actor) error {
	c := by.Call
	if c == nil || c.Key == "" {
		return nil
	}
	return d.Store.Read(ctx, func(tx *store.Tx) error {
		first, err := tx.Claimed(by.Label(), callClaim+c.Key)
		if err == nil {
			err = repeated(c, first)
		} else if models.CodeOf(err) == models.NotFound {
			err = nil
		}
		return err
	})
}

// keepCall keeps the operation that the call answers with, in the transaction of its change.
func (o *op) keepCall(tx *store.Tx) error {
	c := o.by.Call
	if c == nil || c.OperationID == "" {
		return nil
	}
	metadata, response, err := c.Answer(o.objectID, o.result)
	if err != nil {
		return err
	}
	tx.Keep(models.APIOperation{
		ID: c.OperationID, FolderID: o.folderID, AccountID: o.accountID, ObjectID: o.objectID, Description: c.Description,
		CreatedAt: o.at, CreatedBy: o.by.ID, Metadata: metadata, Response: response,
	})
	return nil
}

// keyResult is what a call learns of a key that it changed.
func (o *op) keyResult(tx *store.Tx, k models.Key) (err error) {
	if o.by.Call == nil {
		return nil
	}
	r := models.KeyWithUse{Key: k}
	r.LastUsed, err = tx.LastUsed(k.ID)
	o.result = r
	return err
}

// accountResult is what a call learns of an account that it changed.
func (o *op) accountResult(tx *store.Tx, a models.Account) error {
	if o.by.Call == nil {
		return nil
	}
	list, err := withUse(tx, a)
	if err == nil {
		o.result = list[0]
	}
	return err
}

// APIOperation is an operation of the API, and whether it is done: when every gate enforces what it changed, or cannot
// answer from before it any more.
type APIOperation struct {
	models.APIOperation
	Done bool
}

// APIOperation finds an operation. It is its author's, and of who may view what it is about.
func (d *Desk) APIOperation(ctx context.Context, by models.Actor, id string) (o APIOperation, err error) {
	if !models.IsID(id) {
		return o, models.Missing("operation")
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		o.APIOperation, err = tx.APIOperation(id)
		return err
	})
	if err != nil {
		return o, err
	}
	if o.CreatedBy != by.ID && !by.MayOn(models.AccountsView, o.FolderID, o.AccountID) {
		return APIOperation{}, models.Missing("operation")
	}
	return d.judge(ctx, o.APIOperation)
}

func (d *Desk) judge(ctx context.Context, o models.APIOperation) (APIOperation, error) {
	if o.Revision == 0 {
		return APIOperation{o, true}, nil
	}
	c, err := d.gatesAt(ctx, o.Revision)
	return APIOperation{o, err == nil && c.Complete()}, err
}

// APIOperations pages over the operations of a key or an account that the actor may view, newest first.
func (d *Desk) APIOperations(
	ctx context.Context, by models.Actor, objectID string, after models.Cursor, limit int,
) (page models.Page[APIOperation], err error) {
	var found models.Page[models.APIOperation]
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		found, err = tx.APIOperationsOf(objectID, after, limit)
		return err
	})
	if err != nil {
		return page, err
	}
	for _, o := range found.Rows {
		if !by.MayOn(models.AccountsView, o.FolderID, o.AccountID) { // all are of one object: nor may they see that there are more
			return page, nil
		}
	}
	page.More, page.Next = found.More, found.Next
	done, err := d.doneUpTo(ctx, found.Rows)
	for _, o := range found.Rows {
		page.Rows = append(page.Rows, APIOperation{o, o.Revision <= done})
	}
	return page, err
}

// doneUpTo is the last revision among those of operations that is done. Gates enforce revisions in order, so few are asked
// about: where the last of all is done, that one alone.
func (d *Desk) doneUpTo(ctx context.Context, rows []models.APIOperation) (int64, error) {
	revisions := make([]int64, len(rows)+1) // 0 is done always
	for i, o := range rows {
		revisions[i] = o.Revision
	}
	slices.Sort(revisions)
	revisions = slices.Compact(revisions)
	for done, waits := 0, len(revisions); ; { // revisions[done] is done, revisions[waits] is not
		if waits-done == 1 {
			return revisions[done], nil
		}
		middle := (done + waits) / 2
		if waits == len(revisions) {
			middle = waits - 1
		}
		one, err := d.judge(ctx, models.APIOperation{Revision: revisions[middle]})
		switch {
		case err != nil:
			return 0, err
		case one.Done:
			done = middle
		default:
			waits = middle
		}
	}
}

// PurgeCalls forgets Idempotency-Keys that are older than CallsFor, operations that are older than OperationsFor, and tokens
// that have ended.
func (d *Desk) PurgeCalls(ctx context.Context) error {
	for more := true; more; {
		_, err := d.Store.Write(ctx, func(tx *store.Tx) error {
			n, err := tx.PurgeClaims(callClaim, d.now().Add(-CallsFor))
			more = n == store.PurgeBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	for more := true; more; {
		var err error
		if more, err = d.purgeOperations(ctx); err != nil {
			return err
		}
	}
	_, err := d.Store.Write(ctx, func(tx *store.Tx) error { return tx.PurgeTokens(d.now(), tokenLife) })
	return err
}

// purgeOperations forgets a batch of old operations that are done, and reports whether there may be more of them.
func (d *Desk) purgeOperations(ctx context.Context) (more bool, err error) {
	var old []models.APIOperation
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		old, err = tx.OldAPIOperations(d.now().Add(-OperationsFor))
		return err
	})
	if err != nil || len(old) == 0 {
		return false, err
	}
	done, err := d.doneUpTo(ctx, old)
	if err != nil {
		return false, err
	}
	var ids []string
	for _, o := range old {
		if o.Revision <= done {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error { return tx.DeleteAPIOperations(ids) })
	return len(old) == store.PurgeBatch, err
}
