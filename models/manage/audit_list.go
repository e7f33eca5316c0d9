package manage

import (
	"context"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// EventFilter narrows the audit log. What is left empty narrows nothing.
type EventFilter struct {
	ActorType  models.ActorType
	Actor      string // id, mail address, name of a service account, or "local:user@host" as pages print it
	Action     string
	ObjectType string
	Object     string    // id, or the whole name that it has now
	Account    string    // id or name of an account: everything about it and its keys
	Result     string    // models.EventDone or models.EventRefused
	From, To   time.Time // From included, To not
	After      models.Cursor
	Back       bool // the page before After
}

// auditRows is the length of a page of the log: half of other lists', for each event brings its details along.
const auditRows = 25

// EventList is a page of the audit log and how many events there are, counted up to a cap.
type EventList struct {
	Page   models.Page[store.EventRow]
	Total  int
	Capped bool
}

// Events lists the audit log, newest first.
func (d *Desk) Events(ctx context.Context, by models.Actor, f EventFilter) (l EventList, err error) {
	in := by.Folders(models.AuditView)
	if in.None() {
		return l, forbidden(models.AuditView)
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		q, found, err := f.query(tx, in)
		if err != nil || !found {
			return err
		}
		if l.Page, err = tx.Events(q); err != nil {
			return err
		}
		l.Total, err = tx.CountEvents(q, countCap+1)
		if l.Total > countCap {
			l.Total, l.Capped = countCap, true
		}
		return err
	})
	return l, err
}

// query looks up what the filter calls by name. It finds nothing where nothing has the name.
func (f EventFilter) query(tx *store.Tx, in models.FolderScope) (q store.EventQuery, found bool, err error) {
	q = store.EventQuery{
		Scope: in, ActorType: f.ActorType, Action: f.Action, ObjectType: f.ObjectType, Result: f.Result, From: f.From, To: f.To,
		After: f.After, Before: f.Back, Limit: auditRows,
	}
	switch {
	case f.Object == "":
	case models.IsID(f.Object):
		q.ObjectIDs = []string{f.Object}
	default:
		if q.ObjectIDs, err = tx.ObjectIDs(f.Object); err != nil || len(q.ObjectIDs) == 0 {
			return q, false, err
		}
	}
	if f.Actor != "" {
		if q.ActorIDs, err = f.actorIDs(tx, &q); err != nil || len(q.ActorIDs) == 0 {
			return q, false, err
		}
	}
	switch {
	case f.Account == "":
		return q, true, nil
	case models.IsID(f.Account):
		q.AccountIDs = []string{f.Account}
	default:
		q.AccountIDs, err = tx.AccountIDsNamed(in, f.Account)
	}
	return q, len(q.AccountIDs) > 0, err
}

// actorIDs reads an actor as pages print them: "local:root@desk" says its type too.
func (f EventFilter) actorIDs(tx *store.Tx, q *store.EventQuery) ([]string, error) {
	name := f.Actor
	for _, t := range []models.ActorType{models.ActorAccount, models.ActorLocal, models.ActorSystem} {
		if rest, is := strings.CutPrefix(name, string(t)+":"); is {
			if q.ActorType != "" && q.ActorType != t {
				return nil, nil
			}
			name, q.ActorType = rest, t
		}
	}
	if models.IsID(name) {
		return []string{name}, nil
	}
	return tx.ActorIDs(name)
}

// EachEvent hands over the filtered log, oldest first as a log is written, in one snapshot. It asks for both permissions:
// to see the log, and to take it away.
func (d *Desk) EachEvent(ctx context.Context, by models.Actor, f EventFilter, each func(EventRow) error) error {
	in := by.Folders(models.AuditView)
	if in.None() || !by.MayAnywhere(models.Export) {
		err := models.NewError(models.Forbidden, "forbidden",
			"To export the audit log, somebody has to be allowed both to see it and to export. An administrator can change what you may do.")
		return d.refused(ctx, d.op(by, "audit.export", "audit", ""), err)
	}
	return d.Store.Stream(ctx, func(tx *store.Tx) error {
		q, found, err := f.query(tx, in)
		if err != nil || !found {
			return err
		}
		return tx.EachEvent(q, each)
	})
}

// ActivityFilter pages over what happened to one object.
type ActivityFilter struct {
	After models.Cursor
	Back  bool
	Limit int
}

// KeyActivity lists what happened to a key, newest first, for whoever may see the key: without the right to the audit log
// they are told what was done to it and by whom, but neither from where (see withhold) nor what others tried in vain.
func (d *Desk) KeyActivity(ctx context.Context, by models.Actor, id string, f ActivityFilter) (p models.Page[store.EventRow], err error) {
	if !models.IsID(id) {
		return p, models.Missing("API key")
	}
	return d.activity(ctx, by, f, func(tx *store.Tx) (store.EventQuery, string, error) {
		k, err := tx.Key(by.Folders(models.KeysView), id)
		return store.EventQuery{ObjectIDs: []string{id}}, k.FolderID, err
	})
}

// AccountActivity lists what happened to an account and its keys, newest first, as KeyActivity does.
func (d *Desk) AccountActivity(ctx context.Context, by models.Actor, id string, f ActivityFilter) (p models.Page[store.EventRow], err error) {
	if !models.IsID(id) {
		return p, models.Missing("service account")
	}
	return d.activity(ctx, by, f, func(tx *store.Tx) (store.EventQuery, string, error) {
		a, err := tx.Account(by.Folders(models.AccountsView), id)
		return store.EventQuery{AccountIDs: []string{id}}, a.FolderID, err
	})
}

// activity reads the events of an object that find has seen to be the actor's to see.
func (d *Desk) activity(
	ctx context.Context, by models.Actor, f ActivityFilter, find func(*store.Tx) (q store.EventQuery, folder string, err error),
) (p models.Page[store.EventRow], err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		q, folder, err := find(tx)
		if err != nil {
			return err
		}
		// The object was found among those that may be seen; its refused attempts may carry no folder.
		q.Scope = models.FolderScope{All: true}
		q.After, q.Before, q.Limit = f.After, f.Back, rowsOf(f.Limit)
		reviews := by.May(models.AuditView, folder)
		if !reviews {
			q.Result = models.EventDone
		}
		if p, err = tx.Events(q); err == nil && !reviews {
			withhold(p.Rows)
		}
		return err
	})
	return p, err
}

// withhold takes out what belongs to the audit log alone: from where people act and how they had signed in, the request and
// the chain.
func withhold(rows []store.EventRow) {
	for i := range rows {
		r := &rows[i]
		r.Address, r.AuthMethod, r.RequestID, r.PrevHash, r.Hash = "", "", "", nil, nil
	}
}

// EventRow is an event with the name that its account has now.
type EventRow = store.EventRow
