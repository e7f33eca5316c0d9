package settings

import (
	"net/url"
	"time"

	"keydesk/models"
	"keydesk/views/ui"
)

// FoldersPath is the address of the list of folders.
const FoldersPath = "/settings/folders"

// FolderPath is the address of a folder's page.
func FolderPath(id string) string { return FoldersPath + "/" + id }

// FoldersPage lists the folders.
type FoldersPage struct {
	Now       time.Time
	Can       Can
	Folders   []models.Folder
	MayCreate bool
	Pager     ui.PagerProps
}

// FolderForm makes a folder. Fields: form_id, name, description.
type FolderForm struct {
	FormID      string
	Name        string
	Description string
	First       bool // it is the first beside the default one: from then on pages speak of folders
	Problems    models.Fields
}

// FolderPage is a folder, and which service accounts hold roles in it.
type FolderPage struct {
	Now       time.Time
	Can       Can
	Folder    models.Folder
	Bindings  []FolderBinding
	MayCreate bool // a service account in it
	Pager     ui.PagerProps
}

// FolderBinding is a role that a service account holds in the folder.
type FolderBinding struct {
	AccountID string
	Name      string
	Role      string
	Manages   string // what the role manages, in words; "" of a role for scopes alone
}

// count is how many folders there are, where one page has them all.
func (m FoldersPage) count() string {
	if m.Pager.Prev+m.Pager.Next != "" {
		return ""
	}
	return ui.Count(int64(len(m.Folders)))
}

// newAccountIn is the form of a new account in the folder.
func newAccountIn(id string) string {
	return "/service-accounts/new?" + url.Values{"folder": {id}}.Encode()
}

// accountsIn is the list of the folder's accounts.
func accountsIn(id string) string {
	return "/service-accounts?" + url.Values{"folder": {id}}.Encode()
}
