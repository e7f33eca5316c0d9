package main

import (
	"database/sql"
	"strconv"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the tests look into the databases beside the program
	_ "modernc.org/sqlite"
)

// open is the installation's database, read and changed beside the program.
func (in *installation) open() *sql.DB {
	in.t.Helper()
	driver, address := "pgx", in.database
	if path, ok := strings.CutPrefix(in.database, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		in.t.Fatal(err)
	}
	in.t.Cleanup(func() { _ = db.Close() })
	return db
}

// number runs a query that answers one number; values are bound to question marks.
func (in *installation) number(query string, values ...any) (n int64) {
	in.t.Helper()
	db := in.open()
	defer db.Close()
	if err := db.QueryRow(in.bound(query), values...).Scan(&n); err != nil {
		in.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// alter runs a statement that has to change so many rows.
func (in *installation) alter(rows int64, statement string, values ...any) {
	in.t.Helper()
	db := in.open()
	defer db.Close()
	r, err := db.Exec(in.bound(statement), values...)
	if err != nil {
		in.t.Fatalf("%s: %v", statement, err)
	}
	if n, err := r.RowsAffected(); err != nil || n != rows {
		in.t.Fatalf("%s changed %d rows, want %d (%v)", statement, n, rows, err)
	}
}

// run executes a statement.
func (in *installation) run(statement string) {
	in.t.Helper()
	db := in.open()
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		in.t.Fatalf("%s: %v", statement, err)
	}
}

// bound writes question marks as Postgres does.
func (in *installation) bound(query string) string {
	if strings.HasPrefix(in.database, "sqlite:") {
		return query
	}
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// counted is how many uses of a key the database knows, of one outcome.
func (in *installation) counted(t *testing.T, keyID, outcome string) int64 {
	t.Helper()
	return in.number("SELECT COALESCE(SUM(count), 0) FROM key_usage WHERE key_id = ? AND outcome = ?", keyID, outcome)
}
