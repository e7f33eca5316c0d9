package manage

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

// holds stops what was restricted as far as the journal knows and is not any more, until a person decides: the restriction
// may have been lifted later, and nobody can tell.
func (g *merger) holds(ctx context.Context) error {
	ids := slices.Concat(slices.Collect(maps.Keys(g.journal.Disabled)), slices.Collect(maps.Keys(g.journal.Scopes)))
	slices.Sort(ids)
	err := g.parts(ctx, slices.Compact(ids), func(tx *store.Tx, ids []string) (counts, error) {
		return g.keys(tx, ids, g.holdKey)
	}, &g.merged.HeldKeys)
	if err != nil {
		return err
	}
	return g.parts(ctx, slices.Sorted(maps.Keys(g.journal.Suspended)), g.holdAccounts, &g.merged.HeldAccounts)
}

func (g *merger) holdKey(tx *store.Tx, k models.Key) (bool, error) {
	decided, err := g.decided(tx, models.ChangeKey, k.ID)
	if err != nil || decided || !k.Revoked.At.IsZero() {
		return false, err
	}
	var why []string
	if f, is := g.journal.Disabled[k.ID]; is && g.missing(f, k.Disabled) {
		why = append(why, "it was disabled"+untilWhen(f.Ends()))
	}
	if f, is := g.journal.Scopes[k.ID]; is && !models.Within(k.Scopes, f.Scopes) && !g.held(k.Disabled) {
		why = append(why, "its scopes were narrowed to "+strings.Join(f.Scopes, " "))
	}
	if len(why) == 0 {
		return false, nil
	}
	o := g.op("key.disable", "key", k.ID)
	o.note = onHold(why, "enable it")
	return true, g.setKey(tx, o, k, func(_ *store.Tx, k *models.Key) error {
		k.Disabled = models.Restriction{At: o.at, Reason: models.ReasonOther, Note: o.note, By: o.by.Label()}
		return nil
	})
}

// missing reports that a restriction of the journal, which would still be in force, is not, or ends earlier.
func (g *merger) missing(f models.Fact, now models.Restriction) bool {
	if !f.Ends().IsZero() && !f.Ends().After(g.began) {
		return false
	}
	return !now.Holds(g.began) || !now.Until.IsZero() && (f.Ends().IsZero() || now.Until.Before(f.Ends()))
}

// held reports that Keydesk holds it already.
func (g *merger) held(now models.Restriction) bool {
	return now.Holds(g.began) && now.By == restorer.Label()
}

// decided reports that the object was changed after the newest epoch began, which is newer than what the journal knows:
// another process merged before it, and a person has decided since.
func (g *merger) decided(tx *store.Tx, kind models.ChangeKind, id string) (bool, error) {
	newest, err := tx.Epoch()
	if err != nil || newest.Number <= g.journal.Epoch.Number {
		return false, err
	}
	began, err := tx.EpochBegan()
	if err != nil {
		return false, err
	}
	last, err := tx.LastChange(kind, id)
	return last > began, err
}

func (g *merger) holdAccounts(tx *store.Tx, ids []string) (n counts, err error) {
	for _, id := range ids {
		f := g.journal.Suspended[id]
		a, err := tx.Account(everywhere, id)
		if err != nil && models.CodeOf(err) != models.NotFound {
			return n, err
		}
		decided, derr := g.decided(tx, models.ChangeAccount, id)
		if derr != nil {
			return n, derr
		}
		if err == nil && (decided || !g.missing(f, a.Suspended)) {
			continue
		}
		one, err := g.suspend(tx, id, onHold([]string{"it was suspended" + untilWhen(f.Ends())}, "reactivate it"))
		if err != nil {
			return n, err
		}
		n.done, n.unknown = n.done+one.done, n.unknown+one.unknown
	}
	return n, nil
}

// suspend suspends an account until a person decides.
func (g *merger) suspend(tx *store.Tx, id, note string) (n counts, err error) {
	a, err := tx.LockAccount(everywhere, id)
	if models.CodeOf(err) == models.NotFound {
		return counts{unknown: 1}, nil
	}
	if err != nil || !a.DeletedAt.IsZero() || g.held(a.Suspended) {
		return n, err
	}
	o := g.op("account.suspend", "account", id)
	o.note = note
	o.ofAccount(a)
	o.before = accountFacts(a)
	a.Suspended = models.Restriction{At: o.at, Reason: models.ReasonOther, Note: note, By: o.by.Label()}
	o.after = accountFacts(a)
	tx.Change(models.ChangeAccount, id)
	tx.Record(o.event())
	return counts{done: 1}, tx.UpdateAccount(everywhere, a)
}

func untilWhen(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return " until " + end.UTC().Format("2006-01-02 15:04 UTC")
}

// onHold is the note of what waits for a person, no longer than notes are.
func onHold(why []string, lift string) string {
	before, after := "On hold: the database went back in time, and by the revocation journal ", ". Look at it, then "+lift+"."
	text := []rune(strings.Join(why, " and "))
	if most := models.MaxText - len([]rune(before+after)); len(text) > most {
		text = append(text[:most-1], '…')
	}
	return before + string(text) + after
}
