package models

import "time"

// Outcome is the gate's decision on one check. Every refusal names the check that failed.
type Outcome string

// The outcomes. Allowed aside, each is the error code that the gateway and the client see.
const (
	Allowed           Outcome = "allowed"
	NoCredential      Outcome = "no_credential"
	MalformedKey      Outcome = "malformed_key"
	UnknownKey        Outcome = "unknown_key"
	RetiredSecret     Outcome = "retired_secret"
	RevokedKey        Outcome = "revoked_key"
	ExpiredKey        Outcome = "expired_key"
	DisabledKey       Outcome = "disabled_key"
	SuspendedAccount  Outcome = "suspended_account"
	InsufficientScope Outcome = "insufficient_scope"
	PermissionDenied  Outcome = "permission_denied"
	InvalidRequest    Outcome = "invalid_request"
	GatewayDenied     Outcome = "gateway_denied"
	TooManyRequests   Outcome = "too_many_requests"
	GateUnavailable   Outcome = "unavailable"
)

// OtherName stands for scopes outside the catalogue and for networks beyond the limit of a key and hour.
const OtherName = "other"

// Use counts checks of one key that are alike, in one bucket of time.
type Use struct {
	KeyID     string
	AccountID string
	SecretID  string
	Bucket    time.Time // the hour's beginning, UTC
	Requested string    // the scope asked for; OtherName outside the catalogue
	Granted   string    // the key's scope that answered (it may cover Requested); "" where refused
	Outcome   Outcome
	Network   string // "10.2.3.0/24", "2001:db8::/48" or OtherName
	Count     int64
	Further   int64 // of Count: further scopes of requests that are counted under another scope
	LastAt    time.Time
}

// Requests is how many requests the counts stand for.
func (u Use) Requests() int64 { return u.Count - u.Further }

// Sighting is one request, as the last-used date shows it.
type Sighting struct {
	At      time.Time
	Scope   string
	Address string
	Agent   string  // User-Agent, at most 256 characters
	Reason  Outcome // refused: why; allowed: Allowed
}

// LastUsed is the last allowed and the last refused request of a key. A refusal never counts as use.
type LastUsed struct {
	KeyID     string
	AccountID string
	FolderID  string
	Allowed   Sighting `gorm:"embedded;embeddedPrefix:allowed_"`
	Refused   Sighting `gorm:"embedded;embeddedPrefix:refused_"`
}

// UnknownUse counts well-formed keys that nobody issued, by network alone.
type UnknownUse struct {
	Network string
	Bucket  time.Time
	Count   int64
}

// Flush carries what a gate counted. Gate and Sequence make it idempotent: a repeat after a lost answer counts nothing twice.
type Flush struct {
	GateID   string
	Sequence int64
	Uses     []Use
	Last     []LastUsed
	Unknown  []UnknownUse
	Redigest []Redigest
}

// Redigest moves the digest of a key's secret, or of a gateway's credential, from an old pepper to the current one: that
// can be done only when the secret is seen.
type Redigest struct {
	KeyID         string
	SecretID      string
	GatewayID     string // instead of the two above
	Digest        [32]byte
	PepperVersion int
}

// AccountUse is the total of an account's keys in one bucket of time.
type AccountUse struct {
	AccountID string
	Bucket    time.Time
	Allowed   int64
	Refused   int64
	LastAt    time.Time // of the last one that was allowed
}

// RecentCount is how many accepted requests there were lately, each window in the next.
type RecentCount struct {
	Name   string // the scope or the network that they are counted for; "" for all
	Day    int64  // in 24 hours
	Week   int64  // in 7 days
	Month  int64  // in 30 days
	LastAt time.Time
}

// Add counts another one's requests to it.
func (r *RecentCount) Add(more RecentCount) {
	r.Day, r.Week, r.Month = r.Day+more.Day, r.Week+more.Week, r.Month+more.Month
	if more.LastAt.After(r.LastAt) {
		r.LastAt = more.LastAt
	}
}

// RecentWindows are where the windows of a RecentCount begin. Uses are counted by the hour: a window begins with one.
type RecentWindows struct{ Day, Week, Month time.Time }

// ByDay is the windows of what is counted by the day where it is older than one: it is never less than what they hold.
func (w RecentWindows) ByDay() RecentWindows {
	const day = 24 * time.Hour
	return RecentWindows{Day: w.Day, Week: w.Week.Truncate(day), Month: w.Month.Truncate(day)}
}

// RecentAt is the windows that end at now.
func RecentAt(now time.Time) RecentWindows {
	const day = 24 * time.Hour
	hour := now.UTC().Truncate(time.Hour)
	return RecentWindows{Day: hour.Add(-day), Week: hour.Add(-7 * day), Month: hour.Add(-30 * day)}
}
