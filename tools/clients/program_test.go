package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// root is the top of the repository.
const root = "../.."

// idle is how long a connection is left alone: longer than the 90 s after which a server that dislikes pings has hung up.
var idle = flag.Duration("idle", 100*time.Second, "how long a connection of SDK v2 is left alone")

// atOnce is how many tests run side by side, all of them: they wait for other processes and for time to pass more than they compute.
const atOnce = 20

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

// program is the binary that users run, built at its first use.
var program = sync.OnceValues(func() (path string, err error) {
	if programDir, err = os.MkdirTemp("", "keydesk-clients"); err != nil {
		return "", err
	}
	path = filepath.Join(programDir, "keydesk")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", path, "./cmd/keydesk")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building keydesk: %w: %s", err, out)
	}
	return path, nil
})

// Who manages in these tests.
const (
	email    = "olga@example.com"
	password = "nine violet lanterns over Reykjavik"
)

// desk is a running Keydesk as a client knows it. It can be handed to another process.
type desk struct {
	API    string // where it serves the API: host:port
	CA     string // the file with its certificate; "" for a server without TLS
	Gate   string // the gate's URL
	Token  string // an IAM token of an administrator
	Folder string
}

// server is a desk with the process behind it.
type server struct {
	desk
	t    *testing.T
	dir  string // where it was started: ./keydesk is the program, keydesk-data its data
	said *transcript
}

// transcript keeps what a process writes.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// Whether a server is reached with TLS.
var (
	plain   []string
	withTLS = []string{"--tls-self-signed"}
)

// serve starts Keydesk on an empty database and free ports, with one administrator. It ends with the test.
func serve(t *testing.T, args ...string) *server {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: t.TempDir(), said: &transcript{}}
	if err := os.Symlink(binary, filepath.Join(s.dir, "keydesk")); err != nil {
		t.Fatal(err)
	}
	s.typed(password, "user", "add", "--email", email, "--access", "administrator", "--password-stdin")
	s.start(append([]string{"serve", "--listen", "127.0.0.1:0", "--gate-listen", "127.0.0.1:0"}, args...))
	s.Token = strings.TrimSpace(s.typed("", "token", "create", "--user", email))
	s.Folder = s.defaultFolder()
	return s
}

// within is far more than anything here takes.
const within = time.Minute

func (s *server) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "./keydesk", args...) //nolint:gosec // the program under test
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	return cmd
}

// typed runs a command of Keydesk that has to succeed, with something on standard input, and gives its answer.
func (s *server) typed(stdin string, args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	cmd := s.command(ctx, args...)
	var stderr strings.Builder
	cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("keydesk %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// start runs the server and returns when it has said where it listens and its gate is ready.
func (s *server) start(args []string) {
	s.t.Helper()
	cmd := s.command(context.Background(), args...)
	cmd.Stdout, cmd.Stderr = s.said, s.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // nothing outlives a test binary that was killed
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if s.t.Failed() {
			s.t.Logf("the server said:\n%s", s.said)
		}
	})
	eventually(s.t, "the server is ready", func() bool {
		select {
		case <-ended:
			s.t.Fatalf("keydesk serve ended: %s", s.said)
		default:
		}
		api, gate := s.place("Console"), s.place("Gate")
		_, s.API, _ = strings.Cut(api, "://")
		s.Gate = strings.Replace(gate, "localhost", "127.0.0.1", 1) // Node 18 tries ::1 alone where that is localhost, too
		if strings.HasPrefix(api, "https:") {
			s.CA = filepath.Join(s.dir, "keydesk-data", "tls.pem")
		}
		return s.API != "" && gate != "" && s.status(gate+"/readyz", "") == 200
	})
}

// place is an address that the server printed, "" as long as it did not.
func (s *server) place(name string) string {
	m := regexp.MustCompile(`(?m)^  ` + name + ` +(https?://localhost:\d+)`).FindStringSubmatch(s.said.String())
	if m == nil {
		return ""
	}
	return m[1]
}

// defaultFolder is the folder that every Keydesk has, found as a person at the terminal finds it.
func (s *server) defaultFolder() string {
	s.t.Helper()
	var account struct {
		ID     string `json:"id"`
		Folder string `json:"folder_id"`
	}
	answer := s.typed("", "account", "create", "--name", "first-of-all", "--json")
	if err := json.Unmarshal([]byte(answer), &account); err != nil || account.Folder == "" {
		s.t.Fatalf("an account's folder is not in %q: %v", answer, err)
	}
	return account.Folder
}

// eventually waits until a condition holds, and fails the test where it does not.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", within, what)
		}
	}
}
