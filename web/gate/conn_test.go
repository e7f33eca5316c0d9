package gate

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRequestsOfOneConnectionAreToldApart: what the server remembers of a connection, and the memory that it uses again,
// never get from one request into another, nor into what the gate keeps.
func TestRequestsOfOneConnectionAreToldApart(t *testing.T) {
	both(t, requestsOfOneConnectionAreToldApart)
}

func requestsOfOneConnectionAreToldApart(t *testing.T) {
	s := prepare(t)
	second := s.addKey(t, nil)
	s.start(t, func(c *Config) { c.Trusted = prefixes("127.0.0.0/8") })
	c := dial(t, s.addr)
	const send = "yc.postbox.send"
	for i, ask := range []struct {
		key, query, headers string
		status              int
	}{
		{s.key, "?scope=" + send, "User-Agent: first\r\nX-Forwarded-For: 192.0.2.9, 127.0.0.7\r\nX-Forwarded-For: 192.0.2.1\r\n", 204},
		{second, "?scope=" + send, "User-Agent: other\r\nX-Forwarded-For: 192.0.2.2\r\n", 204},
		{second, "?scope=yc.logging.write", "", 403},
		{second, "?scope=yc.search-api.execute", "User-Agent: other\r\nX-Forwarded-For: 192.0.2.2\r\n", 204},
		{"", "?scope=" + send, "", 401},
		{s.key, "", "Keydesk-Scope: " + send + "\r\n", 204},
		{s.key, "", "", 400}, // the scopes of the one before were its header's
		{s.key, "?scope=" + send, "Keydesk-Scope: yc.search-api.execute\r\n", 400},
		{s.key, "?scope=" + send, "User-Agent: first\r\nX-Forwarded-For: 192.0.2.1\r\n", 204},
		{second, "?scope=" + send + "&scope=yc.search-api.execute", "User-Agent: other\r\nX-Forwarded-For: 192.0.2.2\r\n", 204},
	} {
		if ask.key != "" {
			ask.headers += "Authorization: Api-Key " + ask.key + "\r\n"
		}
		c.send(t, "GET /gate/check"+ask.query+" HTTP/1.1\r\nHost: gate\r\n"+ask.headers+"\r\n")
		if got := c.status(t); got != ask.status {
			t.Errorf("request %d: %d, want %d", i, got, ask.status)
		}
	}
	s.leave()
	kept := map[string]string{}
	for _, f := range s.flushed {
		for _, l := range f.Last {
			kept[l.KeyID] = fmt.Sprint(l.Allowed.Agent, " ", l.Allowed.Address)
		}
	}
	if got, want := fmt.Sprint(kept[s.feed.Keys[0].ID], ", ", kept[s.feed.Keys[1].ID]), "first 192.0.2.1, other 192.0.2.2"; got != want {
		t.Errorf("the gate keeps %s, want %s", got, want)
	}
}

// TestAConnectionThatIsRefusedIsHeardOut: a client that is still sending gets the answer all the same, and the end.
func TestAConnectionThatIsRefusedIsHeardOut(t *testing.T) {
	both(t, aConnectionThatIsRefusedIsHeardOut)
}

func aConnectionThatIsRefusedIsHeardOut(t *testing.T) {
	s := prepare(t).start(t)
	for range 20 {
		c := dial(t, s.addr)
		c.send(t, "GET /gate/check HTTP/1.1\r\nHost: gate\r\nX-Big: "+strings.Repeat("x", 200_000))
		if got := c.status(t); got != 431 {
			t.Fatalf("status %d", got)
		}
		_, _ = c.Write([]byte("xxxx"))
		if !c.ended() {
			t.Fatal("more than the answer")
		}
	}
}

// exhausted is a listener that is out of file descriptors a few times.
type exhausted struct {
	net.Listener
	left int
}

func (e *exhausted) Accept() (net.Conn, error) {
	if e.left--; e.left >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return e.Listener.Accept()
}

// TestAServerOutlivesAWantOfFiles as net/http does; fasthttp would end.
func TestAServerOutlivesAWantOfFiles(t *testing.T) {
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	l := &listener{Listener: &exhausted{raw, 3}, given: newGiven(), conns: newConns(time.Now)}
	go func() {
		if c, err := net.Dial("tcp", raw.Addr().String()); err == nil {
			_ = c.Close()
		}
	}()
	c, err := l.Accept()
	must(t, err)
	must(t, c.Close())
	must(t, raw.Close())
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener: %v", err)
	}
}
