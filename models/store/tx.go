package store

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// attempts is how often a transaction is tried that lost a race which Postgres settled by rolling it back.
const attempts = 4

// Tx is one transaction. It is good until the function it was handed to returns, and in one goroutine only.
type Tx struct {
	db       *gorm.DB
	postgres bool
	writes   bool
	events   []models.Event
	changes  []models.Change
	calls    []models.APIOperation
	may      *atomic.Pointer[mayAsk] // the store's
}

// Commit says what a Write left behind.
type Commit struct {
	Revision int64     // the last change that gates must know; 0: there is none
	At       time.Time // the time of the last event, else the database's
}

// Write runs fn in a transaction. What fn hands to Record and Change is written after it, under the one lock, so an error
// anywhere leaves nothing. fn may run again after a lost race: it must set its results, not add to them.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) (Commit, error) {
	var done Commit
	err := s.transact(ctx, s.pools.write, nil, func(tx *Tx) error {
		tx.writes = true
		if err := fn(tx); err != nil {
			return err
		}
		var err error
		done, err = tx.seal(s.rand)
		return err
	})
	if err != nil {
		return Commit{}, err
	}
	return done, nil
}

// Read runs fn in one read-only snapshot.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, s.pools.read, snapshot, fn)
}

// glance runs fn, which reads with one statement: that is a snapshot by itself, and needs no transaction around it.
func (s *Store) glance(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	return translate(fn(&Tx{db: s.pools.read.WithContext(ctx), postgres: s.dialect == Postgres, may: &s.may}))
}

// Stream runs fn in one read-only snapshot that may take as long as its reader does: for exports. It ends with ctx. Streams
// have connections of their own, so that slow readers keep nobody else waiting; one too many is models.TooMany.
func (s *Store) Stream(ctx context.Context, fn func(*Tx) error) error {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return models.NewError(models.TooMany, "exports_busy", "As many files are being sent as this process sends at once. Try again when one of them has ended.")
	}
	return s.once(ctx, s.pools.files, snapshot, func(tx *Tx) error {
		if err := tx.unhurried(); err != nil {
			return err
		}
		return fn(tx)
	})
}

// snapshot is what a read sees: one state of the database, whatever is written meanwhile.
var snapshot = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}

// hotWrite and hotRead are for gates: apart from the desk's pools, without events and changes.
func (s *Store) hotWrite(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, s.pools.hot, nil, func(tx *Tx) error {
		tx.writes = true
		return fn(tx)
	})
}

func (s *Store) hotRead(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, s.pools.feeds, snapshot, fn)
}

// transact runs fn in a transaction of the pool, again where a race was lost.
func (s *Store) transact(ctx context.Context, db *gorm.DB, opt *sql.TxOptions, fn func(*Tx) error) error {
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := s.once(ctx, db, opt, fn)
		if attempt == attempts || !lostRace(sqlState(err)) {
			return err
		}
		if pause(ctx, attempt) != nil {
			return err
		}
	}
}

func (s *Store) once(ctx context.Context, db *gorm.DB, opt *sql.TxOptions, fn func(*Tx) error) error {
	if opt == nil {
		leave, err := s.takeTurn(ctx)
		if err != nil {
			return err
		}
		defer leave()
	}
	committing := false
	err := translate(db.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		err := translate(fn(&Tx{db: g, postgres: s.dialect == Postgres, may: &s.may}))
		committing = err == nil && opt == nil
		return err
	}, options(s.dialect, opt)...))
	if committing && models.CodeOf(err) == models.Unavailable && !lostRace(sqlState(err)) {
		return because(errCommitUnknown, err)
	}
	return err
}

// errCommitUnknown is said where the answer to a COMMIT was lost: the change may be there.
var errCommitUnknown = models.NewError(models.Unavailable, "commit_unknown",
	"The database did not say whether this was done. Look whether it was before you try again.")

// options leaves SQLite's own: its driver knows no isolation levels, and a snapshot is what it gives anyway.
func options(dialect string, opt *sql.TxOptions) []*sql.TxOptions {
	switch {
	case opt == nil:
		return nil
	case dialect == SQLite:
		return []*sql.TxOptions{{ReadOnly: true}}
	}
	return []*sql.TxOptions{opt}
}

// takeTurn lets this process's writers of SQLite wait in a fair order; other processes are waited for by busy_timeout.
func (s *Store) takeTurn(ctx context.Context) (func(), error) {
	if s.turn == nil {
		return func() {}, nil
	}
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, translate(ctx.Err())
	}
}

// pause lets the one go first that won the race.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-time.After(time.Duration(attempt) * 10 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Record leaves an event to be written with this transaction.
func (tx *Tx) Record(e models.Event) { tx.events = append(tx.events, e) }

// Change leaves a row of the change feed to be written with this transaction: gates must know this object anew.
func (tx *Tx) Change(kind models.ChangeKind, id string) {
	tx.changes = append(tx.changes, models.Change{Kind: kind, ObjectID: id})
}

// Clock reads the database's clock.
func (tx *Tx) Clock() (time.Time, error) {
	var now instant
	err := tx.db.Raw(string(`SELECT ` + tx.clock())).Row().Scan(&now)
	return time.Time(now), translate(err)
}

// clock is the database's clock within a statement, in the form in which its times are stored.
func (tx *Tx) clock() query {
	if tx.postgres {
		return `clock_timestamp()`
	}
	return `strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')`
}

// instant reads a time that an expression computed: SQLite answers those as text.
type instant time.Time

func (i instant) time() time.Time { return time.Time(i) }

const sqliteTime = "2006-01-02 15:04:05.999999999-07:00"

// Scan takes a time of either database. None, as of an empty set, is the zero time.
func (i *instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i = instant{}
		return nil
	case time.Time:
		*i = instant(models.Instant(v))
		return nil
	case string:
		return i.parse(v)
	case []byte:
		return i.parse(string(v))
	}
	return errors.New("store: a time of an unknown type")
}

func (i *instant) parse(text string) (err error) {
	for _, layout := range []string{sqliteTime, "2006-01-02 15:04:05.999999999", time.DateOnly} {
		var t time.Time
		if t, err = time.Parse(layout, text); err == nil {
			*i = instant(models.Instant(t))
			return nil
		}
	}
	return err
}
