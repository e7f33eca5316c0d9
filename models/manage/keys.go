package manage

import (
	"context"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/store"
)

// UsageDays is how far back a key's page looks: today and the days before it, in UTC.
const UsageDays = 30

func usageSince(now time.Time) time.Time { return firstDay(now, UsageDays) }

// KeyFilter pages over the keys of one account, newest first: those that may pass, or the dead ones.
type KeyFilter struct {
	Dead  bool // revoked and expired ones instead of active and disabled ones
	After models.Cursor
	Back  bool
	Limit int
}

// AccountKeys lists the keys of one account.
func (d *Desk) AccountKeys(ctx context.Context, by models.Actor, accountID string, f KeyFilter) (p models.Page[store.KeyRow], err error) {
	q := store.KeyQuery{
		Scope: by.Folders(models.KeysView), AccountID: accountID, Life: store.LiveKeys,
		After: f.After, Before: f.Back, Limit: rowsOf(f.Limit), Now: d.now(),
	}
	if f.Dead {
		q.Life = store.DeadKeys
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		p, err = tx.Keys(q)
		return err
	})
	return p, err
}

// AllKeys lists keys, newest first, whatever their state: those of one account, or of every one that the actor may see.
func (d *Desk) AllKeys(
	ctx context.Context, by models.Actor, accountID string, after models.Cursor, limit int,
) (p models.Page[store.KeyRow], err error) {
	q := store.KeyQuery{Scope: by.Folders(models.KeysView), AccountID: accountID, After: after, Limit: rowsOf(limit), Now: d.now()}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		p, err = tx.Keys(q)
		return err
	})
	return p, err
}

// KeyDetail is a key with what it is read beside: its account, its last requests and 30 days of use, summed in three ways.
type KeyDetail struct {
	Key      models.Key
	Account  models.Account
	LastUsed models.LastUsed
	Usage    []models.Use         // by scope, outcome and network
	ByBucket []models.Use         // by bucket and outcome: for charts
	BySecret []models.Use         // by secret, outcome and network: whether the old one of two is still in use
	Earlier  map[string]time.Time // when granted scopes were used last before the 30 days; read where one was not used in them
}

// Key reads one key.
func (d *Desk) Key(ctx context.Context, by models.Actor, id string) (k KeyDetail, err error) {
	return d.readKey(ctx, by, id, func(tx *store.Tx, k *KeyDetail) error { return k.readUsage(tx, usageSince(d.now())) })
}

// KeyWithoutUse reads one key without its 30 days of use, for what must not wait for that.
func (d *Desk) KeyWithoutUse(ctx context.Context, by models.Actor, id string) (KeyDetail, error) {
	return d.readKey(ctx, by, id, func(*store.Tx, *KeyDetail) error { return nil })
}

func (d *Desk) readKey(
	ctx context.Context, by models.Actor, id string, more func(*store.Tx, *KeyDetail) error,
) (k KeyDetail, err error) {
	if !models.IsID(id) {
		return k, models.Missing("API key")
	}
	in := by.Folders(models.KeysView)
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if k.Key, err = tx.Key(in, id); err != nil {
			return err
		}
		if k.Account, err = tx.Account(in, k.Key.AccountID); err != nil {
			return err
		}
		if k.LastUsed, err = tx.LastUsed(id); err != nil {
			return err
		}
		return more(tx, &k)
	})
	return k, err
}

func (k *KeyDetail) readUsage(tx *store.Tx, since time.Time) (err error) {
	if k.Usage, err = tx.Usage(k.Key.ID, since); err != nil {
		return err
	}
	if k.ByBucket, err = tx.UsageByBucket(k.Key.ID, since); err != nil {
		return err
	}
	if k.BySecret, err = tx.UsageBySecret(k.Key.ID, since); err != nil || k.usesAll() {
		return err
	}
	k.Earlier, err = tx.UsedBefore(k.Key.ID, since)
	return err
}

// usesAll reports whether every granted scope was used in the 30 days.
func (k *KeyDetail) usesAll() bool {
	return !slices.ContainsFunc(k.Key.Scopes, func(scope string) bool {
		return !slices.ContainsFunc(k.Usage, func(u models.Use) bool { return u.Outcome == models.Allowed && u.Granted == scope })
	})
}

// FindKey finds the key of a secret. A text that is no secret is Invalid, a well-formed one that nobody issued NotFound.
func (d *Desk) FindKey(ctx context.Context, by models.Actor, text string) (k models.Key, err error) {
	sum, ok := secret.Sum(text)
	if !ok {
		return k, models.NewError(models.Invalid, "malformed_key",
			"This is not a Keydesk secret: a character is missing or mistyped, for its checksum fails.")
	}
	var digests [][]byte
	for _, v := range d.Peppers.Versions() {
		if digest, ok := d.Peppers.Digest(v, sum); ok {
			digests = append(digests, digest[:])
		}
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		s, err := tx.KeySecretByDigest(digests...)
		if err != nil {
			return err
		}
		k, err = tx.Key(by.Folders(models.KeysView), s.KeyID)
		return err
	})
	return k, err
}

// lockKey reads a key for a change, its account first, which is the order of all locks.
func lockKey(tx *store.Tx, o *op, p models.Permission, id string) (models.Key, error) {
	if !models.IsID(id) {
		return models.Key{}, models.Missing("API key")
	}
	k, err := tx.LockKey(o.by.Folders(models.KeysView), id)
	if err != nil {
		return k, err
	}
	return k, mayKey(o, p, k)
}

// mayKey refuses what the actor may see, but not change.
func mayKey(o *op, p models.Permission, k models.Key) error {
	o.ofKey(k)
	if !ofKey(k).may(o.by, p) {
		return forbidden(p)
	}
	return nil
}

// keyRevoked is the reason for which a revoked key stays as it is.
const keyRevoked = "key_revoked"

// alive refuses a change of a key that can never pass again.
func alive(k models.Key, now time.Time) error {
	switch k.State(now) {
	case models.KeyRevoked:
		return precondition(keyRevoked, "This key is revoked, and nothing leads back from that. Create a replacement.")
	case models.KeyExpired:
		return precondition("key_expired", "This key has expired. Create another key for the account.")
	}
	return nil
}
