package models

import "time"

// KeyPolicy says how long new keys may live. Keys that are there already are not changed by it.
type KeyPolicy struct {
	DefaultDays int   `json:"default_days"` // of a key for which nobody said
	MaxDays     int   `json:"max_days"`     // from when an expiry is set; 0: there is no maximum
	Never       bool  `json:"never"`        // a key without expiry is allowed
	Version     int64 `json:"version"`      // counts changes: an edit of an older version is a conflict
}

// MaxPolicyDays is the longest life that a policy may name: some ten years.
const MaxPolicyDays = 3650

// DefaultKeyPolicy holds until somebody decides: 90 days, and whoever means it chooses more.
var DefaultKeyPolicy = KeyPolicy{DefaultDays: 90, Never: true}

const policyDay = 24 * time.Hour

// Default is the life of a key for which nobody said how long.
func (p KeyPolicy) Default() time.Duration { return time.Duration(p.DefaultDays) * policyDay }

// Latest is the last moment at which a key whose expiry is set now may end; zero where there is no maximum.
func (p KeyPolicy) Latest(now time.Time) time.Time {
	if p.MaxDays == 0 {
		return time.Time{}
	}
	return Instant(now.Add(time.Duration(p.MaxDays) * policyDay))
}

// Allows reports whether a key whose expiry is set now may end at a time; the zero time is never.
func (p KeyPolicy) Allows(at, now time.Time) bool {
	if at.IsZero() {
		return p.Never
	}
	latest := p.Latest(now)
	return latest.IsZero() || !at.After(latest)
}
