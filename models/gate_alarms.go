package models

import "time"

// GateAlarmKind says what is wrong with gates.
type GateAlarmKind string

// What every page says of gates, the worst first. Each has its words in views/layout.
const (
	AlarmTravel GateAlarmKind = "travel" // gates answer nothing, for the database went back in time
	AlarmNoGate GateAlarmKind = "none"   // nothing answers
	AlarmBehind GateAlarmKind = "behind" // gates answer, and do not know the newest changes
	AlarmSilent GateAlarmKind = "silent" // gates say nothing, and may answer by what they last knew
)

// GateAlarm is something about gates that nobody is to overlook.
type GateAlarm struct {
	Kind  GateAlarmKind
	Gates []string  // their names
	Since time.Time // since when the first of them stays behind, or was heard of last
	Until time.Time // when the last of their leases ends, as it stands
}

// GateAlarms says what is wrong with gates at now, by the database's clock.
func GateAlarms(gates []GateProgress, now time.Time) []GateAlarm {
	travel, behind, silent, some := GateAlarm{Kind: AlarmTravel}, GateAlarm{Kind: AlarmBehind}, GateAlarm{Kind: AlarmSilent}, false
	for _, g := range gates {
		standing := g.Standing(now)
		some = some || standing.MayAnswer()
		switch standing {
		case GateTravels:
			travel.add(g, g.SeenAt)
		case GateBehind:
			behind.add(g, g.Since)
		case GateSilent:
			silent.add(g, g.SeenAt)
		}
	}
	if !some && len(travel.Gates) == 0 {
		return []GateAlarm{{Kind: AlarmNoGate}}
	}
	var alarms []GateAlarm
	for _, a := range []GateAlarm{travel, behind, silent} {
		if len(a.Gates) > 0 {
			alarms = append(alarms, a)
		}
	}
	return alarms
}

func (a *GateAlarm) add(g GateProgress, since time.Time) {
	a.Gates = append(a.Gates, g.Name)
	if a.Since.IsZero() || since.Before(a.Since) {
		a.Since = since
	}
	if g.LeaseUntil.After(a.Until) {
		a.Until = g.LeaseUntil
	}
}
