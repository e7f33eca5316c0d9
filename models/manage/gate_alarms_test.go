package manage_test

import (
	"context"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// TestGateAlarmsCostNothing: one read a second, and a database that does not answer is told by what was read before.
func TestGateAlarmsCostNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		kinds := func(ctx context.Context, by models.Actor) (list []models.GateAlarmKind) {
			for _, a := range b.GateAlarms(ctx, by) {
				list = append(list, a.Kind)
			}
			return list
		}
		is := func(ctx context.Context, why string, by models.Actor, want ...models.GateAlarmKind) {
			t.Helper()
			got := kinds(ctx, by)
			if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
				t.Errorf("%s: %v, want %v", why, got, want)
			}
		}
		is(t.Context(), "nobody may see keys", models.Actor{Type: models.ActorPerson, ID: "bfbnobody"})
		is(t.Context(), "no gate", reviewer, models.AlarmNoGate)
		_, err := s.Beat(t.Context(), models.Gate{ID: "gat1", Name: "edge", State: models.GateReady, StaleFor: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		is(t.Context(), "read within the second", reviewer, models.AlarmNoGate)
		b.pass(time.Second)
		is(t.Context(), "read again", reviewer)
		if err := s.Leave(t.Context(), "gat1"); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Second)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		is(over, "the database does not answer", reviewer)
		b.pass(time.Second)
		is(t.Context(), "it answers again", reviewer, models.AlarmNoGate)
	})
}
