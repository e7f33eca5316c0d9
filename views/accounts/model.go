// Package accounts holds the pages of service accounts. Each page has a view model that is told everything and looks
// nothing up. Every form posts to the address of its own page.
package accounts

import (
	"time"

	"keydesk/models"
	"keydesk/views/audit"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

// ListPath is the address of the list; NewPath of the form for a new account; CSVPath of the list as a file.
const (
	ListPath = "/service-accounts"
	NewPath  = "/service-accounts/new"
	CSVPath  = "/service-accounts.csv"
)

// Path is the address of an account's page, or of one of its actions: "edit", "suspend", "reactivate", "note",
// "revoke-all", "delete", "recent", "keys" (the fragment), "keys/new".
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

// Crumbs lead to an account, for pages beside its own.
func Crumbs(a Account) []ui.Link { return crumbs(a) }

// Label is a name and a value.
type Label struct{ Name, Value string }

// Ref names the account on the pages of its keys.
func (a Account) Ref() keys.AccountRef {
	return keys.AccountRef{ID: a.ID, Name: a.Name, State: a.State}
}

// Can says which controls the person is shown: one that would be refused is not.
type Can struct {
	Create     bool // another account: the list's button
	Export     bool // the list as a file
	Edit       bool
	Suspend    bool
	Reactivate bool
	RevokeAll  bool
	Delete     bool
	CreateKey  bool
	Note       bool // edit the note of the suspension
	Authorize  bool // make and delete authorized keys
}

// ListPage is the list of service accounts. Its filter is a GET form: q, state, unused, expiring, scope, owner, sort.
type ListPage struct {
	Now    time.Time
	Filter Filter
	Scopes []Scopes // what the filter offers, by service
	Total  string   // "214", "1,000+"; may be empty
	Rows   []Row
	Pager  ui.PagerProps
	Can    Can
	Export string // address of the same list as a file

	ByName, ByUse, ByCreated ui.SortProps

	LagMillis int64 // how far last-used dates are behind at most
}

// Filter is what the list is narrowed and sorted by, as the form sends it.
type Filter struct {
	Query    string // as typed
	State    string // "" any, "active", "suspended", "expired"
	Owner    string // as typed
	Scope    string // "" any
	Unused   string // days; "" any
	Expiring string // days; "" any
	Sort     string // "" by name; "-name", "used", "-used", "created", "-created"
}

func (f Filter) narrows() bool {
	f.Sort = ""
	return f != Filter{}
}

// Scopes are the scopes of a service.
type Scopes struct {
	Service string
	Names   []string
}

// Row is an account in the list.
type Row struct {
	ID        string
	Name      string
	Owner     string
	Roles     []string
	State     models.AccountState
	Keys      int64 // neither revoked nor expired
	MoreKeys  bool  // there are older ones, which were not looked at
	Attention []models.AttentionCount
	Days      []keys.Day // 14, oldest first
	LastUsed  time.Time
	CreatedAt time.Time
}

// Tabs of an account's page, as its address names them. The zero value is TabKeys.
const (
	TabKeys     = "keys"
	TabRoles    = "roles"
	TabActivity = "activity"
)

// DetailPage is the page of an account: one of its tabs.
type DetailPage struct {
	Now        time.Time
	Account    Account
	Can        Can
	Tab        string
	Keys       KeysTable
	Roles      RolesTab
	Authorized AuthorizedTab
	Activity   ActivityTab
	OwnerGone  string // where a new owner is given, for who may do that: the owner is somebody who is disabled; "" otherwise
	Audit      string // address of the events of the account and its keys; "" where the person may not see the log
}

// RolesTab compares what the account may do with what its keys need of it.
type RolesTab struct {
	Roles     []Role
	Uncovered []ScopeKeys // granted to keys, and permitted by no role
	Looked    int64       // live keys that were looked at: the newest
	More      bool        // there are others
}

// Role is a role of the account.
type Role struct {
	Name        string
	Description string
	Unknown     bool     // not in the catalogue: it permits nothing
	Permits     []string // scopes
	Manages     string   // beside them, in words
	Needed      []Need   // by keys that have one of its scopes that no other role of the account permits
	Shared      int64    // keys that use it in scopes which another role permits too, and do not need it
}

// Need is a key and the scopes that it needs a role for.
type Need struct {
	Key    ui.Link
	Scopes []string
}

// ScopeKeys is a scope and the keys that have it.
type ScopeKeys struct {
	Scope string
	Keys  []ui.Link
}

// ActivityTab is how all keys of the account are used.
type ActivityTab struct {
	Days      []keys.Day // 30, oldest first; empty where nothing was counted
	Allowed   int64      // in 30 days
	Refused   int64
	LagMillis int64
	Events    audit.Timeline
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
	MayUndo  bool          // to suspend it instead is offered
	Typed    string        // confirm_name, as typed
	Problems models.Fields
}

// RevokeAllPage is tier 2: the keys, the name typed, reason, note. Fields: confirm_name, reason, note.
type RevokeAllPage struct {
	Now      time.Time
	Account  Account
	Keys     []keys.Row // the newest that are not revoked
	Count    string     // of all that are not revoked: "3", "1,000+"
	One      bool       // it is one
	Typed    string     // confirm_name, as typed
	MayUndo  bool       // the person could suspend the account instead
	Form     ui.RestrictionForm
	Problems models.Fields
}
