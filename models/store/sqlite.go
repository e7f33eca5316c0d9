package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"

	"keydesk/models"
)

// Readers of the file: pages, and gates of their own.
const (
	sqliteReaders = 4
	sqliteFeeds   = 1
)

// openSQLite opens one file several times: for changes that survive a power cut, for what a gate may lose with one (then it
// is down itself), and for snapshots, those of pages, of files and of gates each for themselves.
func openSQLite(path string, opt Options) (*Store, error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, models.NewError(models.Invalid, "database_url", `The SQLite database must be a file: "sqlite:path/to.db".`)
	}
	s := &Store{dialect: SQLite, rand: opt.Rand, turn: make(chan struct{}, 1), streams: make(chan struct{}, streamsAtOnce)}
	if err := createFile(path); err != nil {
		return nil, err
	}
	path, err := filepath.EvalSymlinks(path) // one file has one lock, by whatever name it is opened
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	s.path = path
	if opt.Serve {
		if s.lock, err = lockFile(path); err != nil {
			return nil, err
		}
	}
	if err := s.openFile(path, opt); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) openFile(path string, opt Options) error {
	for _, pool := range []struct {
		into  **gorm.DB
		conns int
		query string
	}{
		{&s.pools.write, 1, "_txlock=immediate&_pragma=synchronous(FULL)"},
		{&s.pools.hot, 1, "_txlock=immediate&_pragma=synchronous(NORMAL)"},
		{&s.pools.read, sqliteReaders, "_pragma=query_only(1)"},
		{&s.pools.files, streamsAtOnce, "_pragma=query_only(1)"},
		{&s.pools.feeds, sqliteFeeds, "_pragma=query_only(1)"},
	} {
		db, err := openSQLitePool(path, pool.query, pool.conns)
		if err != nil {
			return err
		}
		s.pools.open = append(s.pools.open, db)
		if *pool.into, err = gorm.Open(door{gormsqlite.New(gormsqlite.Config{Conn: db})}, config(opt)); err != nil {
			return fmt.Errorf("opening %s: %w", path, err)
		}
	}
	return nil
}

func openSQLitePool(path, query string, conns int) (*sql.DB, error) {
	escaped := (&url.URL{Path: path}).EscapedPath()
	connector, err := sqlite.NewConnector("file:" + escaped + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
		"&_pragma=foreign_keys(1)&_time_format=sqlite&_timezone=UTC&" + query)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// createFile makes the file before SQLite does, so that it and its log are never readable for others.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the directory of the database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	return f.Close()
}

// lockFile takes the file beside the database that one serving process holds. The system lets it go when the process
// ends, however it ends.
func lockFile(path string) (*flock.Flock, error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s.lock: %w", path, err)
	}
	if !held {
		return nil, served(path)
	}
	if err := os.WriteFile(path+".lock", fmt.Appendf(nil, "%d\n", os.Getpid()), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("writing %s.lock: %w", path, err), lock.Unlock())
	}
	return lock, nil
}

func served(path string) error {
	pid, _ := os.ReadFile(path + ".lock") //nolint:gosec // the operator's own path; without it the refusal only says less
	by := strings.TrimSpace(string(pid))
	if by == "" {
		by = "unknown"
	}
	return models.NewError(models.Conflict, "database_served", fmt.Sprintf(
		"The database %s is already served by the process %s. Stop that one first, or give this one a database of its own.", path, by))
}
