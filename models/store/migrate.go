package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// Migrate runs what this database has not seen, each migration and its record in one transaction. Several processes may
// try at once: they wait for each other, in Postgres by goose's lock, beside a SQLite file by one of our own.
func (s *Store) Migrate(ctx context.Context) error {
	if s.dialect == SQLite {
		held := flock.New(s.path+".migrate.lock", flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
		if _, err := held.TryLockContext(ctx, lockRetry); err != nil {
			return fmt.Errorf("waiting for another migration: %w", err)
		}
		defer func() { _ = held.Unlock() }()
	}
	return s.migrate(func(p *goose.Provider) error { _, err := p.Up(ctx); return err })
}

// MigrateTo stops at an older version of the schema: later migrations are tried on what fills it.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	return s.migrate(func(p *goose.Provider) error { _, err := p.UpTo(ctx, version); return err })
}

// migrate works on connections of its own: a migration takes as long as it takes, and a page's deadline is not its.
func (s *Store) migrate(up func(*goose.Provider) error) error {
	pool, err := s.pools.write.DB()
	if err != nil {
		return err
	}
	if s.dialect == Postgres {
		settings := s.settings.Copy()
		settings.RuntimeParams["statement_timeout"] = "0"
		pool = stdlib.OpenDB(*settings)
		defer func() { _ = pool.Close() }()
	}
	p, err := s.migrator(pool)
	if err != nil {
		return err
	}
	if err := up(p); err != nil {
		return fmt.Errorf("migrating the database: %w", translate(err))
	}
	return nil
}

const lockRetry = 20 * time.Millisecond

// Settle waits until no other process is migrating this Postgres.
func (s *Store) Settle(ctx context.Context) error {
	if s.dialect == SQLite {
		return nil
	}
	return s.Read(ctx, func(tx *Tx) error {
		return translate(tx.db.Exec(`SELECT pg_advisory_xact_lock_shared(?)`, lock.DefaultLockID).Error)
	})
}

// Pending counts the migrations that this database has not seen. It changes nothing.
func (s *Store) Pending(ctx context.Context) (int, error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	pool, err := s.pools.write.DB()
	if err != nil {
		return 0, err
	}
	p, err := s.migrator(pool)
	if err != nil {
		return 0, err
	}
	known := p.ListSources()
	applied, err := s.applied(ctx)
	if err != nil {
		return 0, err
	}
	pending := 0
	for _, m := range known {
		if !applied[m.Version] {
			pending++
		}
	}
	return pending, nil
}

// applied reads goose's own table without making it, as goose itself would.
func (s *Store) applied(ctx context.Context) (map[int64]bool, error) {
	empty, err := s.Empty(ctx)
	if err != nil || empty {
		return nil, err
	}
	var versions []int64
	db := s.pools.read.WithContext(ctx)
	if err := db.Raw(`SELECT version_id FROM goose_db_version WHERE is_applied`).Scan(&versions).Error; err != nil {
		return nil, fmt.Errorf("reading the schema's version: %w", translate(err))
	}
	seen := make(map[int64]bool, len(versions))
	for _, v := range versions {
		seen[v] = true
	}
	return seen, nil
}

// Unmigrated reports whether no migration was applied yet: the database is empty, or another process has just begun to fill it.
func (s *Store) Unmigrated(ctx context.Context) (bool, error) {
	seen, err := s.applied(ctx)
	for version := range seen {
		if version > 0 {
			return false, err
		}
	}
	return err == nil, err
}

// Empty reports whether the database holds no tables at all.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	var tables int64
	db := s.pools.read.WithContext(ctx)
	if s.dialect == Postgres {
		db = db.Raw(`SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()`)
	} else {
		db = db.Raw(`SELECT count(*) FROM sqlite_master WHERE type = 'table'`)
	}
	err := db.Scan(&tables).Error
	return tables == 0, translate(err)
}

func (s *Store) migrator(pool *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+s.dialect)
	if err != nil {
		return nil, err
	}
	dialect, options, err := s.gooseDialect()
	if err != nil {
		return nil, err
	}
	return newProvider(dialect, pool, files, options)
}

func (s *Store) gooseDialect() (goose.Dialect, []goose.ProviderOption, error) {
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.dialect == SQLite {
		return goose.DialectSQLite3, options, nil
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	return goose.DialectPostgres, append(options, goose.WithSessionLocker(locker)), err
}

func newProvider(d goose.Dialect, pool *sql.DB, files fs.FS, o []goose.ProviderOption) (*goose.Provider, error) {
	p, err := goose.NewProvider(d, pool, files, o...)
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return p, nil
}
