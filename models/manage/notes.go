package manage

import (
	"context"

	"keydesk/models"
	"keydesk/models/store"
)

// NoteEdit replaces the note of a restriction. Another version than the form was opened with is a Conflict, so that the
// note of a disable never becomes that of a revoke which came meanwhile; 0 is whatever is there.
type NoteEdit struct {
	Version int64
	Note    string
}

// noteOp checks a note and starts its operation. Gates do not know notes: an edit takes no revision and waits for nobody.
func (d *Desk) noteOp(ctx context.Context, by models.Actor, action, objectType, id, note string) (*op, error) {
	o := d.op(by, action, objectType, id)
	p := problems{}
	p.text("note", note)
	if err := p.err(); err != nil {
		return nil, d.refused(ctx, o, err)
	}
	o.note = note
	return o, nil
}

// EditNote replaces the note of a revoke, or else of a disable that holds.
func (d *Desk) EditNote(ctx context.Context, by models.Actor, id string, in NoteEdit) (models.Key, error) {
	o, err := d.noteOp(ctx, by, "key.note", "key", id, in.Note)
	if err != nil {
		return models.Key{}, err
	}
	k, _, err := d.editKey(ctx, o, models.KeysDisable, id, func(_ *store.Tx, k *models.Key) error {
		switch {
		case !k.Revoked.At.IsZero():
			k.Revoked.Note = in.Note
		case k.Disabled.Holds(o.at):
			k.Disabled.Note = in.Note
		default:
			return precondition("nothing_to_note", "This key is neither disabled nor revoked.")
		}
		return ofVersion(in.Version, k.Version)
	})
	return k, err
}

// EditAccountNote replaces the note of a suspension that holds.
func (d *Desk) EditAccountNote(ctx context.Context, by models.Actor, id string, in NoteEdit) (models.Account, error) {
	o, err := d.noteOp(ctx, by, "account.note", "account", id, in.Note)
	if err != nil {
		return models.Account{}, err
	}
	a, _, err := d.editAccount(ctx, o, models.AccountsSuspend, id, func(_ *store.Tx, a *models.Account) error {
		if !a.Suspended.Holds(o.at) {
			return precondition("nothing_to_note", "This service account is not suspended.")
		}
		a.Suspended.Note = in.Note
		return ofVersion(in.Version, a.Version)
	})
	return a, err
}
