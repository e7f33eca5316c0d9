package manage

import (
	"context"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// maxLive is how many live secrets a key may have: two, while a reissue overlaps.
const maxLive = 2

// Reissue says how long the old secret is accepted beside the new one: for Overlap, or until RetiresAt; both zero: not at all.
type Reissue struct {
	FormID    string
	Version   int64
	Overlap   time.Duration
	RetiresAt time.Time
}

// retires is when the old secret ends, never later than the key; the zero time is at once.
func (in Reissue) retires(k models.Key, now time.Time) (time.Time, error) {
	at := in.RetiresAt
	if in.Overlap != 0 {
		at = now.Add(in.Overlap)
	}
	at = models.Instant(at)
	p := problems{}
	p.future("overlap", at, now)
	if err := p.err(); err != nil || at.IsZero() {
		return time.Time{}, err
	}
	if !k.ExpiresAt.IsZero() && at.After(k.ExpiresAt) {
		at = k.ExpiresAt
	}
	return at, nil
}

// ReissueKey gives a key a new secret; id, description, scopes and expiry stay.
func (d *Desk) ReissueKey(ctx context.Context, by models.Actor, id string, in Reissue) (Issued, error) {
	o := d.op(by, "key.reissue", "key", id)
	fresh, plain, err := d.drawSecret(id, o.at)
	if err != nil {
		return Issued{}, err
	}
	var a models.Account
	k, c, err := d.changeKey(ctx, o, models.KeysReissue, id, func(tx *store.Tx, k *models.Key) error {
		if err := claim(tx, by, in.FormID, k.ID); err != nil {
			return err
		}
		if err := alive(*k, o.at); err != nil {
			return err
		}
		if err := ofVersion(in.Version, k.Version); err != nil {
			return err
		}
		at, err := in.retires(*k, o.at)
		if err != nil {
			return err
		}
		if err := retireOld(tx, k, at, o.at); err != nil {
			return err
		}
		k.Secrets = append([]models.KeySecret{fresh}, k.Secrets...)
		if err := tx.InsertSecret(fresh); err != nil {
			return err
		}
		a, err = tx.Account(by.Folders(models.AccountsView), k.AccountID)
		return err
	})
	if err != nil {
		return Issued{}, err
	}
	return Issued{Key: k, Account: a, Secret: plain, Confirmation: c}, nil
}

// retireOld ends the live secrets of a key at a time, or now where that is zero.
func retireOld(tx *store.Tx, k *models.Key, at, now time.Time) error {
	live := 0
	for i := range k.Secrets {
		s := &k.Secrets[i]
		if !s.Live(now) {
			continue
		}
		live++
		switch {
		case at.IsZero():
			s.RetiredAt = now
		case s.RetiresAt.IsZero() || s.RetiresAt.After(at):
			s.RetiresAt = at
		}
		if err := tx.UpdateSecret(*s); err != nil {
			return err
		}
	}
	if !at.IsZero() && live >= maxLive {
		return precondition("two_live_secrets",
			"Two secrets of this key are accepted already. Retire the old one now, or reissue without an overlap.")
	}
	return nil
}

// RetireSecret ends the older of two live secrets now. The last live one is not retired: that is what disable and revoke are for.
func (d *Desk) RetireSecret(ctx context.Context, by models.Actor, keyID, secretID string) (models.Key, Confirmation, error) {
	o := d.op(by, "key.retire", "key", keyID)
	return d.changeKey(ctx, o, models.KeysReissue, keyID, func(tx *store.Tx, k *models.Key) error {
		live, newest, at := 0, -1, -1
		for i, s := range k.Secrets {
			if s.Live(o.at) {
				live++
				if newest < 0 || s.CreatedAt.After(k.Secrets[newest].CreatedAt) {
					newest = i
				}
			}
			if s.ID == secretID {
				at = i
			}
		}
		switch {
		case at < 0:
			return models.Missing("secret of this key")
		case !k.Secrets[at].Live(o.at):
			return precondition("secret_retired", "This secret is retired already.")
		case live < maxLive:
			return precondition("last_secret", "This is the key's only secret. Disable or revoke the key instead, or reissue it.")
		case at == newest:
			return precondition("newest_secret", "This is the key's new secret. The old one can be retired, or the key reissued again.")
		}
		k.Secrets[at].RetiredAt = o.at
		return tx.UpdateSecret(k.Secrets[at])
	})
}
