package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestStop: told to stop under load, the server finishes every answer that it began, counts every use, and leaves.
func TestStop(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("busy")
		k := in.key("busy", "--scope", scopeRead)
		var passed atomic.Int64
		var load sync.WaitGroup
		for range 4 {
			load.Go(func() { s.keepAsking(k, &passed) })
		}
		question := fmt.Sprintf(`{"api_key": %q, "scopes": [%q]}`, k.Secret, scopeRead)
		slow := s.beginVerify(question)
		eventually(t, startWithin, "the load is on", func() bool { return passed.Load() > 100 })
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		eventually(t, startWithin, "the gate takes no more connections", func() bool {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.gate, "http://"))
			if err == nil {
				_ = c.Close()
			}
			return err != nil
		})
		load.Wait()
		body := slow.finish(t, question)
		if !strings.Contains(body, `"allowed":true`) {
			t.Errorf("a question that was under way is answered %q", body)
		}
		if status := s.stop(); status != exitDone {
			t.Errorf("the server ended with status %d", status)
		}
		if n := in.number("SELECT COUNT(*) FROM gates"); n != 0 {
			t.Errorf("%d gates are left", n)
		}
		if n := in.counted(t, k.ID, "allowed"); n != passed.Load()+1 {
			t.Errorf("%d uses are counted, want %d", n, passed.Load()+1)
		}
		if !strings.Contains(s.said.String(), "stopped") {
			t.Errorf("the server said %s", s.said)
		}
	})
}

// keepAsking checks a key over one connection until the server closes it. An answer that began has to end.
func (s *server) keepAsking(k madeKey, passed *atomic.Int64) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.gate, "http://"))
	if err != nil {
		s.t.Error(err)
		return
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		_, err := fmt.Fprintf(conn, "GET /gate/check?scope=%s HTTP/1.1\r\nHost: gate\r\nAuthorization: Api-Key %s\r\n\r\n", scopeRead, k.Secret)
		if err != nil {
			return
		}
		if _, err := in.Peek(1); err != nil { // closed between two requests
			return
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			s.t.Errorf("an answer was cut: %v", err)
			return
		}
		if answer.StatusCode != http.StatusNoContent {
			s.t.Errorf("a good key got %s", answer.Status)
			return
		}
		passed.Add(1)
	}
}

// halfRequest is a request of which the server has the beginning.
type halfRequest struct {
	conn net.Conn
	in   *bufio.Reader
	sent int
}

// beginVerify sends the head of a question and half of its body, and waits until the server reads the body.
func (s *server) beginVerify(question string) *halfRequest {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.gate, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	h := &halfRequest{conn: conn, in: bufio.NewReader(conn), sent: len(question) / 2}
	_, err = fmt.Fprintf(conn, "POST /gate/verify HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(question))
	if err != nil {
		s.t.Fatal(err)
	}
	if line, err := h.in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		s.t.Fatalf("the server says %q: %v", line, err)
	}
	if _, err := h.in.ReadString('\n'); err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, question[:h.sent]); err != nil {
		s.t.Fatal(err)
	}
	return h
}

// finish sends the rest and reads the answer.
func (h *halfRequest) finish(t *testing.T, question string) string {
	t.Helper()
	if _, err := io.WriteString(h.conn, question[h.sent:]); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(h.in, nil)
	if err != nil {
		t.Fatalf("the answer was cut: %v", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("the answer was cut: %v", err)
	}
	return string(body)
}
