package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// Aftermath is what happened around a stop: when a request was accepted last, and how many were refused since that only the
// stop can have refused.
type Aftermath struct {
	LastAccepted time.Time // zero: none ever was
	RefusedSince int64
}

// KeyAftermath reads what happened around the revoke or the disable of a key.
func (d *Desk) KeyAftermath(ctx context.Context, by models.Actor, id string) (a Aftermath, err error) {
	_, err = d.readKey(ctx, by, id, func(tx *store.Tx, k *KeyDetail) (err error) {
		a.LastAccepted = k.LastUsed.Allowed.At
		switch {
		case !k.Key.Revoked.At.IsZero():
			a.RefusedSince, err = tx.RefusedOfKey(id, k.Key.Revoked.At, models.RevokedKey)
		case !k.Key.Disabled.At.IsZero():
			a.RefusedSince, err = tx.RefusedOfKey(id, k.Key.Disabled.At, models.DisabledKey)
		}
		return err
	})
	return a, err
}

// AccountAftermath reads what happened around an account's deletion or suspension, else around the last revoke of its keys.
func (d *Desk) AccountAftermath(ctx context.Context, by models.Actor, id string) (a Aftermath, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		acct, err := tx.Account(by.Folders(models.AccountsView), id)
		if err != nil {
			return err
		}
		if a.LastAccepted, err = tx.LastUseOfAccount(id); err != nil {
			return err
		}
		since, because := acct.DeletedAt, models.RevokedKey
		switch {
		case !since.IsZero():
		case !acct.Suspended.At.IsZero():
			since, because = acct.Suspended.At, models.SuspendedAccount
		default:
			if since, err = tx.LastRevokeOf(id); err != nil || since.IsZero() {
				return err
			}
		}
		a.RefusedSince, err = tx.RefusedOfAccount(id, since, because)
		return err
	})
	return a, err
}
