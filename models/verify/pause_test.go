package verify

import (
	"testing"
	"time"

	"keydesk/models"
)

// TestAPauseWithinADecisionIsNoticed: a process that stood still between looking and answering must not answer from what it
// saw before.
func TestAPauseWithinADecisionIsNoticed(t *testing.T) {
	w := newWorld(t)
	g := leased(t, w)
	began, calls := time.Now(), 0
	g.cfg.Now = func() time.Time {
		if calls++; calls > 1 {
			return began.Add(defaultStaleFor)
		}
		return began
	}
	expect(t, g, w.ask("orders.read"), models.GateUnavailable)
	if calls != 2 {
		t.Errorf("the clock was read %d times, want before and after the decision", calls)
	}
	if g.flush.collect(); len(g.flush.queue) != 0 {
		t.Errorf("what was not answered is counted as a use: %+v", g.flush.queue)
	}
}
