package main

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// wire is what lies between a process and Postgres. It can be cut in the ways in which networks fail.
type wire struct {
	t        *testing.T
	server   string // the socket of Postgres
	listener net.Listener

	mu    sync.Mutex
	state wireState
	open  map[net.Conn]bool
}

type wireState int

const (
	wireCarries wireState = iota
	wireDrops             // everything vanishes, and nobody is told: a black hole
	wireRefuses           // connections are reset, and no new ones are taken
	wireIsDeaf            // notifications vanish, and nothing else
)

// wired is the same installation seen through a wire of its own.
func (in *installation) wired() (*installation, *wire) {
	in.t.Helper()
	database, err := url.Parse(in.database)
	if err != nil {
		in.t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "wire") // short: a socket's path has 107 bytes at most
	if err != nil {
		in.t.Fatal(err)
	}
	in.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	const socket = ".s.PGSQL.5432"
	w := &wire{t: in.t, server: filepath.Join(database.Query().Get("host"), socket), open: map[net.Conn]bool{}}
	if w.listener, err = net.Listen("unix", filepath.Join(dir, socket)); err != nil {
		in.t.Fatal(err)
	}
	in.t.Cleanup(func() { _ = w.listener.Close(); w.is(wireRefuses) })
	go w.accept()
	query := database.Query()
	query.Set("host", dir)
	database.RawQuery = query.Encode()
	return in.with("KEYDESK_DATABASE=" + database.String()), w
}

// is changes what the wire does from now on.
func (w *wire) is(state wireState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = state
	if state == wireRefuses {
		for c := range w.open {
			_ = c.Close()
		}
		clear(w.open)
	}
}

func (w *wire) now() wireState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		if w.now() == wireRefuses {
			_ = client.Close()
			continue
		}
		go w.carry(client)
	}
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", w.server)
	if err != nil {
		return
	}
	defer server.Close()
	w.mu.Lock()
	w.open[client], w.open[server] = true, true
	w.mu.Unlock()
	l := &line{}
	done := make(chan struct{}, 2)
	go func() { w.pipe(server, client, l.asks); done <- struct{}{} }()
	go func() { w.pipe(client, server, l.hears); done <- struct{}{} }()
	<-done
}

// pipe carries one direction. What a black hole took does not come back later: the connection is useless from then on, as it
// is to Postgres and its client once packets of it are lost for good.
func (w *wire) pipe(to, from net.Conn, passes func(wireState, []byte) bool) {
	part, lost := make([]byte, 64<<10), false
	for {
		n, err := from.Read(part)
		if err != nil {
			return
		}
		state := w.now()
		if lost = lost || state == wireDrops; lost || !passes(state, part[:n]) {
			continue
		}
		if _, err := to.Write(part[:n]); err != nil {
			return
		}
	}
}

// line is what is known of one connection: whether it listens.
type line struct {
	mu      sync.Mutex
	listens bool
}

func (l *line) asks(_ wireState, text []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listens = l.listens || bytes.Contains(text, []byte("LISTEN ")) && !strings.Contains(string(text), "pg_notify")
	return true
}

// hears lets a deaf connection hear the answer to its LISTEN, and no notification.
func (l *line) hears(state wireState, text []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return state != wireIsDeaf || !l.listens || text[0] != 'A' // a NotificationResponse
}
