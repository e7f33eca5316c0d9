package manage

import (
	"slices"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/store"
)

// addRoles gives a locked account the roles that scopes of its key need: in the key's own transaction, with an event of its
// own. A role that none of the scopes needs is refused: it was ticked for a scope that was taken out again.
func (d *Desk) addRoles(tx *store.Tx, o *op, a *models.Account, roles, granted []string) error {
	if len(roles) == 0 {
		return nil
	}
	if !ofAccount(*a).may(o.by, models.AccountsUpdate) {
		return forbidden(models.AccountsUpdate)
	}
	if more := added(a.Roles, roles); len(more) > 0 {
		if err := mayGive(o.by, a.FolderID, nil, more); err != nil {
			return err
		}
	}
	if err := rolesNeeded(tx, roles, granted); err != nil {
		return err
	}
	old := *a
	for _, r := range roles {
		if !slices.Contains(a.Roles, r) { // somebody else may have added it meanwhile
			a.Roles = append(slices.Clip(a.Roles), r)
		}
	}
	if len(a.Roles) == len(old.Roles) {
		return nil
	}
	slices.Sort(a.Roles)
	add := d.op(o.by, "account.update", "account", a.ID)
	add.ofAccount(*a)
	add.at, add.before, add.after = o.at, accountFacts(old), accountFacts(*a)
	if err := tx.UpdateAccount(o.by.Folders(models.AccountsView), *a); err != nil {
		return err
	}
	a.Version++
	tx.Record(add.event())
	tx.Change(models.ChangeAccount, a.ID)
	return tx.SetRoles(*a, a.Roles)
}

func rolesNeeded(tx *store.Tx, roles, granted []string) error {
	own, err := tx.Catalogue()
	if err != nil {
		return err
	}
	cat, err := scopes.Build(own)
	if err != nil {
		return err
	}
	p := problems{}
	for _, name := range roles {
		r, known := cat.Role(name)
		switch {
		case !known:
			p.add("scopes", "There is no role %q", clip(name))
		case !slices.ContainsFunc(granted, func(s string) bool { return slices.Contains(r.Permits(), s) }):
			p.add("scopes", "The role %s was to be added to the account, but no chosen scope needs it: choose its scope, or untick the role", name)
		}
	}
	return p.err()
}

// addRolesForKey is addRoles for an edit: the key's account is locked first, which is the order of all locks.
func (d *Desk) addRolesForKey(tx *store.Tx, o *op, keyID string, roles []string, edit func(models.Key) KeyEdit) error {
	if len(roles) == 0 || !models.IsID(keyID) {
		return nil
	}
	k, err := tx.Key(o.by.Folders(models.KeysView), keyID)
	if err != nil {
		return err
	}
	a, err := tx.LockAccount(o.by.Folders(models.AccountsView), k.AccountID)
	if err != nil {
		return err
	}
	return d.addRoles(tx, o, &a, roles, edit(k).Scopes)
}
