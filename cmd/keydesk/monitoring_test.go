package main

import (
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"keydesk/models/store/storetest"
)

const (
	alertsFile    = "monitoring/keydesk-alerts.yaml"
	dashboardFile = "monitoring/keydesk-dashboard.json"
)

// ofPrometheus are metrics that Prometheus makes itself.
var ofPrometheus = []string{"up"}

// askedFor are the metrics that the files ask for, by Prometheus's own parsers: a file with a mistake fails the test.
func askedFor(t *testing.T) (names []string) {
	t.Helper()
	args := []string{"run", "-C", root + "/tools/monitoring", "."}
	for _, file := range []string{alertsFile, dashboardFile} {
		path, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	var said strings.Builder
	cmd := exec.Command("go", args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &said)
	}
	for line := range strings.Lines(string(out)) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// scrape is what the process exports: its lines without comments.
func (s *server) scrape() string {
	s.t.Helper()
	a, err := s.send("GET", s.gate+"/metrics", "")
	if err != nil || a.status != 200 {
		s.t.Fatalf("the metrics: %d, %v", a.status, err)
	}
	return "\n" + a.body
}

var sampleName = regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`)

// TestWhatIsWatchedIsExported: dashboard and alerts are what Prometheus can read, and ask for nothing that a running Keydesk
// does not export.
func TestWhatIsWatchedIsExported(t *testing.T) {
	s := onSQLite(t).serve()
	s.account("watched")
	k := s.key("watched", "--scope", scopeRead)
	s.passes("the key", k, scopeRead)
	eventually(t, 10*time.Second, "the gates and keys are read", func() bool {
		text := s.scrape()
		return strings.Contains(text, "\n"+`keydesk_gates{standing="answers"} 1`) && strings.Contains(text, "\nkeydesk_keys{")
	})
	text := s.scrape()
	var exported []string
	for _, m := range sampleName.FindAllStringSubmatch(text, -1) {
		exported = append(exported, m[1])
	}
	for _, name := range askedFor(t) {
		if !slices.Contains(exported, name) && !slices.Contains(ofPrometheus, name) {
			t.Errorf("%s is asked for, and not exported", name)
		}
	}
	for _, line := range []string{
		"keydesk_database_up 1", `keydesk_gate_decisions_total{outcome="allowed"} 1`, "keydesk_gate_changes_waiting 0", "keydesk_gate_flush_failures_total 0",
		`keydesk_build_info{database="SQLite",go_version="go`, `keydesk_job_failures_total{name="sweep_keys"} 0`, `keydesk_sign_ins_refused_total{reason="failed"} 0`,
		`keydesk_database_connections_max{pool="write"} 1`, `keydesk_service_accounts{state="active"} `,
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("no %s in the metrics", line)
		}
	}
	problems, err := promlint.New(strings.NewReader(strings.TrimPrefix(text, "\n"))).Lint()
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "keydesk_") { // Go's own are as they are
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	if strings.Contains(text, k.Secret) {
		t.Error("a secret is in the metrics")
	}
}

// TestMetricsWithoutADatabase: a scrape answers at once, says that the database does not, and leaves what was read before.
func TestMetricsWithoutADatabase(t *testing.T) {
	t.Parallel()
	url, cut := cuttable(t, storetest.EmptyPostgres(t))
	s := install(t, url).serve("--stale-for", "1s")
	eventually(t, 10*time.Second, "the database is read", func() bool { return strings.Contains(s.scrape(), "\nkeydesk_gates{") })
	cut()
	eventually(t, 40*time.Second, "the metrics say that the database does not answer", func() bool {
		began := time.Now()
		text := s.scrape()
		if d := time.Since(began); d > time.Second {
			t.Fatalf("a scrape took %v", d)
		}
		return strings.Contains(text, "\nkeydesk_database_up 0") && strings.Contains(text, "\nkeydesk_gate_ready 0") && strings.Contains(text, "\nkeydesk_gates{")
	})
}

// cuttable is a way to a Postgres that can be cut: its URL, and how.
func cuttable(t *testing.T, database string) (through string, cut func()) {
	t.Helper()
	at, err := url.Parse(database)
	dir, err2 := os.MkdirTemp("/tmp", "kd") // short: a socket's path has 107 bytes at most
	l, err3 := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	server := filepath.Join(at.Query().Get("host"), ".s.PGSQL.5432")
	at.RawQuery = url.Values{"host": {dir}}.Encode()
	var mu sync.Mutex
	var open []net.Conn
	cut = func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
	}
	t.Cleanup(func() { cut(); _ = os.RemoveAll(dir) })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("unix", server)
			if err != nil {
				_ = from.Close()
				continue
			}
			mu.Lock()
			open = append(open, from, to)
			mu.Unlock()
			go func() { _, _ = io.Copy(to, from); _ = to.Close() }()
			go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
		}
	}()
	return at.String(), cut
}
