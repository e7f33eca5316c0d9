package models

import (
	"testing"
	"time"
)

func TestStanding(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 3, 7, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	well := GateProgress{Gate: Gate{State: GateReady, StaleFor: 10 * time.Second, SeenAt: ago(time.Second), LeaseUntil: ago(-9 * time.Second)}}
	for name, tc := range map[string]struct {
		change func(*GateProgress)
		want   GateStanding
	}{
		"well":                         {func(*GateProgress) {}, GateAnswers},
		"a change on its way":          {func(g *GateProgress) { g.Since = ago(time.Second) }, GateAnswers},
		"a change that waits":          {func(g *GateProgress) { g.Since = ago(3 * time.Second) }, GateBehind},
		"no word, and a lease":         {func(g *GateProgress) { g.SeenAt = ago(5 * time.Second) }, GateSilent},
		"no word, and a change waits":  {func(g *GateProgress) { g.SeenAt, g.Since = ago(5*time.Second), ago(3*time.Second) }, GateSilent},
		"loading":                      {func(g *GateProgress) { g.State = GateLoading }, GateLoads},
		"its lease is over":            {func(g *GateProgress) { g.LeaseUntil = now }, GateGone},
		"no lease, and asks each time": {func(g *GateProgress) { g.StaleFor, g.LeaseUntil, g.Since = 0, g.SeenAt, ago(time.Minute) }, GateAnswers},
		"no lease and no word":         {func(g *GateProgress) { g.StaleFor, g.SeenAt = 0, ago(5*time.Second) }, GateGone},
	} {
		t.Run(name, func(t *testing.T) {
			g := well
			tc.change(&g)
			if got := g.Standing(now); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
