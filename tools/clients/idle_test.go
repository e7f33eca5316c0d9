package clients

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	"github.com/yandex-cloud/go-sdk/v2/credentials"
	"golang.org/x/net/http2"
)

// wire hands bytes on to a server and keeps account of what passes.
type wire struct {
	listener net.Listener

	mu       sync.Mutex
	accepted int         // connections so far
	hungUp   int         // connections that the server ended
	asked    []time.Time // when the client asked whether the server is there
}

// tap puts a wire before a server, for as long as the test runs.
func tap(t *testing.T, server string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends with the test
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			w.note(func() { w.accepted++ })
			open.Go(func() { w.carry(client, server) })
		}
	})
	t.Cleanup(func() { // after the SDK has closed its side
		_ = l.Close()
		open.Wait()
	})
	return w
}

func (w *wire) note(what func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	what()
}

func (w *wire) carry(client net.Conn, address string) {
	server, err := net.Dial("tcp", address) //nolint:noctx // ends with the client
	if err != nil {
		_ = client.Close()
		return
	}
	go func() {
		_, _ = io.Copy(client, server)
		w.note(func() { w.hungUp++ })
		_ = client.Close()
	}()
	copied, copies := io.Pipe()
	go w.listen(copied)
	_, _ = io.Copy(server, io.TeeReader(client, copies))
	_ = copies.Close()
	_ = server.Close()
}

// listen notes each ping that a client sends of its own accord.
func (w *wire) listen(sent *io.PipeReader) {
	defer func() { _, _ = io.Copy(io.Discard, sent) }() // whatever happens, the wire goes on
	if _, err := io.CopyN(io.Discard, sent, int64(len(http2.ClientPreface))); err != nil {
		return
	}
	for frames := http2.NewFramer(io.Discard, sent); ; {
		frame, err := frames.ReadFrame()
		if err != nil {
			return
		}
		if ping, ok := frame.(*http2.PingFrame); ok && !ping.IsAck() {
			w.note(func() { w.asked = append(w.asked, time.Now()) })
		}
	}
}

// askedSince counts the pings after an instant.
func (w *wire) askedSince(at time.Time) (n int) {
	w.note(func() {
		for _, when := range w.asked {
			if when.After(at) {
				n++
			}
		}
	})
	return n
}

// TestSDKv2Idle: SDK v2 asks every 30 s whether the server is there, also while it has no call. Servers that take such
// questions for an attack hang up after the third; ours answers them, and the connection stays.
func TestSDKv2Idle(t *testing.T) {
	t.Parallel()
	s := serve(t, plain...)
	w := tap(t, s.API)
	sdk := buildV2(t, credentials.IAMToken(s.Token), static(w.listener.Addr().String()))
	ask := func() {
		t.Helper()
		if _, err := sdk.accounts(t.Context(), &iam.ListServiceAccountsRequest{FolderId: s.Folder}); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	const flurry = 10 * time.Second // gRPC measures the line with pings of its own around a call
	since := time.Now().Add(flurry)
	time.Sleep(*idle) // the one test that is about time that passes
	if asked, least := w.askedSince(since), int(*idle/(35*time.Second)); asked < least {
		t.Errorf("idle, the client asked %d times whether the server is there, want %d or more: this shows nothing", asked, least)
	}
	ask()
	w.note(func() {
		if w.accepted != 1 || w.hungUp != 0 {
			t.Errorf("in %v of idleness %d connections were made and the server ended %d, want 1 and 0", *idle, w.accepted, w.hungUp)
		}
	})
}
