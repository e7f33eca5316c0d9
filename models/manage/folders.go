package manage

import (
	"context"
	"regexp"
	"slices"

	"keydesk/models"
	"keydesk/models/store"
)

// seenFolder reads a folder in which the actor holds a permission. Any other is as if it were not there.
func seenFolder(tx *store.Tx, by models.Actor, p models.Permission, id string) (models.Folder, error) {
	if !by.May(p, id) {
		return models.Folder{}, models.Missing("folder")
	}
	return tx.Folder(id)
}

// Folder finds a folder that the actor may view.
func (d *Desk) Folder(ctx context.Context, by models.Actor, id string) (f models.Folder, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		f, err = seenFolder(tx, by, models.FoldersView, id)
		return err
	})
	return f, err
}

// Folders pages over the folders that the actor may view, by name.
func (d *Desk) Folders(ctx context.Context, by models.Actor, after models.Cursor, limit int) (page models.Page[models.Folder], err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		page, err = tx.Folders(by.Folders(models.FoldersView), after, rowsOf(limit))
		return err
	})
	return page, err
}

// FoldersNamed is Folders with one name; "" is any.
func (d *Desk) FoldersNamed(
	ctx context.Context, by models.Actor, name string, after models.Cursor, limit int,
) (page models.Page[models.Folder], err error) {
	if name == "" {
		return d.Folders(ctx, by, after, limit)
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		page, err = tx.FoldersNamed(name, by.Folders(models.FoldersView), after, rowsOf(limit))
		return err
	})
	return page, err
}

// ManyFolders reports whether there is more than the default folder: only then pages speak of folders.
func (d *Desk) ManyFolders(ctx context.Context) (many bool, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		n, err := tx.CountFolders()
		many = n > 1
		return err
	})
	return many, err
}

// NewFolder describes a folder to make.
type NewFolder struct {
	FormID      string
	Name        string
	Description string
	Labels      map[string]string
}

// folderName is an account's shape of name.
var folderName = regexp.MustCompile(`^[a-z]([-_a-z0-9]{0,61}[a-z0-9])?$`)

// CreateFolder makes a folder: a place for accounts that other people's accounts do not manage.
func (d *Desk) CreateFolder(ctx context.Context, by models.Actor, in NewFolder) (models.Folder, error) {
	o := d.op(by, "folder.create", "folder", "")
	o.objectName = clip(in.Name)
	f := models.Folder{Name: in.Name, Description: in.Description, Labels: in.Labels, CreatedAt: o.at}
	p := problems{}
	if !folderName.MatchString(in.Name) {
		p.add("name", "Up to 63 characters: a-z, 0-9, - and _, beginning with a letter and ending with a letter or digit")
	}
	p.text("description", in.Description)
	p.labels(in.Labels)
	err := p.err()
	if err == nil {
		f.ID, err = models.NewID(models.PrefixFolder, d.Rand)
	}
	if err != nil {
		return f, d.refused(ctx, o, err)
	}
	o.objectID, o.folderID = f.ID, f.ID
	_, err = d.change(ctx, o, func(tx *store.Tx) error {
		if !by.May(models.FoldersCreate, f.ID) {
			return forbidden(models.FoldersCreate)
		}
		if err := claim(tx, by, in.FormID, f.ID); err != nil {
			return err
		}
		o.after = models.Facts{"name": f.Name, "description": f.Description}
		o.result = f
		return tx.InsertFolder(f)
	})
	return f, err
}

// FolderBindings pages over the roles that service accounts hold in a folder.
func (d *Desk) FolderBindings(
	ctx context.Context, by models.Actor, folderID string, after models.Cursor, limit int,
) (page models.Page[models.Binding], err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if _, err := seenFolder(tx, by, models.FoldersView, folderID); err != nil {
			return err
		}
		page, err = tx.FolderBindings(folderID, after, rowsOf(limit))
		return err
	})
	return page, err
}

// AccountBindings pages over the roles that others hold on an account.
func (d *Desk) AccountBindings(
	ctx context.Context, by models.Actor, accountID string, after models.Cursor, limit int,
) (page models.Page[models.Binding], err error) {
	if !models.IsID(accountID) {
		return page, models.Missing("service account")
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(by.Folders(models.AccountsView), accountID)
		if err != nil {
			return err
		}
		if !a.DeletedAt.IsZero() {
			return models.Missing("service account")
		}
		page, err = tx.AccountBindings(accountID, after, rowsOf(limit))
		return err
	})
	return page, err
}

// Deltas says what to change of what is bound now, which is locked.
type Deltas func(now []models.Binding) []models.BindingDelta

// TheseDeltas changes what is named, whatever is bound now.
func TheseDeltas(list []models.BindingDelta) Deltas {
	return func([]models.Binding) []models.BindingDelta { return list }
}

// TheseBindings leaves what is named, and nothing else.
func TheseBindings(wanted []models.Binding) Deltas {
	return func(now []models.Binding) []models.BindingDelta {
		var deltas []models.BindingDelta
		for _, b := range now {
			if !slices.Contains(wanted, b) {
				deltas = append(deltas, models.BindingDelta{Binding: b, Remove: true})
			}
		}
		for _, b := range wanted {
			if !slices.Contains(now, b) {
				deltas = append(deltas, models.BindingDelta{Binding: b})
			}
		}
		return deltas
	}
}

// MaxBindings is the most that one service account has. A folder has what its accounts hold, however many those are.
const MaxBindings = 1000

// BindInFolder gives service accounts roles in a folder, and takes them, in this order. Those that change nothing are left
// out of the answer. Gates learn at once what it means for the keys of accounts of this folder.
func (d *Desk) BindInFolder(
	ctx context.Context, by models.Actor, folderID string, deltas Deltas,
) ([]models.BindingDelta, Confirmation, error) {
	o := d.op(by, "folder.bind", "folder", folderID)
	o.folderID = folderID
	return d.bind(ctx, o, deltas, binding{
		lock: func(tx *store.Tx) (place, error) {
			if _, err := seenFolder(tx, by, models.FoldersView, folderID); err != nil {
				return place{}, err
			}
			f, err := tx.LockFolder(folderID)
			o.objectName = f.Name
			return place{folder: folderID}, err
		},
		add: func(tx *store.Tx, b models.Binding) (bool, error) {
			if b.SubjectType != models.ActorAccount {
				return false, precondition("person_in_folder",
					"What people may do is their access, which is set in the console and holds everywhere. In a folder roles are bound to service accounts.")
			}
			return changedFor(tx, b)(tx.AddFolderBinding(folderID, b))
		},
		remove: func(tx *store.Tx, b models.Binding) (bool, error) {
			if b.SubjectType != models.ActorAccount {
				return false, nil
			}
			return changedFor(tx, b)(tx.RemoveFolderBinding(folderID, b))
		},
		list: func(tx *store.Tx, after models.Cursor) (models.Page[models.Binding], error) {
			return tx.FolderBindings(folderID, after, MaxBindings)
		},
	})
}

// changedFor tells the gates of an account whose roles were changed.
func changedFor(tx *store.Tx, b models.Binding) func(did bool, err error) (bool, error) {
	return func(did bool, err error) (bool, error) {
		if did {
			tx.Change(models.ChangeAccount, b.SubjectID)
		}
		return did, err
	}
}

// BindOnAccount gives people and service accounts roles on one service account, and takes them.
func (d *Desk) BindOnAccount(
	ctx context.Context, by models.Actor, accountID string, deltas Deltas,
) ([]models.BindingDelta, Confirmation, error) {
	o := d.op(by, "account.bind", "account", accountID)
	return d.bind(ctx, o, deltas, binding{
		lock: func(tx *store.Tx) (place, error) {
			a, err := lockAccount(tx, o, models.AccountsView, accountID)
			return ofAccount(a), err
		},
		add:    func(tx *store.Tx, b models.Binding) (bool, error) { return tx.AddAccountBinding(accountID, b) },
		remove: func(tx *store.Tx, b models.Binding) (bool, error) { return tx.RemoveAccountBinding(accountID, b) },
		list: func(tx *store.Tx, after models.Cursor) (models.Page[models.Binding], error) {
			return tx.AccountBindings(accountID, after, MaxBindings)
		},
		most: MaxBindings,
	})
}

// binding is how roles are bound on one kind of resource.
type binding struct {
	lock        func(*store.Tx) (place, error)
	add, remove func(*store.Tx, models.Binding) (bool, error)
	list        func(tx *store.Tx, after models.Cursor) (models.Page[models.Binding], error)
	most        int // that may be bound; 0: any number
}

// all reads everything that is bound.
func (how binding) all(tx *store.Tx) (all []models.Binding, err error) {
	for page := (models.Page[models.Binding]{More: true}); page.More; all = append(all, page.Rows...) {
		if page, err = how.list(tx, page.Next); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fits refuses more than may be bound.
func (how binding) fits(tx *store.Tx) error {
	if how.most == 0 {
		return nil
	}
	now, err := how.all(tx)
	if err == nil && len(now) > how.most {
		return precondition("many_bindings", "There would be more than 1,000 bindings on this resource. Remove some first.")
	}
	return err
}

func (d *Desk) bind(ctx context.Context, o *op, deltas Deltas, how binding) ([]models.BindingDelta, Confirmation, error) {
	cat, err := d.Catalogue(ctx)
	if err != nil {
		return nil, Confirmation{}, err
	}
	var effective []models.BindingDelta
	c, err := d.change(ctx, o, func(tx *store.Tx) error {
		effective = nil
		at, err := how.lock(tx)
		if err != nil {
			return err
		}
		if !at.may(o.by, models.RolesBind) {
			return forbidden(models.RolesBind)
		}
		now, err := how.all(tx)
		if err != nil {
			return err
		}
		for _, delta := range deltas(now) {
			did, err := d.bindOne(tx, o.by, at, delta, how, func(role string) bool { _, ok := cat.Role(role); return ok })
			if err != nil {
				return err
			}
			if did {
				effective = append(effective, delta)
			}
		}
		o.after, o.result = models.Facts{"bindings": deltaFacts(effective)}, effective
		return how.fits(tx)
	})
	return effective, c, err
}

func (d *Desk) bindOne(
	tx *store.Tx, by models.Actor, at place, delta models.BindingDelta, how binding, known func(role string) bool,
) (bool, error) {
	if delta.Remove {
		return how.remove(tx, delta.Binding)
	}
	p := problems{}
	if !known(delta.Role) {
		p.add("roles", "There is no role %q", clip(delta.Role))
	}
	if err := p.err(); err != nil {
		return false, err
	}
	if err := mayHand(by, at, []string{delta.Role}); err != nil {
		return false, err
	}
	if err := subjectStands(tx, delta.Binding); err != nil {
		return false, err
	}
	return how.add(tx, delta.Binding)
}

// subjectStands refuses to bind a role to somebody who is not there.
func subjectStands(tx *store.Tx, b models.Binding) error {
	if !models.IsID(b.SubjectID) {
		return models.Missing("subject")
	}
	if b.SubjectType == models.ActorPerson {
		_, err := tx.Person(b.SubjectID)
		return err
	}
	a, err := tx.Account(models.FolderScope{All: true}, b.SubjectID)
	if err == nil && !a.DeletedAt.IsZero() {
		return models.Missing("service account")
	}
	return err
}

// mayHand refuses to give a role that manages more than its giver may in the same place: nobody makes somebody who may more
// than themselves.
func mayHand(by models.Actor, at place, roles []string) error {
	for _, role := range roles {
		for _, p := range models.Manages(role) {
			if !at.may(by, p) {
				return models.NewError(models.Forbidden, "role_beyond_own",
					"The role "+role+" permits more than you may here ("+string(p)+"). Ask somebody who may.")
			}
		}
	}
	return nil
}

// added lists what is new in a list.
func added(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(s string) bool { return slices.Contains(before, s) })
}

func deltaFacts(deltas []models.BindingDelta) []string {
	list := make([]string, 0, len(deltas))
	for _, d := range deltas {
		sign := "+"
		if d.Remove {
			sign = "-"
		}
		list = append(list, sign+d.Role+" "+string(d.SubjectType)+":"+d.SubjectID)
	}
	return list
}
