package manage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// noteAgain is why a thing is done that was done before.
const noteAgain = "From the revocation journal: this was done before, and the database had forgotten it when it went back in time."

// merger does again what a journal knows. Each transaction has at most 100 objects, each with its event.
type merger struct {
	desk    *Desk
	journal *models.Journaled
	merged  *Merged
	began   time.Time
}

var everywhere = models.FolderScope{All: true}

// final does again what is final: keys, secrets, accounts, gateways. What is done already is left as it is.
func (g *merger) final(ctx context.Context) error {
	keys, err := g.forgotten(ctx, slices.Sorted(maps.Keys(g.journal.Keys)), (*store.Tx).KeysForgotten)
	if err != nil {
		return err
	}
	err = g.parts(ctx, keys, func(tx *store.Tx, ids []string) (counts, error) { return g.keys(tx, ids, g.revoke) }, &g.merged.Revoked)
	if err != nil {
		return err
	}
	secrets, err := g.forgotten(ctx, slices.Sorted(maps.Keys(g.journal.Secrets)), (*store.Tx).SecretsForgotten)
	if err != nil {
		return err
	}
	byKey := map[string][]models.Fact{}
	for _, id := range secrets {
		f := g.journal.Secrets[id]
		byKey[f.KeyID] = append(byKey[f.KeyID], f)
	}
	err = g.parts(ctx, slices.Sorted(maps.Keys(byKey)), func(tx *store.Tx, ids []string) (counts, error) {
		return g.keys(tx, ids, func(tx *store.Tx, k models.Key) (bool, error) { return g.retire(tx, k, byKey[k.ID]) })
	}, &g.merged.Retired)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(g.journal.Accounts)) {
		if err := g.account(ctx, id); err != nil {
			return err
		}
	}
	return g.parts(ctx, slices.Sorted(maps.Keys(g.journal.Gateways)), g.gateways, &g.merged.Gateways)
}

// lookAtOnce is how many ids are looked for in one statement.
const lookAtOnce = 1000

// forgotten looks through many ids, without locking any, for those that the database has not ended.
func (g *merger) forgotten(ctx context.Context, ids []string, look func(*store.Tx, []string) (store.Forgotten, error)) (found []string, err error) {
	for part := range slices.Chunk(ids, lookAtOnce) {
		err := g.desk.Store.Read(ctx, func(tx *store.Tx) error {
			f, err := look(tx, part)
			if err == nil {
				found = append(found, f.IDs...)
				g.merged.UnknownObjects += f.Unknown
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("merging the revocation journal: %w", err)
		}
	}
	return found, nil
}

// counts are what one transaction came to.
type counts struct{ done, unknown int }

// parts runs a transaction for every 100 of the ids. Nothing is counted that was not committed.
func (g *merger) parts(ctx context.Context, ids []string, do func(*store.Tx, []string) (counts, error), done *int) error {
	for part := range slices.Chunk(ids, batchKeys) {
		var n counts
		_, err := g.desk.Store.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = do(tx, part)
			return err
		})
		if err != nil {
			return fmt.Errorf("merging the revocation journal: %w", err)
		}
		*done += n.done
		g.merged.UnknownObjects += n.unknown
	}
	return nil
}

// keys locks the keys and lets each be changed that is there.
func (g *merger) keys(tx *store.Tx, ids []string, change func(*store.Tx, models.Key) (bool, error)) (n counts, err error) {
	found, err := tx.LockKeys(everywhere, ids)
	if err != nil {
		return n, err
	}
	for _, id := range ids {
		k, is := found[id]
		if !is {
			n.unknown++
			continue
		}
		changed, err := change(tx, k)
		if err != nil {
			return n, err
		}
		if changed {
			n.done++
		}
	}
	return n, nil
}

func (g *merger) revoke(tx *store.Tx, k models.Key) (bool, error) {
	if !k.Revoked.At.IsZero() {
		return false, nil
	}
	o := g.op("key.revoke", "key", k.ID)
	return true, g.setKey(tx, o, k, func(_ *store.Tx, k *models.Key) error {
		return revoking.set(o, k, Stop{Reason: models.ReasonOther, Note: noteAgain})
	})
}

// op begins a change that the journal asks for.
func (g *merger) op(action, objectType, id string) *op {
	o := g.desk.op(restorer, action, objectType, id)
	o.reason, o.note = string(models.ReasonOther), noteAgain
	return o
}

func (g *merger) setKey(tx *store.Tx, o *op, k models.Key, set func(*store.Tx, *models.Key) error) error {
	o.ofKey(k)
	if err := setKey(tx, o, &k, set); err != nil {
		return err
	}
	tx.Change(models.ChangeKey, k.ID)
	tx.Record(o.event())
	return nil
}

// retire ends secrets of a key as they ended before: at once, or at the time that was set.
func (g *merger) retire(tx *store.Tx, k models.Key, facts []models.Fact) (bool, error) {
	o := g.op("key.retire", "key", k.ID)
	late := func(s models.KeySecret, f models.Fact) bool {
		return f.ID == s.ID && s.RetiredAt.IsZero() && (f.Ends().IsZero() || s.RetiresAt.IsZero() || s.RetiresAt.After(f.Ends()))
	}
	if !slices.ContainsFunc(facts, func(f models.Fact) bool {
		return slices.ContainsFunc(k.Secrets, func(s models.KeySecret) bool { return late(s, f) })
	}) {
		return false, nil
	}
	return true, g.setKey(tx, o, k, func(tx *store.Tx, k *models.Key) error {
		k.Secrets = slices.Clone(k.Secrets)
		for i := range k.Secrets {
			for _, f := range facts {
				s := &k.Secrets[i]
				if !late(*s, f) {
					continue
				}
				if s.RetiresAt = f.Ends(); s.RetiresAt.IsZero() {
					s.RetiredAt = o.at
				}
				if err := tx.UpdateSecret(*s); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// account deletes an account again, its keys first in parts where there are many. One that cannot be deleted is suspended.
func (g *merger) account(ctx context.Context, id string) error {
	for {
		var more, unknown, done bool
		_, err := g.desk.Store.Write(ctx, func(tx *store.Tx) (err error) {
			more, unknown, done, err = g.deleteAccount(tx, id)
			return err
		})
		if err != nil && models.CodeOf(err) != models.Unavailable && ctx.Err() == nil {
			return g.suspendInstead(ctx, id, err)
		}
		if err != nil {
			return fmt.Errorf("merging the revocation journal: %w", err)
		}
		if unknown {
			g.merged.UnknownObjects++
		}
		if done {
			g.merged.Deleted++
		}
		if !more {
			return nil
		}
	}
}

func (g *merger) deleteAccount(tx *store.Tx, id string) (more, unknown, done bool, err error) {
	a, err := tx.LockAccount(everywhere, id)
	if models.CodeOf(err) == models.NotFound {
		return false, true, false, nil
	}
	if err != nil || !a.DeletedAt.IsZero() {
		return false, false, false, err
	}
	standing, err := tx.StandingKeys(everywhere, id, revokeBatch+1)
	if err != nil {
		return false, false, false, err
	}
	o := g.op("account.delete", "account", id)
	o.ofAccount(a)
	more = len(standing) > revokeBatch
	revoked, err := g.desk.revokeEach(tx, o, a, standing[:min(len(standing), revokeBatch)])
	if err != nil || more {
		return more, false, false, err
	}
	o.before, o.after = accountFacts(a), models.Facts{"deleted_at": when(o.at), "revoked_keys": revoked}
	a.DeletedAt, a.DeletedBy = o.at, o.by.Label()
	tx.Change(models.ChangeAccount, id)
	tx.Record(o.event())
	return false, false, true, tx.UpdateAccount(everywhere, a)
}

func (g *merger) suspendInstead(ctx context.Context, id string, why error) error {
	g.desk.Log.ErrorContext(ctx, "a service account that was deleted cannot be deleted again, and is suspended", "id", id, "err", why)
	return g.parts(ctx, []string{id}, func(tx *store.Tx, ids []string) (counts, error) {
		return g.suspend(tx, ids[0], noteAgain+" It was deleted, and cannot be deleted again.")
	}, &g.merged.Suspended)
}

func (g *merger) gateways(tx *store.Tx, ids []string) (n counts, err error) {
	for _, id := range ids {
		o := g.op("gateway.revoke", "gateway", id)
		o.reason = ""
		gw, err := tx.Gateway(id)
		if models.CodeOf(err) == models.NotFound {
			n.unknown++
			continue
		}
		if err != nil {
			return n, err
		}
		o.objectName = gw.Name
		done, err := tx.RevokeGateway(id, o.at, o.by.Label())
		if err != nil {
			return n, err
		}
		if done {
			n.done++
			tx.Change(models.ChangeGateway, id)
			tx.Record(o.event())
		}
	}
	return n, nil
}
