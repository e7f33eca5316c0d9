package storetest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"keydesk/models/store"
)

// Noon is when a filled database is looked at: its times lie before.
var Noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// filledAt is the version of the schema that the statements below fill: the last one without lists of keys. Every later
// migration is tried on what they leave.
const filledAt = 7

// What fills a database with raw rows: «keys» of «accounts». The figures are drawn by arithmetic, alike in both databases,
// and times are seen from noon, in seconds. «word:argument» is what the databases spell differently.
var fillStatements = []string{
	`INSERT INTO service_accounts SELECT 'aje' || «pad:i», 'b1gdefault0000000000', 'name-' || i, '', 'team-' || (i % 97) || '@example.org', '{}',
		«ago:40000000 - i», 'a', «none», «none», «none», '', '', '', '', «none», '', 1 FROM «numbers:«accounts»»`,
	`INSERT INTO api_keys SELECT 'ajk' || «pad:i», 'aje' || «pad:1 + (i * 31) % «accounts»», 'b1gdefault0000000000',
		'key number ' || i, (i * 7) % 5 = 0, «ago:(«keys» - i) * 34560000.0 / «keys»», 'a', 'api',
		CASE WHEN (i * 11) % 3 = 0 THEN «none» ELSE «ago:(«keys» - i) * 34560000.0 / «keys» - 86400 * (90 + (i * 13) % 275)» END,
		CASE WHEN (i * 17) % 100 = 0 THEN «ago:3600 * (i % 50)» ELSE «none» END, «none», '', '', '', '',
		CASE WHEN (i * 19) % 20 = 1 THEN «ago:3600 * (i % 900)» ELSE «none» END, «none», '', '', '', '', '', 1
	 FROM «numbers:«keys»»`,
	`INSERT INTO api_key_scopes SELECT id, p - 1, 'orders.scope' || p, 'allow'
	 FROM api_keys, (SELECT i AS p FROM «numbers:6») positions WHERE p <= 1 + («tail:id» * 7 / 3) % 6`,
	`INSERT INTO api_key_secrets SELECT 'sec' || substr(id, 4), id, «sum:id», substr(id, 15), 1, created_at, «none», «none» FROM api_keys`,
	`INSERT INTO key_last_used SELECT id, account_id, folder_id,
		CASE WHEN n % 7 = 0 THEN «none» WHEN n % 7 < 5 THEN «ago:n % 40000» ELSE «ago:86400 * (n % 300)» END, 'orders.scope1', '10.0.0.9', 'curl/8.5',
		CASE WHEN n % 7 = 0 THEN «date:'0001-01-01'» WHEN n % 7 < 5 THEN «day:n % 40000» ELSE «day:86400 * (n % 300)» END,
		CASE WHEN n % 50 = 0 THEN «ago:3600 * (n % 40)» ELSE «none» END, 'orders.scope2', '10.0.1.9', 'curl/8.5', 'insufficient_scope'
	 FROM (SELECT id, account_id, folder_id, («tail:id» * 23) % 1000003 AS n FROM api_keys) drawn`,
	`INSERT INTO account_usage SELECT id, «hour:«ago:86400 * d»», 100 + («tail:id») % 900, d % 3, «ago:86400 * d»
	 FROM service_accounts, (SELECT i AS d FROM «numbers:14») days`,
	`INSERT INTO key_usage SELECT key_id, «hour:allowed_at», 'sec' || substr(key_id, 4), 'orders.scope1', 'orders.scope1', 'allowed',
		'10.' || («tail:key_id» % 200) || '.0.0/24', 3, allowed_at FROM key_last_used WHERE allowed_at > «none»`,
}

// spelling has a word's argument in the place of the $.
var spelling = map[string]map[string]string{
	store.Postgres: {
		"none":    `'0001-01-01 00:00:00+00:00'::timestamptz`,
		"ago":     `('2026-11-23 12:00:00+00:00'::timestamptz - make_interval(secs => $))`,
		"day":     `(('2026-11-23 12:00:00+00:00'::timestamptz - make_interval(secs => $)) AT TIME ZONE 'UTC')::date`,
		"date":    `$::date`,
		"pad":     `lpad(($)::text, 17, '0')`,
		"tail":    `substr($, 4)::bigint`,
		"sum":     `sha256($::bytea)`,
		"hour":    `date_trunc('hour', $)`,
		"since":   `(timestamptz '2026-01-01 00:00:00+00' + make_interval(secs => $))`,
		"numbers": `generate_series(1, $) AS i`,
	},
	store.SQLite: {
		"none":    `'0001-01-01 00:00:00+00:00'`,
		"ago":     `strftime('%Y-%m-%d %H:%M:%S+00:00', '2026-11-23 12:00:00', (-($)) || ' seconds')`,
		"day":     `date('2026-11-23 12:00:00', (-($)) || ' seconds')`,
		"date":    `$`,
		"pad":     `printf('%017d', $)`,
		"tail":    `CAST(substr($, 4) AS integer)`,
		"sum":     `CAST(substr($ || $, 1, 32) AS blob)`,
		"hour":    `strftime('%Y-%m-%d %H:00:00+00:00', $)`,
		"since":   `strftime('%Y-%m-%d %H:%M:%S+00:00', '2026-01-01', ($) || ' seconds')`,
		"numbers": `(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $) SELECT i FROM n)`,
	},
}

// spell writes a statement for a database, from the innermost word out.
func spell(dialect, statement string, keys int) string {
	sizes := map[string]string{"keys": strconv.Itoa(keys), "accounts": strconv.Itoa(max(1, keys/100))}
	for {
		before, after, found := strings.Cut(statement, "»")
		if !found {
			return statement
		}
		begin := strings.LastIndex(before, "«")
		word, argument, _ := strings.Cut(before[begin+len("«"):], ":")
		text, is := sizes[word]
		if !is {
			text = strings.ReplaceAll(spelling[dialect][word], "$", argument)
		}
		statement = before[:begin] + text + after
	}
}

// Filled returns the URL of a database with so many keys of a hundredth as many accounts, which was filled at an older
// version of the schema and then brought up to date.
func Filled(t testing.TB, dialect string, keys int) string {
	t.Helper()
	url := EmptySQLite(t)
	if dialect == store.Postgres {
		url = EmptyPostgres(t)
	}
	s := Open(t, url, store.Options{})
	if err := s.MigrateTo(t.Context(), filledAt); err != nil {
		t.Fatal(err)
	}
	for _, statement := range fillStatements {
		Exec(t, url, spell(dialect, statement, keys))
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.SweepKeys(t.Context(), Noon); err != nil {
		t.Fatal(err)
	}
	if dialect == store.Postgres {
		Exec(t, url, `VACUUM ANALYZE`)
	}
	return url
}

// fillEvents makes a log that is hard on an index which does not fit: 1 of 100 events is refused, and what is rare (a
// pepper, the command line, one person, one name) lies a long way back, at the log's beginning. It has as many events as a
// filled database has keys.
const fillEvents = `INSERT INTO audit_events
	SELECT i, 1, «since:i * 20», 'b1gdefault0000000000',
		CASE WHEN i <= 500 THEN 'local' ELSE 'person' END,
		CASE WHEN i <= 500 THEN 'root@desk' WHEN i <= 1000 THEN 'bfb00000000000000099' ELSE 'bfb' || «pad:i % 20» END,
		CASE WHEN i <= 500 THEN 'root@desk' ELSE 'person-' || i % 20 || '@example.org' END, 'session', 'req' || «pad:i», '10.2.3.4',
		CASE WHEN i <= 500 THEN 'pepper.replace' ELSE CASE i % 4 WHEN 0 THEN 'key.create' WHEN 1 THEN 'key.update' WHEN 2 THEN 'session.create' ELSE 'key.revoke' END END,
		CASE WHEN i <= 500 THEN 'pepper' WHEN i % 4 = 2 THEN 'session' ELSE 'key' END,
		'ajk' || «pad:i % 50000», 'key ' || i % 50000, 'aje' || «pad:i % 10000»,
		CASE WHEN i % 100 = 0 THEN 'refused' ELSE 'done' END, '', '',
		'{"description":"prod worker","disabled":"","expires_at":"","revoked":"","scopes":"yc.postbox.send","secrets":"****a1b2c3"}',
		'{"description":"prod worker","disabled":"","expires_at":"","revoked":"","scopes":"yc.monitoring.read yc.postbox.send","secrets":"****a1b2c3"}',
		«sum:'event' || «pad:i - 1»», «sum:'event' || «pad:i»»
	FROM «numbers:«keys»»`

// FillEvents gives a database that log of n events, as its vacuum leaves it.
func FillEvents(t testing.TB, dialect, url string, n int) {
	t.Helper()
	Exec(t, url, spell(dialect, fillEvents, n))
	if dialect == store.Postgres {
		Exec(t, url, "VACUUM ANALYZE audit_events")
	}
}
