package storetest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a Postgres of one test alone, which that may stop, freeze and start again. What it acknowledged it keeps.
type Server struct {
	t        testing.TB
	bin, dir string
	as       *syscall.Credential
}

// careful keeps what is acknowledged, though not through a power cut of this machine: nothing waits for its disk.
const careful = "-c fsync=off -c max_connections=100"

// OwnPostgres starts a server with an empty database until the test ends.
func OwnPostgres(t testing.TB) *Server {
	t.Helper()
	bin, dir, as, err := newCluster()
	if err != nil {
		t.Fatalf("the test needs a Postgres server, installed as by `apt-get install postgresql`: %v", err)
	}
	s := &Server{t: t, bin: bin, dir: dir, as: as}
	t.Cleanup(func() {
		s.Stop(syscall.SIGQUIT)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s.Start()
	if err := admin(dir, "CREATE DATABASE keydesk TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	return s
}

// URL is that of its database.
func (s *Server) URL() string { return address(s.dir, "keydesk") }

// Start starts it and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	if err := serve(s.bin, s.dir, s.as, careful, "keep"); err != nil {
		s.t.Fatal(err)
	}
	if err := answering(s.dir, "SELECT 1"); err != nil {
		s.t.Fatal(err)
	}
}

// Stop ends it, where it runs, and waits until it is gone: with SIGQUIT as pg_ctl's mode immediate does, with SIGINT as its
// mode fast.
func (s *Server) Stop(how syscall.Signal) {
	s.t.Helper()
	s.Signal(syscall.SIGCONT) // one that stands still would not hear
	s.Signal(how)
	for deadline := time.Now().Add(30 * time.Second); s.pid() != 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("postgres does not stop")
		}
	}
}

// Signal sends a signal to the server's first process; to all of them with SIGSTOP and SIGCONT.
func (s *Server) Signal(sig syscall.Signal) {
	s.t.Helper()
	pid := s.pid()
	if pid == 0 {
		return
	}
	all := []int{pid}
	if sig == syscall.SIGSTOP || sig == syscall.SIGCONT {
		all = append(all, children(pid)...)
	}
	for _, p := range all {
		_ = syscall.Kill(p, sig) // one that ended meanwhile needs none
	}
}

// pid is that of the first process, 0 where none runs.
func (s *Server) pid() int {
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// children are the processes that a process started.
func children(of int) (list []int) {
	found, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(text), ") ") // the name before it may hold anything
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(of) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				list = append(list, pid)
			}
		}
	}
	return list
}
