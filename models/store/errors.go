package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"

	"keydesk/models"
)

// translate gives a database's error its code. What is classified already, or is none of the database's, passes as it is.
func translate(err error) error {
	var known *models.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return because(models.Missing("record"), err)
	case errors.Is(err, gorm.ErrDuplicatedKey), sqlState(err) == "23505":
		return because(models.NewError(models.Conflict, "already_exists", "There is one like it already."), err)
	case sqlState(err) == "22021":
		return because(errText, err)
	case unanswered(err):
		return because(models.NewError(models.Unavailable, "database_unavailable",
			"The database did not answer. Try again in a moment."), err)
	}
	return err
}

// because returns a copy of the refusal that wraps its cause.
func because(e *models.Error, cause error) error {
	refusal := *e
	refusal.Err = cause
	return &refusal
}

// missing turns "no such row" into the one answer for an object that does not exist or may not be seen.
func missing(err error, what string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, sql.ErrNoRows) {
		return because(models.Missing(what), err)
	}
	return translate(err)
}

// taken names a conflict after what is taken.
func taken(err error, reason, text string) error {
	err = translate(err)
	if models.CodeOf(err) == models.Conflict {
		return because(models.NewError(models.Conflict, reason, text), errors.Unwrap(err))
	}
	return err
}

// errChanged answers who edits an older version than the stored one.
var errChanged = models.NewError(models.Conflict, "changed_meanwhile",
	"Somebody changed this meanwhile. Load the page again, then repeat your change.")

func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// unanswered reports whether the database gave no answer, or none about the question: gone, busy, full, read-only,
// too slow.
func unanswered(err error) bool {
	var network net.Error
	var connect *pgconn.ConnectError
	for _, gone := range []error{context.DeadlineExceeded, context.Canceled, driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, gone) {
			return true
		}
	}
	if errors.As(err, &network) || errors.As(err, &connect) || pgconn.SafeToRetry(err) {
		return true
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqliteBusy, sqliteReadOnly, sqliteIO, sqliteFull, sqliteCannotOpen:
			return true
		}
		return false
	}
	return unavailableState(sqlState(err))
}

// unavailableState knows the classes 08 (connection), 53 (resources), 57 (intervention, statement timeout), 25006 (a
// standby) and lost races that were tried often enough.
func unavailableState(state string) bool {
	if len(state) != 5 {
		return false
	}
	class := state[:2]
	return class == "08" || class == "53" || class == "57" || state == "25006" || lostRace(state)
}

// lostRace knows serialization failures and deadlocks: the transaction was rolled back, and the same again may pass.
func lostRace(state string) bool { return state == "40001" || state == "40P01" }
