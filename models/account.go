package models

import (
	"regexp"
	"time"
)

// Folder is where accounts live. There is one, "default", until another is made.
type Folder struct {
	ID          string
	Name        string
	Description string
	Labels      map[string]string `gorm:"serializer:json"`
	CreatedAt   time.Time
}

// Cursor is the folder's place in the list by name.
func (f Folder) Cursor() Cursor { return Cursor{ID: f.Name} }

// Account is a service account.
type Account struct {
	ID          string
	FolderID    string
	Name        string
	Description string
	Owner       string            // a person's or a team's mail address; need not be able to sign in
	Labels      map[string]string `gorm:"serializer:json"`
	CreatedAt   time.Time
	CreatedBy   string // Actor.Label
	ExpiresAt   time.Time
	Suspended   Restriction `gorm:"embedded;embeddedPrefix:suspended_"`
	DeletedAt   time.Time
	DeletedBy   string
	Version     int64 // counts changes: an edit of an older version is a conflict

	Roles []string `gorm:"-"` // roles in its folder, sorted
}

// AccountState is laid over the account's keys.
type AccountState string

// States of an account. Only an active one's keys pass.
const (
	AccountActive    AccountState = "active"
	AccountSuspended AccountState = "suspended"
	AccountExpired   AccountState = "expired"
	AccountDeleted   AccountState = "deleted"
)

// State returns the account's state at now. A time that equals the expiry is past it.
func (a Account) State(now time.Time) AccountState {
	switch {
	case !a.DeletedAt.IsZero():
		return AccountDeleted
	case a.Suspended.Holds(now):
		return AccountSuspended
	case Expired(a.ExpiresAt, now):
		return AccountExpired
	}
	return AccountActive
}

// Cursor is the account's place in the list by name.
func (a Account) Cursor() Cursor { return Cursor{ID: a.Name} }

// Expired reports whether an expiry is reached: valid strictly before it. The zero time never is.
func Expired(expires, now time.Time) bool { return !expires.IsZero() && !now.Before(expires) }

// AccountName is the shape of a name: 3 to 63 characters.
var AccountName = regexp.MustCompile(`^[a-z][-a-z0-9]{1,61}[a-z0-9]$`)

// AccountOrder is what a list of accounts is sorted by.
type AccountOrder string

// The orders. The zero value is AccountsByName.
const (
	AccountsByName    AccountOrder = "name"
	AccountsByUse     AccountOrder = "used" // of any key
	AccountsByCreated AccountOrder = "created"
)
