// Package manage decides every change and every list, whoever asks: it authorises, validates, and makes one transaction of
// the change, its audit event and its revision; then it waits until the gates have confirmed.
package manage

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/secret"
	"keydesk/models/store"
)

// Desk decides management requests. Now and Rand are its only sources of time and chance.
type Desk struct {
	Store   *store.Store
	Peppers *secret.Peppers
	Tokens  *iamtoken.Keys // of IAM tokens; nil where none are made
	Now     func() time.Time
	Rand    io.Reader
	Wake    func() // tells this process's gate that something changed; nil where there is none
	Work    func() // tells this process's worker that an operation was started or cancelled; nil where there is none
	Log     *slog.Logger

	CountsFor time.Duration // for how long the counts of tabs are not counted again while no key is changed; 0: they always are

	checks  checks
	tabs    tabCounts
	gates   gateWatch
	drawing drawing
	built   atomic.Pointer[built]
}

// now is read once per operation.
func (d *Desk) now() time.Time { return models.Instant(d.Now()) }

// op is what somebody asks to do, as far as its audit event needs it. What is learned on the way is filled in.
type op struct {
	by         models.Actor
	action     string
	objectType string
	objectID   string
	objectName string
	accountID  string
	folderID   string
	reason     string
	note       string
	before     models.Facts
	after      models.Facts
	at         time.Time
	first      func(*store.Tx) error // of a key's edit: what has to be locked before the key
	made       string                // of a call of the API without an operation: what it makes
	result     any                   // of a call of the API with one: the object as the change leaves it
}

func (d *Desk) op(by models.Actor, action, objectType, objectID string) *op {
	return &op{by: by, action: action, objectType: objectType, objectID: objectID, at: d.now()}
}

func (o *op) ofAccount(a models.Account) {
	o.objectID, o.objectName, o.accountID, o.folderID = a.ID, a.Name, a.ID, a.FolderID
}

func (o *op) ofKey(k models.Key) {
	o.objectID, o.objectName, o.accountID, o.folderID = k.ID, k.Description, k.AccountID, k.FolderID
}

func (o *op) event() models.Event {
	e := models.NewEvent(o.by, o.at, o.action, o.objectType, o.objectID, o.objectName)
	e.AccountID, e.FolderID, e.Reason, e.Note = o.accountID, o.folderID, o.reason, o.note
	e.Before, e.After = o.before.Marshal(), o.after.Marshal()
	return e
}

// change runs one change: its transaction with its event, the event of its refusal, and the wait for the gates. fn says
// what happened by filling o, and hands the changes that gates must know to tx.Change.
func (d *Desk) change(ctx context.Context, o *op, fn func(tx *store.Tx) error) (Confirmation, error) {
	began := d.Now()
	revision, err := d.commit(ctx, o, fn)
	if err != nil || revision == 0 {
		return Confirmation{}, err
	}
	return d.confirm(ctx, revision, began), nil
}

// commit is a change without the wait for the gates. They are told of its revision; 0 is nothing that they must know.
func (d *Desk) commit(ctx context.Context, o *op, fn func(tx *store.Tx) error) (revision int64, err error) {
	done, err := d.Store.Write(ctx, func(tx *store.Tx) error {
		if err := o.claimCall(tx); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		tx.Record(o.event())
		return o.keepCall(tx)
	})
	if err != nil {
		return 0, d.refused(ctx, o, err)
	}
	if done.Revision > 0 && d.Wake != nil {
		d.Wake()
	}
	return done.Revision, nil
}
