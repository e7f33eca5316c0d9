package manage

import (
	"context"
	"log/slog"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

const (
	revokeBatch  = 100             // keys of one transaction
	revokeAllFor = 5 * time.Second // how long a request goes on: a very large account takes several
)

// RevokedAll says what a revoke of all of an account's keys came to.
type RevokedAll struct {
	Keys         int  // revoked now
	More         bool // there are others: ask again
	Confirmation Confirmation
}

// RevokeAllKeys revokes what is not revoked of an account's keys, expired ones too, each with its event and at most 100 in one
// transaction. The name is typed, so that the wrong account is not hit by a slip.
func (d *Desk) RevokeAllKeys(ctx context.Context, by models.Actor, id, typedName string, s Stop) (RevokedAll, error) {
	began := d.Now()
	done, revision, err := d.revokeSome(ctx, by, id, typedName, s)
	if err != nil {
		return done, err
	}
	for done.More && d.Now().Sub(began) < revokeAllFor {
		next, last, err := d.revokeSome(ctx, by, id, typedName, s)
		if err != nil {
			d.Log.LogAttrs(ctx, slog.LevelWarn, "a revoke of all keys stopped before its end", slog.String("account", id), slog.Any("err", err))
			break // what is done is done, and is said
		}
		done.Keys, done.More, revision = done.Keys+next.Keys, next.More, last
	}
	done.Confirmation = d.confirm(ctx, revision, began)
	return done, nil
}

// revokeSome revokes a batch. The event of the account says how many; those of the keys stand before it.
func (d *Desk) revokeSome(
	ctx context.Context, by models.Actor, id, typedName string, s Stop,
) (done RevokedAll, revision int64, err error) {
	o := d.op(by, "account.revoke_keys", "account", id)
	o.reason, o.note = string(s.Reason), s.Note
	revision, err = d.commit(ctx, o, func(tx *store.Tx) error {
		a, err := lockAccount(tx, o, models.KeysRevoke, id)
		if err != nil {
			return err
		}
		p := problems{}
		p.stop(Stop{Reason: s.Reason, Note: s.Note}, o.at)
		if typedName != a.Name {
			p.add("name", "Type the account's name, %s, to revoke its keys", a.Name)
		}
		if err := p.err(); err != nil {
			return err
		}
		ids, err := tx.StandingKeys(by.Folders(models.KeysView), a.ID, revokeBatch+1)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return precondition(noKeys, "All keys of this service account are revoked already, or it has none.")
		}
		done.More = len(ids) > revokeBatch
		done.Keys, err = d.revokeEach(tx, o, a, ids[:min(len(ids), revokeBatch)])
		o.after = models.Facts{"revoked_keys": done.Keys, "more": done.More}
		return err
	})
	return done, revision, err
}

func (d *Desk) revokeEach(tx *store.Tx, o *op, a models.Account, ids []string) (n int, err error) {
	in := o.by.Folders(models.KeysView)
	keys, err := tx.LockKeys(in, ids)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		k, is := keys[id]
		if !is || !k.Revoked.At.IsZero() { // somebody was first with this one: theirs stays
			continue
		}
		one := d.op(o.by, "key.revoke", "key", id)
		one.ofKey(k)
		one.at, one.reason, one.note, one.before = o.at, o.reason, o.note, keyFacts(k)
		k.Revoked = models.Restriction{At: o.at, Reason: models.Reason(o.reason), Note: o.note, By: o.by.Label()}
		one.after = keyFacts(k)
		one.after["with_account"] = a.Name
		if err := tx.UpdateKey(in, k); err != nil {
			return 0, err
		}
		tx.Record(one.event())
		tx.Change(models.ChangeKey, id)
		n++
	}
	return n, nil
}

// noKeys is the reason for which nothing is revoked.
const noKeys = "no_keys"

// StandingKeys counts what a revoke of all would hit, up to a cap.
func (d *Desk) StandingKeys(ctx context.Context, by models.Actor, id string) (n int, capped bool, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		ids, err := tx.StandingKeys(by.Folders(models.KeysView), id, countCap+1)
		n, capped = min(len(ids), countCap), len(ids) > countCap
		return err
	})
	return n, capped, err
}

// StandingRows lists the newest of them.
func (d *Desk) StandingRows(ctx context.Context, by models.Actor, id string, most int) (rows []store.KeyRow, err error) {
	q := store.KeyQuery{Scope: by.Folders(models.KeysView), AccountID: id, Life: store.StandingKeys, Limit: most, Now: d.now()}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		page, err := tx.Keys(q)
		rows = page.Rows
		return err
	})
	return rows, err
}
