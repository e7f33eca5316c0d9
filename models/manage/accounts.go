package manage

import (
	"context"

	"keydesk/models"
	"keydesk/models/store"
)

// Limits of a list's page.
const (
	pageRows = 50
	maxRows  = 1000
	countCap = 1000
)

// rowsOf is a page's length: what was asked for within the limits, else 50.
func rowsOf(asked int) int {
	if asked < 1 || asked > maxRows {
		return pageRows
	}
	return asked
}

// Account finds an account by its id or, among those that are not deleted, by its name.
func (d *Desk) Account(ctx context.Context, by models.Actor, ref string) (models.Account, error) {
	var a models.Account
	err := d.Store.Read(ctx, func(tx *store.Tx) (err error) {
		a, err = accountByRef(tx, by.Folders(models.AccountsView), ref)
		return err
	})
	return a, err
}

func accountByRef(tx *store.Tx, in models.FolderScope, ref string) (models.Account, error) {
	if models.IsID(ref) {
		a, err := tx.Account(in, ref)
		if models.CodeOf(err) != models.NotFound { // a name may have the shape of an id
			return a, err
		}
	}
	if !models.AccountName.MatchString(ref) {
		return models.Account{}, models.Missing("service account")
	}
	return tx.AccountByName(in, ref)
}

// lockAccount reads an account for a change. What the actor may not see is missing; what they see but may not change is
// forbidden; what is deleted stays as it is.
func lockAccount(tx *store.Tx, o *op, p models.Permission, id string) (models.Account, error) {
	if !models.IsID(id) {
		return models.Account{}, models.Missing("service account")
	}
	a, err := tx.LockAccount(o.by.Folders(models.AccountsView), id)
	if err != nil {
		return a, err
	}
	o.ofAccount(a)
	if !ofAccount(a).may(o.by, p) {
		return a, forbidden(p)
	}
	switch {
	case a.DeletedAt.IsZero():
	case o.by.Method == models.MethodToken: // the API, where what is deleted is gone
		return a, models.Missing("service account")
	default:
		return a, precondition("account_deleted", "This service account is deleted. Nothing leads back from that: create another.")
	}
	return a, nil
}

// ofVersion refuses an edit of something that was changed meanwhile. Version 0 is an edit of whatever is there.
func ofVersion(asked, have int64) error {
	if asked != 0 && asked != have {
		return changedMeanwhile()
	}
	return nil
}

func changedMeanwhile() error {
	return models.NewError(models.Conflict, "changed_meanwhile",
		"Somebody changed this since you opened the form. Look at what it says now, and send your change again.")
}
