package views_test

import (
	"fmt"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/views/settings"
	"keydesk/views/ui"
)

var canFolders = settings.Can{Manage: true, Gateways: true, Folders: true}

func folders() []models.Folder {
	return []models.Folder{
		{ID: "b1gdefault0000000000", Name: "default", CreatedAt: now.Add(-300 * day)},
		{ID: "b1gteamb000000000000", Name: "team-b", Description: "Orders of team B, and what they import from the old shop.", CreatedAt: now.Add(-2 * day)},
		{ID: "b1glong0000000000000", Name: longWord[:63], Description: markup + longWord + rtl, CreatedAt: now.Add(-day)},
	}
}

func folderPage() settings.FolderPage {
	pages := ui.PagerProps{Prev: settings.FoldersPath, Next: settings.FoldersPath + "?page=x", PrevLabel: "Previous", NextLabel: "Next"}
	m := settings.FolderPage{Now: now, Can: canFolders, Folder: folders()[1], Pager: pages, MayCreate: true}
	for i, role := range []string{models.RoleEditor, models.RoleAPIKeyAdmin, "orders.user"} {
		m.Bindings = append(m.Bindings, settings.FolderBinding{AccountID: fmt.Sprintf("ajek3vb0q1s2d4f5g6h%d", i), Name: []string{"terraform", longName, "billing-worker"}[i], Role: role, Manages: accounts.Manages(role)})
	}
	return m
}

// folderTab is the tab of roles where there are several folders, and somebody manages this account alone.
func folderTab() accounts.DetailPage {
	a := account()
	a.FolderID, a.Folder = folders()[1].ID, "team-b"
	roles := rolesTab()
	roles.Roles, roles.Uncovered, roles.More = roles.Roles[1:3], nil, false
	roles.ManyFolders, roles.MayBind = true, true
	roles.Elsewhere = []accounts.FolderRoles{
		{Folder: folders()[0], Roles: []string{models.RoleViewer, models.RoleAPIKeyAdmin}}, {Folder: folders()[2], Roles: manyScopes(6)},
	}
	roles.Managers = []accounts.Manager{
		{Name: "terraform", Href: "/service-accounts/ajet3vb0q1s2d4f5g6h7", Kind: "Service account", Role: models.RoleKeyAdmin},
		{Name: longMail, Kind: "Person", Role: models.RoleAPIKeyAdmin},
	}
	return accounts.DetailPage{Now: now, Account: a, Can: canAll, Tab: accounts.TabRoles, Roles: roles}
}

func folderRoles() accounts.FolderRolesForm {
	return accounts.FolderRolesForm{
		Account: account(), Folders: folders()[:2], Folder: folders()[1], Seen: "viewer", Problems: models.Fields{"roles": `There is no role "no.such.role"`},
		Roles: ui.Picker{
			Name: "roles", Legend: "Roles", Filter: "Find a role", Hint: "What the account may manage in this folder, with an IAM token. Its API keys work in its own folder alone.", Problem: `There is no role "no.such.role"`,
			Groups: []ui.Group{
				{Title: "All services", Choices: []ui.Choice{{Value: models.RoleViewer, Text: "View everything in the folder. " + accounts.Manages(models.RoleViewer), Selected: true}}},
				{Title: "Manages service accounts", Choices: []ui.Choice{{Value: models.RoleAPIKeyAdmin, Text: "Manage API keys of service accounts. " + accounts.Manages(models.RoleAPIKeyAdmin)}}},
				{Title: "Not in the catalogue", Choices: []ui.Choice{{Value: "no.such.role", Selected: true}}},
			},
		},
	}
}

func folderSamples() []sample {
	list := listPage()
	list.Folders, list.Filter.Folder = folders(), folders()[1].ID
	for i := range list.Rows {
		list.Rows[i].FolderID = folders()[i%3].ID
	}
	all := keyList()
	all.Folders, all.Filter.Folder, all.Filter.FolderName, all.Rows = folders(), folders()[1].ID, "team-b", listRows()[:12]
	for i := range all.Rows {
		all.Rows[i].Folder = folders()[i%3].Name
	}
	form := accountForm()
	form.Folders, form.Folder, form.Problems = folders(), folders()[1].ID, models.Fields{"folder": "Choose one of the folders"}
	choose := folderRoles()
	choose.Folder, choose.Problems = models.Folder{}, nil
	bad := settings.FolderForm{FormID: "one-time-form", Name: markup, Description: longWord, Problems: models.Fields{
		"name": "Up to 63 characters: a-z, 0-9, - and _, beginning with a letter and ending with a letter or digit", "description": "256 characters at most",
	}}
	empty := folderPage()
	empty.Folder, empty.Bindings, empty.Pager = folders()[2], nil, ui.PagerProps{}
	one := settings.FoldersPage{Now: now, Can: canFolders, Folders: folders()[:1], MayCreate: true}
	return []sample{
		{"settings-folders", settings.Folders(page(), settings.FoldersPage{Now: now, Can: canFolders, Folders: folders(), MayCreate: true, Pager: folderPage().Pager})},
		{"settings-folders-one", settings.Folders(page(), one)},
		{"settings-folder-new", settings.NewFolder(page(), settings.FolderForm{FormID: "one-time-form", First: true})},
		{"settings-folder-problems", settings.NewFolder(page(), bad)},
		{"settings-folder", settings.Folder(page(), folderPage())},
		{"settings-folder-empty", settings.Folder(page(), empty)},
		{"accounts-folders", accounts.List(page(), list)},
		{"keys-folders", keys.List(page(), all)},
		{"account-new-folders", accounts.NewPage(page(), form)},
		{"account-roles-folders", accounts.Detail(page(), folderTab())},
		{"account-folder-choose", accounts.FolderRolesPage(page(), choose)},
		{"account-folder-roles", accounts.FolderRolesPage(page(), folderRoles())},
	}
}
