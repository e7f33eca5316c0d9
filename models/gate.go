package models

import "time"

// ChangeKind says what a change feed row is about.
type ChangeKind string

// Kinds of changes that gates must know.
const (
	ChangeKey       ChangeKind = "key"
	ChangeAccount   ChangeKind = "account"
	ChangeCatalogue ChangeKind = "catalogue"
	ChangeGateway   ChangeKind = "gateway"
	ChangePepper    ChangeKind = "pepper" // read the pepper file again
	ChangeEpoch     ChangeKind = "epoch"  // a database that went back in time is accepted
)

// Change is one row of the change feed. Revision and Token are set when it is written, under the one lock.
type Change struct {
	Revision int64
	Token    string // 128 random bits, hex: a feed that went back in time carries another
	Kind     ChangeKind
	ObjectID string
	At       time.Time
}

// Gate states.
const (
	GateLoading = "loading"
	GateReady   = "ready"
	GateAlarmed = "alarm" // the database went back in time: it answers nothing until a new epoch
)

// WarnJournal is the Warning of a gate whose revocation journal cannot be written.
const WarnJournal = "journal"

// Gate is a process that answers checks, as it registered itself.
type Gate struct {
	ID         string
	Name       string // host and listen address
	Version    string
	State      string
	Enforced   int64         // every check that it begins to answer knows all changes up to this revision
	StaleFor   time.Duration // how long after its last beat it may still answer
	StartedAt  time.Time
	LeaseUntil time.Time // by the database's clock: beat + StaleFor
	SeenAt     time.Time // by the database's clock: last beat
	Epoch      int64     // the newest that it knows
	Warning    string    // what is wrong with it while it answers, "" for nothing
	Token      string    `gorm:"-"` // of the revision Enforced, so that the database can tell whether that is its own
}

// GateProgress is a gate, and since when a change waits for it; zero where it enforces the newest.
type GateProgress struct {
	Gate
	Since time.Time
}

// GateKey is what a gate knows of a key.
type GateKey struct {
	ID            string
	AccountID     string
	ExpiresAt     time.Time
	Disabled      bool
	DisabledUntil time.Time // zero with Disabled: until lifted
	Revoked       bool
	Scopes        []string
	Secrets       []GateSecret
	UsedBefore    bool // a use is recorded: the next one is not its first
}

// GateSecret is what a gate knows of a secret.
type GateSecret struct {
	ID            string
	Digest        [32]byte
	PepperVersion int
	RetiresAt     time.Time
	Retired       bool
}

// GateAccount is what a gate knows of a service account.
type GateAccount struct {
	ID             string
	FolderID       string
	Suspended      bool
	SuspendedUntil time.Time
	ExpiresAt      time.Time
	Deleted        bool
	Roles          []string
}

// Gateway is a program (nginx, Caddy, a service) that may ask the gate, by its own credential.
type Gateway struct {
	ID            string
	Name          string
	Digest        []byte // HMAC-SHA-256 under the pepper of SHA-256 of the credential
	Tail          string
	PepperVersion int
	CreatedAt     time.Time
	CreatedBy     string
	RevokedAt     time.Time
	RevokedBy     string
}

// Feed is what changed since a revision: the last row read, and the final state of everything that was touched.
type Feed struct {
	From      Change    // the row that was read from, as it stands now; zero where it is gone, or where none was asked
	Last      Change    // the newest row that this feed covers; its Revision is the feed's position
	More      bool      // rows follow: this is not the head yet
	Now       time.Time // the database's clock when it was read
	Keys      []GateKey
	Accounts  []GateAccount
	Gateways  []Gateway
	Catalogue *OwnCatalogue // nil: unchanged
	Peppers   bool          // a pepper was added or dropped: read the pepper file again
	Origin    Origin        // of the server that answered
	Epoch     Epoch         // the newest
}

// Loaded receives the first load, one record at a time: where the database stands, then the catalogue, accounts, keys and
// gateways. Where Standing is nil, nobody asks for it.
type Loaded struct {
	Standing  func(Standing) error
	Catalogue func(OwnCatalogue) error
	Account   func(GateAccount) error
	Key       func(GateKey) error
	Gateway   func(Gateway) error
}

// Mask is "****" and the tail of the credential.
func (g Gateway) Mask() string { return "****" + g.Tail }
