package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"

	"keydesk/models"
)

// Limits of a process's pools: the desk's for pages and changes, the gates' for beats, feeds and flushes. A third is for
// files.
const (
	deskConns = 12
	hotConns  = 4
)

// Deadlines that Postgres itself keeps, so that a process that vanished holds neither a lock nor a snapshot.
const (
	connectTimeout   = 5 * time.Second
	statementTimeout = "15s"
	idleInTxTimeout  = "30s"
)

func openPostgres(url string, opt Options) (*Store, error) {
	settings, err := postgresSettings(url)
	if err != nil {
		return nil, err
	}
	s := &Store{dialect: Postgres, rand: opt.Rand, settings: settings, streams: make(chan struct{}, streamsAtOnce)}
	if s.pools.write, err = s.openPostgresPool(settings, deskConns, opt); err != nil {
		return nil, err
	}
	s.pools.read = s.pools.write
	if s.pools.files, err = s.openPostgresPool(settings, streamsAtOnce, opt); err != nil {
		return nil, err
	}
	s.pools.hot, err = s.openPostgresPool(settings, hotConns, opt)
	s.pools.feeds = s.pools.hot
	return s, err
}

// postgresSettings completes the URL. What it says itself, stays.
func postgresSettings(url string) (*pgx.ConnConfig, error) {
	settings, err := pgx.ParseConfig(url)
	if err != nil { // its text masks the password
		return nil, because(models.NewError(models.Invalid, "database_url", "The database URL cannot be read."), err)
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name":                    "keydesk",
		"timezone":                            "UTC",
		"statement_timeout":                   statementTimeout,
		"idle_in_transaction_session_timeout": idleInTxTimeout,
		// Compiling a plan takes 20 ms, starting workers for it 30: no statement of a page works for so long.
		"jit":                             "off",
		"max_parallel_workers_per_gather": "0",
	} {
		if _, set := settings.RuntimeParams[name]; !set {
			settings.RuntimeParams[name] = value
		}
	}
	settings.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite // a standby would confirm what it does not know
	if settings.DefaultQueryExecMode != pgx.QueryExecModeCacheDescribe {         // which a pooler of transactions may need
		settings.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement // and never the simple protocol
	}
	return settings, nil
}

func (s *Store) openPostgresPool(settings *pgx.ConnConfig, conns int, opt Options) (*gorm.DB, error) {
	db := stdlib.OpenDB(*settings, stdlib.OptionAfterConnect(timesInUTC))
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour)
	s.pools.open = append(s.pools.open, db)
	g, err := gorm.Open(door{gormpostgres.New(gormpostgres.Config{Conn: db})}, config(opt))
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return g, nil
}

// timesInUTC keeps pgx from answering times in the zone of the process.
func timesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
