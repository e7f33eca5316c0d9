// Package operations holds the pages of changes of many keys: what is to be changed, the question before it, and how far it is.
package operations

import (
	"time"

	"keydesk/models"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

// Addresses of the pages.
const (
	ListPath    = "/operations"
	NewPath     = "/operations/new"
	ConfirmPath = "/operations/confirm" // takes action and many key, or ids
)

// Path is the address of an operation's page, or of one of its actions: "start", "discard", "cancel", "retry", "rows.csv".
func Path(id string, action ...string) string {
	p := ListPath + "/" + id
	for _, a := range action {
		p += "/" + a
	}
	return p
}

// What a form says in its field action, and an address in its parameter.
const (
	ActionDisable = "disable"
	ActionRevoke  = "revoke"
)

// Form asks which keys. Fields: action, ids.
type Form struct {
	Action     string // ActionDisable or ActionRevoke; "" where nothing is chosen
	MayDisable bool
	MayRevoke  bool
	IDs        string // as typed
	Most       int    // lines that are taken
	Problems   models.Fields
}

// Row is one line of an operation, and the key that it names.
type Row struct {
	Given    string
	State    models.ItemState
	Reason   string
	At       time.Time
	Key      keys.Key // ID is "" where there is none, or none that may be seen
	LastUsed keys.Sighting
}

// Share is how many keys belong to an account.
type Share struct {
	ID   string
	Name string
	Keys int64
}

// DraftPage asks before it acts: tier 2. Fields: reason, note, until where it disables, confirm where Typed is not "".
type DraftPage struct {
	Now      time.Time
	Op       models.Operation
	Revoked  int64 // of the keys found
	Expired  int64
	Disabled int64
	Used     int64 // in the last 7 days
	Accounts int64
	Shares   []Share // the accounts with the most keys
	Rows     []Row   // the first ones
	Typed    string  // what has to be typed
	Confirm  string  // as typed
	Form     ui.RestrictionForm
}

// Can says which controls the person is shown.
type Can struct {
	New, Cancel, Retry, Export bool
}

// Page is how far an operation is, and what became of its rows. It asks for itself as long as that changes.
type Page struct {
	Now          time.Time
	Op           models.Operation
	State        models.ItemState // the rows that are shown; "": all
	Rows         []Row
	Pager        ui.PagerProps
	Confirmation *ui.Confirmation // ended, and something was changed
	Can          Can
	Self         string // address of this page, with the rows that it shows
}

// ListPage lists operations, newest first.
type ListPage struct {
	Now   time.Time
	Rows  []models.Operation
	Pager ui.PagerProps
	Can   Can
}
