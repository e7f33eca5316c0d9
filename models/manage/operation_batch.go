package manage

import (
	"errors"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

const (
	batchKeys = 100             // of one transaction
	leaseFor  = 5 * time.Second // after a worker died, this long nobody goes on
)

// errElsewhere says that another worker carries the operation out.
var errElsewhere = models.NewError(models.Conflict, "operation_elsewhere", "Another process carries this operation out.")

// turn is one transaction of an operation: who acts with which access, and what becomes of the next rows. Rows, keys, events
// and the feed are written together, so a turn happened whole or not at all, and whoever goes on begins where it ended.
type turn struct {
	desk   *Desk
	worker string
	id     string
	most   int // rows

	op   models.Operation
	by   models.Actor
	over bool // nothing is left to do but the end
}

// begin locks the operation, and with it keeps every other worker out; then it looks up anew what its actor may.
func (t *turn) begin(tx *store.Tx) (err error) {
	t.over = false
	if t.op, err = tx.LockOperation(t.id); err != nil {
		return err
	}
	if t.op.State != models.OperationRunning {
		t.over = true
		return nil
	}
	now, err := tx.Clock()
	if err != nil {
		return err
	}
	if t.op.LeaseBy != t.worker && t.op.LeaseUntil.After(now) {
		return errElsewhere
	}
	t.op.LeaseBy, t.op.LeaseUntil = t.worker, now.Add(leaseFor)
	if t.by, err = t.actor(tx); err != nil || t.op.StopReason != "" {
		t.over = true
		return err
	}
	if !t.op.CancelAt.IsZero() {
		t.op.StopReason, t.over = models.StopCancelled, true
	}
	return nil
}

// actor is who confirmed the operation, with the access that they have now. Who has lost it stops the operation.
func (t *turn) actor(tx *store.Tx) (models.Actor, error) {
	if t.op.Actor.Type != models.ActorPerson {
		return t.op.Actor.As(nil), nil
	}
	p, err := tx.Person(t.op.Actor.ID)
	if err != nil && models.CodeOf(err) != models.NotFound {
		return models.Actor{}, err
	}
	by := t.op.Actor.As(p.Grants())
	switch {
	case p.ID == "" || !p.DisabledAt.IsZero():
		t.op.StopReason = models.StopActorDisabled
	case !by.MayAnywhere(t.op.Action.Permission()):
		t.op.StopReason = models.StopActorAccess
	}
	return by, nil
}

// work decides about the next rows by way of settle, and writes down what became of them.
func (t *turn) work(tx *store.Tx, settle func(*store.Tx, []models.OperationItem) ([]outcome, error)) error {
	if err := t.begin(tx); err != nil || t.op.State != models.OperationRunning {
		return err
	}
	if !t.over {
		items, err := tx.NextItems(t.id, t.most)
		if err != nil {
			return err
		}
		outcomes, err := settle(tx, items)
		if err != nil {
			return err
		}
		if err := t.write(tx, items, outcomes); err != nil {
			return err
		}
		t.over = t.op.Waiting() == 0 || len(items) == 0
	}
	return tx.UpdateOperation(t.op)
}

// outcome is what became of a row.
type outcome struct {
	state  models.ItemState
	reason string
}

func (t *turn) write(tx *store.Tx, items []models.OperationItem, outcomes []outcome) error {
	now, positions := t.desk.now(), map[outcome][]int{}
	for i, item := range items {
		positions[outcomes[i]] = append(positions[outcomes[i]], item.Position)
		*t.count(outcomes[i].state)++
	}
	for of, list := range positions {
		if err := tx.SettleItems(t.id, list, of.state, of.reason, now); err != nil {
			return err
		}
	}
	return nil
}

func (t *turn) count(s models.ItemState) *int {
	switch s {
	case models.ItemDone:
		return &t.op.Done
	case models.ItemAlready:
		return &t.op.Already
	case models.ItemRefused:
		return &t.op.Refused
	}
	return &t.op.Failed
}

// stop stops the keys that rows name: each by the rule of one alone, with its own event. A key that may not be seen is
// missing, and one that the rule refuses stays as it is; neither keeps the others.
func (t *turn) stop(tx *store.Tx, items []models.OperationItem) ([]outcome, error) {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.Given
	}
	keys, err := tx.LockKeys(t.by.Folders(models.KeysView), ids)
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(items))
	for i, id := range ids {
		k, found := keys[id]
		if !found {
			outcomes[i] = outcome{models.ItemRefused, models.ItemNotFound}
			continue
		}
		if outcomes[i], err = t.stopKey(tx, k); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

func (t *turn) stopKey(tx *store.Tx, k models.Key) (outcome, error) {
	how, why := stopOf(t.op)
	o := t.desk.op(t.by, how.action, "key", k.ID)
	o.reason, o.note = string(why.Reason), why.Note
	err := mayKey(o, how.may, k)
	if err == nil && how.already(k, why, o.at) {
		return outcome{state: models.ItemAlready}, nil
	}
	if err == nil {
		err = setKey(tx, o, &k, func(_ *store.Tx, k *models.Key) error { return how.set(o, k, why) })
	}
	var refusal *models.Error
	switch {
	case err == nil:
		o.after["operation"] = t.id
		tx.Change(models.ChangeKey, k.ID)
		tx.Record(o.event())
		return outcome{state: models.ItemDone}, nil
	case errors.As(err, &refusal) && (refusal.Code == models.Forbidden || refusal.Code == models.Precondition):
		e := o.refusal(err)
		e.After = models.Facts{"operation": t.id}.Marshal()
		tx.Record(e)
		return outcome{models.ItemRefused, refusal.Reason}, nil
	}
	return outcome{}, err
}

// stopOf is what an operation does to each of its keys, and why.
func stopOf(o models.Operation) (keyStop, Stop) {
	s := Stop{Reason: o.Reason, Note: o.Note, Until: o.Until}
	if o.Action == models.OperationDisable {
		return disabling, s
	}
	return revoking, s
}
