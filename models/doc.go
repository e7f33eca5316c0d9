// Package models holds the nouns of Keydesk: records and those of their rules that need no I/O.
//
// A record is stored as it stands here. Two conventions hold for every record and every column: a time is UTC in
// microseconds, and "none" is the zero value (the zero time, the empty string), never NULL, so that both databases
// sort and compare alike.
package models

import "time"

// Instant is the one door for times: UTC, in microseconds, which is what both databases keep.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// MaxText is the longest description or note, in characters.
const MaxText = 256
