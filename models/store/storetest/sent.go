package storetest

import (
	"net/url"
	"os"
	"strings"
	"testing"
)

// Counted returns the URL of a fresh, migrated Postgres database, and what gives the statements that were sent to it so far,
// from the server's own log. Each is a round trip, BEGIN and COMMIT too.
func Counted(t testing.TB) (address string, sent func() []string) {
	t.Helper()
	address = Postgres(t) + "&log_statement=all"
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	of := strings.TrimPrefix(u.Path, "/") + ":LOG:  "
	return address, func() (statements []string) {
		t.Helper()
		log, err := os.ReadFile(u.Query().Get("host") + "/log")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(log)) {
			line, ours := strings.CutPrefix(line, of)
			kind, statement, _ := strings.Cut(line, ": ")
			// The driver asks a connection that was idle whether it lives.
			if ours && (kind == "statement" || strings.HasPrefix(kind, "execute ")) && !strings.HasPrefix(statement, "-- ping") {
				statements = append(statements, strings.TrimSpace(statement))
			}
		}
		return statements
	}
}
