package web

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/web/console"
	"keydesk/web/gate"
	"keydesk/web/session"
	"keydesk/web/signin"
)

var update = flag.Bool("update", false, "write testdata/routes.golden anew")

// table is the console's routes as the server mounts them.
func table() []Route {
	return (&server{Config: Config{Console: &console.Handler{}, SignIn: &signin.Handler{}}}).routes()
}

// TestRoutes prints the table, so that a review sees each new door, and refuses a door that nobody declared.
func TestRoutes(t *testing.T) {
	var out strings.Builder
	line := func(listener string, r Route) {
		if !known(r.For) {
			t.Errorf("%s %s asks for %q, which nobody can hold", r.Method, r.Path, r.For)
		}
		_, _ = fmt.Fprintf(&out, "%-8s %-15s %-36s %-20s %s\n", listener, r.Method, r.Path, r.For, handler(r))
	}
	for _, r := range table() {
		line("console", r)
	}
	for _, r := range GateRoutes {
		line("gate", r)
	}
	const golden = "testdata/routes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the table changed; look at each new door, then run go test ./web -run TestRoutes -update:\n%s", out.String())
	}
}

func known(p models.Permission) bool {
	switch p {
	case Open, Gateway, session.Anyone, session.SignedIn:
		return true
	}
	return models.KnownPermission(p)
}

// handler names the method that answers; a function that was wrapped has no telling name.
func handler(r Route) string {
	if r.Do == nil {
		return "web/gate"
	}
	name := runtime.FuncForPC(reflect.ValueOf(r.Do).Pointer()).Name()
	name = strings.TrimSuffix(name[strings.LastIndex(name, ".")+1:], "-fm")
	if strings.HasPrefix(name, "func") {
		return "static"
	}
	return name
}

func TestAForgottenPermissionIsShut(t *testing.T) {
	if known("") {
		t.Error("the zero permission is known: a route that forgets would be open")
	}
}

// TestGateRoutes holds the table to what the gate's handlers answer.
func TestGateRoutes(t *testing.T) {
	var want, got []string
	for _, r := range GateRoutes {
		want = append(want, r.Method+" "+r.Path)
	}
	for _, r := range gate.New(gate.Config{}).Routes() {
		got = append(got, strings.Join(r.Methods, ", ")+" "+r.Path)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the gate answers\n%s\nthe table says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
