package manage

import (
	"context"
	"reflect"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/models/store"
)

// Catalogue is the catalogue as it is now: the built-in one and the installation's own services.
func (d *Desk) Catalogue(ctx context.Context) (*scopes.Catalogue, error) {
	own, err := d.Store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	if last := d.built.Load(); last != nil && reflect.DeepEqual(last.from, own) {
		return last.catalogue, nil
	}
	cat, err := scopes.Build(own)
	if err == nil {
		d.built.Store(&built{own, cat})
	}
	return cat, err
}

// built is the catalogue that was put together last, and what from. What there is is read each time: only the work is spared
// where it is the same.
type built struct {
	from      models.OwnCatalogue
	catalogue *scopes.Catalogue
}

// OwnCatalogue is what the installation adds to the built-in catalogue, with its source and version.
func (d *Desk) OwnCatalogue(ctx context.Context, by models.Actor) (models.OwnCatalogue, error) {
	if !by.MayAnywhere(models.KeysView) {
		return models.OwnCatalogue{}, forbidden(models.KeysView)
	}
	return d.Store.Catalogue(ctx)
}

// SetCatalogue puts what a file says in place of what is stored, whoever stored it. Nothing happens where they are the same.
func (d *Desk) SetCatalogue(ctx context.Context, by models.Actor, own models.OwnCatalogue) (changed bool, err error) {
	if _, err := scopes.Build(own); err != nil {
		return false, err
	}
	return d.replaceCatalogue(ctx, by, func(models.OwnCatalogue) models.OwnCatalogue { return own })
}

// ReleaseCatalogue leaves a catalogue that a file managed to the console, as it is. It is for a start without the file.
func (d *Desk) ReleaseCatalogue(ctx context.Context, by models.Actor) (changed bool, err error) {
	return d.replaceCatalogue(ctx, by, func(old models.OwnCatalogue) models.OwnCatalogue {
		old.Source, old.File = "", ""
		return old
	})
}

func (d *Desk) replaceCatalogue(
	ctx context.Context, by models.Actor, next func(models.OwnCatalogue) models.OwnCatalogue,
) (changed bool, err error) {
	o := d.op(by, "catalogue.update", "catalogue", "own")
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error {
		old, err := tx.Catalogue()
		if err != nil {
			return err
		}
		own := next(old)
		changed = catalogueFacts(old).Marshal() != catalogueFacts(own).Marshal()
		if !changed {
			return nil
		}
		own.Version = old.Version
		o.before, o.after = catalogueFacts(old), catalogueFacts(own)
		tx.Record(o.event())
		tx.Change(models.ChangeCatalogue, "own")
		return tx.PutCatalogue(own)
	})
	return changed, err
}

func catalogueFacts(own models.OwnCatalogue) models.Facts {
	f := models.Facts{"built_in": own.BuiltIn, "services": own.Services, "source": own.Source}
	if own.File != "" {
		f["file"] = own.File
	}
	return f
}

// Counted is a number that was counted up to a cap.
type Counted struct {
	N      int
	Capped bool
}

func counted(n int, err error) (Counted, error) { return countedTo(countCap, n, err) }

func countedTo(most, n int, err error) (Counted, error) {
	if n > most {
		return Counted{most, true}, err
	}
	return Counted{N: n}, err
}

// scopeCap is how far the keys of one scope are counted: a page counts those of many.
const scopeCap = 100

// KeysWithScopes counts the live keys that hold each of the scopes, among those that the actor may see.
func (d *Desk) KeysWithScopes(ctx context.Context, by models.Actor, names []string) (map[string]Counted, error) {
	held := make(map[string]Counted, len(names))
	in, now := by.Folders(models.KeysView), d.now()
	err := d.Store.Read(ctx, func(tx *store.Tx) error {
		for _, name := range names {
			n, err := tx.CountKeysWithScope(in, name, now, scopeCap+1)
			if held[name], err = countedTo(scopeCap, n, err); err != nil {
				return err
			}
		}
		return nil
	})
	return held, err
}
