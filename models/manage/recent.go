package manage

import (
	"context"

	"keydesk/models"
	"keydesk/models/store"
)

// KeyRecent is what a change of a key would hit: its last accepted request, and the accepted requests of 24 hours, 7 and 30
// days.
type KeyRecent struct {
	Key      models.Key
	Account  models.Account
	LastUsed models.LastUsed
	Use      store.RecentUse
}

// KeyRecent reads the recent use of a key. How much is read is bounded.
func (d *Desk) KeyRecent(ctx context.Context, by models.Actor, id string) (r KeyRecent, err error) {
	k, err := d.readKey(ctx, by, id, func(tx *store.Tx, k *KeyDetail) error {
		r.Use, err = tx.RecentOfKey(k.Key.ID, models.RecentAt(d.now()))
		return err
	})
	r.Key, r.Account, r.LastUsed = k.Key, k.Account, k.LastUsed
	return r, err
}

// recentKeys is how many keys of an account are looked at for its recent use by scope and network.
const recentKeys = 10

// AccountRecent is what a change of an account would hit. The totals are those of all its keys; scopes and networks those of
// the keys that were used last.
type AccountRecent struct {
	Account models.Account
	Keys    []store.KeyRow // those, the latest first
	Use     store.RecentUse
	Each    []models.RecentCount // of each of the keys, named by its id
}

// AccountRecent reads the recent use of an account. How much is read is bounded.
func (d *Desk) AccountRecent(ctx context.Context, by models.Actor, id string) (r AccountRecent, err error) {
	if !models.IsID(id) {
		return r, models.Missing("service account")
	}
	w := models.RecentAt(d.now())
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if r.Account, err = tx.Account(by.Folders(models.AccountsView), id); err != nil {
			return err
		}
		if r.Keys, err = tx.KeysByUse(by.Folders(models.KeysView), id, recentKeys); err != nil {
			return err
		}
		uses := make([]store.RecentUse, len(r.Keys))
		r.Each = make([]models.RecentCount, len(r.Keys))
		for i, k := range r.Keys {
			if uses[i], err = tx.RecentOfKey(k.ID, w); err != nil {
				return err
			}
			r.Each[i] = uses[i].Total
			r.Each[i].Name = k.ID
		}
		r.Use = store.SumRecent(uses...)
		r.Use.Total, err = tx.RecentOfAccount(id, w)
		return err
	})
	return r, err
}

// GrantedScopes lists the scopes of a key.
func (d *Desk) GrantedScopes(ctx context.Context, by models.Actor, id string) (models.Key, []string, error) {
	k, err := d.KeyWithoutUse(ctx, by, id)
	return k.Key, k.Key.Scopes, err
}

// usedDays is how far back a new key's scopes may follow what another key used.
const usedDays = 90

// UsedScopes lists the scopes that a key's accepted requests used in 90 days, in the order of the key's own.
func (d *Desk) UsedScopes(ctx context.Context, by models.Actor, id string) (k models.Key, used []string, err error) {
	detail, err := d.readKey(ctx, by, id, func(tx *store.Tx, k *KeyDetail) error {
		found, err := tx.UsedScopes(k.Key.ID, firstDay(d.now(), usedDays))
		for _, s := range k.Key.Scopes {
			for _, u := range found {
				if s == u {
					used = append(used, s)
				}
			}
		}
		return err
	})
	return detail.Key, used, err
}
