package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestMigrate(t *testing.T) {
	for name, empty := range map[string]func(testing.TB) string{"sqlite": storetest.EmptySQLite, "postgres": storetest.EmptyPostgres} {
		t.Run(name, func(t *testing.T) {
			s := storetest.Open(t, empty(t), store.Options{})
			if isEmpty, err := s.Empty(t.Context()); !isEmpty || err != nil {
				t.Fatalf("a new database is empty: %v, %v", isEmpty, err)
			}
			all, err := s.Pending(t.Context())
			if all == 0 || err != nil {
				t.Fatalf("pending before: %d, %v", all, err)
			}
			for range 2 { // the second finds nothing to do
				if err := s.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := s.Pending(t.Context()); n != 0 || err != nil {
				t.Errorf("pending after: %d, %v", n, err)
			}
			if isEmpty, err := s.Empty(t.Context()); isEmpty || err != nil {
				t.Errorf("a migrated database is empty: %v, %v", isEmpty, err)
			}
			folder := read(t, s, (*store.Tx).DefaultFolder)
			if folder.Name != "default" || !models.IsID(folder.ID) {
				t.Errorf("the default folder = %+v", folder)
			}
		})
	}
}

func TestProcessesMigrateAtTheSameTime(t *testing.T) {
	url := storetest.EmptyPostgres(t)
	var all sync.WaitGroup
	for range 3 {
		s := storetest.Open(t, url, store.Options{})
		all.Go(func() {
			if err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestSQLiteIsServedOnce(t *testing.T) {
	url := storetest.EmptySQLite(t)
	first, err := store.Open(t.Context(), url, store.Options{Serve: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), url, store.Options{Serve: true})
	wantCode(t, err, models.Conflict)
	path := strings.TrimPrefix(url, "sqlite:")
	if pid := strings.TrimSpace(content(t, path+".lock")); !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), " "+pid+".") {
		t.Errorf("the refusal names neither file nor process %s: %v", pid, err)
	}
	beside := storetest.Open(t, url, store.Options{}) // a command works beside it
	if err := beside.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	storetest.Open(t, url, store.Options{Serve: true})
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Nobody else on the machine reads the database, its log or its lock.
func TestSQLiteFilesAreItsOwners(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b", "100% # ?") // a path is no URL
	s := storetest.Open(t, "sqlite:"+filepath.Join(dir, "keydesk.db"), store.Options{Serve: true})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
	for _, name := range []string{"keydesk.db", "keydesk.db-wal", "keydesk.db-shm", "keydesk.db.lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}
