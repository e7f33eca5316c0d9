// Package settings holds the pages of the installation's settings: one section each, with a navigation of their own.
//
// Every form posts to the address of its own page. A secret is in no view model: GatewayIssued takes it beside one.
package settings

import (
	"time"

	"keydesk/models"
	"keydesk/views/ui"
)

// Addresses of the sections.
const (
	ScopesPath     = "/settings/scopes"
	GatewaysPath   = "/settings/gateways"
	GatesPath      = "/settings/gates"
	PolicyPath     = "/settings/policy"
	AboutPath      = "/settings/about"
	LicencePath    = AboutPath + "/licence"
	ThirdPartyPath = AboutPath + "/third-party"
)

// ServicePath is the address of an own service's "edit" or "remove".
func ServicePath(name, action string) string { return ScopesPath + "/" + name + "/" + action }

// RevokeGatewayPath is where a gateway's credential is revoked.
func RevokeGatewayPath(id string) string { return GatewaysPath + "/" + id + "/revoke" }

// Can says which sections and controls the person is shown: one that would be refused is not.
type Can struct {
	Manage   bool // change scopes and policy
	Gateways bool
}

// ScopesPage is the catalogue as it is.
type ScopesPage struct {
	Now      time.Time
	Can      Can
	BuiltIn  bool
	File     string // the file that manages the catalogue; "" where the console does
	Services []Service
	Manage   []Role // on the last page
	Total    int    // scopes, on all pages
	Pager    ui.PagerProps
}

// editable reports whether controls of the catalogue are shown.
func (m ScopesPage) editable() bool { return m.Can.Manage && m.File == "" }

// Role is a role that manages, and what it manages in words.
type Role struct{ Name, Text string }

// Service is a service with those of its scopes that are on the page.
type Service struct {
	Name   string
	Title  string
	Own    bool
	Role   string // that an own service brings
	Scopes []Scope
}

// Scope is a scope of the catalogue.
type Scope struct {
	Name        string
	Description string
	Default     bool // part of what a key gets that is made without scopes
	Covers      []string
	Roles       []string // that permit it
	Keys        string   // live ones that hold it: "12", "100+"
}

// ServiceForm makes or edits an own service. Fields: version, name (new), title, rows; of each row with its number behind
// the name scope_name_0, scope_description_0, scope_covers_0 and scope_remove_0; more asks for further rows.
type ServiceForm struct {
	Version  int64 // of the catalogue
	Name     string
	Edits    bool // the service is there: its name stays
	Title    string
	Rows     []ScopeRow
	Problems models.Fields
}

// ScopeRow is one scope of the form.
type ScopeRow struct {
	Name        string
	Description string
	Covers      string // names, with blanks between them
	Edits       bool   // the scope is there: its name stays, and it can be removed
	Removed     bool
}

// Hidden is a field of a form that is asked about: it is sent again as it was.
type Hidden struct{ Name, Value string }

// Hit is a scope or role that is taken away, and who holds it: "12 keys", "1,000+ keys", "3 service accounts".
type Hit struct {
	Name string
	Who  string
}

// ConfirmPage asks before the catalogue loses something. Fields: version, agreed, and Hidden.
type ConfirmPage struct {
	Title   string
	Text    string
	Action  string
	Version int64
	Hits    []Hit
	Hidden  []Hidden
	Button  string
	Danger  bool
}

// GatewaysPage lists the credentials of gateways.
type GatewaysPage struct {
	Now     time.Time
	Can     Can
	Live    []models.Gateway
	Revoked []models.Gateway
}

// GatewayForm makes a credential. Fields: name, form_id.
type GatewayForm struct {
	Name     string
	FormID   string
	Problems models.Fields
}

// GatewayIssued is what stands beside a credential on the one page that shows it.
type GatewayIssued struct {
	Gateway      models.Gateway
	GateURL      string
	Confirmation *ui.Confirmation
}

// RevokeGatewayPage asks whether a credential may end.
type RevokeGatewayPage struct {
	Gateway models.Gateway
}

// GatesPage shows the processes that answer checks. Its list is a fragment that keeps itself current.
type GatesPage struct {
	Now   time.Time // the database's clock
	Can   Can
	Head  int64 // the newest revision
	Gates []Gate
}

// Gate is one process that answers checks.
type Gate struct {
	Name       string
	Version    string
	Standing   models.GateStanding
	StaleFor   time.Duration
	Enforced   int64
	Behind     int64     // revisions
	Waiting    time.Time // since when a change waits for it
	NoJournal  bool      // it cannot write its revocation journal
	LeaseUntil time.Time
	SeenAt     time.Time
	StartedAt  time.Time
}

// PolicyPage is the key policy as a form. Fields: version, default, max, never.
type PolicyPage struct {
	Can      Can
	Version  int64
	Default  string // days, as typed
	Max      string // days, as typed; "" none
	Never    string // NeverAllowed or NeverRefused
	Problems models.Fields
	Beyond   Beyond
}

// Values of the policy's field "never".
const (
	NeverAllowed = "allowed"
	NeverRefused = "refused"
)

// Beyond are the keys that the stored policy would not allow to be made now.
type Beyond struct {
	Now     time.Time
	Endless string // how many have no expiry; "" where that is allowed, or none has
	Late    string // how many end after Latest; "" none
	Latest  time.Time
	First   []BeyondKey
}

// BeyondKey is one of them.
type BeyondKey struct {
	ID, Name, AccountID, Account string
	ExpiresAt                    time.Time
}

// AboutPage says what runs here.
type AboutPage struct {
	Now       time.Time
	Can       Can
	Version   string
	Go        string
	Database  string
	StartedAt time.Time
	Since     time.Time // the oldest event; zero: there is none
}
