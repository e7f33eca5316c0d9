// Package people holds the pages of people: who may do what, the sessions that are open, and one's own account. Each page
// has a view model that is told everything and looks nothing up. Every form posts to the address of its own page.
package people

import (
	"time"

	"keydesk/models"
	"keydesk/views/ui"
)

// Addresses: the list, the form of an invitation, the list as a file, and the page of whoever is signed in.
const (
	ListPath     = "/people"
	NewPath      = "/people/new"
	FilePath     = "/people.csv"
	OwnPath      = "/account"
	PasswordPath = "/account/password"
	OthersPath   = "/account/sessions/end"
	APIPath      = "/api-access"
)

// Path is the address of a person's page, or of one of its actions: "access", "disable", "enable", "link", "sessions",
// "unlock", "owner".
func Path(id string, action ...string) string {
	p := ListPath + "/" + id
	for _, a := range action {
		p += "/" + a
	}
	return p
}

// SessionPath is where the form that ends one of one's own sessions posts to.
func SessionPath(ref string) string { return OwnPath + "/sessions/" + ref + "/end" }

// Person is what every page about somebody prints of them.
type Person struct {
	ID           string
	Email        string
	Access       []string // sorted
	State        models.PersonState
	LockedUntil  time.Time // zero: not locked out
	CreatedAt    time.Time
	DisabledAt   time.Time
	LastSignInAt time.Time // zero: never
	Self         bool      // it is who looks
}

// crumbs lead to the list, and with somebody to them.
func crumbs(of ...Person) []ui.Link {
	links := []ui.Link{{Label: "People", Href: ListPath}}
	for _, p := range of {
		links = append(links, ui.Link{Label: p.Email, Href: Path(p.ID)})
	}
	return links
}

// ListPage is the list of people. Its filter is a GET form: q, access, state.
type ListPage struct {
	Now    time.Time
	Query  string // as typed
	Access string // "" any
	State  string // "" any, "active", "invited", "disabled"
	Total  string // "12", "1,000+"
	Rows   []Row
	Pager  ui.PagerProps
	File   string // where the filtered list is had as a file
}

// Row is a person in the list.
type Row struct {
	Person
	Sessions int64 // that are open
}

// Can says which controls are shown: one that would be refused is not.
type Can struct {
	Access   bool
	Disable  bool
	Enable   bool
	Link     bool // a reset link, or an invitation anew
	Unlock   bool
	Sessions bool // end them all
}

// DetailPage is the page of a person.
type DetailPage struct {
	Now       time.Time
	Person    Person
	Can       Can
	Last      bool      // the last administrator who can sign in
	LinkUntil time.Time // a one-time link works until then; zero: there is none
	Sessions  []Session
	Owned     Owned
	Events    []Event
}

// Session is a signed-in browser.
type Session struct {
	Ref     string
	Address string
	Agent   string
	Since   time.Time
	Seen    time.Time
	This    bool // the one that looks
}

// Owned is a page of the service accounts that somebody owns.
type Owned struct {
	Accounts []Account
	Total    string // "3", "1,000+"
	Next     string // where more of them are; "" where there are none
}

// Account is a service account that somebody owns.
type Account struct {
	ID, Name string
	State    models.AccountState
}

// Event is what happened, as the person's page says it.
type Event struct {
	At       time.Time
	Action   string // "person.disable"
	Object   string // what it was done to, where that is not the person
	By       string
	Address  string
	Refused  bool
	Reason   string
	Personal bool // done by the person themselves
}

// InvitePage is the form of an invitation. Fields: form_id, email, access, password.
type InvitePage struct {
	FormID   string
	Email    string
	Access   []string
	Problems models.Fields
}

// AccessPage changes what somebody may do. Fields: seen, access, understood, password.
type AccessPage struct {
	Person   Person
	Seen     string   // the access that the form was opened with, in words apart by blanks
	Access   []string // as chosen
	Losing   []string // of one's own: what the choice takes away, once it was sent
	Last     bool     // the last administrator who can sign in
	Problems models.Fields
}

// ConfirmPage asks before it acts: disable, enable, end all sessions, unlock, a link. Fields: password where Fresh; form_id
// where there is one.
type ConfirmPage struct {
	Now      time.Time
	Person   Person
	Sessions int64
	Owned    string // how many service accounts they own; "" or "0": none
	Fresh    bool   // the password of whoever asks is needed
	FormID   string
	Problems models.Fields
}

// LinkPage shows a one-time link, once. The link itself is no part of the model.
type LinkPage struct {
	Person  Person
	Invited bool // it is an invitation: they have no password yet
	Until   time.Time
}

// OwnerPage asks for a new owner of what somebody owns. Fields: owner.
type OwnerPage struct {
	Person   Person
	Owned    Owned
	Owner    string // as typed
	Problems models.Fields
}

// OwnPage is the page of whoever is signed in.
type OwnPage struct {
	Now      time.Time
	Person   Person
	Manages  bool // may see their own page among the people
	Sessions []Session
}

// PasswordPage changes one's own password. Fields: password (the old one), new_password.
type PasswordPage struct {
	Email    string
	Problems models.Fields
}
