package main

import (
	"bytes"
	"context"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a running `keydesk serve` or `keydesk gate`.
type server struct {
	*installation
	console, gate string // "http://127.0.0.1:…", without a path
	client        *http.Client

	cmd   *exec.Cmd
	said  *transcript
	ended chan struct{} // closed when the process is gone
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

// startWithin is far more than a start takes.
const startWithin = 30 * time.Second

// serve starts the server on free ports, or where the arguments say, and returns when it is ready. It ends with the test.
func (in *installation) serve(args ...string) *server {
	in.t.Helper()
	s := in.launch(args...)
	s.ready()
	return s
}

// ready waits until the gate may answer.
func (s *server) ready() {
	s.t.Helper()
	eventually(s.t, startWithin, "the gate is ready", func() bool {
		s.running()
		answer, err := s.client.Get(s.gate + "/readyz")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// gateAlone starts a gate alone on a free port, and returns when it is ready. It ends with the test.
func (in *installation) gateAlone(args ...string) *server {
	in.t.Helper()
	s := in.launchAs(append([]string{"gate", "--gate-listen", "127.0.0.1:0"}, args...)...)
	s.ready()
	return s
}

// launch starts the server and returns as soon as it has said where it listens.
func (in *installation) launch(args ...string) *server {
	in.t.Helper()
	// The last of two flags counts.
	return in.launchAs(append([]string{"serve", "--listen", "127.0.0.1:0", "--gate-listen", "127.0.0.1:0"}, args...)...)
}

// launchAs starts a command that goes on running.
func (in *installation) launchAs(args ...string) *server {
	in.t.Helper()
	cmd := in.command(context.Background(), args...)
	s := &server{installation: in, cmd: cmd, said: &transcript{}, ended: make(chan struct{}), client: newClient(in.t)}
	cmd.Stdout, cmd.Stderr = s.said, s.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // nothing outlives a test binary that was killed
	if err := cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(s.ended)
	}()
	in.t.Cleanup(func() {
		s.kill()
		if in.t.Failed() {
			in.t.Logf("the server said:\n%s", s.said)
		}
	})
	eventually(in.t, startWithin, "the server says where it listens", func() bool {
		s.running()
		if !strings.Contains(s.said.String(), "Database") { // which it says after both
			return false
		}
		s.console, s.gate = s.place("Console"), s.place("Gate")
		return s.gate != ""
	})
	return s
}

// running fails the test where the process is gone.
func (s *server) running() {
	s.t.Helper()
	select {
	case <-s.ended:
		s.t.Fatalf("keydesk serve ended with status %d: %s", s.cmd.ProcessState.ExitCode(), s.said)
	default:
	}
}

// place is an address that the server printed, "" as long as it did not. The numbers stand in for the name, which a
// machine may resolve to more than one address.
func (s *server) place(name string) string {
	m := regexp.MustCompile(`(?m)^  ` + name + ` +(https?)://localhost(:\d+)`).FindStringSubmatch(s.said.String())
	if m == nil {
		return ""
	}
	return m[1] + "://127.0.0.1" + m[2]
}

// consoleName is the console's address as it was printed.
func (s *server) consoleName() string { return strings.Replace(s.console, "127.0.0.1", "localhost", 1) }

// setupLink is the one-time link by which the first administrator is made, as the terminal shows it.
func (s *server) setupLink() string {
	s.t.Helper()
	var link string
	eventually(s.t, startWithin, "the setup link is on the terminal", func() bool {
		link = regexp.MustCompile(`https?://\S+/setup/\S+`).FindString(s.said.String())
		return link != ""
	})
	return link
}

// stop ends the server as an operator does, and gives its exit status.
func (s *server) stop() int {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(startWithin):
		s.t.Fatalf("the server does not end when it is told to; it said %s", s.said)
	}
	return s.cmd.ProcessState.ExitCode()
}

// kill ends the server as a power cut does.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// newClient is a client with connections of its own.
func newClient(t *testing.T) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}
