package console

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/accounts"
	"keydesk/views/people"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

var folderRolesFields = fields{"folder": once, "seen": once, "roles": many}

// managersShown is how many bindings on an account its page lists.
const managersShown = 100

// moreRoles adds what the tab of roles says beside the account's own: roles in other folders, and who may manage it alone.
func (h *Handler) moreRoles(c echo.Context, a models.Account, m *accounts.RolesTab) error {
	ctx, by := c.Request().Context(), session.Actor(c)
	folders, err := h.folders(c)
	if err != nil {
		return err
	}
	if m.ManyFolders = len(folders) > 1; m.ManyFolders && a.DeletedAt.IsZero() {
		others, err := h.otherFolders(c, a)
		if err != nil {
			return err
		}
		m.MayBind = len(others) > 0
		if m.Elsewhere, err = h.elsewhere(c, a, folders); err != nil {
			return err
		}
	}
	if !a.DeletedAt.IsZero() {
		return nil
	}
	page, err := h.Desk.AccountBindings(ctx, by, a.ID, models.Cursor{}, managersShown)
	if err != nil {
		return err
	}
	named, err := h.Desk.Names(ctx, page.Rows)
	for _, b := range named {
		one := accounts.Manager{Name: b.Name, Role: b.Role, Kind: "Service account", Href: accounts.Path(b.SubjectID)}
		if b.SubjectType == models.ActorPerson {
			one.Kind, one.Href = "Person", ""
			if by.MayAnywhere(models.PeopleManage) {
				one.Href = people.Path(b.SubjectID)
			}
		}
		m.Managers = append(m.Managers, one)
	}
	return err
}

// elsewhere are the account's roles in other folders, by folder.
func (h *Handler) elsewhere(c echo.Context, a models.Account, folders []models.Folder) (list []accounts.FolderRoles, err error) {
	grants, err := h.Desk.FolderGrants(c.Request().Context(), session.Actor(c), a.ID)
	for _, g := range grants {
		f, known := folderOf(folders, g.FolderID)
		if !known {
			f = models.Folder{ID: g.FolderID, Name: g.FolderID}
		}
		if len(list) == 0 || list[len(list)-1].Folder.ID != f.ID {
			list = append(list, accounts.FolderRoles{Folder: f})
		}
		last := &list[len(list)-1]
		last.Roles = append(last.Roles, g.Role)
	}
	return list, err
}

// otherFolders are those in which the person may give the account roles, its own left out.
func (h *Handler) otherFolders(c echo.Context, a models.Account) ([]models.Folder, error) {
	list, err := h.foldersFor(c, models.RolesBind)
	return slices.DeleteFunc(list, func(f models.Folder) bool { return f.ID == a.FolderID }), err
}

// FolderRoles asks in which other folder, and then which roles the account is to hold there.
func (h *Handler) FolderRoles(c echo.Context) error {
	if err := onlyParams(c, "folder"); err != nil {
		return err
	}
	a, m, err := h.folderRoles(c, c.QueryParam("folder"))
	if err != nil {
		return err
	}
	var held []string
	if m.Folder.ID != "" {
		if held, err = h.rolesIn(c, a, m.Folder.ID); err != nil {
			return err
		}
	}
	m.Seen = strings.Join(held, " ")
	return h.folderRolesForm(c, http.StatusOK, m, held)
}

// folderRoles reads the account and the folder of a form. A folder in which nothing is to be given is as if it were not there.
func (h *Handler) folderRoles(c echo.Context, folderID string) (a models.Account, m accounts.FolderRolesForm, err error) {
	if a, err = h.account(c); err != nil {
		return a, m, err
	}
	if !a.DeletedAt.IsZero() {
		return a, m, stateError("account_deleted", "This service account is deleted, and gets no roles.")
	}
	m.Account = h.accountModel(a)
	if m.Folders, err = h.otherFolders(c, a); err != nil {
		return a, m, err
	}
	if len(m.Folders) == 0 {
		return a, m, models.Missing("folder")
	}
	if folderID != "" {
		var known bool
		if m.Folder, known = folderOf(m.Folders, folderID); !known {
			return a, m, models.Missing("folder")
		}
	}
	return a, m, nil
}

func (h *Handler) rolesIn(c echo.Context, a models.Account, folderID string) (held []string, err error) {
	grants, err := h.Desk.FolderGrants(c.Request().Context(), session.Actor(c), a.ID)
	for _, g := range grants {
		if g.FolderID == folderID {
			held = append(held, g.Role)
		}
	}
	return held, err
}

func (h *Handler) folderRolesForm(c echo.Context, status int, m accounts.FolderRolesForm, chosen []string) error {
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	m.Roles = ui.Picker{
		Name: "roles", Legend: "Roles", Filter: "Find a role", Problem: m.Problems["roles"],
		Hint:   "What the account may manage in this folder, with an IAM token. Its API keys work in its own folder alone.",
		Groups: managingGroups(cat, chosen),
	}
	return render.Page(c, status, accounts.FolderRolesPage(h.page(c), m))
}

// managingGroups are the roles that manage, and what is chosen beside them: in another folder nothing else comes to bear.
func managingGroups(cat *scopes.Catalogue, chosen []string) (groups []ui.Group) {
	for _, g := range roleGroups(cat, chosen) {
		g.Choices = slices.DeleteFunc(g.Choices, func(c ui.Choice) bool { return len(models.Manages(c.Value)) == 0 && !c.Selected })
		for i := range g.Choices {
			g.Choices[i].Covers = nil
		}
		if len(g.Choices) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// DoFolderRoles gives and takes what was changed in the form: what somebody else gave meanwhile stays.
func (h *Handler) DoFolderRoles(c echo.Context) error {
	f, err := readForm(c, folderRolesFields)
	if err != nil {
		return err
	}
	folderID := f.one("folder")
	if folderID == "" {
		folderID = "none"
	}
	a, m, err := h.folderRoles(c, folderID)
	if err != nil {
		return h.refuse(c, "folder.bind", "account", c.Param("id"), err)
	}
	m.Seen = f.one("seen")
	seen, wanted := strings.Fields(m.Seen), f.set("roles")
	if err = f.err(); err != nil {
		err = h.refuse(c, "folder.bind", "folder", folderID, err)
	} else if deltas := roleDeltas(a.ID, seen, wanted); len(deltas) > 0 {
		_, _, err = h.Desk.BindInFolder(c.Request().Context(), session.Actor(c), folderID, manage.TheseDeltas(deltas))
	}
	if problems, ok := fieldsOf(err); ok {
		m.Problems = problems
		return h.folderRolesForm(c, http.StatusUnprocessableEntity, m, wanted)
	}
	if err != nil {
		return err
	}
	return done(c, accounts.Path(a.ID)+"?tab="+accounts.TabRoles, "The roles in "+m.Folder.Name+" are saved.")
}

// roleDeltas is what changes from some roles to others.
func roleDeltas(accountID string, from, to []string) (deltas []models.BindingDelta) {
	add := func(role string, remove bool) {
		b := models.Binding{Role: role, SubjectType: models.ActorAccount, SubjectID: accountID}
		deltas = append(deltas, models.BindingDelta{Binding: b, Remove: remove})
	}
	for _, role := range from {
		if !slices.Contains(to, role) {
			add(role, true)
		}
	}
	for _, role := range to {
		if !slices.Contains(from, role) {
			add(role, false)
		}
	}
	return deltas
}
