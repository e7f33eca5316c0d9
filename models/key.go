package models

import "time"

// Key is an API key, without any secret: what is stored of those is in KeySecret.
type Key struct {
	ID            string
	AccountID     string
	FolderID      string // its account's, so that a query by folder needs no join
	Description   string
	DefaultScopes bool // made without scopes: it got the defaults
	CreatedAt     time.Time
	CreatedBy     string // Actor.Label
	CreatedVia    string // "console", "cli", "api"
	OneScope      string // what the API's older field was given; "" where it was not used
	ExpiresAt     time.Time
	Disabled      Restriction `gorm:"embedded;embeddedPrefix:disabled_"`
	Revoked       Restriction `gorm:"embedded;embeddedPrefix:revoked_"`
	ReplacedBy    string      // the key made as its replacement after a revoke
	Version       int64       // counts changes: an edit of an older version is a conflict

	Scopes  []string    `gorm:"-"` // in the order in which they were given
	Secrets []KeySecret `gorm:"-"` // live first, newest first
}

// KeyState is the state of a key; there are no others.
type KeyState string

// States of a key.
const (
	KeyActive   KeyState = "active"
	KeyDisabled KeyState = "disabled"
	KeyExpired  KeyState = "expired"
	KeyRevoked  KeyState = "revoked"
)

// State returns the key's own state at now. Suspension belongs to the account and is laid over it.
func (k Key) State(now time.Time) KeyState {
	switch {
	case !k.Revoked.At.IsZero():
		return KeyRevoked
	case Expired(k.ExpiresAt, now):
		return KeyExpired
	case k.Disabled.Holds(now):
		return KeyDisabled
	}
	return KeyActive
}

// Dead reports whether the key can never pass again unless its expiry is moved.
func (k Key) Dead(now time.Time) bool {
	s := k.State(now)
	return s == KeyRevoked || s == KeyExpired
}

// Name is what people call the key: its description, else its id.
func (k Key) Name() string {
	if k.Description != "" {
		return k.Description
	}
	return k.ID
}

// Mask is "****" and the last six characters of the newest secret: those are its checksum, so the mask gives nothing away.
func (k Key) Mask() string {
	if len(k.Secrets) == 0 {
		return ""
	}
	return k.Secrets[0].Mask()
}

// Cursor is the key's place in the list by creation, newest first.
func (k Key) Cursor() Cursor { return Cursor{At: k.CreatedAt, ID: k.ID} }

// KeySecret is what is kept of one secret.
type KeySecret struct {
	ID            string
	KeyID         string
	Digest        []byte // HMAC-SHA-256 under a pepper of SHA-256 of the secret
	Tail          string // the last six characters, its checksum
	PepperVersion int
	CreatedAt     time.Time
	RetiresAt     time.Time // set by a reissue with overlap
	RetiredAt     time.Time // set by a reissue without, or by "retire now"
}

// Mask is "****" and the tail.
func (s KeySecret) Mask() string { return "****" + s.Tail }

// Live reports whether the secret is accepted at now, as far as the secret itself goes.
func (s KeySecret) Live(now time.Time) bool {
	return s.RetiredAt.IsZero() && !Expired(s.RetiresAt, now)
}
