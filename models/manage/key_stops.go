package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// keyStop is how a key is stopped: one rule for a key alone and for one of many.
type keyStop struct {
	action  string
	may     models.Permission
	already func(k models.Key, s Stop, now time.Time) bool // it is stopped so, or for longer
	set     func(o *op, k *models.Key, s Stop) error
}

var disabling = keyStop{
	action: "key.disable", may: models.KeysDisable,
	already: func(k models.Key, s Stop, now time.Time) bool {
		asLong := k.Disabled.Until.IsZero() || !s.Until.IsZero() && !k.Disabled.Until.Before(s.Until)
		return k.State(now) == models.KeyDisabled && asLong
	},
	set: func(o *op, k *models.Key, s Stop) error {
		if err := alive(*k, o.at); err != nil {
			return err
		}
		if err := held(o.by, k.Disabled, models.KeysEnable, ofKey(*k), o.at); err != nil {
			return err
		}
		if !s.Until.IsZero() && !s.Until.After(o.at) { // it was ahead when it was confirmed
			return precondition("until_past", "The disable would have ended already.")
		}
		k.Disabled = restriction(o.by, s, models.KeysEnable, ofKey(*k), o.at)
		return nil
	},
}

var revoking = keyStop{
	action: "key.revoke", may: models.KeysRevoke,
	already: func(k models.Key, _ Stop, _ time.Time) bool { return !k.Revoked.At.IsZero() },
	set: func(o *op, k *models.Key, s Stop) error {
		if k.Revoked.At.IsZero() {
			k.Revoked = models.Restriction{At: o.at, Reason: s.Reason, Note: s.Note, By: o.by.Label()}
		}
		return nil
	},
}

// DisableKey refuses a key until it is enabled, or until a date. It keeps counting who still tries.
func (d *Desk) DisableKey(ctx context.Context, by models.Actor, id string, s Stop) (models.Key, Confirmation, error) {
	o, err := d.stopOp(ctx, by, disabling, id, s)
	if err != nil {
		return models.Key{}, Confirmation{}, err
	}
	return d.changeKey(ctx, o, models.KeysDisable, id, func(_ *store.Tx, k *models.Key) error { return disabling.set(o, k, s) })
}

// RevokeKey ends a key for good. A revoked key is left as it is, with the time, author and reason of the first revoke,
// and the answer says again which gates know it.
func (d *Desk) RevokeKey(ctx context.Context, by models.Actor, id string, s Stop) (models.Key, Confirmation, error) {
	return d.revokeKey(ctx, by, id, s, func(o *op, k models.Key) error {
		o.action, o.reason, o.note = "key.revoke_again", string(k.Revoked.Reason), "" // the event leaves what was said first
		return nil
	})
}

// revokeKey revokes a key; again decides where it is revoked already.
func (d *Desk) revokeKey(
	ctx context.Context, by models.Actor, id string, s Stop, again func(*op, models.Key) error,
) (models.Key, Confirmation, error) {
	o, err := d.stopOp(ctx, by, revoking, id, Stop{Reason: s.Reason, Note: s.Note})
	if err != nil {
		return models.Key{}, Confirmation{}, err
	}
	var k models.Key
	c, err := d.change(ctx, o, func(tx *store.Tx) (err error) {
		if k, err = lockKey(tx, o, models.KeysRevoke, id); err != nil {
			return err
		}
		tx.Change(models.ChangeKey, id)
		if !k.Revoked.At.IsZero() {
			return again(o, k)
		}
		o.before, o.reason, o.note = keyFacts(k), string(s.Reason), s.Note
		if err := revoking.set(o, &k, s); err != nil {
			return err
		}
		o.after = keyFacts(k)
		err = tx.UpdateKey(by.Folders(models.KeysView), k)
		k.Version++
		return err
	})
	return k, c, err
}

// stopOp checks a stop and starts its operation.
func (d *Desk) stopOp(ctx context.Context, by models.Actor, how keyStop, id string, s Stop) (*op, error) {
	o := d.op(by, how.action, "key", id)
	p := problems{}
	p.stop(s, o.at)
	if err := p.err(); err != nil {
		return nil, d.refused(ctx, o, err)
	}
	o.reason, o.note = string(s.Reason), s.Note
	return o, nil
}
