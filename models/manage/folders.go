package manage

import (
	"context"
	"regexp"
	"slices"

	"keydesk/models"
	"keydesk/models/scopes"
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

// DefaultFolder is the folder that every installation has.
func (d *Desk) DefaultFolder(ctx context.Context, by models.Actor) (f models.Folder, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if f, err = tx.DefaultFolder(); err == nil && !by.May(models.FoldersView, f.ID) {
			return models.Missing("folder")
		}
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

// FoldersBefore is the page of Folders that ends before a place.
func (d *Desk) FoldersBefore(ctx context.Context, by models.Actor, before models.Cursor, limit int) (page models.Page[models.Folder], err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		page, err = tx.FoldersBefore(by.Folders(models.FoldersView), before, rowsOf(limit))
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

// FolderGrants lists the roles that an account holds in other folders than its own, of those folders that the actor may view.
func (d *Desk) FolderGrants(ctx context.Context, by models.Actor, accountID string) (list []models.Grant, err error) {
	if !models.IsID(accountID) {
		return nil, models.Missing("service account")
	}
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(by.Folders(models.AccountsView), accountID)
		if err != nil {
			return err
		}
		all, err := tx.GrantsOf(models.ActorAccount, a.ID)
		list = slices.DeleteFunc(all, func(g models.Grant) bool {
			return g.AccountID != "" || g.FolderID == a.FolderID || !by.May(models.FoldersView, g.FolderID)
		})
		return err
	})
	return list, err
}

// NamedBinding is a binding with what people call its subject: a mail address, or the name of a service account.
type NamedBinding struct {
	models.Binding
	Name string
}

// Names puts names beside bindings that the actor has been shown. A subject that is gone is called by its id.
func (d *Desk) Names(ctx context.Context, bindings []models.Binding) (list []NamedBinding, err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		list = make([]NamedBinding, len(bindings))
		for i, b := range bindings {
			name, err := nameOf(tx, b)
			if err != nil {
				return err
			}
			list[i] = NamedBinding{b, name}
		}
		return nil
	})
	return list, err
}

func nameOf(tx *store.Tx, b models.Binding) (name string, err error) {
	if b.SubjectType == models.ActorPerson {
		var p models.Person
		p, err = tx.Person(b.SubjectID)
		name = p.Email
	} else {
		var a models.Account
		a, err = tx.Account(models.FolderScope{All: true}, b.SubjectID)
		name = a.Name
	}
	if models.CodeOf(err) == models.NotFound {
		return b.SubjectID, nil
	}
	return name, err
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

// FolderBindingsBefore is the page of FolderBindings that ends before a place.
func (d *Desk) FolderBindingsBefore(
	ctx context.Context, by models.Actor, folderID string, before models.Cursor, limit int,
) (page models.Page[models.Binding], err error) {
	err = d.Store.Read(ctx, func(tx *store.Tx) error {
		if _, err := seenFolder(tx, by, models.FoldersView, folderID); err != nil {
			return err
		}
		page, err = tx.FolderBindingsBefore(folderID, before, rowsOf(limit))
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

// Deltas says what to change of what is bound.
type Deltas struct {
	list []models.BindingDelta
	only bool // what is bound beside the list goes
}

// TheseDeltas changes what is named, whatever is bound now.
func TheseDeltas(list []models.BindingDelta) Deltas { return Deltas{list: list} }

// TheseBindings leaves what is named, and nothing else.
func TheseBindings(wanted []models.Binding) Deltas {
	d := Deltas{only: true}
	for _, b := range wanted {
		d.list = append(d.list, models.BindingDelta{Binding: b})
	}
	return d
}

// MaxBindings is the most that one request changes.
const MaxBindings = 1000

// against is what there is to do, first what goes. What is bound is locked.
func (d Deltas) against(tx *store.Tx, how binding) ([]models.BindingDelta, error) {
	deltas, left := []models.BindingDelta(nil), slices.Clone(d.list)
	for after, more := (models.Cursor{}), d.only; more; {
		page, err := how.list(tx, after)
		if err != nil {
			return nil, err
		}
		for _, b := range page.Rows {
			if i := slices.Index(left, models.BindingDelta{Binding: b}); i >= 0 {
				left = slices.Delete(left, i, i+1) // it is as it is to be
			} else {
				deltas = append(deltas, models.BindingDelta{Binding: b, Remove: true})
			}
		}
		after, more = page.Next, page.More && len(deltas) <= MaxBindings
	}
	if deltas = append(deltas, left...); len(deltas) > MaxBindings {
		return nil, precondition("many_bindings", "More than 1,000 bindings would change at once. Name those to add and to remove, in parts.")
	}
	return deltas, nil
}

// BindInFolder gives service accounts roles in a folder, and takes them, in this order. Those that change nothing are left
// out of the answer. Gates learn at once what it means for the keys of accounts of this folder.
func (d *Desk) BindInFolder(
	ctx context.Context, by models.Actor, folderID string, deltas Deltas,
) ([]models.BindingDelta, Confirmation, error) {
	o := d.op(by, "folder.bind", "folder", folderID)
	held := heldRoles{folderID: folderID}
	return d.bind(ctx, o, deltas, binding{
		lock: func(tx *store.Tx) (place, error) {
			if _, err := seenFolder(tx, by, models.FoldersView, folderID); err != nil {
				return place{}, err
			}
			f, err := tx.LockFolder(folderID)
			o.objectName, o.folderID = f.Name, f.ID
			return place{folder: folderID}, err
		},
		begin: held.lock,
		end:   held.changed,
		add: func(tx *store.Tx, b models.Binding) (bool, error) {
			if b.SubjectType != models.ActorAccount {
				return false, precondition("person_in_folder",
					"What people may do is their access, which is set in the console and holds everywhere. In a folder roles are bound to service accounts.")
			}
			return held.note(b)(tx.AddFolderBinding(folderID, b))
		},
		remove: func(tx *store.Tx, b models.Binding) (bool, error) {
			if b.SubjectType != models.ActorAccount || !held.stands(b) {
				return false, nil
			}
			return held.note(b)(tx.RemoveFolderBinding(folderID, b))
		},
		list: func(tx *store.Tx, after models.Cursor) (models.Page[models.Binding], error) {
			return tx.FolderBindings(folderID, after, maxRows)
		},
	})
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
			return tx.AccountBindings(accountID, after, maxRows)
		},
	})
}

// binding is how roles are bound on one kind of resource.
type binding struct {
	lock        func(*store.Tx) (place, error)
	begin       func(*store.Tx, []models.BindingDelta) error // before the first; nil: nothing
	add, remove func(*store.Tx, models.Binding) (bool, error)
	end         func(*store.Tx) error // after the last; nil: nothing
	list        func(*store.Tx, models.Cursor) (models.Page[models.Binding], error)
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
		list, err := deltas.against(tx, how)
		if err != nil {
			return err
		}
		if how.begin != nil {
			if err := how.begin(tx, list); err != nil {
				return err
			}
		}
		for _, delta := range list {
			did, err := bindOne(tx, o.by, at, delta, how, cat)
			if err != nil {
				return err
			}
			if did {
				effective = append(effective, delta)
			}
		}
		o.after, o.result = models.Facts{"bindings": deltaFacts(effective)}, effective
		if how.end == nil {
			return nil
		}
		return how.end(tx)
	})
	return effective, c, err
}

func bindOne(tx *store.Tx, by models.Actor, at place, delta models.BindingDelta, how binding, cat *scopes.Catalogue) (bool, error) {
	if delta.Remove {
		return how.remove(tx, delta.Binding)
	}
	p := problems{}
	if !knownRole(cat, delta.Role) {
		p.add("roles", "There is no role %q", clip(delta.Role))
	}
	if err := p.err(); err != nil {
		return false, err
	}
	if err := mayHand(by, at, []string{delta.Role}); err != nil {
		return false, err
	}
	if err := subjectStands(tx, by, delta.Binding); err != nil {
		return false, err
	}
	return how.add(tx, delta.Binding)
}

// subjectStands refuses to bind a role to somebody who is not there, or an account that the actor may not see.
func subjectStands(tx *store.Tx, by models.Actor, b models.Binding) error {
	if !models.IsID(b.SubjectID) {
		return models.Missing("subject")
	}
	if b.SubjectType == models.ActorPerson {
		_, err := tx.Person(b.SubjectID)
		return err
	}
	a, err := tx.Account(by.Folders(models.AccountsView), b.SubjectID)
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

// mayGive refuses to change an account's roles for whoever may not bind roles in its folder, or may less there than what the
// new ones permit. Roles hold in the whole folder: to manage one account of it is not enough.
func mayGive(by models.Actor, folder string, before, after []string) error {
	in, more := place{folder: folder}, added(before, after)
	if len(more)+len(added(after, before)) == 0 {
		return nil
	}
	if !in.may(by, models.RolesBind) {
		return forbidden(models.RolesBind)
	}
	return mayHand(by, in, more)
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
