package gate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// serve runs the gate's server alone, as change leaves it.
func serve(t *testing.T, h *Handlers, change func(*Server)) (*Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := NewServer(h, slog.New(slog.DiscardHandler))
	if change != nil {
		change(s)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(listener) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, listener.Addr().String()
}

// client is a connection that sends and reads step by step.
type client struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return &client{c, bufio.NewReader(c)}
}

func (c *client) send(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	must(t, err)
}

func (c *client) status(t *testing.T) int {
	t.Helper()
	r, err := http.ReadResponse(c.in, nil)
	must(t, err)
	_, _ = io.Copy(io.Discard, r.Body)
	return r.StatusCode
}

// ended reports whether the connection ends without another byte.
func (c *client) ended() bool {
	_, err := c.in.ReadByte()
	return errors.Is(err, io.EOF)
}

func (s *service) plain() string {
	return "GET /gate/check?scope=yc.postbox.send HTTP/1.1\r\nHost: gate\r\n" + s.auth() + "\r\n\r\n"
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error(what)
}

// TestPlainChecksStayAndTheRestGoesOver: the connection lives on either way.
func TestPlainChecksStayAndTheRestGoesOver(t *testing.T) {
	s := prepare(t).start(t)
	q := s.question()
	for name, tc := range map[string]struct {
		request string
		status  int
		stays   bool
	}{
		"a plain check": {s.plain(), 204, true},
		"refused":       {"GET /gate/check?scope=nope HTTP/1.1\r\nHost: gate\r\n" + s.auth() + "\r\n\r\n", 403, true},
		"a probe":       {"GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n", 200, false},
		"a cookie":      {strings.Replace(s.plain(), "Host", "Cookie: a=b\r\nHost", 1), 204, false},
		"a POST":        {strings.Replace(s.plain(), "GET", "POST", 1), 204, false},
		"a body": {fmt.Sprintf("POST /gate/verify HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			len(q), q), 200, false},
	} {
		t.Run(name, func(t *testing.T) {
			server, addr := serve(t, New(Config{Gate: s.gate, Now: time.Now}), nil)
			c := dial(t, addr)
			for range 3 {
				c.send(t, tc.request+s.plain())
				if first, second := c.status(t), c.status(t); first != tc.status || second != 204 {
					t.Errorf("%d and %d, want %d and 204", first, second, tc.status)
				}
			}
			want := int32(1) // Serve itself counts
			if tc.stays {
				want++
			}
			eventually(t, "the connection is on the other server", func() bool { return server.fast.GetOpenConnectionsCount() == want-1 })
		})
	}
}

// TestManyChecksOverOneConnectionOfHTTP2: by prior knowledge, without TLS.
func TestManyChecksOverOneConnectionOfHTTP2(t *testing.T) {
	s := prepare(t).start(t)
	var dialled atomic.Int32
	transport := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialled.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	ask := func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+"/gate/check?scope=yc.postbox.send", nil)
		if err != nil {
			t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Api-Key "+s.key)
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return
		}
		_ = answer.Body.Close()
		if answer.StatusCode != 204 || answer.ProtoMajor != 2 || answer.Header.Get("Keydesk-Key-Id") != s.feed.Keys[0].ID {
			t.Errorf("%s %d %v", answer.Proto, answer.StatusCode, answer.Header)
		}
	}
	had := int32(-1)
	for had != dialled.Load() { // the client puts a connection at hand only a moment after its first answer
		had = dialled.Load()
		ask()
	}
	var all sync.WaitGroup
	for range 200 {
		all.Go(ask)
	}
	all.Wait()
	if n := dialled.Load(); n != had {
		t.Errorf("%d connections were opened for 200 checks at once, want none beside the %d that there were", n-had, had)
	}
}

// TestShutdownLetsAnswersUnderWayFinish on both servers, and ends what waits for nothing.
func TestShutdownLetsAnswersUnderWayFinish(t *testing.T) {
	s := prepare(t).start(t)
	server, addr := serve(t, New(Config{Gate: s.gate, Now: time.Now}), nil)
	idle, half, body := dial(t, addr), dial(t, addr), dial(t, addr)
	q := s.question()
	for _, c := range []*client{idle, half, body} {
		if c.send(t, s.plain()); c.status(t) != 204 {
			t.Fatal("no answer")
		}
	}
	half.send(t, s.plain()[:40])
	body.send(t, fmt.Sprintf("POST /gate/verify HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(q), q[:10]))
	eventually(t, "the body does not go over", func() bool { return server.fast.GetOpenConnectionsCount() == 2 })
	time.Sleep(100 * time.Millisecond) // the half request is read, too
	done := make(chan error, 1)
	go func() { done <- server.Shutdown(t.Context()) }()
	eventually(t, "it still listens", func() bool { _, err := net.Dial("tcp", addr); return err != nil })
	if !idle.ended() {
		t.Error("an idle connection is kept")
	}
	half.send(t, s.plain()[40:])
	body.send(t, q[10:])
	if a, b := half.status(t), body.status(t); a != 204 || b != 200 {
		t.Errorf("answers %d and %d, want 204 and 200", a, b)
	}
	if !half.ended() || !body.ended() {
		t.Error("a connection is kept after its last answer")
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// TestShutdownEndsWithItsContext: what does not finish is ended by Close, on both servers.
func TestShutdownEndsWithItsContext(t *testing.T) {
	for name, request := range map[string]string{
		"lean": "GET /ga", full: "POST /gate/verify HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			s := prepare(t).start(t)
			server, addr := serve(t, New(Config{Gate: s.gate, Now: time.Now}), nil)
			c := dial(t, addr)
			c.send(t, request)
			time.Sleep(100 * time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shutdown: %v", err)
			}
			_ = server.Close()
			if _, err := c.in.ReadByte(); err == nil {
				t.Error("the connection lives on")
			}
		})
	}
}

// TestDeadlines: who is late gets no answer, as on net/http.
func TestDeadlines(t *testing.T) {
	s := prepare(t).start(t)
	_, addr := serve(t, New(Config{Gate: s.gate, Now: time.Now}), func(s *Server) {
		s.fast.ReadTimeout, s.fast.IdleTimeout = 200*time.Millisecond, 300*time.Millisecond
		s.full.ReadHeaderTimeout, s.full.ReadTimeout = s.fast.ReadTimeout, s.fast.ReadTimeout
	})
	for name, request := range map[string]string{"nothing": "", "half a header": s.plain()[:60], "half a preface": preface[:9], "a preface": preface} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, addr)
			c.send(t, request)
			text, err := io.ReadAll(c.in)
			if err != nil || strings.HasPrefix(string(text), "HTTP/1.1") {
				t.Errorf("%v %q", err, text)
			}
		})
	}
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		c := dial(t, addr)
		if c.send(t, s.plain()); c.status(t) != 204 || !c.ended() {
			t.Error("an idle connection is kept")
		}
	})
}

// TestAPanicEndsItsConnectionAlone as on net/http, not the process.
func TestAPanicEndsItsConnectionAlone(t *testing.T) {
	_, addr := serve(t, New(Config{Now: time.Now}), nil) // no gate to ask
	s := prepare(t)
	c := dial(t, addr)
	if c.send(t, s.plain()); !c.ended() {
		t.Error("an answer")
	}
	c = dial(t, addr)
	if c.send(t, "GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n"); c.status(t) != 200 {
		t.Error("the server is gone")
	}
}

func TestAServerThatEndedBeforeItBegan(t *testing.T) {
	for range 20 {
		s := NewServer(New(Config{Gate: prepare(t).start(t).gate, Now: time.Now}), slog.New(slog.DiscardHandler))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		served := make(chan error)
		go func() { served <- s.Serve(l) }() // before or after the end, as it comes
		must(t, s.Close())
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Fatalf("Serve gave %v", err)
		}
	}
}

// A request on its way to net/http whose client resets the connection must not be waited for: nobody could stop the gate.
func TestShutdownDoesNotWaitForWhoIsGone(t *testing.T) {
	s := prepare(t).start(t)
	server := NewServer(New(Config{Gate: s.gate, Now: time.Now}), slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	both := "GET /gate/check?scope=yc.postbox.send HTTP/1.1\r\nHost: gate\r\n" + s.auth() + "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n"
	for range 300 {
		c, err := net.Dial("tcp", l.Addr().String())
		must(t, err)
		_, err = c.Write([]byte(both))
		must(t, err)
		must(t, c.(*net.TCPConn).SetLinger(0)) // closing resets
		must(t, c.Close())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	<-served
}
