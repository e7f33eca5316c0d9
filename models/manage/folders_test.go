package manage_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
)

const (
	defaultFolder = "b1gdefault0000000000"
	tokenTime     = time.Hour
)

func TestFolders(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		if must(b.ManyFolders(ctx))(t) {
			t.Error("an empty desk has many folders")
		}
		for name, tc := range map[string]struct {
			in   manage.NewFolder
			want models.Code
		}{
			"a letter":        {manage.NewFolder{Name: "a"}, ""},
			"63 characters":   {manage.NewFolder{Name: "a" + strings.Repeat("-_", 30) + "b9", Labels: map[string]string{"k": "v"}, Description: "d"}, ""},
			"64 characters":   {manage.NewFolder{Name: "a" + strings.Repeat("b", 63)}, models.Invalid},
			"no name":         {manage.NewFolder{}, models.Invalid},
			"a digit first":   {manage.NewFolder{Name: "1a"}, models.Invalid},
			"a dash last":     {manage.NewFolder{Name: "ab-"}, models.Invalid},
			"a capital":       {manage.NewFolder{Name: "aB"}, models.Invalid},
			"a line break":    {manage.NewFolder{Name: "ab\n"}, models.Invalid},
			"the default's":   {manage.NewFolder{Name: "default"}, models.Conflict},
			"a long text":     {manage.NewFolder{Name: "long", Description: strings.Repeat("x", 257)}, models.Invalid},
			"a label with CR": {manage.NewFolder{Name: "labels", Labels: map[string]string{"K\r": "v"}}, models.Invalid},
		} {
			f, err := b.CreateFolder(ctx, admin, tc.in)
			if (tc.want == "") != (err == nil) || err != nil && models.CodeOf(err) != tc.want {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if err != nil {
				continue
			}
			kept := must(b.Folder(ctx, reviewer, f.ID))(t)
			if kept.Name != tc.in.Name || kept.Description != tc.in.Description || len(kept.Labels) != len(tc.in.Labels) {
				t.Errorf("%s: %+v", name, kept)
			}
			wantCode(t, second2(b.CreateFolder(ctx, admin, tc.in)), models.Conflict)
		}
		if !must(b.ManyFolders(ctx))(t) {
			t.Error("there is more than one now")
		}
		for name, by := range map[string]models.Actor{
			"an operator": operator, "a reviewer": reviewer, "an administrator of one folder": stranger,
			"an account": b.acting(b.account("robot", models.RoleAdmin)),
		} {
			_, err := b.CreateFolder(ctx, by, manage.NewFolder{Name: "theirs"})
			if models.CodeOf(err) != models.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestFoldersThatOneSees(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for _, name := range []string{"charlie", "alpha", "bravo"} {
			b.folder(name)
		}
		robot := b.account("robot", models.RoleViewer)
		alpha := must(b.Folders(t.Context(), admin, models.Cursor{}, 1))(t).Rows[0]
		b.deltas(alpha.ID, give(models.RoleViewer, robot), b.BindInFolder)
		for name, tc := range map[string]struct {
			by   models.Actor
			want string
		}{
			"an administrator": {admin, "alpha bravo charlie default"},
			"an account":       {b.acting(robot), "alpha default"},
			"nobody":           {models.Actor{}, ""},
		} {
			var got []string
			for at := (models.Cursor{}); ; {
				page := must(b.Folders(t.Context(), tc.by, at, 2))(t)
				for _, f := range page.Rows {
					got = append(got, f.Name)
				}
				if at = page.Next; !page.More {
					break
				}
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%s sees %v", name, got)
			}
		}
	})
}

func TestNamesAreUniqueInAFolder(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		here, there := b.folder("here"), b.folder("there")
		one, two := b.accountIn(here.ID, "robot"), b.accountIn(there.ID, "robot")
		if one.ID == two.ID {
			t.Fatal("one account in two folders")
		}
		_, _, err := b.CreateAccount(t.Context(), admin, manage.NewAccount{Name: "robot", FolderID: there.ID})
		wantCode(t, err, models.Conflict)
		third := b.accountIn(there.ID, "third")
		_, _, err = b.ChangeAccount(t.Context(), admin, third.ID, manage.AccountChange{Name: ptr("robot")})
		wantCode(t, err, models.Conflict)
	})
}

// bound lists the roles in a folder of accounts by their names.
func (b *bench) bound(folder string, accounts ...models.Account) string {
	b.t.Helper()
	var list []string
	for at := (models.Cursor{}); ; {
		page := must(b.FolderBindings(b.t.Context(), reviewer, folder, at, 2))(b.t)
		for _, bound := range page.Rows {
			name := bound.SubjectID
			if i := slices.IndexFunc(accounts, func(a models.Account) bool { return a.ID == name }); i >= 0 {
				name = accounts[i].Name
			}
			list = append(list, name+":"+bound.Role)
		}
		if at = page.Next; !page.More {
			break
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestFoldersAndBindingsAreReadBothWays reads each list to its end and back: the same pages, in the same order.
func TestFoldersAndBindingsAreReadBothWays(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		for _, name := range []string{"one", "two", "three", "four"} {
			b.folder(name)
			b.account(name, models.RoleViewer, models.RoleEditor)
		}
		bothWays(t, 5, func(at models.Cursor) (models.Page[models.Folder], error) { return b.Folders(ctx, reviewer, at, 2) },
			func(at models.Cursor) (models.Page[models.Folder], error) {
				return b.FoldersBefore(ctx, reviewer, at, 2)
			})
		bothWays(t, 8, func(at models.Cursor) (models.Page[models.Binding], error) {
			return b.FolderBindings(ctx, reviewer, defaultFolder, at, 3)
		}, func(at models.Cursor) (models.Page[models.Binding], error) {
			return b.FolderBindingsBefore(ctx, reviewer, defaultFolder, at, 3)
		})
		if _, err := b.FolderBindingsBefore(ctx, models.Actor{}, defaultFolder, models.Cursor{ID: "x"}, 3); models.CodeOf(err) != models.NotFound {
			t.Errorf("nobody reads the roles of a folder: %v", err)
		}
	})
}

func bothWays[T interface{ Cursor() models.Cursor }](t *testing.T, total int, after, before func(models.Cursor) (models.Page[T], error)) {
	t.Helper()
	places := func(rows []T) (list []models.Cursor) {
		for _, r := range rows {
			list = append(list, r.Cursor())
		}
		return list
	}
	var forwards, back []models.Cursor
	for at, more := (models.Cursor{}), true; more; {
		page := must(after(at))(t)
		forwards = append(forwards, places(page.Rows)...)
		at, more = page.Next, page.More
	}
	at := forwards[len(forwards)-1]
	for more := true; more; {
		page := must(before(at))(t)
		back = append(places(page.Rows), back...)
		more, at = page.More, back[0]
	}
	if len(forwards) != total || !slices.Equal(back, forwards[:total-1]) {
		t.Errorf("forwards %v, back %v", forwards, back)
	}
}

func TestBindingsInAFolder(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.user("olga@example.com", models.Administrator)
		one, two := b.account("one", models.RoleViewer), b.account("two")
		bind := func(d manage.Deltas) int { return len(b.deltas(defaultFolder, d, b.BindInFolder)) }
		state := func() string { return b.bound(defaultFolder, one, two) }
		for _, step := range []struct {
			what  string
			d     manage.Deltas
			did   int
			leave string
		}{
			{"a role", give("editor", one), 1, "one:editor one:viewer"},
			{"the same role", give("editor", one), 0, "one:editor one:viewer"},
			{"none to take", take("admin", one), 0, "one:editor one:viewer"},
			{"several", manage.TheseDeltas([]models.BindingDelta{{Binding: held("viewer", two)}, {Binding: held("viewer", one), Remove: true}}), 2, "one:editor two:viewer"},
			{"to and fro", manage.TheseDeltas([]models.BindingDelta{{Binding: held("admin", two)}, {Binding: held("admin", two), Remove: true}}), 2, "one:editor two:viewer"},
			{"the whole", manage.TheseBindings([]models.Binding{held("viewer", two), held("postbox.sender", two)}), 2, "two:postbox.sender two:viewer"},
			{"the whole again", manage.TheseBindings([]models.Binding{held("viewer", two), held("postbox.sender", two)}), 0, "two:postbox.sender two:viewer"},
			{"nothing", manage.TheseBindings(nil), 2, ""},
			{"nothing again", manage.TheseDeltas(nil), 0, ""},
		} {
			if did := bind(step.d); did != step.did || state() != step.leave {
				t.Errorf("%s: %d changed, left %q", step.what, did, state())
			}
		}
		err := b.Store.Read(t.Context(), func(tx *store.Tx) error { // what people may do is no binding, and is left alone
			n, err := tx.CountPeople()
			p, perr := tx.PersonByEmailKey("olga@example.com")
			if n != 1 || perr != nil || !slices.Equal(p.Access, []string{models.Administrator}) {
				t.Errorf("%+v (%v)", p, perr)
			}
			return err
		})
		b.must(nil, err)
	})
}

func TestBindingsThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		second := b.folder("second")
		one, gone, far := b.account("one"), b.account("gone"), b.accountIn(second.ID, "far")
		must(b.EraseAccount(ctx, admin, gone.ID))(t)
		here := b.acting(b.account("boss", models.RoleAdmin))
		for name, tc := range map[string]struct {
			by   models.Actor
			d    manage.Deltas
			want models.Code
		}{
			"an access":             {admin, give(models.Administrator, one), models.Invalid},
			"no such role":          {admin, give("god", one), models.Invalid},
			"no role":               {admin, give("", one), models.Invalid},
			"a person":              {admin, manage.TheseDeltas([]models.BindingDelta{{Binding: models.Binding{Role: "viewer", SubjectType: models.ActorPerson, SubjectID: b.user("p@example.com").ID}}}), models.Precondition},
			"the host":              {admin, manage.TheseDeltas([]models.BindingDelta{{Binding: models.Binding{Role: "viewer", SubjectType: models.ActorLocal, SubjectID: one.ID}}}), models.Precondition},
			"nobody":                {admin, give("viewer", models.Account{ID: "aje00000000000000000"}), models.NotFound},
			"no id":                 {admin, give("viewer", models.Account{ID: "x' OR 1=1"}), models.NotFound},
			"a deleted account":     {admin, give("viewer", gone), models.NotFound},
			"one that is not seen":  {here, give("viewer", far), models.NotFound},
			"by an operator, admin": {operator, give("admin", one), models.Forbidden},
			"by a reviewer":         {reviewer, give("viewer", one), models.Forbidden},
			"by a responder":        {responder, take("viewer", one), models.Forbidden},
			"by an editor":          {b.acting(b.account("editor", models.RoleEditor)), give("viewer", one), models.Forbidden},
			"by who may nothing":    {stranger, give("viewer", one), models.NotFound},
			"too many":              {admin, manage.TheseDeltas(make([]models.BindingDelta, manage.MaxBindings+1)), models.Precondition},
		} {
			before := b.bound(defaultFolder)
			_, _, err := b.BindInFolder(ctx, tc.by, defaultFolder, tc.d)
			if models.CodeOf(err) != tc.want || b.bound(defaultFolder) != before {
				t.Errorf("%s: %v, want %s", name, err, tc.want)
			}
		}
		if _, _, err := b.BindInFolder(ctx, admin, "b1g00000000000000000", give("viewer", one)); models.CodeOf(err) != models.NotFound {
			t.Errorf("in no folder: %v", err)
		}
	})
}

// TestAFolderOfManyAccounts: their own roles are bindings, too, and there may be any number of those.
func TestAFolderOfManyAccounts(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.write(func(tx *store.Tx) (err error) {
			for i := range manage.MaxBindings + 1 {
				a := models.Account{ID: b.id(models.PrefixAccount), FolderID: defaultFolder, Name: fmt.Sprint("account-", i), CreatedAt: b.Now(), Roles: []string{"viewer"}}
				if err = tx.InsertAccount(a); err != nil {
					return err
				}
			}
			return nil
		})
		one := b.account("one")
		if did := b.deltas(defaultFolder, give("editor", one), b.BindInFolder); len(did) != 1 {
			t.Errorf("%+v", did)
		}
		_, _, err := b.BindInFolder(ctx, admin, defaultFolder, manage.TheseBindings([]models.Binding{held("editor", one)}))
		wantCode(t, err, models.Precondition)
		if a := must(b.Account(ctx, admin, "account-1000"))(t); !slices.Equal(a.Roles, []string{"viewer"}) {
			t.Errorf("it has %v left", a.Roles)
		}
	})
}

func TestBindingsOnAnAccount(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		a, robot, ivan := b.account("one"), b.account("robot"), b.user("ivan@example.com")
		b.grant(a, models.RoleAPIKeyAdmin, ivan)
		b.grant(a, models.RoleViewer, models.Actor{Type: models.ActorAccount, ID: robot.ID})
		list := must(b.AccountBindings(ctx, reviewer, a.ID, models.Cursor{}, 10))(t).Rows
		if len(list) != 2 || list[0] != held("viewer", robot) || list[1].SubjectID != ivan.ID {
			t.Errorf("%+v", list)
		}
		by := b.bearer(must(b.CreateToken(ctx, ivan, "", ivan.ID, tokenTime))(t).Token).Actor
		must(b.CreateKey(ctx, by, manage.NewKey{AccountID: a.ID, Via: manage.ViaAPI}))(t)
		_, err := b.CreateKey(ctx, by, manage.NewKey{AccountID: robot.ID, Via: manage.ViaAPI})
		wantCode(t, err, models.NotFound)
		_, _, err = b.BindOnAccount(ctx, by, a.ID, give("viewer", robot))
		wantCode(t, err, models.Forbidden)
		_, _, err = b.BindOnAccount(ctx, operator, a.ID, give("admin", robot))
		wantCode(t, err, models.Forbidden)
		must(b.EraseAccount(ctx, admin, robot.ID))(t)
		if list := must(b.AccountBindings(ctx, reviewer, a.ID, models.Cursor{}, 10))(t).Rows; len(list) != 1 {
			t.Errorf("a deleted account holds a role: %+v", list)
		}
		must(b.EraseAccount(ctx, admin, a.ID))(t)
		if may := b.bearer(must(b.CreateToken(ctx, ivan, "", ivan.ID, tokenTime))(t).Token).Actor; len(may.Grants) != 0 {
			t.Errorf("a role on a deleted account: %+v", may.Grants)
		}
	})
}

// TestBindingsAndEditsAtOnce: whoever gives a role and whoever edits the account lose nothing to each other, nor do those who
// make keys meanwhile.
func TestBindingsAndEditsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		other := b.folder("second")
		accounts := []models.Account{b.account("one"), b.account("two"), b.accountIn(other.ID, "three")}
		roles := []string{"viewer", "editor", "auditor", "postbox.sender"}
		version := must(b.Account(ctx, admin, accounts[0].ID))(t).Version
		var all sync.WaitGroup
		try := func(do func(i int) error) {
			all.Go(func() {
				for i := range 12 {
					if err := do(i); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for n, role := range roles {
			folder := []string{defaultFolder, other.ID}[n%2]
			try(func(i int) error { // in another order each time, and of accounts of both folders
				var deltas []models.BindingDelta
				for k := range accounts {
					deltas = append(deltas, models.BindingDelta{Binding: held(role, accounts[(k+n+i)%3]), Remove: i%2 == 1 && i < 11})
				}
				if i == 11 {
					for k := range deltas {
						deltas[k].Remove = false
					}
				}
				return second(b.BindInFolder(ctx, admin, folder, manage.TheseDeltas(deltas)))
			})
		}
		try(func(i int) error {
			return second(b.ChangeAccount(ctx, admin, accounts[0].ID, manage.AccountChange{Description: ptr(fmt.Sprint(i))}))
		})
		try(func(int) error {
			return second2(b.CreateKey(ctx, admin, manage.NewKey{AccountID: accounts[1].ID, Via: manage.ViaAPI}))
		})
		try(func(i int) error {
			return second(b.CreateAccount(ctx, admin, manage.NewAccount{Name: fmt.Sprint("made-", i)}))
		})
		all.Wait()
		for _, a := range accounts[:2] {
			if got := must(b.Account(ctx, admin, a.ID))(t); !slices.Equal(got.Roles, []string{"auditor", "viewer"}) {
				t.Errorf("%s has %v", a.Name, got.Roles)
			}
		}
		if got := must(b.Account(ctx, admin, accounts[0].ID))(t); got.Description != "11" || got.Version == version {
			t.Errorf("%+v", got)
		}
		if got, want := b.bound(other.ID, accounts...), "one:editor one:postbox.sender three:editor three:postbox.sender two:editor two:postbox.sender"; got != want {
			t.Errorf("in the second folder %q", got)
		}
		_, _, err := b.UpdateAccount(ctx, admin, accounts[0].ID, manage.AccountEdit{Version: version, Name: "one"})
		wantCode(t, err, models.Conflict) // of a form that was open all the time, which knows of none of these roles
	})
}

func TestARoleThatIsCalledAsAnAccessIsNone(t *testing.T) {
	for _, access := range models.AccessNames {
		robot := models.Actor{Type: models.ActorAccount, ID: "aje", Grants: []models.Grant{{Role: access, FolderID: defaultFolder}, {Role: access, FolderID: models.AllFolders}}}
		someone := models.Actor{Type: models.ActorPerson, ID: "bfb", Grants: []models.Grant{{Role: access, AccountID: "aje"}}}
		for _, p := range everyPermission {
			if robot.MayAnywhere(p) || someone.MayAnywhere(p) {
				t.Errorf("%s lets an account, or somebody on an account, %s", access, p)
			}
		}
	}
}

// TestRolesThatManageAreThereWithoutTheBuiltInCatalogue: else nobody could be given any.
func TestRolesThatManageAreThereWithoutTheBuiltInCatalogue(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		must(b.SetCatalogue(t.Context(), local, models.OwnCatalogue{BuiltIn: false, Services: []models.OwnService{{Name: "orders", Scopes: []models.OwnScope{{Name: "orders.read"}}}}}))(t)
		one := b.account("one", models.RoleEditor)
		b.deltas(defaultFolder, give(models.RoleAPIKeyAdmin, one), b.BindInFolder)
		if !b.acting(one).May(models.KeysCreate, defaultFolder) {
			t.Error("it may not manage keys")
		}
		_, _, err := b.BindInFolder(t.Context(), admin, defaultFolder, give("postbox.sender", one))
		wantCode(t, err, models.Invalid)
	})
}
