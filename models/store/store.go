// Package store remembers: a file per table, transactions, and the two databases. It is the only room that knows SQL.
//
// Nothing here decides: whether somebody may see or change a thing is the caller's business, handed in as a FolderScope
// that becomes part of the WHERE. Every refusal is a *models.Error that wraps its cause.
package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"keydesk/models"
)

// The dialects.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// streamsAtOnce is how many files a process sends at once. Each holds a connection and a snapshot for as long as whoever
// reads it takes.
const streamsAtOnce = 4

// patience is how long an operation may take whose caller set no deadline. Loads and exports are excepted.
const patience = 5 * time.Second

// Options of Open.
type Options struct {
	Log   *slog.Logger // slow and failed statements, never their values; nil: none
	Serve bool         // SQLite: this process serves the database, and no other may
	Rand  io.Reader    // tokens of the change feed: crypto/rand.Reader; without it no change can be written
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect string
	rand    io.Reader
	pools   pools
	streams chan struct{} // holds one for each stream
	turn    chan struct{} // SQLite: this process's writers take turns here, in order, instead of polling the file's lock
	path    string        // SQLite: the file
	lock    *flock.Flock  // SQLite: held by the one process that serves

	settings *pgx.ConnConfig // Postgres: of its connections
	may      atomic.Pointer[mayAsk]
}

// pools are the ways to the database. Gates have one of their own, so that pages and reports cannot starve them.
type pools struct {
	write *gorm.DB // changes
	read  *gorm.DB // snapshots
	files *gorm.DB // snapshots that last as long as somebody reads a file
	hot   *gorm.DB // beats and flushes of gates, on Postgres their feeds too
	feeds *gorm.DB // feeds of gates
	open  []*sql.DB
}

// Open opens "sqlite:path/to.db" or "postgres://…". It neither migrates nor checks the schema.
func Open(ctx context.Context, url string, opt Options) (*Store, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	var s *Store
	var err error
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		s, err = openSQLite(strings.TrimPrefix(url, "sqlite:"), opt)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		s, err = openPostgres(url, opt)
	default:
		return nil, models.NewError(models.Invalid, "database_url",
			`The database must be "sqlite:path/to.db" or "postgres://user@host/name".`)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Dialect is SQLite or Postgres.
func (s *Store) Dialect() string { return s.dialect }

// Close closes all connections and gives the lock file back.
func (s *Store) Close() error {
	var problems []error
	for _, pool := range s.pools.open {
		problems = append(problems, pool.Close())
	}
	if s.lock != nil {
		problems = append(problems, s.lock.Unlock())
	}
	return errors.Join(problems...)
}

// Stats returns the connection pools by name, for metrics. A pool that has several uses stands under the first.
func (s *Store) Stats() map[string]sql.DBStats {
	stats, seen := map[string]sql.DBStats{}, map[*sql.DB]bool{}
	for _, p := range []struct {
		name string
		db   *gorm.DB
	}{{"write", s.pools.write}, {"read", s.pools.read}, {"files", s.pools.files}, {"hot", s.pools.hot}, {"feeds", s.pools.feeds}} {
		if pool, err := p.db.DB(); err == nil && !seen[pool] {
			seen[pool], stats[p.name] = true, pool.Stats()
		}
	}
	return stats
}

// Ping asks the database for an answer, over the pool of the gates.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	pool, err := s.pools.hot.DB()
	if err != nil {
		return err
	}
	return translate(pool.PingContext(ctx))
}

// Now reads the database's clock.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := s.hotRead(ctx, func(tx *Tx) error {
		var err error
		now, err = tx.Clock()
		return err
	})
	return now, err
}

// withDeadline gives an operation a deadline where its caller set none.
func withDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, set := ctx.Deadline(); set {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, patience)
}
