package store_test

import (
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// A change waits for the gates that may still answer: those that left, or whose lease is over, may not.
func TestGatesAreWaitedFor(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url, store.Options{})
		beat := func(name string, enforced int64) models.Gate {
			g, err := s.Beat(t.Context(), models.Gate{
				ID: "gat-" + name, Name: name, State: models.GateReady, Enforced: enforced, StaleFor: 10 * time.Second, StartedAt: noon,
			})
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		before, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if g := beat("behind", 1); g.SeenAt.Before(before) || g.LeaseUntil.Sub(g.SeenAt) != 10*time.Second {
			t.Errorf("beat = %+v after %v", g, before)
		}
		beat("current", 1)
		beat("current", 7)
		beat("left", 1)
		if err := s.Leave(t.Context(), "gat-left"); err != nil {
			t.Fatal(err)
		}
		beat("vanished", 1)
		storetest.Exec(t, url, `UPDATE gates SET lease_until = '2026-01-01 00:00:00+00:00' WHERE id = 'gat-vanished'`)
		waiting := read(t, s, func(tx *store.Tx) ([]models.Gate, error) { return tx.GatesNotConfirmed(7) })
		if len(waiting) != 1 || waiting[0].Name != "behind" || !waiting[0].StartedAt.Equal(noon) {
			t.Errorf("waiting for %+v", waiting)
		}
		if n := read(t, s, (*store.Tx).LiveGates); n != 2 {
			t.Errorf("%d live gates", n)
		}
		if all := read(t, s, (*store.Tx).Gates); len(all) != 3 || all[1].Enforced != 7 {
			t.Errorf("gates = %+v", all)
		}
		if err := s.Compact(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		if all := read(t, s, (*store.Tx).Gates); len(all) != 2 {
			t.Errorf("gates after a day = %+v", all)
		}
	})
}
