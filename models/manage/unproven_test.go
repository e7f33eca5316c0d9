package manage_test

import (
	"slices"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

// After a database was accepted, a change names the gates that did not come again, and does not wait for them.
func TestAChangeIsUnprovenUntilEveryGateCameAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		beat := func(enforced int64) {
			for _, name := range []string{"inner", "outer"} {
				if name == "outer" && enforced == 0 {
					continue
				}
				_, err := b.Store.Beat(t.Context(), models.Gate{ID: name, Name: name, State: models.GateReady, Enforced: enforced})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		beat(1)
		time.Sleep(2 * time.Millisecond) // SQLite's clock has milliseconds
		for above := range int64(2) {
			b.merge(&models.Journaled{Lines: 1}, manage.Merge{Above: above})
		}
		time.Sleep(2 * time.Millisecond)
		beat(0)
		revision := b.standing().Last.Revision
		check := func() manage.Confirmation {
			return must(b.Recheck(t.Context(), admin, models.ChangeKey, "none", revision))(t)
		}
		if c := check(); c.Complete() || !slices.Equal(c.Unproven, []string{"outer"}) {
			t.Errorf("%+v, want it unproven by the outer gate", c)
		}
		beat(revision)
		if c := check(); !c.Complete() || c.Gates != 2 || c.Confirmed != 2 {
			t.Errorf("%+v, want it confirmed", c)
		}
	})
}
