package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// demoPlace is where somebody starts a demo: a directory with whatever else is in it, and nothing in the environment.
func demoPlace(t *testing.T) *installation {
	t.Helper()
	t.Parallel()
	program, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	return &installation{t: t, program: program, dir: t.TempDir()}
}

// inDemo is the command line beside the demo that runs there.
func (in *installation) inDemo() *installation {
	dir := in.path(demoDir)
	return &installation{t: in.t, program: in.program, dir: dir, database: "sqlite:" + filepath.Join(dir, databaseFile), env: []string{"KEYDESK_DATA_DIR=" + dir}}
}

// demoLink is the link on the terminal, as a path.
func (s *server) demoLink() string {
	s.t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(s.consoleName()) + `(/demo/\S+)`).FindStringSubmatch(s.said.String())
	if m == nil {
		s.t.Fatalf("there is no link: %s", s.said)
	}
	return m[1]
}

// keyOf is a key of the demo, by its description.
func (in *installation) keyOf(description string) listedKey {
	in.t.Helper()
	var keys []struct {
		listedKey
		Description string
	}
	in.answer(&keys, "key", "list")
	for _, k := range keys {
		if k.Description == description {
			return k.listedKey
		}
	}
	in.t.Fatalf("there is no key %q", description)
	return listedKey{}
}

// TestDemoRuns: started where a real installation lives, the demo touches nothing of it, and lives.
func TestDemoRuns(t *testing.T) {
	in := demoPlace(t)
	if err := os.Mkdir(in.path(dataDir), 0o700); err != nil {
		t.Fatal(err)
	}
	putFile(t, filepath.Join(in.path(dataDir), databaseFile), "somebody's keys")
	began := time.Now()
	s := in.serve("--demo")
	t.Logf("ready after %v", time.Since(began))
	beside := in.inDemo()

	b := s.visitor()
	for range 2 { // the link is good while the demo runs
		b.opens(s.demoLink())
		b.sees(http.StatusOK, olga)
	}
	b.sees(http.StatusOK, "storefront")
	if strings.Contains(b.page, strings.TrimPrefix(s.demoLink(), "/demo/")) {
		t.Error("the link's token is on a page")
	}

	curls := regexp.MustCompile(`(?m)^  (curl .*)$`).FindAllStringSubmatch(s.said.String(), -1)
	if len(curls) != 2 {
		t.Fatalf("%d curls are on the terminal", len(curls))
	}
	for i, want := range []string{"204", "403"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", curls[i][1]+` -s`).CombinedOutput()
		if err != nil || !strings.Contains(string(out), " "+want+" ") || want == "403" && !strings.Contains(string(out), demoTryRefused) {
			t.Errorf("%s is answered %q (%v), want %s", curls[i][1], out, err, want)
		}
	}

	for _, k := range []string{"Shop, production", "Cluster A", "Android 5.4"} {
		was := beside.keyOf(k)
		// These callers ask at least every 3.6 s, and then it is to be shown within shownWithin.
		eventually(t, 3*shownWithin, k+" is used once more", func() bool { return beside.listed(was.ID).LastUsedAt.After(*was.LastUsedAt) })
	}
	for _, k := range []string{"Pipeline (leaked)", "Synonyms job", "Refund tool", "Campaigns", "ParcelPoint, sandbox"} {
		was := beside.keyOf(k)
		eventually(t, startWithin, k+" is refused once more", func() bool {
			now := beside.listed(was.ID)
			return now.LastRefused.At.After(was.LastRefused.At) && now.LastRefused.Reason == was.LastRefused.Reason && now.LastRefused.Address != "127.0.0.1"
		})
	}
	if r := beside.keydesk("audit", "verify"); r.status != exitDone {
		t.Errorf("the log: %s", r.err)
	}
	if status := s.stop(); status != exitDone {
		t.Errorf("the demo ends with status %d: %s", status, s.said)
	}
	if r := beside.keydesk("audit", "verify"); r.status != exitDone {
		t.Errorf("the log after the end: %s", r.err)
	}
	left, err := os.ReadDir(in.path(dataDir))
	text, _ := os.ReadFile(filepath.Join(in.path(dataDir), databaseFile))
	if err != nil || len(left) != 1 || string(text) != "somebody's keys" {
		t.Errorf("the real installation is now %v, %q (%v)", left, text, err)
	}
}

// TestDemoIsMadeAnew: a second start makes the company again, and opens nothing to who had the link before.
func TestDemoIsMadeAnew(t *testing.T) {
	in := demoPlace(t)
	s := in.serve("--demo")
	old, beside := s.demoLink(), in.inDemo()
	in.keydesk(onFreePorts("--demo")...).refusedWith(t, exitRefused, fmt.Sprintf("process %d", s.cmd.Process.Pid), "--data-dir")
	beside.done("account", "create", "--name", "made-in-the-demo")
	mark := beside.path("notes.txt")
	putFile(t, mark, "mine")
	s.kill() // and a demo that was killed is no obstacle
	s = in.serve("--demo")
	b := s.visitor()
	b.opens(old)
	b.sees(http.StatusNotFound, "each start prints a new one")
	b.opens(s.demoLink())
	b.sees(http.StatusOK, "storefront")
	if list := beside.done("account", "list"); strings.Contains(list, "made-in-the-demo") {
		t.Error("what was made in the demo before is still there")
	}
	if _, err := os.Stat(mark); err != nil {
		t.Errorf("a file that no demo made is gone: %v", err)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	real := beside.serve() // somebody serves the demo's database without --demo: it stays while they do
	real.visitor().opens("/demo/" + strings.Repeat("A", 43))
	in.keydesk(onFreePorts("--demo")...).refusedWith(t, exitRefused, fmt.Sprintf("process %d", real.cmd.Process.Pid))
}

// TestDemoPorts: where a port is taken, the demo takes the next, and says so.
func TestDemoPorts(t *testing.T) {
	in := demoPlace(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	s := in.serve("--demo", "--listen", addr)
	if s.console == "http://"+addr {
		t.Errorf("the console is at %s, which is taken", addr)
	}
	s.visitor().opens(s.demoLink())
	in.with("KEYDESK_DATA_DIR="+in.path("another")).serve("--demo", "--listen", strings.TrimPrefix(s.console, "http://"))
}

// TestDemoRefuses: a demo is for this machine alone, and never for a database of somebody's own.
func TestDemoRefuses(t *testing.T) {
	in := demoPlace(t)
	for name, tc := range map[string]struct {
		env, args, says []string
	}{
		"the console beyond loopback": {nil, []string{"--listen", "0.0.0.0:0"}, []string{"--listen 0.0.0.0:0 is beyond loopback", "this machine alone"}},
		"the gate beyond loopback":    {nil, []string{"--gate-listen", ":0"}, []string{"--gate-listen :0 is beyond loopback"}},
		"insisting on it":             {nil, []string{"--listen", "0.0.0.0:0", "--insecure-http", "--gate-open"}, []string{"beyond loopback", "--insecure-http", "--gate-open"}},
		"a database":                  {nil, []string{"--database", "sqlite:" + in.path("x.db")}, []string{"--database does not go with --demo"}},
		"of the environment":          {[]string{"KEYDESK_DATABASE=postgres://localhost/x"}, nil, []string{"--database", "environment"}},
		"an address of the company":   {nil, []string{"--public-url", "https://keydesk.example.com", "--tls-cert", "c", "--tls-key", "k"}, []string{"--public-url", "--tls-cert", "--tls-key"}},
		"other settings":              {nil, []string{"--pepper-file", "p", "--services", "s", "--trusted-proxy", "10.0.0.0/8"}, []string{"--pepper-file", "--services", "--trusted-proxy"}},
		"what no server may be told":  {nil, []string{"--stale-for", "1h"}, []string{"1s to 300s"}},
	} {
		t.Run(name, func(t *testing.T) {
			in.with(tc.env...).keydesk(onFreePorts(append([]string{"--demo"}, tc.args...)...)...).refusedWith(t, exitUsage, tc.says...)
		})
	}
	if left, err := os.ReadDir(in.dir); err != nil || len(left) != 0 {
		t.Errorf("a start that was refused left %v (%v)", left, err)
	}

	real := &installation{t: t, program: in.program, dir: in.path("real"), database: "sqlite:" + filepath.Join(in.path("real"), databaseFile)}
	if err := os.Mkdir(real.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	real.env = []string{"KEYDESK_DATA_DIR=" + real.dir}
	real.done("account", "create", "--name", "real")
	in.keydesk(onFreePorts("--demo", "--data-dir", real.dir)...).refusedWith(t, exitUsage, "no demo made", "--data-dir")
	if list := real.done("account", "list", "--json"); !strings.Contains(list, `"real"`) || !json.Valid([]byte(list)) {
		t.Errorf("the real installation lists %s", list)
	}
}

// TestDemoSwitches: the banner makes one each of the people, by a sign-in of its own, and pages know who it is.
func TestDemoSwitches(t *testing.T) {
	in := demoPlace(t)
	s := in.serve("--demo")
	b := s.visitor()
	b.opens(s.demoLink())
	seen := map[string]bool{strings.Join(b.cookies(), " "): true}
	for access, person := range map[string]string{"operator": tomas, "reviewer": mei, "responder": sam, "administrator": olga} {
		b.submits("/demo/switch", "person", access)
		b.sees(http.StatusOK, `title="`+person+`" aria-pressed="true"`)
		if id := strings.Join(b.cookies(), " "); seen[id] {
			t.Errorf("the %s has a session that was there before", access)
		} else {
			seen[id] = true
		}
		offers := strings.Contains(b.page, `href="/service-accounts/new"`)
		if want := access == "administrator" || access == "operator"; offers != want {
			t.Errorf("the %s is offered to create accounts: %v", access, offers)
		}
	}
	n := in.inDemo().number("SELECT COUNT(*) FROM audit_events WHERE action = 'session.create' AND auth_method = 'demo'")
	if n != 5 {
		t.Errorf("%d sign-ins of the demo are in the audit log, want 5", n)
	}
	if n := in.inDemo().number("SELECT COUNT(*) FROM sessions"); n != 1 {
		t.Errorf("%d sessions are open, want one", n)
	}
}
