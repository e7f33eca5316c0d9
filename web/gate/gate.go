// Package gate lets gateways and services ask whether a key is good: GET /gate/check for nginx, Caddy, Traefik and HAProxy,
// POST /gate/verify for services that decide themselves.
//
// These are plain handlers of net/http, before which Server answers plain checks on fasthttp by the same decisions: a check
// carries no session, no form token, no template and no log line. A gateway's question names the scopes, in the query
// (scope=…, once for each) or, where it cannot build a query, in the header Keydesk-Scope. The scope is the gateway's word:
// it has to overwrite that header, as it does the other Keydesk-* headers. Where both are there they have to agree, so that
// a client that sends the header itself is refused and gains nothing.
package gate

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keydesk/models/verify"
)

// Config is what the handlers are made of.
type Config struct {
	Gate *verify.Gate
	// GatewayRequired demands a gateway's credential with every question: where the gate listens beyond loopback.
	GatewayRequired bool
	// Trusted are the proxies whose X-Forwarded-For is believed. None: the peer is the client.
	Trusted []netip.Prefix
	Now     func() time.Time
	// Also are further metrics of this process, for the same page. They must not wait for anything.
	Also []prometheus.Collector
}

// Handlers answers the gate's addresses. Safe for concurrent use.
type Handlers struct {
	gate            *verify.Gate
	gatewayRequired bool
	trusted         []netip.Prefix
	now             func() time.Time
	metrics         *metrics
	scrapers        scrapers
}

// New makes the handlers.
func New(cfg Config) *Handlers {
	return &Handlers{
		gate: cfg.Gate, gatewayRequired: cfg.GatewayRequired, trusted: cfg.Trusted, now: cfg.Now,
		metrics: newMetrics(cfg.Gate, cfg.Now, cfg.Also),
	}
}

// Route is one address of the gate's listener.
type Route struct {
	Path    string
	Methods []string // of which the handler itself refuses any other with 405
	Do      http.HandlerFunc
}

// Routes lists the gate's addresses. None of them carries a permission: who may ask is decided by the listener and the
// gateway's credential.
func (h *Handlers) Routes() []Route {
	return []Route{
		{"/gate/check", checkMethods, h.Check},
		{"/gate/verify", postOnly, h.Verify},
		{"/gate/verify:batch", postOnly, h.VerifyBatch},
		{"/readyz", probeMethods, h.Ready},
		{"/healthz", probeMethods, h.Health},
		{"/metrics", probeMethods, h.Metrics},
	}
}

var (
	checkMethods = []string{http.MethodGet, http.MethodHead, http.MethodPost}
	postOnly     = []string{http.MethodPost}
	probeMethods = []string{http.MethodGet, http.MethodHead}
)

// ServeHTTP finds the handler by the exact path: a router would cost more than the decision.
func (h *Handlers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/gate/check":
		h.Check(w, r)
	case "/gate/verify":
		h.Verify(w, r)
	case "/gate/verify:batch":
		h.VerifyBatch(w, r)
	case "/readyz":
		h.Ready(w, r)
	case "/healthz":
		h.Health(w, r)
	case "/metrics":
		h.Metrics(w, r)
	default:
		refuse(w, notFound)
	}
}
