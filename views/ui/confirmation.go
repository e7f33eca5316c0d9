package ui

import (
	"maps"
	"slices"
	"time"
)

// Confirmation is what the gates said to a change. Its zero value says nothing.
type Confirmation struct {
	Revision     int64
	Gates        int       // gates that held a lease when the change was committed
	Confirmed    int       // of these, those that enforce the revision
	Millis       int64     // from the commit to the last confirmation, or to now; 0: not known
	LastAccepted time.Time // the last request that was allowed; zero: none is known
	RefusedSince int64     // requests refused since the change
	Pending      []PendingGate
	Now          time.Time
	Unproven     []string // gates that did not register again since the database was accepted
	Unknown      bool     // the database did not say what the gates know
	Stops        bool     // the change stops something: LastAccepted and RefusedSince say what happened around it
}

// PendingGate is a gate that has not confirmed.
type PendingGate struct {
	Gate      string
	RefusesBy time.Time // from then on it refuses everything, unless it has confirmed
}

// Done reports whether every gate enforces the change.
func (c Confirmation) Done() bool {
	return !c.Unknown && len(c.Pending) == 0 && len(c.Unproven) == 0 && c.Confirmed >= c.Gates
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// Kind is the colour of the confirmation.
func (c Confirmation) Kind() string {
	if c.Done() {
		return KindOK
	}
	return KindWarn
}
