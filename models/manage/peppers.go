package manage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/models/store"
)

// OpenPeppers loads the peppers and checks them against the database: a wrong or a missing one is refused here, and never
// shown as "all keys invalid". Only an empty database may make one.
func OpenPeppers(ctx context.Context, st *store.Store, path string, rand io.Reader) (*secret.Peppers, error) {
	var known []models.Pepper
	if err := st.Read(ctx, func(tx *store.Tx) (err error) { known, err = tx.Peppers(); return err }); err != nil {
		return nil, err
	}
	_, err := os.Stat(path)
	if missing := errors.Is(err, os.ErrNotExist); missing && len(known) == 0 {
		if err := secret.CreatePepperFile(path, rand); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	} else if missing {
		return nil, fmt.Errorf("the pepper file %s is missing, and this database was made with one: "+
			"bring the file back (--pepper-file), for without it no key can be recognised", path)
	}
	p, err := secret.LoadPeppers(path)
	if err != nil {
		return nil, err
	}
	err = registerPeppers(ctx, st, p, path)
	if models.CodeOf(err) == models.Conflict { // another process registered the same at the same time
		err = registerPeppers(ctx, st, p, path)
	}
	return p, err
}

// registerPeppers compares the check values, and stores that of a version which the database does not know yet: the first,
// or one that a replacement wrote to the file before it was cut short.
func registerPeppers(ctx context.Context, st *store.Store, p *secret.Peppers, path string) error {
	_, err := st.Write(ctx, func(tx *store.Tx) error {
		known, err := tx.Peppers()
		if err != nil {
			return err
		}
		newest := 0
		for _, k := range known {
			check, ok := p.Check(k.Version)
			if !ok || !bytes.Equal(check, k.CheckValue) {
				return fmt.Errorf("the pepper file %s is not the one that this database was made with (version %d): "+
					"name the right file with --pepper-file", path, k.Version)
			}
			newest = max(newest, k.Version)
		}
		for _, v := range p.Versions() {
			if v <= newest {
				continue
			}
			check, _ := p.Check(v)
			if err := tx.InsertPepper(models.Pepper{Version: v, CheckValue: check, Current: v == p.Current()}); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// PepperStatus says how many secrets are digested under each version, and which of them wait for the current one.
type PepperStatus struct {
	Current int
	Left    map[int]int     // by version: live secrets and gateway credentials
	Waiting []store.Depends // the first 1,000
}

// PepperStatus reads which secrets still need an old pepper. Each moves to the current one at its next use.
func (d *Desk) PepperStatus(ctx context.Context) (PepperStatus, error) {
	s := PepperStatus{Current: d.Peppers.Current()}
	err := d.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if s.Left, err = tx.SecretsByPepper(); err != nil {
			return err
		}
		s.Waiting, err = tx.DependOn(s.Current, maxRows)
		return err
	})
	return s, err
}

// ReplacePepper begins a replacement, or ends one: with one pepper in the file it adds a second and makes it current; with
// two it drops the old one, which is refused while a secret needs it. forgotten is how many secrets of dead keys, and
// retired ones, are called unknown from then on.
func (d *Desk) ReplacePepper(ctx context.Context, by models.Actor, path string) (finished bool, forgotten int, err error) {
	if len(d.Peppers.Versions()) == 1 {
		return false, 0, d.beginPepper(ctx, by, path)
	}
	forgotten, err = d.endPepper(ctx, by, path)
	return true, forgotten, err
}

func (d *Desk) beginPepper(ctx context.Context, by models.Actor, path string) error {
	v, err := secret.AddPepper(path, d.Rand) // the file first: a version that only the database knows would stop every start
	if err != nil {
		return err
	}
	if err := d.Peppers.Reload(); err != nil {
		return err
	}
	if err := registerPeppers(ctx, d.Store, d.Peppers, path); err != nil {
		return err
	}
	o := d.op(by, "pepper.replace", "pepper", fmt.Sprint(v))
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		o.after = models.Facts{"current": v}
		tx.Change(models.ChangePepper, fmt.Sprint(v))
		return nil
	})
	return err
}

func (d *Desk) endPepper(ctx context.Context, by models.Actor, path string) (forgotten int, err error) {
	old := d.Peppers.Versions()[1]
	o := d.op(by, "pepper.drop", "pepper", fmt.Sprint(old))
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		if forgotten, err = tx.DeadUnder(old); err != nil {
			return err
		}
		o.after = models.Facts{"dropped": old, "forgotten_secrets": forgotten}
		tx.Change(models.ChangePepper, fmt.Sprint(old))
		return tx.DeletePepper(old)
	})
	if err != nil {
		return 0, err
	}
	if err := secret.DropPepper(path, old); err != nil {
		return 0, err
	}
	// Gates read the file when they hear of a change; they heard of the first before the pepper was out of it.
	_, err = d.Store.Write(ctx, func(tx *store.Tx) error { tx.Change(models.ChangePepper, fmt.Sprint(old)); return nil })
	return forgotten, errors.Join(err, d.Peppers.Reload())
}
