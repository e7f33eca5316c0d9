// Package ask is for services: it asks Keydesk's gate whether the API key of a request is good for what the request wants.
//
//	gate, err := ask.New(ask.Options{Gate: "http://127.0.0.1:8081"})
//	mux.Handle("GET /orders", gate.Require("orders.read")(list))
//
// The scope is the service's word, never the client's: each route says which it demands. The key comes in the one
// Authorization header, "Api-Key <secret>"; one in a query, a cookie or a body is no credential. Who asked is in the
// request's context, see CallerFrom. Middleware for echo is in askecho, interceptors for gRPC are in askgrpc.
//
// The client asks by POST /gate/verify rather than GET /gate/check, for three reasons. Only a body that says "allowed" lets
// a request pass, so that no proxy's or other server's cheerful answer does. The verdict on a key is always a 200, so that
// the gate's refusal of the service itself is never taken for one of its client. And the secret travels in a body, which
// nothing on the way logs.
//
// Nothing is cached: a revoke that the gates confirmed holds for the very next request. A check costs a round trip to a gate,
// which answers out of its memory; run one beside the service where that is too much. Whatever goes wrong on the way, the
// request is refused: the client fails closed, with 503.
//
// The package imports the standard library alone, so that a service may as well copy the folder.
package ask

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Options say which gate to ask, and how. Gate alone is required.
type Options struct {
	Gate    string        // scheme and host: "http://127.0.0.1:8081"; beyond a private network https
	Gateway string        // this service's credential (keydeskgw_…), which a gate beyond loopback demands
	Timeout time.Duration // of one question with all that belongs to it; zero: 2 s
	// Client sends the questions: for TLS of one's own, or a Unix socket. Neither its redirects, nor its cookies, nor its
	// timeout count. nil is a client that keeps its connections and goes by no proxy.
	Client *http.Client
	Log    *slog.Logger // hears when the gate cannot be asked, and when it answers again; nil: slog.Default()
	// Address is the address that a request is counted under, as the console shows it. The gate believes it where it runs
	// with --trusted-proxy for this service. nil: the request's peer.
	Address func(*http.Request) string
}

const (
	defaultTimeout = 2 * time.Second
	mostIdle       = 64
	idleFor        = 90 * time.Second // the gate ends its own after 2 min: whoever ends first does not meet a closed door
	maxHeader      = 16 << 10
)

// Client asks one gate. It keeps its connections, and is safe for concurrent use: a service has one.
type Client struct {
	verify  string // address of the question
	gateway string
	timeout time.Duration
	client  *http.Client
	log     *slog.Logger
	address func(*http.Request) string
	away    atomic.Bool // the last question could not be asked
}

// New makes a client. It asks nothing yet.
func New(o Options) (*Client, error) {
	at, err := url.Parse(o.Gate)
	switch {
	case err != nil:
		return nil, errors.New("ask: Options.Gate is no URL; give scheme and host, as http://127.0.0.1:8081")
	case at.Scheme != "http" && at.Scheme != "https", at.Host == "", at.User != nil, at.RawQuery != "", at.Fragment != "", at.Path != "" && at.Path != "/":
		return nil, errors.New("ask: Options.Gate is scheme and host alone, as http://127.0.0.1:8081")
	case !sendable(o.Gateway):
		return nil, errors.New("ask: Options.Gateway is no credential: it has characters that no header may have")
	case o.Timeout < 0:
		return nil, errors.New("ask: Options.Timeout is negative")
	}
	c := &Client{
		verify: at.Scheme + "://" + at.Host + "/gate/verify", gateway: o.Gateway, timeout: o.Timeout, log: o.Log, address: o.Address,
	}
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.address == nil {
		c.address = peer
	}
	c.client = &http.Client{Transport: transport()}
	if o.Client != nil {
		c.client.Transport = o.Client.Transport
	}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a secret follows nobody elsewhere
	return c, nil
}

// transport keeps connections to the one host. A proxy of the environment would be told every secret.
func transport() *http.Transport {
	t := &http.Transport{}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	t.Proxy = nil
	t.MaxIdleConns, t.MaxIdleConnsPerHost = mostIdle, mostIdle
	t.IdleConnTimeout = idleFor
	t.MaxResponseHeaderBytes = maxHeader
	t.DisableCompression = true
	return t
}

// Format prints a client without the credential that it holds, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "ask.Client("+c.verify+")") }

// sendable reports whether a text may stand in a header as it is: visible ASCII.
func sendable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
