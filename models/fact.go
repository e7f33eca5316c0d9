package models

import (
	"errors"
	"slices"
	"time"
)

// FactKind says what a line of the revocation journal is about.
type FactKind string

// Kinds of facts. The first four are final; the others are each the last word on an object, until there is another.
const (
	FactKeyRevoked     FactKind = "key.revoked"
	FactAccountDeleted FactKind = "account.deleted"
	FactSecretRetired  FactKind = "secret.retired" // from Until on; at once where that is zero
	FactGatewayRevoked FactKind = "gateway.revoked"

	FactKeyDisabled        FactKind = "key.disabled"
	FactKeyEnabled         FactKind = "key.enabled"
	FactAccountSuspended   FactKind = "account.suspended"
	FactAccountReactivated FactKind = "account.reactivated"
	FactKeyScopes          FactKind = "key.scopes" // all scopes of a key that was narrowed, now

	FactEpoch FactKind = "epoch" // ID is the epoch's token
)

// Fact is one line of the revocation journal: what a gate applied, and where in the database's history. Nothing of a secret
// is in it.
type Fact struct {
	At       time.Time  `json:"at"`
	Kind     FactKind   `json:"fact"`
	ID       string     `json:"id"`
	KeyID    string     `json:"key_id,omitempty"` // of a secret
	Until    *time.Time `json:"until,omitempty"`
	Scopes   []string   `json:"scopes,omitempty"`
	Epoch    int64      `json:"epoch"`
	Revision int64      `json:"revision"`
	Token    string     `json:"token"` // of the revision
}

// ErrJournalAnew is what the append to a journal answers whose file was taken away: it is begun anew, and everything that is
// known belongs in it again, this append too.
var ErrJournalAnew = errors.New("the revocation journal was taken away or replaced while it was open, and is begun anew")

// Ends is Until, zero where there is none.
func (f Fact) Ends() time.Time {
	if f.Until == nil {
		return time.Time{}
	}
	return *f.Until
}

// Journaled sums a revocation journal up. Its zero value is that of an empty one.
type Journaled struct {
	Lines int
	Epoch Epoch  // the newest that it names: number and token alone
	Last  Change // the newest revision that it names, with its token
	in    int64  // the epoch of Last

	Keys, Accounts, Gateways map[string]bool // denied for good
	Secrets                  map[string]Fact
	Disabled, Suspended      map[string]Fact // in force as far as the journal knows
	Scopes                   map[string]Fact
}

// Empty reports whether nothing was ever journaled.
func (j *Journaled) Empty() bool { return j.Lines == 0 }

// Add takes a line in. Lines of several processes may stand in any order; of one object the last line counts, except that
// what is final stays.
func (j *Journaled) Add(f Fact) {
	j.Lines++
	if f.Kind == FactEpoch && f.Epoch >= j.Epoch.Number {
		j.Epoch = Epoch{Number: f.Epoch, Token: f.ID}
	}
	if f.Revision > 0 && (f.Epoch > j.in || f.Epoch == j.in && f.Revision >= j.Last.Revision) {
		j.Last, j.in = Change{Revision: f.Revision, Token: f.Token}, f.Epoch
	}
	j.addFinal(f)
	j.addLiftable(f)
}

func (j *Journaled) addFinal(f Fact) {
	switch f.Kind {
	case FactKeyRevoked:
		put(&j.Keys, f.ID, true)
	case FactAccountDeleted:
		put(&j.Accounts, f.ID, true)
	case FactGatewayRevoked:
		put(&j.Gateways, f.ID, true)
	case FactSecretRetired:
		j.addSecret(f)
	}
}

func (j *Journaled) addLiftable(f Fact) {
	switch f.Kind {
	case FactKeyDisabled:
		put(&j.Disabled, f.ID, f)
	case FactKeyEnabled:
		delete(j.Disabled, f.ID)
	case FactAccountSuspended:
		put(&j.Suspended, f.ID, f)
	case FactAccountReactivated:
		delete(j.Suspended, f.ID)
	case FactKeyScopes:
		put(&j.Scopes, f.ID, f)
	}
}

// addSecret keeps the earlier of two ends: a secret's end is never put off.
func (j *Journaled) addSecret(f Fact) {
	if old, is := j.Secrets[f.ID]; is && !f.Ends().IsZero() && (old.Ends().IsZero() || old.Ends().Before(f.Ends())) {
		return
	}
	put(&j.Secrets, f.ID, f)
}

func put[V any](m *map[string]V, id string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[id] = v
}

// Within reports whether every one of the scopes is among others.
func Within(scopes, others []string) bool {
	return !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(others, s) })
}
