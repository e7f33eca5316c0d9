package manage

import (
	"context"
	"maps"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// KeyChange sets the fields of a key that are not nil; the others stay as they are in the moment of the change.
type KeyChange struct {
	Description *string
	Scopes      *[]string
	Expiry      *Expiry
}

// ChangeKey is UpdateKey for those who name the fields to set instead of sending back what they read.
func (d *Desk) ChangeKey(ctx context.Context, by models.Actor, id string, in KeyChange) (models.Key, Confirmation, error) {
	k, c, err := d.updateKey(ctx, by, id, nil, func(k models.Key) KeyEdit {
		edit := KeyEdit{Description: k.Description, Scopes: k.Scopes}
		if in.Description != nil {
			edit.Description = *in.Description
		}
		if in.Scopes != nil {
			edit.Scopes = *in.Scopes
		}
		if in.Expiry != nil {
			edit.Expiry = *in.Expiry
		}
		return edit
	})
	if models.ReasonOf(err) == keyRevoked {
		err = models.Missing("API key")
	}
	return k, c, err
}

// AccountChange sets the fields of an account that are not nil; a zero expiry is none.
type AccountChange struct {
	Name        *string
	Description *string
	Labels      *map[string]string
	ExpiresAt   *time.Time
}

// ChangeAccount is UpdateAccount for those who name the fields to set. Owner and roles stay as they are.
func (d *Desk) ChangeAccount(ctx context.Context, by models.Actor, id string, in AccountChange) (models.Account, Confirmation, error) {
	return d.updateAccount(ctx, by, id, func(a models.Account) AccountEdit {
		edit := AccountEdit{
			Name: a.Name, Description: a.Description, Owner: a.Owner, Labels: a.Labels, Roles: a.Roles, ExpiresAt: a.ExpiresAt,
		}
		if in.Name != nil {
			edit.Name = *in.Name
		}
		if in.Description != nil {
			edit.Description = *in.Description
		}
		if in.Labels != nil {
			edit.Labels = maps.Clone(*in.Labels)
			if edit.Labels == nil { // none are to be left: of an edit, nil would leave those that are there
				edit.Labels = map[string]string{}
			}
		}
		if in.ExpiresAt != nil {
			edit.ExpiresAt = *in.ExpiresAt
		}
		return edit
	})
}

// EraseAccount deletes an account that is named by its id, with all its keys, however many: those beyond what one transaction
// revokes are revoked before, in parts. Where that takes longer than a request may, what is done is done, and the refusal
// says to ask again.
func (d *Desk) EraseAccount(ctx context.Context, by models.Actor, id string) (Confirmation, error) {
	why := Stop{Reason: models.ReasonOther, Note: "deleted with its service account"}
	more, err := d.revokeBefore(ctx, by, id, why)
	if err != nil {
		return Confirmation{}, err
	}
	if more {
		return Confirmation{}, precondition(manyKeys, "This service account has so many keys that not all could be revoked within one request. Send it again: it goes on.")
	}
	return d.deleteAccount(ctx, by, id, why, func(models.Account) error { return nil })
}

// revokeBefore revokes the keys of an account that is to be deleted, where they are more than one transaction revokes, and
// reports whether some are left.
func (d *Desk) revokeBefore(ctx context.Context, by models.Actor, id string, why Stop) (more bool, err error) {
	n, _, err := d.StandingKeys(ctx, by, id)
	if err != nil || n <= revokeBatch {
		return false, err
	}
	a, err := d.AccountWithUse(ctx, by, id)
	if err != nil || !ofAccount(a.Account).may(by, models.AccountsDelete) {
		return false, err // the deletion itself refuses
	}
	if err := d.notRepeated(ctx, by); err != nil {
		return false, err
	}
	by.Call = nil // the call is that of the deletion
	done, err := d.RevokeAllKeys(ctx, by, id, a.Name, why)
	if models.ReasonOf(err) == noKeys { // somebody was first
		return false, nil
	}
	return done.More, err
}

// FolderAccounts pages over the undeleted accounts of a folder by name; a name finds that one alone.
func (d *Desk) FolderAccounts(
	ctx context.Context, by models.Actor, folderID, name string, after models.Cursor, limit int,
) (page models.Page[models.AccountWithUse], err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if _, err := seenFolder(tx, by, models.AccountsView, folderID); err != nil {
			return err
		}
		found, err := tx.FolderAccounts(folderID, name, after, limit)
		if err != nil {
			return err
		}
		page.More, page.Next = found.More, found.Next
		page.Rows, err = withUse(tx, found.Rows...)
		return err
	})
	return page, err
}

// AccountWithUse finds an account that is not deleted, with when it proved last who it is.
func (d *Desk) AccountWithUse(ctx context.Context, by models.Actor, id string) (a models.AccountWithUse, err error) {
	if !models.IsID(id) {
		return a, models.Missing("service account")
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.Account(by.Folders(models.AccountsView), id)
		if err != nil {
			return err
		}
		if !found.DeletedAt.IsZero() {
			return models.Missing("service account")
		}
		list, err := withUse(tx, found)
		if err == nil {
			a = list[0]
		}
		return err
	})
	return a, err
}

// withUse adds to each account when one of its keys was used last, or an IAM token made for it.
func withUse(tx *store.Tx, accounts ...models.Account) ([]models.AccountWithUse, error) {
	ids := make([]string, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	used, err := tx.LastUseOfAccounts(ids)
	if err != nil {
		return nil, err
	}
	tokens, err := tx.LastTokenOf(ids...)
	list := make([]models.AccountWithUse, len(accounts))
	for i, a := range accounts {
		list[i] = models.AccountWithUse{Account: a, LastSeen: used[a.ID]}
		if t := tokens[a.ID]; t.After(list[i].LastSeen) {
			list[i].LastSeen = t
		}
	}
	return list, err
}

// StandingKey reads a key for the API, where what is revoked is gone.
func (d *Desk) StandingKey(ctx context.Context, by models.Actor, id string) (models.KeyWithUse, error) {
	k, err := d.KeyWithoutUse(ctx, by, id)
	if err == nil && !k.Key.Revoked.At.IsZero() {
		err = models.Missing("API key")
	}
	return models.KeyWithUse{Key: k.Key, LastUsed: k.LastUsed}, err
}

// AccountStandingKeys pages over the keys of an account that are not revoked, newest first.
func (d *Desk) AccountStandingKeys(
	ctx context.Context, by models.Actor, accountID string, after models.Cursor, limit int,
) (page models.Page[models.KeyWithUse], err error) {
	if !models.IsID(accountID) {
		return page, models.Missing("service account")
	}
	in := by.Folders(models.KeysView)
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(in, accountID)
		if err != nil {
			return err
		}
		if !a.DeletedAt.IsZero() {
			return models.Missing("service account")
		}
		page, err = tx.StandingPage(in, accountID, after, rowsOf(limit))
		return err
	})
	return page, err
}

// EraseKey is RevokeKey for the API, where a revoked key is gone: there is no such key a second time.
func (d *Desk) EraseKey(ctx context.Context, by models.Actor, id string) (Confirmation, error) {
	_, c, err := d.revokeKey(ctx, by, id, Stop{Reason: models.ReasonOther, Note: "deleted through the API"}, func(*op, models.Key) error {
		return models.Missing("API key")
	})
	return c, err
}
