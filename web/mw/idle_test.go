package mw

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// watched is a client's connection that tells when it has ended.
type watched struct {
	net.Conn
	once  sync.Once
	ended chan struct{}
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil {
		w.once.Do(func() { close(w.ended) })
	}
	return n, err
}

// idler is a client with one connection.
type idler struct {
	t    *testing.T
	url  string
	http *http.Client
	conn chan *watched
}

func newIdler(t *testing.T, url string, second bool) *idler {
	i := &idler{t: t, url: url, conn: make(chan *watched, 1000)}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(!second)
	protocols.SetUnencryptedHTTP2(second)
	transport := &http.Transport{Protocols: protocols, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		w := &watched{Conn: c, ended: make(chan struct{})}
		i.conn <- w
		return w, nil
	}}
	t.Cleanup(transport.CloseIdleConnections)
	i.http = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	return i
}

func (i *idler) get(path string) {
	i.t.Helper()
	if err := i.tries(path); err != nil {
		i.t.Fatal(err)
	}
}

func (i *idler) tries(path string) error {
	res, err := i.http.Get(i.url + path)
	if err == nil {
		_ = res.Body.Close()
	}
	return err
}

// getAgain asks once more where the server closes the connection in that very moment, as it may that of a stranger.
func (i *idler) getAgain(path string) {
	i.t.Helper()
	err := i.tries(path)
	for until := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(until); {
		err = i.tries(path)
	}
	if err != nil {
		i.t.Fatal(err)
	}
}

// TestStrangersAreNotIdleForLong shows that a connection on which nobody said who they are is closed, and that of somebody
// who did is not, by either version of HTTP.
func TestStrangersAreNotIdleForLong(t *testing.T) {
	for name, second := range map[string]bool{"HTTP/1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/known" {
					Stay(r.Context())
				}
			}))
			server.Config.Protocols = &http.Protocols{}
			server.Config.Protocols.SetHTTP1(true)
			server.Config.Protocols.SetUnencryptedHTTP2(true)
			NewIdle(300 * time.Millisecond).Watch(server.Config)
			server.Start()
			t.Cleanup(server.Close)

			known, stranger := newIdler(t, server.URL, second), newIdler(t, server.URL, second)
			known.get("/known")
			stranger.getAgain("/")
			for range 3 { // several spells, each as long as a stranger may stay
				select {
				case <-(<-stranger.conn).ended:
				case <-time.After(20 * time.Second):
					t.Fatal("a stranger's idle connection stays open")
				}
				stranger.getAgain("/")
			}
			known.get("/")
			if n := len(known.conn); n != 1 {
				t.Errorf("who is known needed %d connections, want one", n)
			}
		})
	}
}

// TestStayWithoutAWatch shows that a handler may be asked without such a server.
func TestStayWithoutAWatch(t *testing.T) { Stay(t.Context()) }

// TestAllowance shows that each party has its own.
func TestAllowance(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	a := NewAllowance(Rate{PerSecond: 1, Burst: 2, Parties: 10}, func() time.Time { return now })
	for _, want := range []bool{true, true, false} {
		if a.Left("one") != want || a.Take("one") != want {
			t.Errorf("something is left: %v", !want)
		}
	}
	if !a.Take("other") {
		t.Error("one party uses up what is another's")
	}
	now = now.Add(time.Second)
	if !a.Take("one") || a.Take("one") {
		t.Error("after a second one is back, and no more")
	}
	if a.Exceeded("Wait.") == nil || Party("192.0.2.1") == Party("192.0.2.2") || Party("2001:db8::1") != Party("2001:db8::2") {
		t.Error("who is a party is not what limits of the console take it for")
	}
}
