package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// record is an event of the number.
func record(n int) models.Event {
	return models.NewEvent(alice, noon, "account.create", "account", id("aje", n), fmt.Sprint("name-", n))
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	boom := errors.New("boom")
	for name, fail := range map[string]func(*store.Tx) error{
		"refused by the caller": func(*store.Tx) error { return boom },
		"refused by the schema": func(tx *store.Tx) error { return tx.InsertAccount(account(1, "orders-api")) },
		"refused at the event": func(tx *store.Tx) error {
			tx.Record(models.Event{At: noon, Result: "neither done nor refused", Action: "x"})
			return nil
		},
		"refused at the change": func(tx *store.Tx) error {
			tx.Change("no such kind", "x")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				_, err := s.Write(t.Context(), func(tx *store.Tx) error {
					tx.Record(record(1))
					tx.Change(models.ChangeAccount, id("aje", 1))
					return errors.Join(tx.InsertAccount(account(1, "orders-api")), fail(tx))
				})
				if err == nil {
					t.Fatal("the write passed")
				}
				_ = s.Read(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Account(everywhere, id("aje", 1))
					wantCode(t, err, models.NotFound)
					return nil
				})
				last := read(t, s, (*store.Tx).LastEvent)
				feed, err := s.Feed(t.Context(), 0)
				if err != nil || last.Number != 0 || feed.Last.Revision != 0 {
					t.Errorf("left event %d and revision %d (%v)", last.Number, feed.Last.Revision, err)
				}
			})
		})
	}
}

func TestAWriteLeavesRowEventAndChangeTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		done := write(t, s, func(tx *store.Tx) error {
			tx.Record(record(1))
			tx.Change(models.ChangeAccount, id("aje", 1))
			tx.Change(models.ChangeKey, id("ajk", 1))
			return tx.InsertAccount(account(1, "orders-api"))
		})
		if done.Revision != 2 || !done.At.Equal(noon) {
			t.Errorf("commit = %+v, want revision 2 at the event's time", done)
		}
		last := read(t, s, (*store.Tx).LastEvent)
		if last.Number != 1 || !bytes.Equal(last.Hash, last.Digest(nil)) {
			t.Errorf("event = %+v", last)
		}
		if quiet := write(t, s, func(*store.Tx) error { return nil }); quiet != (store.Commit{}) {
			t.Errorf("a write without events and changes = %+v", quiet)
		}
	})
}

// Writers at the same time, also of other processes, leave revisions without gaps, tokens that differ, and a chain that verifies.
func TestWritersAtTheSameTime(t *testing.T) {
	const writers, each = 8, 15
	storetest.EachURL(t, func(t *testing.T, url string) {
		stores := []*store.Store{storetest.Open(t, url, store.Options{}), storetest.Open(t, url, store.Options{})}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					n := w*each + i
					_, err := stores[w%2].Write(t.Context(), func(tx *store.Tx) error {
						tx.Record(record(n))
						tx.Record(record(n))
						tx.Change(models.ChangeAccount, id("aje", n))
						return tx.InsertAccount(account(n, fmt.Sprint("name-", n)))
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		verifyChain(t, stores[0], 2*writers*each)
		feed, err := stores[0].Feed(t.Context(), 0)
		if err != nil || feed.Last.Revision != writers*each || len(feed.Accounts) != writers*each {
			t.Errorf("feed ends at %d with %d accounts (%v)", feed.Last.Revision, len(feed.Accounts), err)
		}
	})
}

// verifyChain reads the log as a verifier does, in batches.
func verifyChain(t *testing.T, s *store.Store, want int64) {
	t.Helper()
	var prev models.Event
	for {
		batch := read(t, s, func(tx *store.Tx) ([]models.Event, error) { return tx.EventsFrom(prev.Number+1, 50) })
		for _, e := range batch {
			if e.Number != prev.Number+1 || !bytes.Equal(e.PrevHash, prev.Hash) || !bytes.Equal(e.Hash, e.Digest(prev.Hash)) {
				t.Fatalf("the chain breaks at event %d", e.Number)
			}
			prev = e
		}
		if len(batch) == 0 {
			break
		}
	}
	if prev.Number != want {
		t.Errorf("the log has %d events, want %d", prev.Number, want)
	}
}

// A transaction that lost a race is run again, and what the first run recorded is not written.
func TestADeadlockIsRunAgain(t *testing.T) {
	s := storetest.Open(t, storetest.Postgres(t), store.Options{})
	made(t, s, 0)
	write(t, s, func(tx *store.Tx) error { return tx.InsertAccount(account(2, "other")) })
	var both, writers sync.WaitGroup
	both.Add(2)
	for _, order := range [][2]int{{1, 2}, {2, 1}} {
		writers.Go(func() {
			meet := sync.OnceFunc(func() { both.Done(); both.Wait() })
			_, err := s.Write(t.Context(), func(tx *store.Tx) error {
				tx.Record(record(order[0]))
				_, err := tx.LockAccount(everywhere, id("aje", order[0]))
				meet()
				_, err2 := tx.LockAccount(everywhere, id("aje", order[1]))
				return errors.Join(err, err2)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	verifyChain(t, s, 2)
}

func TestAnswersWithinADeadline(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		_, err := s.Write(ctx, func(tx *store.Tx) error { return tx.SetSetting("a", "b") })
		wantCode(t, err, models.Unavailable)
		wantCode(t, s.Read(ctx, func(tx *store.Tx) error { _, err := tx.Setting("a"); return err }), models.Unavailable)
	})
}

func TestAReadIsOneSnapshotAndWritesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.Read(t.Context(), func(tx *store.Tx) error {
			before, err := tx.CountPeople()
			write(t, s, func(tx *store.Tx) error {
				return tx.InsertPerson(models.Person{ID: alice.ID, Email: alice.Name, EmailKey: alice.Name})
			})
			after, err2 := tx.CountPeople()
			if before != 0 || after != 0 {
				t.Errorf("the snapshot saw %d, then %d people", before, after)
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Error(err)
		}
		// A disk that was remounted read-only says the same.
		wantCode(t, s.Read(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("a", "b") }), models.Unavailable)
	})
}

func TestUnavailable(t *testing.T) {
	_, err := store.Open(t.Context(), "postgres://postgres@/nothing?host="+t.TempDir(), store.Options{})
	wantCode(t, err, models.Unavailable)
	_, err = store.Open(t.Context(), "mysql://localhost", store.Options{})
	wantCode(t, err, models.Invalid)
}
