package manage

import (
	"context"
	"slices"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/store"
)

// changeKey is the common path of the changes of one key that gates must know.
func (d *Desk) changeKey(
	ctx context.Context, o *op, p models.Permission, id string, set func(*store.Tx, *models.Key) error,
) (models.Key, Confirmation, error) {
	return d.editKey(ctx, o, p, id, func(tx *store.Tx, k *models.Key) error {
		tx.Change(models.ChangeKey, id)
		return set(tx, k)
	})
}

// editKey is the common path of all changes of one key: lock, permission, facts before and after.
func (d *Desk) editKey(
	ctx context.Context, o *op, p models.Permission, id string, set func(*store.Tx, *models.Key) error,
) (k models.Key, c Confirmation, err error) {
	c, err = d.change(ctx, o, func(tx *store.Tx) error {
		if o.first != nil {
			if err := o.first(tx); err != nil {
				return err
			}
		}
		if k, err = lockKey(tx, o, p, id); err != nil {
			return err
		}
		return setKey(tx, o, &k, set)
	})
	if err == nil {
		k.Version++
	}
	return k, c, err
}

// setKey changes a key that is locked, and keeps the facts of before and after.
func setKey(tx *store.Tx, o *op, k *models.Key, set func(*store.Tx, *models.Key) error) error {
	o.before = keyFacts(*k)
	if err := set(tx, k); err != nil {
		return err
	}
	o.after = keyFacts(*k)
	if err := o.keyResult(tx, *k); err != nil {
		return err
	}
	return tx.UpdateKey(o.by.Folders(models.KeysView), *k)
}

// KeyEdit replaces what may be edited of a key. Its secret, id and account never change.
type KeyEdit struct {
	Version     int64
	Description string
	Scopes      []string
	Expiry      Expiry   // zero: stays as it is
	AddRoles    []string // given to the account in the same transaction; each permits one of the scopes
}

// UpdateKey edits a key. Scopes are never none; a dead key stays as it is.
func (d *Desk) UpdateKey(ctx context.Context, by models.Actor, id string, in KeyEdit) (models.Key, Confirmation, error) {
	return d.updateKey(ctx, by, id, in.AddRoles, func(models.Key) KeyEdit { return in })
}

func (d *Desk) updateKey(
	ctx context.Context, by models.Actor, id string, roles []string, edit func(models.Key) KeyEdit,
) (models.Key, Confirmation, error) {
	o := d.op(by, "key.update", "key", id)
	o.first = func(tx *store.Tx) error { return d.addRolesForKey(tx, o, id, roles, edit) }
	cat, err := d.Catalogue(ctx)
	if err != nil {
		return models.Key{}, Confirmation{}, err
	}
	policy, err := d.KeyPolicy(ctx)
	if err != nil {
		return models.Key{}, Confirmation{}, err
	}
	return d.changeKey(ctx, o, models.KeysUpdate, id, func(tx *store.Tx, k *models.Key) error {
		if err := alive(*k, o.at); err != nil {
			return err
		}
		in := edit(*k)
		if err := ofVersion(in.Version, k.Version); err != nil {
			return err
		}
		if err := in.apply(cat, policy, k, o); err != nil {
			return err
		}
		return writeScopes(tx, *k)
	})
}

func writeScopes(tx *store.Tx, k models.Key) error {
	return tx.SetKeyScopes(k.ID, k.Scopes, k.DefaultScopes, k.OneScope)
}

func (in KeyEdit) apply(cat *scopes.Catalogue, policy models.KeyPolicy, k *models.Key, o *op) error {
	p := problems{}
	p.text("description", in.Description)
	if len(in.Scopes) == 0 {
		p.add("scopes", "Choose at least one scope")
	}
	p.scopes(cat, in.Scopes, k.Scopes)
	if in.Expiry != (Expiry{}) {
		k.ExpiresAt = p.expiry("expires", in.Expiry, 0, o.at)
		p.permitted("expires", policy, k.ExpiresAt, o.at)
	}
	k.Description = in.Description
	if !slices.Equal(in.Scopes, k.Scopes) { // the older field had what the key was made with, and has nothing to say of others
		k.Scopes, k.DefaultScopes, k.OneScope = in.Scopes, false, ""
	}
	return p.err()
}

// RemoveScope narrows a key by one scope. The last one stays: a key without any would mean nothing.
func (d *Desk) RemoveScope(ctx context.Context, by models.Actor, id, scope string, version int64) (models.Key, Confirmation, error) {
	o := d.op(by, "key.update", "key", id)
	return d.changeKey(ctx, o, models.KeysUpdate, id, func(tx *store.Tx, k *models.Key) error {
		if err := alive(*k, o.at); err != nil {
			return err
		}
		if err := ofVersion(version, k.Version); err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(k.Scopes), func(s string) bool { return s == scope })
		switch {
		case len(left) == len(k.Scopes):
			return precondition("scope_not_granted", "This key does not have that scope. Look at what it has now.")
		case len(left) == 0:
			return precondition("last_scope", "This is the key's only scope, and stays. Revoke the key if nobody needs it.")
		}
		k.Scopes, k.DefaultScopes, k.OneScope = left, false, ""
		return writeScopes(tx, *k)
	})
}

// EnableKey lifts a disable.
func (d *Desk) EnableKey(ctx context.Context, by models.Actor, id string) (models.Key, Confirmation, error) {
	o := d.op(by, "key.enable", "key", id)
	return d.changeKey(ctx, o, models.KeysView, id, func(_ *store.Tx, k *models.Key) error {
		if err := alive(*k, o.at); err != nil {
			return err
		}
		if !mayLift(by, k.Disabled, models.KeysEnable, ofKey(*k)) {
			return forbidden(models.KeysEnable)
		}
		if !k.Disabled.Holds(o.at) {
			return precondition("key_not_disabled", "This key is not disabled.")
		}
		k.Disabled = models.Restriction{}
		return nil
	})
}
