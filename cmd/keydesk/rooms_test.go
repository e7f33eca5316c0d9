package main

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// helpers are what every room that answers requests may use.
var helpers = []string{"models", "web/session", "web/render", "web/problem", "web/mw"}

// rooms says what each package may import of ours. Patterns are those of path.Match, where "..." stands for all below.
// Where several lines name a room the first one counts.
var rooms = []struct {
	room string
	may  []string
}{
	{"models", nil},
	{"models/keyfile", nil},
	{"models/secret", []string{"models/keyfile"}},
	{"models/iamtoken", []string{"models", "models/keyfile"}},
	{"models/scopes", []string{"models"}},
	{"models/store", []string{"models"}},
	{"models/manage", []string{"models", "models/secret", "models/scopes", "models/store", "models/iamtoken"}},
	{"models/verify", []string{"models", "models/secret", "models/scopes"}},
	{"models/journal", []string{"models"}},
	{"models/signin", []string{"models", "models/store"}},
	{"models/notify", []string{"models", "models/store"}},
	{"web", []string{"web/...", "models", "static"}},
	{"web/console", append([]string{"models/manage", "models/scopes", "models/verify", "models/signin", "views/..."}, helpers...)},
	{"web/signin", append([]string{"models/manage", "models/scopes", "models/verify", "models/signin", "views/..."}, helpers...)},
	{"web/session", append([]string{"models/manage", "models/scopes", "models/verify", "models/signin", "views/..."}, helpers...)},
	{"web/iamv1", append([]string{"models/manage", "models/scopes"}, helpers...)},
	{"web/gate", append([]string{"models/verify"}, helpers...)},
	{"web/ask", nil}, // for others' services: what they import knows nothing of ours
	{"web/ask/asktest", []string{"models", "models/...", "web/ask", "web/gate"}}, // help for tests
	{"web/ask/*", []string{"web/ask"}},
	{"web/problem", append([]string{"views/..."}, helpers...)},
	{"web/render", append([]string{"views/..."}, helpers...)},
	{"web/mw", append([]string{"views/..."}, helpers...)},
	{"views", []string{"models", "static", "views/..."}},
	{"views/*", []string{"models", "static", "views/..."}},
	{"static", nil},
	{"cmd/...", []string{"..."}},
	{"models/*/*test", []string{"models/..."}}, // help for tests, which only tests import: see TestHelpForTests
}

// libraries says which rooms may use what the rest is to know nothing of. Tests keep to it too, except that those of
// cmd may stand a bare server of echo beside ours to compare.
var libraries = []struct {
	prefix string
	rooms  []string
	tests  []string
}{
	{"gorm.io/", []string{"models/store"}, nil},
	{"github.com/jackc/pgx/", []string{"models/store", "models/store/..."}, []string{"cmd/..."}},
	{"modernc.org/sqlite", []string{"models/store", "models/store/..."}, []string{"cmd/..."}},
	{"github.com/pressly/goose/", []string{"models/store"}, nil},
	{"github.com/labstack/echo", []string{"web", "web/..."}, []string{"cmd/..."}},
	{"github.com/valyala/fasthttp", []string{"web/gate"}, []string{"cmd/..."}},
	{"google.golang.org/grpc", []string{"web", "web/...", "cmd/..."}, nil},
}

// TestRooms holds the table of rooms: who may import whom.
func TestRooms(t *testing.T) {
	for _, l := range packages(t) {
		may, known := allowance(l.room())
		if !known {
			t.Errorf("%s is a room that the table does not know: add it to rooms in cmd/keydesk/rooms_test.go, with what it may import", l.room())
		}
		for _, imported := range l.Imports {
			if theirs, ours := strings.CutPrefix(imported, module+"/"); ours && !matches(theirs, may) {
				t.Errorf("%s imports %s, which the table of rooms does not allow: it may import %q", l.room(), theirs, may)
			}
		}
	}
}

// TestLibraries keeps the database, the web framework and gRPC in their rooms.
func TestLibraries(t *testing.T) {
	for _, l := range packages(t) {
		for _, lib := range libraries {
			if at := slices.IndexFunc(l.Imports, hasPrefix(lib.prefix)); at >= 0 && !matches(l.room(), lib.rooms) {
				t.Errorf("%s imports %s, which is for %q alone", l.room(), l.Imports[at], lib.rooms)
			}
			tests := slices.Concat(l.TestImports, l.XTestImports)
			if at := slices.IndexFunc(tests, hasPrefix(lib.prefix)); at >= 0 && !matches(l.room(), append(lib.tests, lib.rooms...)) {
				t.Errorf("a test of %s imports %s, which is for %q alone", l.room(), tests[at], lib.rooms)
			}
		}
	}
}

// TestHelpForTests keeps what helps tests, such as a throw-away database, out of the product.
func TestHelpForTests(t *testing.T) {
	for _, l := range packages(t) {
		for _, imported := range l.Imports {
			if strings.HasPrefix(imported, module+"/") && helpsTests(imported) && !helpsTests(l.room()) {
				t.Errorf("%s imports %s, which is for tests alone", l.room(), imported)
			}
		}
	}
}

// TestRoomsTable shows that the table refuses what it is there to refuse.
func TestRoomsTable(t *testing.T) {
	for name, tc := range map[string]struct {
		room, imported string
		want           bool
	}{
		"manage uses the store":        {"models/manage", "models/store", true},
		"the store knows no decisions": {"models/store", "models/manage", false},
		"nouns import nothing":         {"models", "models/secret", false},
		"pages use the desk":           {"web/console", "models/manage", true},
		"pages know no database":       {"web/console", "models/store", false},
		"the gate has no pages":        {"web/gate", "views/ui", false},
		"views know no handlers":       {"views/keys", "web/render", false},
		"views use parts":              {"views/keys", "views/ui", true},
		"routes know every web room":   {"web", "web/console", true},
		"composition may all":          {"cmd/keydesk", "models/store", true},
	} {
		t.Run(name, func(t *testing.T) {
			if may, known := allowance(tc.room); !known || matches(tc.imported, may) != tc.want {
				t.Errorf("%s may import %s: %v, want %v", tc.room, tc.imported, !tc.want, tc.want)
			}
		})
	}
	if _, known := allowance("models/newcomer"); known {
		t.Error("a room that is not in the table is taken for known")
	}
}

// allowance is the table's line for a room.
func allowance(room string) (may []string, known bool) {
	for _, line := range rooms {
		if matches(room, []string{line.room}) {
			return line.may, true
		}
	}
	return nil, false
}

// matches tells whether a room is among patterns.
func matches(room string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if above, all := strings.CutSuffix(pattern, "..."); all {
			return strings.HasPrefix(room, above)
		}
		ok, err := path.Match(pattern, room)
		return ok && err == nil
	})
}

func helpsTests(room string) bool { return strings.HasSuffix(room, "test") }

func hasPrefix(prefix string) func(string) bool {
	return func(s string) bool { return strings.HasPrefix(s, prefix) }
}
