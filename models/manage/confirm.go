package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// Confirmation is what the gates said about a change: which of those that may still answer know it already. Gates is 0
// where none runs; Revision is 0 where the change is nothing that gates must know.
type Confirmation struct {
	Revision  int64
	Gates     int
	Confirmed int
	Took      time.Duration // from the change's begin to the last confirmation
	At        time.Time
	Pending   []PendingGate
	Unproven  []string // gates that did not register again since the database was accepted after it went back in time
	Unknown   bool     // the database did not say: a gate may not know the change yet
}

// PendingGate has not confirmed. By RefusesBy it knows the change, or answers nothing.
type PendingGate struct {
	Name      string
	RefusesBy time.Time
}

// Complete reports whether every gate that may still answer has confirmed. After a promotion one that nobody heard of since
// may answer from the database of before: the change is unproven until it registers again or is forgotten.
func (c Confirmation) Complete() bool { return c.answered() && len(c.Unproven) == 0 }

// answered reports that nothing will come by waiting.
func (c Confirmation) answered() bool { return !c.Unknown && len(c.Pending) == 0 }

const (
	confirmWithin = 2 * time.Second
	confirmStep   = 2 * time.Millisecond // a quarter longer each time, up to confirmMax: a gate takes some 10 ms
	confirmMax    = 50 * time.Millisecond
)

// confirm waits until every live gate enforces the revision, two seconds at most. The change is committed: a confirmation
// that cannot be read is one that is incomplete, not an error.
func (d *Desk) confirm(ctx context.Context, revision int64, began time.Time) Confirmation {
	ctx, cancel := context.WithTimeout(ctx, confirmWithin)
	defer cancel()
	c := Confirmation{Revision: revision, Unknown: true}
	for step := confirmStep; ; step = min(step+step/4, confirmMax) {
		now, err := d.gatesAt(ctx, revision)
		if err == nil {
			c = now
		}
		c.At = d.now()
		c.Took = d.Now().Sub(began)
		if err == nil && c.answered() {
			return c
		}
		select {
		case <-ctx.Done():
			return c
		case <-time.After(step):
		}
	}
}

func (d *Desk) gatesAt(ctx context.Context, revision int64) (Confirmation, error) {
	at, err := d.Store.GatesAt(ctx, revision)
	c := Confirmation{Revision: revision, Gates: at.Live, Confirmed: at.Live - len(at.Pending)}
	for _, g := range at.Pending {
		c.Pending = append(c.Pending, PendingGate{Name: g.Name, RefusesBy: g.LeaseUntil})
	}
	for _, g := range at.Before {
		c.Unproven = append(c.Unproven, g.Name)
	}
	return c, err
}

// Recheck reads the state of an object's last change again, for a page that keeps itself current. A revision that comes
// with the page's address may ask for a later one, never for an older: that would prove nothing of what the page shows.
func (d *Desk) Recheck(ctx context.Context, by models.Actor, kind models.ChangeKind, objectID string, revision int64) (Confirmation, error) {
	if !by.MayAnywhere(models.KeysView) {
		return Confirmation{}, forbidden(models.KeysView)
	}
	err := d.Store.Read(ctx, func(tx *store.Tx) error {
		if err := sees(tx, by, kind, objectID); models.CodeOf(err) == models.NotFound {
			return nil
		} else if err != nil {
			return err
		}
		last, err := tx.LastChange(kind, objectID)
		revision = max(revision, last)
		return err
	})
	if err != nil {
		return Confirmation{}, err
	}
	c, err := d.gatesAt(ctx, revision)
	c.At = d.now()
	return c, err
}

// sees says of an object of the feed that it is missing where the actor may not know of it. What is in no folder is
// everybody's who may view keys.
func sees(tx *store.Tx, by models.Actor, kind models.ChangeKind, id string) (err error) {
	switch kind {
	case models.ChangeKey:
		_, err = tx.Key(by.Folders(models.KeysView), id)
	case models.ChangeAccount:
		_, err = tx.Account(by.Folders(models.AccountsView), id)
	}
	return err
}

// GateList are the processes that answer checks, and the newest revision that they are to know.
type GateList struct {
	Now   time.Time // the database's clock, which leases are judged by
	Head  int64
	Gates []models.GateProgress
}

// Gates lists the processes that answer checks.
func (d *Desk) Gates(ctx context.Context, by models.Actor) (l GateList, err error) {
	if !by.MayAnywhere(models.KeysView) {
		return l, forbidden(models.KeysView)
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if l.Gates, l.Head, err = tx.GateProgress(); err != nil {
			return err
		}
		l.Now, err = tx.Clock()
		return err
	})
	return l, err
}
