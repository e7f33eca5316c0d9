package models

import (
	"slices"
	"time"
)

// Reason says why something was disabled, suspended or revoked.
type Reason string

// The one list of reasons, shared by disable, suspend and revoke.
const (
	ReasonLeaked     Reason = "leaked"
	ReasonUnused     Reason = "unused"
	ReasonSuperseded Reason = "superseded"
	ReasonOwnerLeft  Reason = "owner-left"
	ReasonOther      Reason = "other"
)

// Reasons lists them in the order in which pages offer them.
var Reasons = []Reason{ReasonLeaked, ReasonUnused, ReasonSuperseded, ReasonOwnerLeft, ReasonOther}

// Valid reports whether r is one of the list.
func (r Reason) Valid() bool { return slices.Contains(Reasons, r) }

// Restriction is a disable, a suspension or a revoke: since when, until when, why and by whom. The zero value is none.
type Restriction struct {
	At     time.Time // zero: not restricted
	Until  time.Time // zero: until lifted. A revoke has none.
	Reason Reason
	Note   string
	By     string // Actor.Label of who set it
	As     string // "responder" where its author could act only as one: other responders may lift it
}

// Holds reports whether the restriction is in force at now.
func (r Restriction) Holds(now time.Time) bool {
	return !r.At.IsZero() && (r.Until.IsZero() || now.Before(r.Until))
}
