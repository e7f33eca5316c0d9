// Package keys holds the pages of API keys. Each page has a view model that is told everything and looks nothing up.
//
// Every form posts to the address of its own page. A secret is in no view model: IssuedPage takes it beside one.
package keys

import (
	"time"

	"keydesk/models"
	"keydesk/views/audit"
	"keydesk/views/ui"
)

// Path is the address of a key's page, or of one of its actions: "edit", "narrow", "reissue", "retire", "disable", "enable",
// "revoke", "revoked", "note", "use", "recent".
func Path(id string, action ...string) string {
	p := "/keys/" + id
	for _, a := range action {
		p += "/" + a
	}
	return p
}

// AccountRef names the account that a key belongs to.
type AccountRef struct {
	ID    string
	Name  string
	State models.AccountState
}

// Key is what every page about one key prints of it.
type Key struct {
	ID            string
	Description   string // may be empty: then the id is its name
	Mask          string // of the newest secret
	Account       AccountRef
	Scopes        []string
	DefaultScopes bool
	State         models.KeyState
	Disabled      models.Restriction
	Revoked       models.Restriction
	CreatedAt     time.Time
	CreatedBy     string
	CreatedVia    string // "console", "cli", "api"
	ExpiresAt     time.Time
	ReplacedBy    string // id of its replacement, "" where there is none
	Version       int64
}

// Name is what people call the key.
func (k Key) Name() string {
	if k.Description != "" {
		return k.Description
	}
	return k.ID
}

// Can says which controls the person is shown: one that would be refused is not.
type Can struct {
	Edit, Reissue, Disable, Enable, Revoke bool
	Replace                                bool // create a key for the same account
	Note                                   bool // edit the note of what stopped it
}

// Sighting is one request.
type Sighting struct {
	At      time.Time // zero: never
	Service string    // title of the scope's service; may be empty
	Scope   string
	Address string
	Agent   string
	Reason  models.Outcome // refused: why
}

// Row is a key in a table.
type Row struct {
	Key         Key
	LastUsed    Sighting
	LastRefused Sighting
	OldUntil    time.Time // an older secret is accepted until then; zero: there is none
	StillTried  bool      // it was refused because it is stopped, since it is
	Can         Can
}

// DetailPage is the page of a key.
type DetailPage struct {
	Now     time.Time
	Key     Key
	Can     Can
	Secrets []Secret // live ones, newest first: two while a reissue overlaps
	Use     Use
	Audit   string // address of the key's events; "" where the person may not see the log
	Events  audit.Timeline
}

// Secret is what is shown of a live secret.
type Secret struct {
	ID         string
	Mask       string
	CreatedAt  time.Time
	ReplacedAt time.Time // when the newer one was made; zero: this is the newest
	RetiresAt  time.Time // zero: it stays
	LastUsed   time.Time // zero: not in 30 days
	UsedFrom   []string  // networks that used it after it was replaced, the latest first
}

// Use is how a key is used. It is a fragment of its own, so that it keeps itself current: GET Path(id, "use").
type Use struct {
	Now         time.Time
	Key         Key
	LastUsed    Sighting
	LastRefused Sighting
	Allowed     int64 // in 30 days
	Refused     int64
	Stopped     string       // what keeps the key from working: "it was revoked"; "" where nothing does
	StillTried  int64        // stopped: requests refused for that, since then and in 30 days
	Days        []Day        // 30, oldest first; may be empty where nothing was counted
	Scopes      []ScopeUse   // granted first, then what was asked for beyond
	Networks    []NetworkUse // the latest first
	MoreNets    int          // networks that are not listed
	Refusals    []Refusal    // the recent ones, newest first
	LagMillis   int64        // how far counting is behind at most
}

// Day is one day's requests.
type Day struct {
	Date    time.Time
	Allowed int64
	Refused int64
}

// ScopeUse compares what a scope was granted for with what was done.
type ScopeUse struct {
	Scope     string
	Service   string
	Granted   bool
	Removable bool      // granted, not used in 30 days, not the last one, and the person may edit the key
	NoRole    bool      // granted, but no role of the account permits it: every request is refused
	LastUsed  time.Time // also before the 30 days; zero: never
	LastTried time.Time // refused
	Allowed   int64     // in 30 days
	Refused   int64
}

// NetworkUse is what came from a network in 30 days.
type NetworkUse struct {
	Network string // "10.2.3.0/24", or "other"
	Allowed int64
	Refused int64
	Last    time.Time
}

// Refusal is a group of refused requests that were alike.
type Refusal struct {
	At      time.Time // the last one
	Scope   string
	Reason  models.Outcome
	Network string // "10.2.3.0/24", or the address
	Count   int64
}

// Form is creating and editing a key. Fields: description, scopes, add_roles, expires, expires_date; when editing also version;
// when creating also form_id.
type Form struct {
	Now         time.Time
	Account     AccountRef
	Description string
	Scopes      ui.Picker
	AddRoles    []string // ticked beside scopes that no role permits
	MayAddRoles bool     // otherwise none is offered
	Expiry      ui.ExpiryPicker
	FormID      string // create
	Key         Key    // edit
	Replaces    Key    // create, as the replacement of a revoked key: hidden field "replaces"
	Problems    models.Fields
}

// Issued is what stands beside a secret on the one page that shows it.
type Issued struct {
	Now          time.Time
	Key          Key
	Reissued     bool
	OldMask      string    // reissued: the old secret
	OldUntil     time.Time // reissued: accepted until then; zero: no longer accepted
	GateURL      string    // "http://127.0.0.1:8081"
	Confirmation *ui.Confirmation
}

// ShownOnce answers a form that was sent twice: the key exists, its secret was shown, nothing new was made.
type ShownOnce struct {
	Key        Key
	MayReissue bool
	Reissued   bool // the form was a reissue
}

// ReissuePage asks how long the old secret stays. Fields: overlap, overlap_date, form_id.
type ReissuePage struct {
	Now      time.Time
	Key      Key
	LastUsed Sighting
	FormID   string
	Overlap  ui.ExpiryPicker
	Two      bool // two secrets are live: the older one retires at once whatever is chosen
	Problems models.Fields
}

// RetirePage asks whether the old secret may stop at once. Field: secret.
type RetirePage struct {
	Now time.Time
	Key Key
	Old Secret
}

// DisablePage asks why and until when. Fields: reason, note, until.
type DisablePage struct {
	Now      time.Time
	Key      Key
	LastUsed Sighting
	Form     ui.RestrictionForm
}

// NarrowPage asks whether a scope may be removed. Fields: version, scope.
type NarrowPage struct {
	Now      time.Time
	Key      Key
	Scope    string
	Covers   []string // what goes with it
	LastUsed Sighting
}

// Recent is what a change would hit, of a key or of all keys of an account: GET Path(id, "recent").
type Recent struct {
	Now      time.Time
	Name     string    // of the key or the account
	Crumbs   []ui.Link // to it
	Last     Sighting
	LastKey  ui.Link // of an account: the key that was used last
	Total    models.RecentCount
	Keys     []RecentRow // of an account: those that were used last
	Scopes   []models.RecentCount
	Networks []models.RecentCount
	Partial  bool // not all use was read
}

// RecentRow is how often something was used lately, under a name that may lead to it.
type RecentRow struct {
	models.RecentCount
	Label string
	Href  string
}

// EnablePage says what enabling lifts.
type EnablePage struct {
	Now time.Time
	Key Key
}

// RevokePage is tier 1: facts, reason, note, one button. Fields: reason, note.
type RevokePage struct {
	Now      time.Time
	Key      Key
	Secrets  int // live
	LastUsed Sighting
	MayUndo  bool // the person could disable instead
	Form     ui.RestrictionForm
}

// NotePage edits the note of a revoke or of a disable. Fields: version, note.
type NotePage struct {
	Key      Key
	Note     string
	Problems models.Fields
}

// RevokedPage is what the gates said to a revoke: GET Path(id, "revoked").
type RevokedPage struct {
	Now          time.Time
	Key          Key
	Confirmation ui.Confirmation
	Can          Can
	Self         string // address of this page, with the change that it is about: it asks for itself there
}
