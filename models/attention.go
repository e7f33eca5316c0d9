package models

import "time"

// Attention is what deserves a look at a key. It is never a state, and a key may deserve it for several reasons.
type Attention string

// The reasons, in the order in which pages list them.
const (
	StillTried    Attention = "still tried"    // it is stopped, and was refused for that in the last day
	Expiring      Attention = "expiring"       // within ExpiringWithin
	Unused        Attention = "unused"         // used once, but not for UnusedFor
	NeverUsed     Attention = "never used"     // although it is older than NeverUsedAfter: a new key is not blamed
	Broad         Attention = "broad"          // it was granted BroadScopes or more
	DefaultScopes Attention = "default scopes" // made without a choice
	NoExpiry      Attention = "no expiry"
)

// Attentions lists the reasons in that order.
var Attentions = []Attention{StillTried, Expiring, Unused, NeverUsed, Broad, DefaultScopes, NoExpiry}

// AttentionCount is how many keys deserve a look for one reason.
type AttentionCount struct {
	Why  Attention
	Keys int
}

// What the reasons are measured by.
const (
	ExpiringWithin = 14 * 24 * time.Hour
	UnusedFor      = 30 * 24 * time.Hour
	NeverUsedAfter = 7 * 24 * time.Hour
	RefusedWithin  = 24 * time.Hour
	BroadScopes    = 5
)

// Attention lists why the key deserves a look at now. Of a key that is dead the only reason left is who still tries it.
func (k Key) Attention(last LastUsed, now time.Time) []Attention {
	var why []Attention
	add := func(holds bool, a Attention) {
		if holds {
			why = append(why, a)
		}
	}
	stopped := k.stoppedAt(now)
	add(!stopped.IsZero() && last.Refused.At.After(stopped) && now.Sub(last.Refused.At) < RefusedWithin, StillTried)
	if k.Dead(now) {
		return why
	}
	used := !last.Allowed.At.IsZero()
	add(!k.ExpiresAt.IsZero() && k.ExpiresAt.Sub(now) <= ExpiringWithin, Expiring)
	add(used && now.Sub(last.Allowed.At) >= UnusedFor, Unused)
	add(!used && now.Sub(k.CreatedAt) >= NeverUsedAfter, NeverUsed)
	add(len(k.Scopes) >= BroadScopes, Broad)
	add(k.DefaultScopes, DefaultScopes)
	add(k.ExpiresAt.IsZero(), NoExpiry)
	return why
}

// stoppedAt is since when the key's own state keeps it from working; zero where nothing does.
func (k Key) stoppedAt(now time.Time) time.Time {
	switch k.State(now) {
	case KeyRevoked:
		return k.Revoked.At
	case KeyExpired:
		return k.ExpiresAt
	case KeyDisabled:
		return k.Disabled.At
	}
	return time.Time{}
}
