package models

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGateAlarms(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 3, 7, 0, time.UTC)
	gate := func(name string, seen, since time.Duration) GateProgress {
		g := GateProgress{Gate: Gate{Name: name, StaleFor: 10 * time.Second, SeenAt: now.Add(-seen), LeaseUntil: now.Add(10*time.Second - seen)}}
		if since > 0 {
			g.Since = now.Add(-since)
		}
		return g
	}
	gone := gate("gone", time.Hour, 0)
	well, behind, later := gate("well", 0, 0), gate("behind", time.Second, 5*time.Second), gate("later", 0, 3*time.Second)
	silent := gate("silent", 7*time.Second, 0)
	for name, tc := range map[string]struct {
		gates []GateProgress
		want  []GateAlarm
	}{
		"no gate":            {nil, []GateAlarm{{Kind: AlarmNoGate}}},
		"none that answers":  {[]GateProgress{gone}, []GateAlarm{{Kind: AlarmNoGate}}},
		"one is gone":        {[]GateProgress{gone, well}, nil},
		"two behind":         {[]GateProgress{later, behind, well}, []GateAlarm{{AlarmBehind, []string{"later", "behind"}, behind.Since, later.LeaseUntil}}},
		"only a silent one":  {[]GateProgress{silent}, []GateAlarm{{AlarmSilent, []string{"silent"}, silent.SeenAt, silent.LeaseUntil}}},
		"the worst is first": {[]GateProgress{silent, behind}, []GateAlarm{{AlarmBehind, []string{"behind"}, behind.Since, behind.LeaseUntil}, {AlarmSilent, []string{"silent"}, silent.SeenAt, silent.LeaseUntil}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, GateAlarms(tc.gates, now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
