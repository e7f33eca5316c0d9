package manage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

const (
	workEvery  = time.Second            // how often a worker looks for operations that nobody carries out
	watchEvery = 100 * time.Millisecond // how often a command looks at one that another process carries out
	workAtOnce = 4                      // operations of one worker
	workMost   = 100                    // operations that it looks at
	leaveFor   = 5 * time.Second        // how long a worker that ends may take to say so
)

// Worker carries out operations that were started, in whatever process. Several workers never do the same: each turn locks
// its operation, and a lease tells the others to keep away.
type Worker struct {
	desk *Desk
	id   string
	wake chan struct{}

	mu   sync.Mutex
	busy map[string]bool
}

// NewWorker makes a worker. The desk's Work tells it of what this process starts.
func (d *Desk) NewWorker() (*Worker, error) {
	id, err := models.NewID(models.PrefixWorker, d.Rand)
	return &Worker{desk: d, id: id, wake: make(chan struct{}, 1), busy: map[string]bool{}}, err
}

// Wake has the worker look for work now.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Run carries out operations until the context ends. What is under way then is left to the next worker, at once.
func (w *Worker) Run(ctx context.Context) {
	tick := time.NewTicker(workEvery)
	defer tick.Stop()
	var running sync.WaitGroup
	for ctx.Err() == nil {
		w.look(ctx, &running)
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-w.wake:
		}
	}
	running.Wait()
	w.leave(ctx)
}

// look begins with operations that nobody carries out.
func (w *Worker) look(ctx context.Context, running *sync.WaitGroup) {
	var ids []string
	err := w.desk.Store.Read(ctx, func(tx *store.Tx) (err error) {
		ids, err = tx.Unclaimed(w.id, workMost)
		return err
	})
	w.failed(ctx, "look for operations", "", err)
	for _, id := range ids {
		if w.take(id) {
			running.Go(func() {
				defer w.drop(id)
				w.carryOn(ctx, id)
			})
		}
	}
}

func (w *Worker) take(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[id] || len(w.busy) >= workAtOnce {
		return false
	}
	w.busy[id] = true
	return true
}

func (w *Worker) drop(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, id)
	if len(w.busy) == workAtOnce-1 {
		w.Wake() // there was no place for another
	}
}

// carryOn carries out one operation until it ends or cannot go on: then the next look tries again.
func (w *Worker) carryOn(ctx context.Context, id string) {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = w.Step(ctx, id); err != nil {
			if !errors.Is(err, errElsewhere) {
				w.failed(ctx, "carry out an operation", id, err)
			}
			return
		}
	}
}

// failed logs what will be tried again.
func (w *Worker) failed(ctx context.Context, what, id string, err error) {
	if err != nil && ctx.Err() == nil {
		w.desk.Log.LogAttrs(ctx, slog.LevelError, "could not "+what+": it will be tried again", slog.String("operation", id), slog.Any("err", err))
	}
}

// leave gives the leases back, so that nobody waits for their end.
func (w *Worker) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveFor)
	defer cancel()
	_, err := w.desk.Store.Write(ctx, func(tx *store.Tx) error { return tx.ReleaseLeases(w.id) })
	w.failed(ctx, "give leases back", "", err)
}

// CarryOut carries out one operation to its end, in turn with the worker of a server where one runs, and tells how far it is.
func (w *Worker) CarryOut(ctx context.Context, id string, tell func(models.Operation)) (o models.Operation, err error) {
	for {
		more, err := w.Step(ctx, id)
		waits := errors.Is(err, errElsewhere) || models.CodeOf(err) == models.Unavailable
		if err != nil && (!waits || ctx.Err() != nil) {
			return o, err
		}
		err = w.desk.Store.Read(ctx, func(tx *store.Tx) (err error) {
			o, err = tx.Operation(id)
			return err
		})
		if err != nil {
			return o, err
		}
		tell(o)
		switch {
		case o.Ended():
			return o, nil
		case !more:
			if err := pause(ctx, watchEvery); err != nil {
				return o, err
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Step takes one turn of an operation: the next batch of its keys or, after the last, its end. more says that turns are left.
func (w *Worker) Step(ctx context.Context, id string) (more bool, err error) {
	t := w.turn(id, batchKeys)
	if more, err = w.transact(ctx, t, t.stop); defect(err) {
		return w.oneByOne(ctx, id)
	}
	return more, err
}

func (w *Worker) turn(id string, most int) *turn {
	return &turn{desk: w.desk, worker: w.id, id: id, most: most}
}

// transact is a turn's transaction, and the end of the operation where it was the last.
func (w *Worker) transact(ctx context.Context, t *turn, settle func(*store.Tx, []models.OperationItem) ([]outcome, error)) (more bool, err error) {
	done, err := w.desk.Store.Write(ctx, func(tx *store.Tx) error { return t.work(tx, settle) })
	if err != nil {
		return false, err
	}
	if done.Revision > 0 && w.desk.Wake != nil {
		w.desk.Wake()
	}
	switch {
	case t.op.State != models.OperationRunning:
		return false, nil
	case t.over:
		return false, w.end(ctx, t)
	}
	return true, nil
}

// defect reports whether a turn failed for a reason that will not pass: then one key is the cause, and not the others'.
func defect(err error) bool {
	return err != nil && !errors.Is(err, errElsewhere) && models.CodeOf(err) != models.Unavailable && !errors.Is(err, context.Canceled)
}

// oneByOne takes a batch's rows each by itself, so that a key that cannot be written fails alone.
func (w *Worker) oneByOne(ctx context.Context, id string) (more bool, err error) {
	for range batchKeys {
		t := w.turn(id, 1)
		more, err = w.transact(ctx, t, t.stop)
		if defect(err) {
			w.desk.Log.LogAttrs(ctx, slog.LevelError, "a key of an operation could not be changed", slog.String("operation", id), slog.Any("err", err))
			reason := models.ReasonOf(err)
			more, err = w.transact(ctx, w.turn(id, 1), func(_ *store.Tx, items []models.OperationItem) ([]outcome, error) {
				return []outcome{{models.ItemFailed, reason}}[:len(items)], nil
			})
		}
		if err != nil || !more {
			return more, err
		}
	}
	return more, nil
}

// end asks the gates for the last change, keeps their answer, and closes the operation.
func (w *Worker) end(ctx context.Context, t *turn) error {
	d, began := w.desk, w.desk.Now()
	var revision int64
	err := d.Store.Read(ctx, func(tx *store.Tx) error {
		last, err := tx.LastDone(t.id)
		if err != nil || last == "" {
			return err
		}
		revision, err = tx.LastChange(models.ChangeKey, last)
		return err
	})
	if err != nil {
		return err
	}
	var c Confirmation
	if revision > 0 {
		c = d.confirm(ctx, revision, began)
	}
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error {
		if err := t.begin(tx); err != nil || t.op.State != models.OperationRunning {
			return err
		}
		return t.close(tx, c)
	})
	return err
}

// keydesk is who ends an operation: its actor may be gone.
var keydesk = models.Actor{Type: models.ActorSystem, ID: "keydesk", Name: "keydesk", Method: "operation"}

// close writes the end, with what the gates said.
func (t *turn) close(tx *store.Tx, c Confirmation) error {
	o := t.desk.op(keydesk, "operation.end", "operation", t.id)
	o.objectName, o.reason = operationName(t.op), t.op.StopReason
	t.op.State, t.op.EndedAt = models.OperationDone, o.at
	if t.op.StopReason != "" && t.op.Waiting() > 0 {
		t.op.State = models.OperationCancelled
	} else {
		t.op.StopReason, o.reason = "", ""
	}
	t.op.LeaseBy, t.op.LeaseUntil, t.op.Revision = "", time.Time{}, c.Revision
	if c.Revision > 0 && c.Complete() {
		t.op.Gates, t.op.ConfirmedMS, t.op.ConfirmedAt = c.Gates, c.Took.Milliseconds(), c.At
	}
	o.after = models.Facts{
		"state": string(t.op.State), "done": t.op.Done, "already": t.op.Already, "refused": t.op.Refused, "failed": t.op.Failed,
		"waiting": t.op.Waiting(), "started_by": t.op.Actor.Label(), "revision": c.Revision, "gates": c.Gates, "confirmed": c.Confirmed,
	}
	tx.Record(o.event())
	return tx.UpdateOperation(t.op)
}
