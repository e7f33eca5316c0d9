package manage

import (
	"context"

	"keydesk/models"
	"keydesk/models/store"
)

// KeyFigures counts keys by state, those that expire, and accounts, for metrics. Among a million keys that takes some tenths of
// a second: call it in the background, and seldom.
func (d *Desk) KeyFigures(ctx context.Context, by models.Actor) (f models.KeyFigures, err error) {
	if !by.Folders(models.KeysView).All {
		return f, forbidden(models.KeysView)
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		f, err = tx.KeyFigures(d.now())
		return err
	})
	return f, err
}
