package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"

	"keydesk/models"
)

const slowStatement = 500 * time.Millisecond

// config is the same for every pool. gorm prepares nothing itself: both drivers keep prepared statements by connection,
// and gorm's own cache prepares anew in every transaction.
func config(opt Options) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true, // Write and Read are the only transactions
		TranslateError:         true,
		DisableAutomaticPing:   true,
		NamingStrategy:         tables{},
		NowFunc:                func() time.Time { return time.Time{} }, // a time that a record leaves out stays none
		Logger:                 quietLogger(opt.Log),
	}
}

// quietLogger logs slow and failed statements without their values: those may be digests.
func quietLogger(log *slog.Logger) logger.Interface {
	return discreet{logger.NewSlogLogger(log, logger.Config{
		SlowThreshold:             slowStatement,
		LogLevel:                  logger.Warn,
		IgnoreRecordNotFoundError: true,
		ParameterizedQueries:      true,
	})}
}

// discreet logs no statement that found a name taken: it is a refusal, which its caller tells.
type discreet struct{ logger.Interface }

// LogMode keeps a changed logger discreet.
func (d discreet) LogMode(l logger.LogLevel) logger.Interface {
	return discreet{d.Interface.LogMode(l)}
}

// ParamsFilter keeps a statement's values out of the log: gorm asks the outermost logger.
func (d discreet) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Trace is told of every statement.
func (d discreet) Trace(ctx context.Context, begin time.Time, fc func() (sql string, rows int64), err error) {
	if errors.Is(err, gorm.ErrDuplicatedKey) || duplicate(err) || sqlState(err) == "23505" {
		err = nil
	}
	d.Interface.Trace(ctx, begin, fc, err)
}

// tables names the table of each record.
type tables struct{ schema.NamingStrategy }

// TableName maps a record's name to its table.
func (t tables) TableName(record string) string {
	switch record {
	case "Account":
		return "service_accounts"
	case "Key":
		return "api_keys"
	case "KeySecret":
		return "api_key_secrets"
	case "Event":
		return "audit_events"
	case "Head":
		return "audit_heads"
	case "Claim":
		return "idempotency"
	case "LastUsed":
		return "key_last_used"
	case "Epoch":
		return "epochs"
	}
	return t.NamingStrategy.TableName(record)
}

// door is the one way for values into either database.
type door struct{ gorm.Dialector }

// errText refuses what Postgres cannot store, on both databases alike.
var errText = models.NewError(models.Invalid, "invalid_text",
	"Text must be valid UTF-8 without NUL characters. Remove them and try again.")

// BindVarTo refuses text that is no text, then binds as the database does.
func (d door) BindVarTo(w clause.Writer, stmt *gorm.Statement, v any) {
	if !storable(v) {
		_ = stmt.AddError(errText)
	}
	d.Dialector.BindVarTo(w, stmt, v)
}

// Explain is what the log says of a statement, its values left out. gorm asks for it whether it is logged or not.
func (d door) Explain(sql string, _ ...any) string { return sql }

// Translate names duplicate keys alike on both databases; gorm's SQLite knows those of another driver only.
func (d door) Translate(err error) error {
	if duplicate(err) {
		return gorm.ErrDuplicatedKey
	}
	if t, ok := d.Dialector.(gorm.ErrorTranslator); ok && d.Name() == Postgres {
		return t.Translate(err)
	}
	return err
}

// The result codes of SQLite that this room tells apart.
const (
	sqliteBusy       = 5
	sqliteReadOnly   = 8
	sqliteIO         = 10
	sqliteFull       = 13
	sqliteCannotOpen = 14
	sqliteUnique     = 2067
	sqlitePrimaryKey = 1555
)

func duplicate(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code() == sqliteUnique || e.Code() == sqlitePrimaryKey)
}

// storable reports whether a bind value's text, if it is one, is valid UTF-8 without NUL.
func storable(v any) bool {
	switch v := v.(type) {
	case string:
		return clean(v)
	case *[]string:
		for _, s := range *v {
			if !clean(s) {
				return false
			}
		}
		return true
	case driver.Valuer, []byte, nil:
		return true
	}
	r := reflect.ValueOf(v)
	return r.Kind() != reflect.String || clean(r.String())
}

func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
