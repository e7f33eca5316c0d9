package accounts

import (
	"keydesk/models"
	"keydesk/views/ui"
)

// FolderRolesPath is where an account's roles in another folder are given and taken.
func FolderRolesPath(accountID string) string { return Path(accountID, "folder-roles") }

// FolderRoles are the roles that the account holds in another folder than its own.
type FolderRoles struct {
	Folder models.Folder
	Roles  []string
}

// Manager holds a role on the account: it, or they, may manage this one alone.
type Manager struct {
	Name, Href string // Href is "" where there is no page
	Kind       string
	Role       string
}

// FolderRolesForm chooses a folder, and then the roles there. Fields: folder, seen, roles.
type FolderRolesForm struct {
	Account  Account
	Folders  []models.Folder // to choose from
	Folder   models.Folder   // the chosen one; zero: none yet
	Seen     string          // the roles that the form was opened with, with blanks between them
	Roles    ui.Picker
	Problems models.Fields
}

func (m FolderRolesForm) title() string {
	if m.Folder.ID == "" {
		return "Roles of " + m.Account.Name + " in another folder"
	}
	return "Roles of " + m.Account.Name + " in the folder " + m.Folder.Name
}

// folderName is the name of a folder in a list; "" where it is not in it.
func folderName(folders []models.Folder, id string) string {
	for _, f := range folders {
		if f.ID == id {
			return f.Name
		}
	}
	return ""
}
