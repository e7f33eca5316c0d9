package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// long has the tests that repeat something repeat it ten times as often.
var long = flag.Bool("long", false, "repeat what is repeated ten times as often")

// times is how often a test repeats something.
func times(n int) int {
	if *long {
		return 10 * n
	}
	return n
}

// atOnce is how many tests run side by side: most of the time they wait for polls, flushes and other processes.
const atOnce = 6

func TestMain(m *testing.M) {
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue { // nobody asked for another number
		if err := p.Value.Set(strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0)))); err != nil {
			panic(err)
		}
	}
	status := m.Run()
	if programDir != "" {
		_ = os.RemoveAll(programDir)
	}
	os.Exit(status)
}

// programDir holds the program, once a test needed it.
var programDir string

// builtProgram is the binary that users run, made at its first use.
var builtProgram = sync.OnceValues(func() (path string, err error) {
	if programDir, err = os.MkdirTemp("", "keydesk-program"); err != nil {
		return "", err
	}
	path = filepath.Join(programDir, "keydesk")
	args := []string{"build", "-o", path, "-ldflags", "-X main.version=" + builtVersion}
	if raceDetector() {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building keydesk: %w: %s", err, out)
	}
	return path, nil
})

// builtVersion is what the linker is told, as for a release.
const builtVersion = "v1.2.3-test"

// raceDetector reports whether the tests run under it: then the program does too.
func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// ownServices is what an installation of the tests adds to the catalogue.
const ownServices = `built_in: true
services:
  - name: orders
    title: Orders
    scopes:
      - name: orders.read
        description: Read orders
      - name: orders.write
        description: Change orders
        covers: [orders.read]
`

// installation is one Keydesk: a database, a data directory and what the environment says. Safe for concurrent use.
type installation struct {
	t        *testing.T
	program  string
	database string   // URL
	dir      string   // the data directory
	env      []string // beside PATH and HOME; nothing of the environment of the tests is handed on
}

// install makes an installation on an empty database, with the services of ownServices. Nothing runs yet.
func install(t *testing.T, database string) *installation {
	t.Helper()
	program, err := builtProgram()
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{t: t, program: program, database: database, dir: t.TempDir()}
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		in.dir = filepath.Dir(path)
	}
	in.env = []string{"KEYDESK_DATABASE=" + database, "KEYDESK_DATA_DIR=" + in.dir}
	putFile(t, in.path(servicesFile), ownServices)
	return in
}

// eachInstallation runs a test on both databases, side by side with the other tests.
func eachInstallation(t *testing.T, test func(t *testing.T, in *installation)) {
	t.Helper()
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.EmptySQLite, "postgres": storetest.EmptyPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, install(t, database(t)))
		})
	}
}

// onSQLite is an installation for what the database has no part in.
func onSQLite(t *testing.T) *installation {
	t.Helper()
	t.Parallel()
	return install(t, storetest.EmptySQLite(t))
}

// path is a file in the data directory.
func (in *installation) path(name string) string { return filepath.Join(in.dir, name) }

// with is the same installation seen with other settings.
func (in *installation) with(env ...string) *installation {
	other := *in
	other.env = append(append([]string{}, in.env...), env...)
	return &other
}

// result is what a command left.
type result struct {
	status   int
	out, err string
}

// commandWithin is far more than any command takes.
const commandWithin = time.Minute

// keydesk runs a command to its end, whatever that is.
func (in *installation) keydesk(args ...string) result { return in.typed("", args...) }

// typed is keydesk with something on standard input.
func (in *installation) typed(stdin string, args ...string) result {
	in.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandWithin)
	defer cancel()
	var out, stderr bytes.Buffer
	cmd := in.command(ctx, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		in.t.Errorf("keydesk %s did not end; it said %s", strings.Join(args, " "), &stderr)
	case err != nil && !errors.As(err, &exit):
		in.t.Errorf("keydesk %s: %v", strings.Join(args, " "), err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
}

func (in *installation) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, in.program, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, in.env...)
	cmd.Dir = in.dir
	return cmd
}

// done runs a command that has to succeed, and gives its standard output.
func (in *installation) done(args ...string) string {
	in.t.Helper()
	r := in.keydesk(args...)
	if r.status != exitDone {
		in.t.Fatalf("keydesk %s: status %d, %s", strings.Join(args, " "), r.status, r.err)
	}
	return r.out
}

// answer runs a command with --json that has to succeed, and reads its answer into a value: one value and nothing behind it.
func (in *installation) answer(into any, args ...string) {
	in.t.Helper()
	oneValue(in.t, in.done(append(args, "--json")...), into)
}

func oneValue(t *testing.T, text string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(into); err != nil {
		t.Fatalf("%q is no JSON of the expected shape: %v", text, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("%q is more than one JSON value", text)
	}
}

// refusedWith checks that a command failed with a status and said why.
func (r result) refusedWith(t *testing.T, status int, words ...string) {
	t.Helper()
	if r.status != status || r.out != "" {
		t.Errorf("status %d and %q on standard output, want status %d and nothing; it said %q", r.status, r.out, status, r.err)
	}
	for _, w := range words {
		if !strings.Contains(r.err, w) {
			t.Errorf("the refusal is %q, want it to say %q", r.err, w)
		}
	}
}

// eventually waits until a condition holds, and fails the test where it does not within the time.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", within, what)
		}
	}
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
