package manage

import (
	"context"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/store"
)

// Catalogue is the catalogue as it is now: the built-in one and the installation's own services.
func (d *Desk) Catalogue(ctx context.Context) (*scopes.Catalogue, error) {
	var own models.OwnCatalogue
	err := d.Store.Read(ctx, func(tx *store.Tx) (err error) {
		own, err = tx.Catalogue()
		return err
	})
	if err != nil {
		return nil, err
	}
	return scopes.Build(own)
}

// SetCatalogue puts the own services of a file in place of those that are stored. Nothing happens where they are the same.
func (d *Desk) SetCatalogue(ctx context.Context, by models.Actor, own models.OwnCatalogue) (changed bool, err error) {
	if _, err := scopes.Build(own); err != nil {
		return false, err
	}
	o := d.op(by, "catalogue.update", "catalogue", "own")
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error {
		old, err := tx.Catalogue()
		if err != nil {
			return err
		}
		if catalogueFacts(old).Marshal() == catalogueFacts(own).Marshal() {
			return nil
		}
		changed = true
		o.before, o.after = catalogueFacts(old), catalogueFacts(own)
		tx.Record(o.event())
		tx.Change(models.ChangeCatalogue, "own")
		return tx.PutCatalogue(own)
	})
	return changed, err
}

func catalogueFacts(own models.OwnCatalogue) models.Facts {
	return models.Facts{"built_in": own.BuiltIn, "services": own.Services, "source": own.Source}
}
