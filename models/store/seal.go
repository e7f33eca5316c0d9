package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// sealLock is the one advisory lock: who holds it gives out revisions and event numbers, and commits next.
const sealLock = 0x6b657964 // "keyd"

// seal numbers and writes what was recorded. The lock is taken last and the next thing is the commit, so that it is held
// for a few statements only, whatever the transaction did before; the numbers are read in statements after it, which see
// all that was committed under it.
func (tx *Tx) seal(random io.Reader) (Commit, error) {
	if len(tx.events)+len(tx.changes)+len(tx.calls) == 0 {
		return Commit{}, nil
	}
	tokens, err := drawTokens(random, len(tx.changes)) // before the lock: chance may be slow
	if err != nil {
		return Commit{}, err
	}
	if err := tx.lockSeal(); err != nil {
		return Commit{}, err
	}
	at, err := tx.sealTime()
	if err != nil {
		return Commit{}, err
	}
	last, err := tx.lastSealed()
	if err != nil {
		return Commit{}, err
	}
	if err := tx.sealEvents(last); err != nil {
		return Commit{}, err
	}
	revision, err := tx.sealChanges(last.Revision, tokens, at)
	if err != nil {
		return Commit{}, err
	}
	return Commit{Revision: revision, At: at}, tx.sealCalls(revision)
}

// lockSeal waits for the lock. The gates of all processes are woken by the same statement, once the transaction is committed.
// Nothing is told of the change: the feed is the truth. SQLite has one writer at a time, and nobody to wake.
func (tx *Tx) lockSeal() error {
	db := tx.db
	switch {
	case !tx.postgres:
		return nil
	case len(tx.changes) > 0:
		db = db.Exec(`SELECT pg_notify(?, ''), pg_advisory_xact_lock(?)`, channel, sealLock)
	default:
		db = db.Exec(`SELECT pg_advisory_xact_lock(?)`, sealLock)
	}
	return translate(db.Error)
}

// sealed is where the chain of events and the feed of changes end.
type sealed struct {
	Number   int64
	Hash     []byte
	Revision int64
}

// lastSealed reads both ends in one statement, since everybody waits who commits.
func (tx *Tx) lastSealed() (last sealed, err error) {
	err = tx.db.Raw(`SELECT (SELECT COALESCE(MAX(number), 0) FROM audit_events) AS number,
		(SELECT hash FROM audit_events ORDER BY number DESC LIMIT 1) AS hash,
		(SELECT COALESCE(MAX(revision), 0) FROM changes) AS revision`).Scan(&last).Error
	return last, translate(err)
}

func drawTokens(random io.Reader, n int) ([]string, error) {
	if random == nil && n > 0 {
		return nil, errors.New("store: a change needs Options.Rand for its token")
	}
	tokens := make([]string, n)
	for i := range tokens {
		var raw [16]byte
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return nil, fmt.Errorf("drawing a token of the change feed: %w", err)
		}
		tokens[i] = hex.EncodeToString(raw[:])
	}
	return tokens, nil
}

func (tx *Tx) sealTime() (time.Time, error) {
	if len(tx.events) > 0 {
		return models.Instant(tx.events[len(tx.events)-1].At), nil
	}
	return tx.Clock()
}

func (tx *Tx) sealEvents(last sealed) error {
	if len(tx.events) == 0 {
		return nil
	}
	for i := range tx.events {
		e := &tx.events[i]
		e.At = models.Instant(e.At)
		e.Number, e.PrevHash = last.Number+1, last.Hash
		if e.PrevHash == nil {
			e.PrevHash = []byte{} // of the first event: none
		}
		e.Hash = e.Digest(e.PrevHash)
		last.Number, last.Hash = e.Number, e.Hash
	}
	return translate(tx.db.CreateInBatches(tx.events, batchRows).Error)
}

// batchRows keeps a statement's bind values below the limits of both databases.
const batchRows = 500

func (tx *Tx) sealChanges(last int64, tokens []string, at time.Time) (int64, error) {
	if len(tx.changes) == 0 {
		return 0, nil
	}
	for i := range tx.changes {
		last++
		tx.changes[i].Revision, tx.changes[i].Token, tx.changes[i].At = last, tokens[i], at
	}
	return last, translate(tx.db.CreateInBatches(tx.changes, batchRows).Error)
}

// LastRevision is that of the newest change; 0 where there is none.
func (tx *Tx) LastRevision() (int64, error) {
	var last int64
	err := tx.db.Raw(`SELECT COALESCE(MAX(revision), 0) FROM changes`).Scan(&last).Error
	return last, translate(err)
}

// rows returns how many rows a statement touched.
func rows(db *gorm.DB) (int64, error) { return db.RowsAffected, translate(db.Error) }
