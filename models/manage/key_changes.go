package manage

import (
	"context"

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
		if k, err = lockKey(tx, o, p, id); err != nil {
			return err
		}
		o.before = keyFacts(k)
		if err := set(tx, &k); err != nil {
			return err
		}
		o.after = keyFacts(k)
		return tx.UpdateKey(o.by.Folders(models.KeysView), k)
	})
	if err == nil {
		k.Version++
	}
	return k, c, err
}

// KeyEdit replaces what may be edited of a key. Its secret, id and account never change.
type KeyEdit struct {
	Version     int64
	Description string
	Scopes      []string
	Expiry      Expiry // zero: stays as it is
}

// UpdateKey edits a key. Scopes are never none; a dead key stays as it is.
func (d *Desk) UpdateKey(ctx context.Context, by models.Actor, id string, in KeyEdit) (models.Key, Confirmation, error) {
	o := d.op(by, "key.update", "key", id)
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
		if err := ofVersion(in.Version, k.Version); err != nil {
			return err
		}
		if err := in.apply(cat, policy, k, o); err != nil {
			return err
		}
		return tx.SetKeyScopes(k.ID, k.Scopes, k.DefaultScopes)
	})
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
	k.Description, k.Scopes, k.DefaultScopes = in.Description, in.Scopes, k.DefaultScopes && same(in.Scopes, k.Scopes)
	return p.err()
}

func same(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// DisableKey refuses a key until it is enabled, or until a date. It keeps counting who still tries.
func (d *Desk) DisableKey(ctx context.Context, by models.Actor, id string, s Stop) (models.Key, Confirmation, error) {
	o := d.op(by, "key.disable", "key", id)
	p := problems{}
	p.stop(s, o.at)
	if err := p.err(); err != nil {
		return models.Key{}, Confirmation{}, d.refused(ctx, o, err)
	}
	o.reason, o.note = string(s.Reason), s.Note
	return d.changeKey(ctx, o, models.KeysDisable, id, func(_ *store.Tx, k *models.Key) error {
		if err := alive(*k, o.at); err != nil {
			return err
		}
		if err := held(by, k.Disabled, models.KeysEnable, k.FolderID, o.at); err != nil {
			return err
		}
		k.Disabled = restriction(by, s, models.KeysEnable, k.FolderID, o.at)
		return nil
	})
}

// EnableKey lifts a disable.
func (d *Desk) EnableKey(ctx context.Context, by models.Actor, id string) (models.Key, Confirmation, error) {
	o := d.op(by, "key.enable", "key", id)
	return d.changeKey(ctx, o, models.KeysView, id, func(_ *store.Tx, k *models.Key) error {
		if err := alive(*k, o.at); err != nil {
			return err
		}
		if !mayLift(by, k.Disabled, models.KeysEnable, k.FolderID) {
			return forbidden(models.KeysEnable)
		}
		if !k.Disabled.Holds(o.at) {
			return precondition("key_not_disabled", "This key is not disabled.")
		}
		k.Disabled = models.Restriction{}
		return nil
	})
}

// RevokeKey ends a key for good. A revoked key is left as it is, with the time, author and reason of the first revoke,
// and the answer says again which gates know it.
func (d *Desk) RevokeKey(ctx context.Context, by models.Actor, id string, s Stop) (models.Key, Confirmation, error) {
	o := d.op(by, "key.revoke", "key", id)
	p := problems{}
	p.stop(Stop{Reason: s.Reason, Note: s.Note}, o.at)
	if err := p.err(); err != nil {
		return models.Key{}, Confirmation{}, d.refused(ctx, o, err)
	}
	o.reason, o.note = string(s.Reason), s.Note
	return d.changeKey(ctx, o, models.KeysRevoke, id, func(_ *store.Tx, k *models.Key) error {
		if k.Revoked.At.IsZero() {
			k.Revoked = models.Restriction{At: o.at, Reason: s.Reason, Note: s.Note, By: by.Label()}
		}
		return nil
	})
}
