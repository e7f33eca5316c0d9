package gate

import (
	"net"
	"sync"
)

// given is the listener of the net/http server: the connections that fasthttp was not to answer.
type given struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	coming sync.WaitGroup // requests that were given away and have not arrived
}

func newGiven() *given {
	return &given{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (g *given) give(c net.Conn) {
	select {
	case g.conns <- c:
	case <-g.closed:
		_ = c.Close()
	}
}

// Accept waits for the next connection.
func (g *given) Accept() (net.Conn, error) {
	select {
	case c := <-g.conns:
		return c, nil
	case <-g.closed:
		return nil, net.ErrClosed
	}
}

// Close lets no further connection in.
func (g *given) Close() error {
	g.once.Do(func() { close(g.closed) })
	return nil
}

// Addr is where the connections came to.
func (g *given) Addr() net.Addr { return g.addr }

// replayed is a connection of which the first bytes were read already.
type replayed struct {
	net.Conn
	head      []byte
	halfClose func() error
}

func (r *replayed) Read(p []byte) (int, error) {
	if len(r.head) > 0 {
		n := copy(p, r.head)
		if r.head = r.head[n:]; len(r.head) == 0 {
			r.head = nil // some of it may be a secret
		}
		return n, nil
	}
	return r.Conn.Read(p)
}

// CloseWrite is what net/http ends a connection with whose client may still be sending.
func (r *replayed) CloseWrite() error { return r.halfClose() }
