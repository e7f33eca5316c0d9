package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"keydesk/web/ask"
)

// gateClient is a service's client of the running gate.
func (s *server) gateClient(said *transcript, change ...func(*ask.Options)) *ask.Client {
	s.t.Helper()
	o := ask.Options{Gate: s.gate, Log: slog.New(slog.NewTextHandler(said, nil))}
	for _, c := range change {
		c(&o)
	}
	c, err := ask.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// TestServicesAskTheGate: the program as it is shipped, asked by the package for services, through all that can befall it.
func TestServicesAskTheGate(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve("--gate-listen", "0.0.0.0:0")
		in.account("asked")
		k := in.key("asked", "--scope", scopeRead)
		var edge struct{ ID, Secret string }
		in.answer(&edge, "gateway", "create", "--name", "orders")
		said := &transcript{}
		client := s.gateClient(said, func(o *ask.Options) { o.Gateway, o.Timeout = edge.Secret, 3*time.Second })
		is := func(what string, key madeKey, status int, code string) {
			t.Helper()
			who, err := client.Check(t.Context(), key.Secret, scopeRead)
			switch e := ask.As(err); {
			case status == http.StatusOK && (err != nil || who.KeyID != key.ID):
				t.Errorf("%s: %+v, %v", what, who, err)
			case status != http.StatusOK && (err == nil || e.Status != status || e.Code != code):
				t.Errorf("%s: %v, want %d %s", what, err, status, code)
			}
		}
		is("a good key", k, http.StatusOK, "")
		if _, err := client.Check(t.Context(), k.Secret, scopeWrite); ask.As(err).Code != "insufficient_scope" || ask.As(err).Scope != scopeWrite {
			t.Errorf("another scope: %v", err)
		}

		other := in.key("asked", "--scope", scopeRead)
		is("a key made just now", other, http.StatusOK, "")
		in.done("key", "revoke", other.ID, "--reason", "leaked")
		is("a revoked key", other, http.StatusUnauthorized, "revoked_key")

		s.hangs()
		is("a gate that hangs", k, http.StatusServiceUnavailable, "unavailable")
		must(t, s.cmd.Process.Signal(syscall.SIGCONT))
		eventually(t, startWithin, "the client hears the gate again", func() bool {
			_, err := client.Check(t.Context(), k.Secret, scopeRead)
			return err == nil
		})

		in.done("gateway", "revoke", edge.ID)
		is("a revoked credential of the service", k, http.StatusServiceUnavailable, "unavailable")
		s.kill()
		is("a gate that is gone", k, http.StatusServiceUnavailable, "unavailable")
		text := said.String()
		if strings.Count(text, "answers again") != 1 || strings.Contains(text, k.Secret) || strings.Contains(text, edge.Secret) {
			t.Errorf("the service's log says %s", text)
		}
	})
}

// hangs stops the process where it is, and returns when the last of its threads stands still: a signal takes its time.
func (s *server) hangs() {
	s.t.Helper()
	must(s.t, s.cmd.Process.Signal(syscall.SIGSTOP))
	eventually(s.t, startWithin, "every thread stands still", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", s.cmd.Process.Pid))
		must(s.t, err)
		for _, file := range threads {
			if text, err := os.ReadFile(file); err == nil && !strings.Contains(string(text), ") T ") {
				return false
			}
		}
		return len(threads) > 0
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheExampleService is the program that README shows, before the program as it is shipped.
func TestTheExampleService(t *testing.T) {
	in := onSQLite(t)
	s := in.serve()
	in.account("example")
	reads, writes := in.key("example", "--scope", scopeRead), in.key("example", "--scope", scopeRead, "--scope", scopeWrite)
	program := filepath.Join(t.TempDir(), "example")
	if out, err := exec.Command("go", "build", "-o", program, "keydesk/web/ask/example").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	said := &transcript{}
	cmd := exec.Command(program, "-listen", "127.0.0.1:0", "-gate", s.gate)
	cmd.Stdout, cmd.Stderr, cmd.Env = said, said, []string{"PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address := ""
	eventually(t, startWithin, "the example says where it listens", func() bool {
		address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(strings.ReplaceAll(said.String(), s.gate, ""))
		return address != ""
	})
	ask := func(method string, k madeKey, body string) gateAnswer {
		t.Helper()
		a, err := s.send(method, address+"/orders", body, "Authorization", "Api-Key "+k.Secret)
		must(t, err)
		return a
	}
	ask(http.MethodPost, writes, "tea").is(t, "an order", http.StatusCreated, "")
	ask(http.MethodPost, reads, "tea").is(t, "an order by who may only read", http.StatusForbidden, "insufficient_scope")
	list := ask(http.MethodGet, reads, "")
	var orders []struct {
		What  string `json:"what"`
		KeyID string `json:"key_id"`
	}
	must(t, json.NewDecoder(bytes.NewReader([]byte(list.body))).Decode(&orders))
	if len(orders) != 1 || orders[0].What != "tea" || orders[0].KeyID != writes.ID {
		t.Errorf("the orders are %s", list.body)
	}
	in.done("key", "revoke", reads.ID, "--reason", "leaked")
	ask(http.MethodGet, reads, "").is(t, "a revoked key", http.StatusUnauthorized, "revoked_key")
	if strings.Contains(said.String(), "keydesk_") {
		t.Errorf("the example's log has a secret: %s", said)
	}
}
