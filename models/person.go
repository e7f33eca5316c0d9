package models

import "time"

// Person is somebody who signs in to the console.
type Person struct {
	ID           string
	Email        string // as typed, trimmed
	EmailKey     string // the spelling that is unique: see signin.EmailKey
	PasswordHash string // PHC string; empty: none set yet
	CreatedAt    time.Time
	DisabledAt   time.Time
	LastSignInAt time.Time

	Access []string `gorm:"-"`
}

// Grants are what the person may now: their access holds in all folders, and that of somebody who is kept out nowhere.
func (p Person) Grants() []Grant {
	if !p.DisabledAt.IsZero() {
		return nil
	}
	var grants []Grant
	for _, role := range p.Access {
		grants = append(grants, Grant{Role: role, FolderID: AllFolders})
	}
	return grants
}

// Session is a signed-in browser. Only the hash of its id is kept.
type Session struct {
	Digest    []byte // SHA-256 of the cookie's random id
	PersonID  string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time // absolute
	FormKey   []byte    // derives this session's form tokens
	Data      string    // what gorilla/sessions keeps in Values, encoded: never a secret
	Address   string
	Agent     string
}

// SignInLink is a one-time link. Only the hash of its token is kept.
type SignInLink struct {
	Digest    []byte // SHA-256 of the token
	Kind      string // LinkSetup or LinkReset
	PersonID  string // empty for setup
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
}

// Kinds of sign-in links.
const (
	LinkSetup = "setup"
	LinkReset = "reset"
)
