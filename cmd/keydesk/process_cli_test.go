package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// TestJSON: with --json a command prints one value, named in snake_case, its times in RFC 3339 and UTC.
func TestJSON(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.says("account", "create", "--name", "told", "--role", roleOrders)
		var k madeKey
		oneValue(t, in.says("key", "create", "--account", "told", "--scope", scopeRead, "--never"), &k)
		s.passes("the key", k, scopeRead)
		in.says("key", "reissue", k.ID, "--overlap", "1h")
		in.says("key", "disable", k.ID, "--reason", "unused", "--until", "2099-01-01")
		in.says("key", "enable", k.ID)
		in.says("account", "suspend", "told", "--until", "2099-01-01T00:00:00+02:00")
		in.says("account", "list")
		in.says("account", "reactivate", "told")
		in.says("user", "add", "--email", "one@example.com", "--access", "reviewer", "--access", "operator")
		in.says("user", "reset", "one@example.com")
		in.says("user", "access", "One@example.com", "--access", "responder")
		if people := in.says("user", "list"); !strings.Contains(people, "responder") || strings.Contains(people, "operator") {
			t.Errorf("after a change of access: %s", people)
		}
		var edge struct{ ID string }
		oneValue(t, in.says("gateway", "create", "--name", "edge"), &edge)
		in.says("gateway", "revoke", edge.ID)
		in.says("gateway", "list")
		in.says("policy", "show")
		in.says("policy", "set", "--max", "400d", "--never", "refused")
		in.says("pepper", "status")
		in.says("audit", "verify")
		in.snake(in.done("audit", "head"))
		in.says("key", "revoke", k.ID, "--reason", "superseded")
		in.says("account", "delete", "told", "--name", "told")
		in.listsAll(in.says("key", "list"))
	})
}

// says runs a command with --json and looks at its answer.
func (in *installation) says(args ...string) string {
	in.t.Helper()
	out := in.done(append(args, "--json")...)
	in.snake(out)
	return out
}

var snakeCase = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)

// snake looks through an answer.
func (in *installation) snake(out string) {
	in.t.Helper()
	var value any
	oneValue(in.t, out, &value)
	switch value.(type) {
	case map[string]any, []any:
	default:
		in.t.Errorf("the answer %q is neither object nor array", out)
	}
	walk("", value, func(name string, value any) {
		if name != "" && !snakeCase.MatchString(name) {
			in.t.Errorf("a field is named %q in %s", name, out)
		}
		text, isText := value.(string)
		if !isText || name != "at" && !strings.HasSuffix(name, "_at") && !strings.HasSuffix(name, "_by") || name == "created_by" {
			return
		}
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil || !strings.HasSuffix(text, "Z") {
			in.t.Errorf("%s is %q, want RFC 3339 in UTC", name, text)
		}
	})
}

func walk(name string, value any, visit func(name string, value any)) {
	visit(name, value)
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			walk(name, inner, visit)
		}
	case []any:
		for _, inner := range v {
			walk("", inner, visit)
		}
	}
}

// listsAll checks the documented fields of a key: all are there, and null where there is none.
func (in *installation) listsAll(out string) {
	in.t.Helper()
	var keys []map[string]json.RawMessage
	oneValue(in.t, out, &keys)
	if len(keys) != 1 {
		in.t.Fatalf("%d keys are listed, want 1", len(keys))
	}
	for _, name := range []string{
		"id", "service_account_id", "description", "scopes", "created_at", "expires_at", "last_used_at", "masked_secret", "state", "last_used", "last_refused",
	} {
		if _, is := keys[0][name]; !is {
			in.t.Errorf("a listed key has no %s", name)
		}
	}
	for name, want := range map[string]string{"expires_at": "null", "last_refused": "null", "state": `"revoked"`, "description": `""`} {
		if got := string(keys[0][name]); got != want {
			in.t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if mask := string(keys[0]["masked_secret"]); !regexp.MustCompile(`^"\*{4}[0-9A-Za-z]{6}"$`).MatchString(mask) {
		in.t.Errorf("the mask is %s", mask)
	}
}

// TestExitStatus: 0 is done, 1 refused or failed, 2 wrong usage; of the last two nothing is on standard output.
func TestExitStatus(t *testing.T) {
	in := onSQLite(t)
	in.done("account", "create", "--name", "taken", "--owner", "team@example.com")
	for name, tc := range map[string]struct {
		args   string
		status int
		word   string
	}{
		"a name that is taken":     {"account create --name taken", exitRefused, "taken"},
		"a name that is none":      {"account create --name A", exitRefused, "name"},
		"an unknown role":          {"account create --name another --role no.such", exitRefused, "no.such"},
		"an unknown account":       {"key create --account nobody", exitRefused, "account"},
		"an unknown scope":         {"key create --account taken --scope no.such", exitRefused, "no.such"},
		"an expiry in the past":    {"key create --account taken --expires-at 2020-01-01", exitRefused, "past"},
		"an unknown key":           {"key revoke ajenosuchkey00000000 --reason leaked", exitRefused, "key"},
		"the wrong name to delete": {"account delete taken --name token", exitRefused, "name"},
		"an unknown gateway":       {"gateway revoke gwynosuch00000000000", exitRefused, "gateway"},
		"an unknown person":        {"user reset nobody@example.com", exitRefused, ""},
		"nobody to unlock":         {"user unlock nobody@example.com", exitRefused, ""},
		"nobody to give access to": {"user access nobody@example.com --access reviewer", exitRefused, ""},
		"no access":                {"user access nobody@example.com", exitUsage, "--access"},
		"no gate":                  {"healthcheck --gate-listen 127.0.0.1:1", exitRefused, "does not answer"},
		"an unknown command":       {"key rotate", exitUsage, "rotate"},
		"no command":               {"key", exitUsage, "create"},
		"an unknown flag":          {"account list --nosuch", exitUsage, "--nosuch"},
		"a missing flag":           {"key create", exitUsage, "--account"},
		"a missing argument":       {"key revoke --reason leaked", exitUsage, "<id>"},
		"an unknown reason":        {"key revoke x --reason bored", exitUsage, "--reason"},
		"no reason":                {"key revoke x", exitUsage, "--reason"},
		"no duration":              {"key create --account taken --expires-in soon", exitUsage, "90d"},
		"no time":                  {"key create --account taken --expires-at soon", exitUsage, "2027-02-21"},
		"two expiries":             {"key create --account taken --expires-in 1d --never", exitUsage, "never"},
		"an unknown access":        {"user add --email a@example.com --access king", exitUsage, "--access"},
		"a find without stdin":     {"key find", exitUsage, "--stdin"},
		"a head that is not there": {"audit verify --head nosuch.json", exitUsage, "nosuch.json"},
		"a log level":              {"account list --log-level loud", exitUsage, "--log-level"},
		"a short lease":            {"serve --stale-for 500ms", exitUsage, "1s to 300s"},
		"half of a certificate":    {"serve --tls-cert cert.pem", exitUsage, "--tls-key"},
		"no network":               {"serve --trusted-proxy localhost", exitUsage, "localhost"},
		"a database of no kind":    {"account list --database mysql://localhost", exitRefused, "sqlite:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in.keydesk(strings.Fields(tc.args)...).refusedWith(t, tc.status, tc.word)
		})
	}
}

// TestPasswordOnStdin: a password comes by standard input alone, and a weak one is refused.
func TestPasswordOnStdin(t *testing.T) {
	in := onSQLite(t)
	add := []string{"user", "add", "--email", "typed@example.com", "--access", "operator", "--password-stdin", "--json"}
	in.typed("", add...).refusedWith(t, exitUsage, "standard input is empty")
	in.typed("password1\n", add...).refusedWith(t, exitRefused, "password")
	var p struct {
		ID, Email string
		Link      *string
	}
	r := in.typed("a long enough passphrase\n", add...)
	oneValue(t, r.out, &p)
	if r.status != exitDone || p.ID == "" || p.Email != "typed@example.com" || p.Link != nil {
		t.Errorf("status %d and %+v, want the person and no link", r.status, p)
	}
}

// TestFind: a key is found by its secret from standard input, also when it is dead; a mistyped and an unknown one are not.
func TestFind(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		in.done("account", "create", "--name", "found")
		k := in.key("found")
		in.done("key", "revoke", k.ID, "--reason", "leaked")
		r := in.typed("  "+k.Secret+"\r\n", "key", "find", "--stdin", "--json")
		var found listedKey
		oneValue(t, r.out, &found)
		if r.status != exitDone || found.ID != k.ID || found.State != "revoked" || len(k.Scopes) != 10 {
			t.Errorf("status %d and %+v, want %s", r.status, found, k.ID)
		}
		for _, text := range []string{flipped(k.Secret), "", strings.Repeat(k.Secret, 100)} {
			in.typed(text, "key", "find", "--stdin").refusedWith(t, exitRefused)
		}
	})
}

// TestHelp: every command, flag and argument is explained, and flags of settings are environment variables too.
func TestHelp(t *testing.T) {
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range parser.Model.Leaves(false) {
		if n.Help == "" {
			t.Errorf("%s is not explained", n.FullPath())
		}
		for _, f := range n.Flags {
			if f.Help == "" {
				t.Errorf("%s --%s is not explained", n.FullPath(), f.Name)
			}
		}
		for _, a := range n.Positional {
			if a.Help == "" {
				t.Errorf("%s <%s> is not explained", n.FullPath(), a.Name)
			}
		}
		if n.Name == "serve" {
			asVariables(t, n.Flags)
		}
	}
	asVariables(t, parser.Model.Flags)
	in := onSQLite(t)
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"key", "create", "--help"}, {"key", "--help"}} {
		if r := in.keydesk(args...); r.status != exitDone || r.err != "" || !strings.HasPrefix(r.out, "Usage: keydesk") {
			t.Errorf("%v: status %d, %q and %q", args, r.status, r.out, r.err)
		}
	}
	if v := in.done("version"); v != builtVersion+"\n" {
		t.Errorf("the version is %q", v)
	}
}

func asVariables(t *testing.T, flags []*kong.Flag) {
	t.Helper()
	for _, f := range flags {
		want := "KEYDESK_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if f.Name != "help" && (len(f.Envs) != 1 || f.Envs[0] != want) {
			t.Errorf("--%s is the variable %q, want %s", f.Name, f.Envs, want)
		}
	}
}
