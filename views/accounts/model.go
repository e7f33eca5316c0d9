// Package accounts holds the pages of service accounts. Each page has a view model that is told everything and looks
// nothing up. Every form posts to the address of its own page.
package accounts

import (
	"time"

	"keydesk/models"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

// ListPath is the address of the list; NewPath of the form for a new account.
const (
	ListPath = "/service-accounts"
	NewPath  = "/service-accounts/new"
)

// Path is the address of an account's page, or of one of its actions: "edit", "suspend", "reactivate", "note",
// "delete", "keys" (the fragment), "keys/new".
func Path(id string, action ...string) string {
	p := ListPath + "/" + id
	for _, a := range action {
		p += "/" + a
	}
	return p
}

// Account is what every page about one account prints of it.
type Account struct {
	ID          string
	Name        string
	Description string
	Owner       string
	Labels      []Label // sorted by name
	Roles       []string
	State       models.AccountState
	Suspended   models.Restriction
	CreatedAt   time.Time
	CreatedBy   string
	ExpiresAt   time.Time // zero: none
	DeletedAt   time.Time
	DeletedBy   string
	Version     int64
}

// crumbs lead to the list, and with self to the account.
func crumbs(self ...Account) []ui.Link {
	links := []ui.Link{{Label: "Service accounts", Href: ListPath}}
	for _, a := range self {
		links = append(links, ui.Link{Label: a.Name, Href: Path(a.ID)})
	}
	return links
}

// Label is a name and a value.
type Label struct{ Name, Value string }

// Ref names the account on the pages of its keys.
func (a Account) Ref() keys.AccountRef {
	return keys.AccountRef{ID: a.ID, Name: a.Name, State: a.State}
}

// Can says which controls the person is shown: one that would be refused is not.
type Can struct {
	Create     bool // another account: the list's button
	Edit       bool
	Suspend    bool
	Reactivate bool
	Delete     bool
	CreateKey  bool
	Note       bool // edit the note of the suspension
}

// ListPage is the list of service accounts. Its filter is a GET form: q, state.
type ListPage struct {
	Now   time.Time
	Query string // as typed
	State string // "" any, "active", "suspended", "expired"
	Total string // "214", "1,000+"; may be empty
	Rows  []Row
	Pager ui.PagerProps
	Can   Can

	LagMillis int64 // how far last-used dates are behind at most
}

// Row is an account in the list.
type Row struct {
	ID       string
	Name     string
	Owner    string
	Roles    []string
	State    models.AccountState
	Keys     int64 // neither revoked nor expired
	LastUsed time.Time
}

// DetailPage is the page of an account.
type DetailPage struct {
	Now       time.Time
	Account   Account
	Can       Can
	Keys      KeysTable
	OwnerGone string // where a new owner is given, for who may do that: the owner is somebody who is disabled; "" otherwise
	Audit     string // address of the events of the account and its keys; "" where the person may not see the log
}

// KeysTable is the account's keys. It is a fragment of its own, so that last-used dates keep themselves current:
// GET Path(id, "keys").
type KeysTable struct {
	Now       time.Time
	Self      string // address of this part, with its place in the list: it asks for itself there
	AccountID string
	Live      []keys.Row // active and disabled, newest first
	Dead      []keys.Row // revoked and expired
	MoreDead  bool       // older dead keys are not listed
	MayCreate bool
	LagMillis int64         // how far last-used dates are behind at most
	Pager     ui.PagerProps // of the live ones
}

// Form is creating and editing an account. Fields: name, description, owner, expires, expires_date, roles; when editing
// also version; when creating also form_id.
type Form struct {
	Now         time.Time
	Account     Account // edit
	FormID      string  // create
	Name        string
	Description string
	Owner       string
	Expiry      ui.ExpiryPicker
	Roles       ui.Picker
	Problems    models.Fields
}

// SuspendPage asks why and until when. Fields: reason, note, until.
type SuspendPage struct {
	Now      time.Time
	Account  Account
	LiveKeys int64
	LastUsed keys.Sighting // of any key
	Form     ui.RestrictionForm
}

// NotePage edits the note of a suspension. Fields: version, note.
type NotePage struct {
	Account  Account
	Note     string
	Problems models.Fields
}

// ReactivatePage says what reactivating lifts.
type ReactivatePage struct {
	Now      time.Time
	Account  Account
	LiveKeys int64
}

// DeletePage is tier 3: the name typed and the password again. Fields: confirm_name, password.
type DeletePage struct {
	Now      time.Time
	Account  Account
	LiveKeys int64
	LastUsed keys.Sighting // of any key
	Typed    string        // confirm_name, as typed
	Problems models.Fields
}
