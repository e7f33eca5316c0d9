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
		at, err := s.GatesAt(t.Context(), 7)
		if err != nil || len(at.Pending) != 1 || at.Pending[0].Name != "behind" || !at.Pending[0].StartedAt.Equal(noon) {
			t.Errorf("waiting for %+v (%v)", at.Pending, err)
		}
		if at.Live != 2 || len(at.Before) != 0 {
			t.Errorf("%d live gates, of before %+v", at.Live, at.Before)
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
