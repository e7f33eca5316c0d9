package main

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// finding is one place that breaks a rule.
type finding struct {
	at   token.Position
	what string
}

// rule looks through a package and reports what breaks it.
type rule func(s *source, report func(at ast.Node, what string))

// rules are what no linter knows. Each has bad examples in TestRules that it must find.
var rules = []rule{constantSQL, queriesOfConstants, contextsStay, timeAndChance, forbiddenNames}

// TestSource holds the rules over every hand-written file; of generated ones, those on names.
func TestSource(t *testing.T) {
	for _, l := range packages(t) {
		if helpsTests(l.room()) {
			continue
		}
		for _, f := range apply(load(t, l)) {
			t.Errorf("%s: %s", f.at, f.what)
		}
	}
}

// TestRules shows that each rule finds what it is there for, and leaves good code alone.
func TestRules(t *testing.T) {
	for name, tc := range examples {
		t.Run(name, func(t *testing.T) {
			room := tc.room
			if room == "" {
				room = "models/store"
			}
			found := apply(snippet(t, room, tc.code))
			switch {
			case tc.want == "" && len(found) != 0:
				t.Errorf("good code is refused: %v", found)
			case tc.want != "" && len(found) == 0:
				t.Error("bad code passes")
			case tc.want != "" && !strings.Contains(found[0].what, tc.want):
				t.Errorf("found %q, want a word on %q", found[0].what, tc.want)
			}
		})
	}
}

func apply(s *source) []finding {
	var found []finding
	for _, r := range rules {
		r(s, func(at ast.Node, what string) {
			found = append(found, finding{s.fset.Position(at.Pos()), what})
		})
	}
	return found
}

// inspect walks through the hand-written files of a package.
func (s *source) inspect(visit func(ast.Node) bool) {
	for _, f := range s.files {
		if !ast.IsGenerated(f) {
			ast.Inspect(f, visit)
		}
	}
}

// timeAndChance: both come in as arguments, so that a test can hold them. Composition hands them in.
func timeAndChance(s *source, report func(ast.Node, string)) {
	if matches(s.room, []string{"cmd/..."}) {
		return
	}
	s.inspect(func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch name := s.global(id); {
		case name == "time.Now", name == "time.Since", name == "time.Until":
			report(id, name+" reads the clock: take the time, or a func() time.Time, as an argument; cmd passes time.Now")
		case strings.HasPrefix(name, "crypto/rand."):
			report(id, name+" draws randomness: take an io.Reader as an argument; cmd passes crypto/rand.Reader")
		}
		return true
	})
}

// forbidden are names with a safe replacement. Generated code is searched too: what a .templ file calls ends up there.
var forbidden = map[string]string{
	"github.com/a-h/templ.Raw":                                "writes markup unescaped: write the markup in a .templ file",
	"github.com/gorilla/sessions.NewCookieStore":              "keeps the session in the cookie, so that a copy of it outlives the sign-out: use web/session",
	"github.com/gorilla/sessions.NewFilesystemStore":          "keeps sessions outside the database: use web/session",
	"github.com/jackc/pgx/v5.QueryExecModeSimpleProtocol":     "splices values into SQL on the client: leave the extended protocol",
	"gorm.io/driver/postgres#PreferSimpleProtocol":            "splices values into SQL on the client: leave the extended protocol",
	"net/http.CrossOriginProtection.AddInsecureBypassPattern": "opens paths to other sites: use AddTrustedOrigin",
	"net/http.DefaultClient":                                  "has no timeout: make a client with one",
	"net/http.Get":                                            "has neither timeout nor context: make a client and a request with them",
	"net/http.Head":                                           "has neither timeout nor context: make a client and a request with them",
	"net/http.Post":                                           "has neither timeout nor context: make a client and a request with them",
	"net/http.PostForm":                                       "has neither timeout nor context: make a client and a request with them",
	"net/http.ListenAndServe":                                 "has no timeouts: make an http.Server with them",
	"github.com/labstack/echo/v4.Context.Bind":                "mixes path, query and body, and lets a body override the path: read each field from where it belongs",
	"github.com/labstack/echo/v4.DefaultBinder.Bind":          "mixes path, query and body, and lets a body override the path: read each field from where it belongs",
	"gorm.io/gorm.DB.AutoMigrate":                             "changes the schema behind the migrations' back: write a migration",
}

func forbiddenNames(s *source, report func(ast.Node, string)) {
	for _, f := range s.files {
		for _, imported := range f.Imports {
			if path := strings.Trim(imported.Path.Value, `"`); path == "math/rand" || path == "math/rand/v2" {
				report(imported, path+" can be predicted: take an io.Reader that is crypto/rand.Reader in production")
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				name := s.global(id)
				if why, is := forbidden[name]; is {
					report(id, name+" "+why)
				}
			}
			return true
		})
	}
}
