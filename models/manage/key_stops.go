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
		if err := held(o.by, k.Disabled, models.KeysEnable, k.FolderID, o.at); err != nil {
			return err
		}
		if !s.Until.IsZero() && !s.Until.After(o.at) { // it was ahead when it was confirmed
			return precondition("until_past", "The disable would have ended already.")
		}
		k.Disabled = restriction(o.by, s, models.KeysEnable, k.FolderID, o.at)
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
	return d.stopKey(ctx, by, disabling, id, s)
}

// RevokeKey ends a key for good. A revoked key is left as it is, with the time, author and reason of the first revoke,
// and the answer says again which gates know it.
func (d *Desk) RevokeKey(ctx context.Context, by models.Actor, id string, s Stop) (models.Key, Confirmation, error) {
	return d.stopKey(ctx, by, revoking, id, Stop{Reason: s.Reason, Note: s.Note})
}

func (d *Desk) stopKey(ctx context.Context, by models.Actor, how keyStop, id string, s Stop) (models.Key, Confirmation, error) {
	o := d.op(by, how.action, "key", id)
	p := problems{}
	p.stop(s, o.at)
	if err := p.err(); err != nil {
		return models.Key{}, Confirmation{}, d.refused(ctx, o, err)
	}
	o.reason, o.note = string(s.Reason), s.Note
	return d.changeKey(ctx, o, how.may, id, func(_ *store.Tx, k *models.Key) error { return how.set(o, k, s) })
}
