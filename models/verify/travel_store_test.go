package verify_test

import (
	"net/url"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// A database whose feed was cut back under a running gate: no answer, an alarm in the gate's row, and a new epoch heals.
func TestARealDatabaseGoesBackInTime(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		d := open(t, storetest.Open(t, address, store.Options{}))
		row := func() (g models.Gate) {
			d.must(d.Read(t.Context(), func(tx *store.Tx) error {
				list, err := tx.Gates()
				if len(list) == 1 {
					g = list[0]
				}
				return err
			}))
			return g
		}
		d.expect("yc.postbox.send", models.Allowed)
		storetest.Exec(t, address, "DELETE FROM changes WHERE revision > 1")
		d.until("the gate raises the alarm", func() bool { return d.gate.Stats().TimeTravel })
		d.expect("yc.postbox.send", models.GateUnavailable)
		d.until("its row says so, and that it holds no lease", func() bool {
			g := row() // its beat is answered with the alarm first, while its lease may still run
			return g.State == models.GateAlarmed && g.Enforced == 0 && !g.LeaseUntil.After(g.SeenAt)
		})
		d.write(func(tx *store.Tx) error {
			_, err := tx.InsertEpoch(models.Epoch{Number: 1, Token: strings.Repeat("e", 32)})
			return err
		})
		d.until("the gate is ready again", d.gate.Ready)
		d.expect("yc.postbox.send", models.Allowed)
		if g := row(); g.State != models.GateReady || d.gate.Stats().TimeTravel {
			t.Errorf("after the epoch its row says %+v", g)
		}
		if u, err := url.Parse(address); err == nil && u.Scheme == "postgres" { // as after a promotion
			storetest.Exec(t, address, "UPDATE epochs SET timeline = '00000007'")
			d.until("another timeline is noticed", func() bool { return d.gate.Stats().TimeTravel })
		}
	})
}
