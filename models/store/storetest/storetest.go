// Package storetest gives tests a database: each of the two that the product supports, fresh and migrated.
package storetest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"keydesk/models/store"
)

// asked are the databases that tests of both run on. SQLite is Go code within this process, which the race detector makes
// ten times slower: the rooms to which the database is all one leave it out of that run, by KEYDESK_TEST_RACE.
func asked() map[string]func(testing.TB) string {
	if os.Getenv("KEYDESK_TEST_RACE") != "" {
		return map[string]func(testing.TB) string{"postgres": Postgres}
	}
	return map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": Postgres}
}

// Each runs fn against every database that the product supports, side by side with other tests. A Postgres that is not
// there is a failure, not a skip.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	for name, url := range asked() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, url(t), store.Options{}))
		})
	}
}

// EachURL is Each for tests that open the database themselves, as a second process would.
func EachURL(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	for name, url := range asked() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, url(t))
		})
	}
}

// New opens a fresh, migrated database, for tests of rooms to which the database is all one.
func New(t testing.TB) *store.Store {
	t.Helper()
	if os.Getenv("KEYDESK_TEST_RACE") != "" {
		return Open(t, Postgres(t), store.Options{})
	}
	return Open(t, SQLite(t), store.Options{})
}

// Open opens a database until the test ends. Where the options bring no randomness, it is crypto/rand's.
func Open(t testing.TB, url string, opt store.Options) *store.Store {
	t.Helper()
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	s, err := store.Open(t.Context(), url, opt)
	if err != nil {
		t.Fatalf("opening the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the test's database: %v", err)
		}
	})
	return s
}

// EmptySQLite returns the URL of a file that does not exist yet.
func EmptySQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "keydesk.db")
}

// SQLite returns the URL of a fresh, migrated file.
func SQLite(t testing.TB) string {
	t.Helper()
	url := EmptySQLite(t)
	if err := migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	return url
}

// EmptyPostgres returns the URL of a fresh database without tables, in this process's cluster.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return fresh(t, "template0")
}

// Postgres returns the URL of a fresh, migrated database in this process's cluster.
func Postgres(t testing.TB) string {
	t.Helper()
	return fresh(t, template)
}
