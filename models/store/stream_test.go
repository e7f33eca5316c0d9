package store_test

import (
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// Whoever reads files slowly keeps nobody else waiting: pages, changes and the feed of gates have connections of their own,
// and one reader too many is refused at once.
func TestSlowReadersKeepNobodyWaiting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 1)
		release, begun, ended := make(chan struct{}), make(chan struct{}), make(chan error)
		const readers = 4
		for range readers {
			go func() {
				ended <- s.Stream(t.Context(), func(*store.Tx) error { begun <- struct{}{}; <-release; return nil })
			}()
		}
		for range readers {
			<-begun
		}
		if err := s.Stream(t.Context(), func(*store.Tx) error { return nil }); models.CodeOf(err) != models.TooMany {
			t.Errorf("one reader more: %v", err)
		}
		for range 20 { // more than any pool has connections
			if got := read(t, s, func(tx *store.Tx) (models.Account, error) { return tx.Account(everywhere, acct.ID) }); got.ID != acct.ID {
				t.Errorf("read %q", got.ID)
			}
			if _, err := s.Feed(t.Context(), 0); err != nil {
				t.Errorf("the feed of a gate: %v", err)
			}
		}
		write(t, s, func(tx *store.Tx) error {
			k := keys[0]
			k.Version, k.Revoked.At = 1, noon
			return tx.UpdateKey(everywhere, k)
		})
		close(release)
		for range readers {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if err := s.Stream(t.Context(), func(*store.Tx) error { return nil }); err != nil {
			t.Errorf("after the others: %v", err)
		}
	})
}

// What an operation did last is told by the order of its lines: the clocks of its workers may differ.
func TestLastDoneIsByOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 3)
		o := models.Operation{ID: id("opr", 1), Action: models.OperationRevoke, State: models.OperationRunning, CreatedAt: noon, Total: 3}
		o.Actor.Type = models.ActorLocal
		items := make([]models.OperationItem, len(keys))
		for i, k := range keys {
			items[i] = models.OperationItem{OperationID: o.ID, Position: i + 1, Given: k.ID, State: models.ItemWaiting}
		}
		write(t, s, func(tx *store.Tx) error { return tx.InsertOperation(o, items) })
		for i, at := range []time.Time{noon.Add(30 * time.Second), noon, noon.Add(10 * time.Second)} {
			write(t, s, func(tx *store.Tx) error { return tx.SettleItems(o.ID, []int{i + 1}, models.ItemDone, "", at) })
		}
		last := read(t, s, func(tx *store.Tx) (string, error) { return tx.LastDone(o.ID) })
		if last != keys[2].ID {
			t.Errorf("the last is %s, want %s", last, keys[2].ID)
		}
	})
}
