package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// ownerBatch is how many accounts get their new owner in one transaction.
const ownerBatch = 100

// giveFor is how long one request goes on giving: very many accounts take several.
const giveFor = 5 * time.Second

// OwnedList is a page of the accounts that somebody owns, and how many there are, counted up to a cap.
type OwnedList struct {
	Page   models.Page[models.Account]
	Total  int
	Capped bool
}

// AccountsOwnedBy lists the accounts whose owner is a mail address, by name, as far as the actor may give them another.
func (d *Desk) AccountsOwnedBy(ctx context.Context, by models.Actor, owner string, after models.Cursor, limit int) (l OwnedList, err error) {
	q := store.OwnedAccounts{Scope: by.Folders(models.AccountsUpdate), Owner: owner, After: after, Limit: rowsOf(limit)}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if l.Page, err = tx.AccountsOwnedBy(q); err != nil {
			return err
		}
		l.Total, err = tx.CountAccountsOwnedBy(q, countCap+1)
		if l.Total > countCap {
			l.Total, l.Capped = countCap, true
		}
		return err
	})
	return l, err
}

// GiveAccounts gives all accounts of one owner another, a hundred in a transaction, each with its event. It answers how many
// have the new owner now, of which an error takes nothing back: what is left is found again by asking for the old owner.
// Gates need not know.
func (d *Desk) GiveAccounts(ctx context.Context, by models.Actor, from, to string) (given int, err error) {
	o := d.op(by, "account.update", "account", "")
	if !by.MayAnywhere(models.AccountsUpdate) {
		return 0, d.refused(ctx, o, forbidden(models.AccountsUpdate))
	}
	p := problems{}
	p.text("owner", to) // no secret either
	p.owner(to)
	if store.SameOwner(from, to) {
		p.add("owner", "They have this owner already: type another mail address")
	}
	if err := p.err(); err != nil {
		return 0, d.refused(ctx, o, err)
	}
	q := store.OwnedAccounts{Scope: by.Folders(models.AccountsUpdate), Owner: from, Limit: ownerBatch}
	for until := d.Now().Add(giveFor); ; {
		n, next, err := d.giveBatch(ctx, by, q, to)
		given += n
		if err != nil || next == (models.Cursor{}) {
			return given, err
		}
		if d.Now().After(until) {
			return given, precondition("more_accounts", "There are more accounts than one request gives away: send it again for the rest.")
		}
		q.After = next
	}
}

// giveBatch gives the next accounts of the query their new owner. The zero cursor says that they were the last.
func (d *Desk) giveBatch(ctx context.Context, by models.Actor, q store.OwnedAccounts, to string) (n int, next models.Cursor, err error) {
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error {
		n, next = 0, models.Cursor{}
		page, err := tx.AccountsOwnedBy(q)
		if err != nil {
			return err
		}
		for _, found := range page.Rows {
			done, err := d.give(tx, by, q, found.ID, to)
			if err != nil {
				return err
			}
			n += done
		}
		if page.More {
			next = page.Next
		}
		return nil
	})
	if err != nil {
		return 0, models.Cursor{}, err
	}
	return n, next, nil
}

// give gives one account its new owner, unless somebody else did meanwhile, or deleted it.
func (d *Desk) give(tx *store.Tx, by models.Actor, q store.OwnedAccounts, id, to string) (int, error) {
	a, err := tx.LockAccount(q.Scope, id)
	if err != nil {
		return 0, err
	}
	if !a.DeletedAt.IsZero() || !store.SameOwner(a.Owner, q.Owner) {
		return 0, nil
	}
	o := d.op(by, "account.update", "account", id)
	o.ofAccount(a)
	o.before = accountFacts(a)
	a.Owner = to
	o.after = accountFacts(a)
	tx.Record(o.event())
	return 1, tx.UpdateAccount(q.Scope, a)
}
