package manage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/store"
)

// NewAccount describes an account to make. Owner defaults to its creator, the folder to the default one.
type NewAccount struct {
	FormID      string
	Name        string
	Description string
	Owner       string
	Labels      map[string]string
	Roles       []string
	ExpiresAt   time.Time
	FolderID    string
}

// CreateAccount makes an account with its roles. A form id that was used before gives *AlreadyDone.
func (d *Desk) CreateAccount(ctx context.Context, by models.Actor, in NewAccount) (models.Account, Confirmation, error) {
	o := d.op(by, "account.create", "account", "")
	o.objectName = clip(in.Name)
	a, err := d.draftAccount(ctx, o, in)
	if err != nil {
		return models.Account{}, Confirmation{}, d.refused(ctx, o, err)
	}
	c, err := d.change(ctx, o, func(tx *store.Tx) error {
		folder, err := folderFor(tx, by, models.AccountsCreate, in.FolderID)
		if err != nil {
			return err
		}
		a.FolderID = folder.ID
		o.ofAccount(a)
		if err := mayGive(by, folder.ID, nil, a.Roles); err != nil {
			return err
		}
		if err := claim(tx, by, in.FormID, a.ID); err != nil {
			return err
		}
		if err := takenName(tx.InsertAccount(a), a.Name); err != nil {
			return err
		}
		o.after = accountFacts(a)
		tx.Change(models.ChangeAccount, a.ID)
		return o.accountResult(tx, a)
	})
	return a, c, err
}

// draftAccount checks the input and draws the id; nothing is read that a lock would have to guard.
func (d *Desk) draftAccount(ctx context.Context, o *op, in NewAccount) (models.Account, error) {
	cat, err := d.Catalogue(ctx)
	if err != nil {
		return models.Account{}, err
	}
	if in.Owner == "" && o.by.Type == models.ActorPerson {
		in.Owner = o.by.Name
	}
	p := problems{}
	p.name(in.Name)
	p.text("description", in.Description)
	if in.Owner != "" {
		p.owner(in.Owner)
	} else {
		in.Owner = o.by.Label()
	}
	p.labels(in.Labels)
	p.roles(cat, in.Roles, nil)
	p.future("expires", in.ExpiresAt, o.at)
	if err := p.err(); err != nil {
		return models.Account{}, err
	}
	id, err := models.NewID(models.PrefixAccount, d.Rand)
	return models.Account{
		ID: id, Name: in.Name, Description: in.Description, Owner: in.Owner, Labels: in.Labels, ExpiresAt: models.Instant(in.ExpiresAt),
		CreatedAt: o.at, CreatedBy: o.by.Label(), Version: 1, Roles: slices.Sorted(slices.Values(in.Roles)),
	}, err
}

func folderFor(tx *store.Tx, by models.Actor, p models.Permission, id string) (f models.Folder, err error) {
	if id == "" {
		f, err = tx.DefaultFolder()
	} else {
		f, err = seenFolder(tx, by, models.AccountsView, id)
	}
	if err != nil {
		return f, err
	}
	if !by.May(p, f.ID) {
		return f, forbidden(p)
	}
	return f, nil
}

// takenName turns the database's word for a taken name into one beside the field.
func takenName(err error, name string) error {
	if models.CodeOf(err) != models.Conflict {
		return err
	}
	return &models.Error{
		Code: models.Conflict, Reason: "account_name_taken", Text: "This name is taken", Err: err,
		Fields: models.Fields{"name": "There is a service account " + name + " already: choose another name"},
	}
}

// AccountEdit replaces what may be edited of an account. Labels stay as they are where nil.
type AccountEdit struct {
	Version     int64
	Name        string
	Description string
	Owner       string
	Labels      map[string]string
	Roles       []string
	ExpiresAt   time.Time
}

// UpdateAccount edits an account and its roles. Another version than the form was opened with is a Conflict.
func (d *Desk) UpdateAccount(ctx context.Context, by models.Actor, id string, in AccountEdit) (models.Account, Confirmation, error) {
	return d.updateAccount(ctx, by, id, func(models.Account) AccountEdit { return in })
}

func (d *Desk) updateAccount(
	ctx context.Context, by models.Actor, id string, edit func(models.Account) AccountEdit,
) (a models.Account, c Confirmation, err error) {
	o := d.op(by, "account.update", "account", id)
	cat, err := d.Catalogue(ctx)
	if err != nil {
		return a, c, err
	}
	c, err = d.change(ctx, o, func(tx *store.Tx) error {
		if a, err = lockAccount(tx, o, models.AccountsUpdate, id); err != nil {
			return err
		}
		old, in := a, edit(a)
		if err := ofVersion(in.Version, a.Version); err != nil {
			return err
		}
		if err := in.check(cat, old, o.at); err != nil {
			return err
		}
		if err := mayGive(by, a.FolderID, old.Roles, in.Roles); err != nil {
			return err
		}
		a = in.applied(old)
		o.before, o.after = accountFacts(old), accountFacts(a)
		if err := takenName(tx.UpdateAccount(o.by.Folders(models.AccountsView), a), a.Name); err != nil {
			return err
		}
		tx.Change(models.ChangeAccount, a.ID)
		if err := o.accountResult(tx, a); err != nil {
			return err
		}
		return tx.SetRoles(a, a.Roles)
	})
	if err == nil {
		a.Version++
	}
	return a, c, err
}

func (in AccountEdit) check(cat *scopes.Catalogue, old models.Account, now time.Time) error {
	p := problems{}
	p.name(in.Name)
	p.text("description", in.Description)
	if in.Owner != old.Owner { // an owner that the command line set is a user and host
		p.owner(in.Owner)
	}
	p.labels(in.Labels)
	p.roles(cat, in.Roles, old.Roles)
	if !models.Instant(in.ExpiresAt).Equal(old.ExpiresAt) {
		p.future("expires", in.ExpiresAt, now)
	}
	return p.err()
}

func (in AccountEdit) applied(a models.Account) models.Account {
	a.Name, a.Description, a.Owner, a.ExpiresAt = in.Name, in.Description, in.Owner, models.Instant(in.ExpiresAt)
	a.Roles = slices.Sorted(slices.Values(in.Roles))
	if in.Labels != nil {
		a.Labels = maps.Clone(in.Labels)
	}
	return a
}

// SuspendAccount refuses all keys of an account until it is reactivated, or until a date. A suspended one is suspended anew.
func (d *Desk) SuspendAccount(ctx context.Context, by models.Actor, id string, s Stop) (models.Account, Confirmation, error) {
	o := d.op(by, "account.suspend", "account", id)
	p := problems{}
	p.stop(s, o.at)
	if err := p.err(); err != nil {
		return models.Account{}, Confirmation{}, d.refused(ctx, o, err)
	}
	o.reason, o.note = string(s.Reason), s.Note
	return d.changeAccount(ctx, o, models.AccountsSuspend, id, func(a *models.Account) error {
		if err := held(by, a.Suspended, models.AccountsReactivate, ofAccount(*a), o.at); err != nil {
			return err
		}
		a.Suspended = restriction(by, s, models.AccountsReactivate, ofAccount(*a), o.at)
		return nil
	})
}

// ReactivateAccount lifts a suspension. What an expiry suspends needs a later expiry.
func (d *Desk) ReactivateAccount(ctx context.Context, by models.Actor, id string) (models.Account, Confirmation, error) {
	o := d.op(by, "account.reactivate", "account", id)
	return d.changeAccount(ctx, o, models.AccountsView, id, func(a *models.Account) error {
		if !mayLift(by, a.Suspended, models.AccountsReactivate, ofAccount(*a)) {
			return forbidden(models.AccountsReactivate)
		}
		if a.Suspended.At.IsZero() {
			return precondition("account_not_suspended", "This service account is not suspended.")
		}
		a.Suspended = models.Restriction{}
		return nil
	})
}

// changeAccount is the common path of the changes of one account's own row that gates must know.
func (d *Desk) changeAccount(
	ctx context.Context, o *op, p models.Permission, id string, set func(*models.Account) error,
) (models.Account, Confirmation, error) {
	return d.editAccount(ctx, o, p, id, func(tx *store.Tx, a *models.Account) error {
		tx.Change(models.ChangeAccount, id)
		return set(a)
	})
}

// editAccount is the common path of all changes of one account's own row: lock, permission, facts before and after.
func (d *Desk) editAccount(
	ctx context.Context, o *op, p models.Permission, id string, set func(*store.Tx, *models.Account) error,
) (a models.Account, c Confirmation, err error) {
	c, err = d.change(ctx, o, func(tx *store.Tx) error {
		if a, err = lockAccount(tx, o, p, id); err != nil {
			return err
		}
		o.before = accountFacts(a)
		if err := set(tx, &a); err != nil {
			return err
		}
		o.after = accountFacts(a)
		if err := o.accountResult(tx, a); err != nil {
			return err
		}
		return tx.UpdateAccount(o.by.Folders(models.AccountsView), a)
	})
	if err == nil {
		a.Version++
	}
	return a, c, err
}

// DeleteAccount deletes an account and revokes its keys in one transaction; the records stay. The name is typed, so that
// the wrong account is not deleted by a slip. One with more keys than a transaction revokes is a Precondition: RevokeAllKeys
// takes them in parts.
func (d *Desk) DeleteAccount(ctx context.Context, by models.Actor, id, typedName string, s Stop) (Confirmation, error) {
	return d.deleteAccount(ctx, by, id, s, func(a models.Account) error {
		p := problems{}
		if typedName != a.Name {
			p.add("name", "Type the account's name, %s, to delete it", a.Name)
		}
		return p.err()
	})
}

func (d *Desk) deleteAccount(
	ctx context.Context, by models.Actor, id string, s Stop, meant func(models.Account) error,
) (Confirmation, error) {
	o := d.op(by, "account.delete", "account", id)
	o.reason, o.note = string(s.Reason), s.Note
	return d.change(ctx, o, func(tx *store.Tx) error {
		a, err := lockAccount(tx, o, models.AccountsDelete, id)
		if err != nil {
			return err
		}
		p := problems{}
		p.stop(Stop{Reason: s.Reason, Note: s.Note}, o.at)
		if err := errors.Join(p.err(), meant(a)); err != nil {
			return err
		}
		o.before = accountFacts(a)
		standing, err := tx.StandingKeys(by.Folders(models.KeysView), a.ID, revokeBatch+1)
		if err != nil {
			return err
		}
		if len(standing) > revokeBatch {
			return precondition(manyKeys, fmt.Sprintf("This service account has more than %d keys that are not revoked: revoke all its keys first.", revokeBatch))
		}
		revoked, err := d.revokeEach(tx, o, a, standing)
		if err != nil {
			return err
		}
		o.after = models.Facts{"deleted_at": when(o.at), "revoked_keys": revoked}
		if err := d.endAccount(tx, o, a); err != nil {
			return err
		}
		a.DeletedAt, a.DeletedBy = o.at, by.Label()
		tx.Change(models.ChangeAccount, a.ID)
		return tx.UpdateAccount(o.by.Folders(models.AccountsView), a)
	})
}

// manyKeys is the reason for which an account is not deleted at once.
const manyKeys = "many_keys"

// endAccount takes from a deleted account what it managed with: its authorized keys, IAM tokens and roles elsewhere.
func (d *Desk) endAccount(tx *store.Tx, o *op, a models.Account) error {
	n, err := tx.DeleteAuthorizedKeysOf(a.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		o.after["deleted_authorized_keys"] = n
	}
	if err := tx.EndTokens(a.ID, o.at); err != nil {
		return err
	}
	return tx.DropBindingsOf(a)
}
