package models

import "time"

// GateStanding is what a gate does, in a word.
type GateStanding string

// What a gate may do.
const (
	GateAnswers GateStanding = "answers" // and enforces all that it is to
	GateBehind  GateStanding = "behind"  // answers, and a change waits for it longer than it should
	GateSilent  GateStanding = "silent"  // says nothing, and may answer by what it last knew
	GateLoads   GateStanding = "loads"   // answers nothing yet
	GateTravels GateStanding = "travels" // answers nothing: the database went back in time, and is not accepted
	GateGone    GateStanding = "gone"    // its lease is over: it answers nothing
)

// GateStandings are all of them, those that deserve a look first.
var GateStandings = []GateStanding{GateTravels, GateBehind, GateSilent, GateLoads, GateAnswers, GateGone}

const (
	// behindAfter is how long a change may wait for a gate before the gate counts as behind: as long as a change waits itself.
	behindAfter = 2 * time.Second
	// silentAfter is how long a gate may say nothing: it says something twice a second, and every two where it has trouble.
	silentAfter = 4 * time.Second
	// travelFor is how long a gate in alarm, which holds no lease, is shown after its last beat.
	travelFor = 15 * time.Second
)

// Standing says what a gate may do at now, by the database's clock. A gate without a lease (stale-for 0) asks the database at
// every check: while it says something it answers, and is never behind.
func (g GateProgress) Standing(now time.Time) GateStanding {
	quiet := now.Sub(g.SeenAt) > silentAfter
	switch {
	case g.State == GateAlarmed && now.Sub(g.SeenAt) < travelFor:
		return GateTravels
	case g.StaleFor > 0 && !g.LeaseUntil.After(now), g.StaleFor <= 0 && quiet:
		return GateGone
	case g.State == GateLoading:
		return GateLoads
	case quiet:
		return GateSilent
	case g.StaleFor > 0 && !g.Since.IsZero() && now.Sub(g.Since) > behindAfter:
		return GateBehind
	}
	return GateAnswers
}

// MayAnswer reports whether a gate that stands so lets anybody in.
func (s GateStanding) MayAnswer() bool { return s == GateAnswers || s == GateBehind || s == GateSilent }
