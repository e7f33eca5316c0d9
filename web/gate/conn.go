package gate

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

// preface is what a connection of HTTP/2 begins with, where the client knows without asking (RFC 9113, section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// lingerFor is how long a connection is read on after a request that was refused unread, as net/http does: a client that is
// still sending would otherwise lose the answer.
const lingerFor = 500 * time.Millisecond

// listener gives fasthttp the gate's connections.
type listener struct {
	net.Listener
	given *given
	conns *conns
	once  sync.Once
	err   error
}

// Close closes it, however often it is told to.
func (l *listener) Close() error {
	l.once.Do(func() { l.err = l.Listener.Close() })
	return l.err
}

// Accept waits and asks again where the process is out of something that comes back, such as file descriptors.
func (l *listener) Accept() (net.Conn, error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		raw, err := l.Listener.Accept()
		if err == nil {
			return l.conns.add(raw, l.given), nil
		}
		var passing net.Error
		if !errors.As(err, &passing) || !passing.Temporary() { //nolint:staticcheck // SA1019: for want of another word net/http asks so, too
			return nil, err
		}
		time.Sleep(wait)
	}
}

// conns are the open connections that fasthttp reads, or read first.
type conns struct {
	now  func() time.Time
	mu   sync.Mutex
	open map[*conn]struct{}
}

func newConns(now func() time.Time) *conns { return &conns{now: now, open: map[*conn]struct{}{}} }

func (s *conns) add(raw net.Conn, to *given) *conn {
	c := &conn{Conn: raw, conns: s, given: to}
	if a, ok := raw.RemoteAddr().(*net.TCPAddr); ok { // a Unix socket has no address
		c.peer = bare(a.AddrPort().Addr())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = struct{}{}
	return c
}

func (s *conns) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *conns) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Conn.Close()
	}
}

// conn is one connection, and what its requests have in common: a gateway asks the same question with the same agent again
// and again, and one copy serves all. Nothing of a credential is kept.
type conn struct {
	net.Conn
	conns *conns
	given *given
	peer  netip.Addr

	begun   bool        // its first bytes were looked at
	silent  bool        // there is nobody to answer
	refused atomic.Bool // it ends with an answer to what was not read
	gone    atomic.Bool // net/http has it
	pending atomic.Bool // it is on its way there

	host, agent, query, scopeLine string
	scopes                        []string
}

// Read looks at the first bytes: HTTP/2 goes to net/http, and what reads here meets the end.
func (c *conn) Read(p []byte) (int, error) {
	if c.begun {
		return c.Conn.Read(p)
	}
	c.begun = true
	n, err := c.Conn.Read(p)
	for err == nil && n < len(preface) && n < len(p) && strings.HasPrefix(preface, string(p[:n])) {
		var more int
		more, err = c.Conn.Read(p[n:])
		n += more
	}
	if err != nil || n < len(preface) || string(p[:len(preface)]) != preface {
		return n, err
	}
	c.gone.Store(true)
	c.conns.remove(c)
	if c.SetDeadline(time.Time{}) != nil {
		_ = c.Conn.Close()
		return 0, io.EOF
	}
	c.given.give(&replayed{Conn: c.Conn, head: append([]byte(nil), p[:n]...), halfClose: c.closeWrite})
	return 0, io.EOF
}

func (c *conn) Write(p []byte) (int, error) {
	if c.silent {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// leaves and arrives count a connection that is on its way to net/http, for Shutdown. One that fasthttp closes instead, because
// its client is gone, does not arrive and is closed.
func (c *conn) leaves() {
	if c.pending.CompareAndSwap(false, true) {
		c.given.coming.Add(1)
	}
}

func (c *conn) arrives() {
	if c.pending.CompareAndSwap(true, false) {
		c.given.coming.Done()
	}
}

// Close does nothing where net/http has the connection.
func (c *conn) Close() error {
	defer c.arrives()
	if c.gone.Load() {
		return nil
	}
	if c.refused.Load() && c.closeWrite() == nil && c.SetReadDeadline(c.conns.now().Add(lingerFor)) == nil {
		_, _ = io.Copy(io.Discard, c.Conn) // until the client's end or the deadline
	}
	c.conns.remove(c)
	return c.Conn.Close()
}

func (c *conn) closeWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// knowsHost reports whether a Host is one that net/http takes.
func (c *conn) knowsHost(value []byte) bool {
	if string(value) != c.host {
		host := string(value)
		if !httpguts.ValidHostHeader(host) {
			return false
		}
		c.host = host
	}
	return true
}

func (c *conn) sameAgent(value []byte) string {
	if string(value) != c.agent {
		c.agent = string(value)
	}
	return c.agent
}

// sameQuery gives the query behind its question mark, and its scopes where it is the one that was remembered.
func (c *conn) sameQuery(query []byte, named bool) (text string, scopes []string) {
	if len(query) > 0 {
		query = query[1:]
	}
	if len(c.scopes) > 0 && !named && string(query) == c.query {
		return c.query, c.scopes
	}
	return string(query), nil
}

// remember keeps the scopes of a question that was answered with yes, names of the catalogue all of them, and gives their
// line in the answer. Scopes that a header named are not the query's.
func (c *conn) remember(q *asked, scopes []string) (line string) {
	if q.known != nil {
		return c.scopeLine
	}
	line = oneLine(scopes)
	if len(q.scopes) == 0 {
		c.query, c.scopes, c.scopeLine = q.query, scopes, line
	}
	return line
}
