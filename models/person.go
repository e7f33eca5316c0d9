package models

import (
	"encoding/hex"
	"time"
)

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

// PersonState says whether somebody may sign in. A lock-out is laid over it, and ends by itself.
type PersonState string

// States of a person.
const (
	PersonActive   PersonState = "active"
	PersonInvited  PersonState = "invited" // has not set a password yet
	PersonDisabled PersonState = "disabled"
)

// State returns the person's state.
func (p Person) State() PersonState {
	switch {
	case !p.DisabledAt.IsZero():
		return PersonDisabled
	case p.PasswordHash == "":
		return PersonInvited
	}
	return PersonActive
}

// Cursor is the person's place in the list by mail address.
func (p Person) Cursor() Cursor { return Cursor{ID: p.EmailKey} }

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

// Ref names a session where people read: the beginning of its id's digest, which opens nothing.
func (s Session) Ref() string {
	return hex.EncodeToString(s.Digest[:min(SessionRefBytes, len(s.Digest))])
}

// SessionRefBytes is how much of the digest names a session.
const SessionRefBytes = 8

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
