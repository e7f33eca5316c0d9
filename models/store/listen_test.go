package store_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// listening hears the changes of a database from another process.
func listening(t *testing.T, url string) (heard chan struct{}) {
	t.Helper()
	heard = make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	s := storetest.Open(t, url, store.Options{})
	go func() {
		defer close(ended)
		s.Listen(ctx, slog.New(slog.DiscardHandler), func() { heard <- struct{}{} })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return heard
}

func hears(t *testing.T, heard chan struct{}, what string) {
	t.Helper()
	select {
	case <-heard:
	case <-time.After(30 * time.Second):
		t.Fatalf("not heard: %s", what)
	}
}

func TestAChangeIsHeardByOtherProcesses(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	heard := listening(t, url)
	hears(t, heard, "that it listens")
	s := storetest.Open(t, url, store.Options{})
	change := func(tx *store.Tx) error { tx.Change(models.ChangeKey, id("ajk", 1)); return nil }
	write(t, s, change)
	hears(t, heard, "a change")
	storetest.Exec(t, url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
	hears(t, heard, "that it listens again, for what it missed")
	write(t, s, change)
	hears(t, heard, "a change after the connection was lost")
}

func TestListeningToAFileReturnsAtOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	s.Listen(t.Context(), slog.New(slog.DiscardHandler), func() { t.Error("heard something") })
}
