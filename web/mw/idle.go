package mw

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Idle bounds how long a connection without a request stays open. A client of the API keeps its one connection for as long
// as it runs, and the server's IdleTimeout is made for those; a connection on which nobody has shown who they are is closed
// sooner, or strangers could hold any number of them at no cost.
type Idle struct {
	strangers time.Duration

	mu sync.Mutex
	by map[net.Conn]*peer
}

// peer is a connection and, while it is idle, what will close it.
type peer struct {
	mu    sync.Mutex
	known bool
	ends  *time.Timer
}

type peerKey struct{}

// NewIdle closes connections of strangers that have been idle for so long.
func NewIdle(strangers time.Duration) *Idle {
	return &Idle{strangers: strangers, by: map[net.Conn]*peer{}}
}

// Watch has a server tell of its connections.
func (i *Idle) Watch(server *http.Server) {
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		p := &peer{}
		i.mu.Lock()
		i.by[c] = p
		i.mu.Unlock()
		return context.WithValue(ctx, peerKey{}, p)
	}
	server.ConnState = i.state
}

func (i *Idle) state(c net.Conn, now http.ConnState) {
	i.mu.Lock()
	p := i.by[c]
	if now == http.StateClosed || now == http.StateHijacked {
		delete(i.by, c)
	}
	i.mu.Unlock()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ends != nil {
		p.ends.Stop()
		p.ends = nil
	}
	if now == http.StateIdle && !p.known {
		p.ends = time.AfterFunc(i.strangers, func() { _ = c.Close() })
	}
}

// Stay lets the connection of this request be idle for as long as the server does: who sent it is known.
func Stay(ctx context.Context) {
	p, ok := ctx.Value(peerKey{}).(*peer)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = true
}
