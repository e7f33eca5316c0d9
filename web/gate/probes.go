package gate

import (
	"crypto/subtle"
	"net/http"
	"net/netip"
	"slices"
	"sync"

	"keydesk/models"
	"keydesk/models/verify"
)

// Ready answers GET /readyz: 200 once the gate has loaded and may answer, 503 otherwise.
func (h *Handlers) Ready(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, probeMethods) {
		return
	}
	if !h.gate.Ready() {
		refuse(w, decided[models.GateUnavailable])
		return
	}
	say(w, "ready\n")
}

// Health answers GET /healthz: the process runs and serves.
func (h *Handlers) Health(w http.ResponseWriter, r *http.Request) {
	if allow(w, r, probeMethods) {
		say(w, "ok\n")
	}
}

func say(w http.ResponseWriter, text string) {
	plain(w.Header())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text)) // whoever went away needs no answer
}

// Metrics answers GET /metrics in the Prometheus text format. Where gateways need a credential, whoever comes from beyond
// this machine needs one here, too.
func (h *Handlers) Metrics(w http.ResponseWriter, r *http.Request) {
	if !allow(w, r, probeMethods) {
		return
	}
	if !local(r) && !h.mayScrape(onceOf(r.Header["Keydesk-Gateway"])) {
		refuse(w, deniedService)
		return
	}
	plain(w.Header())
	h.metrics.serve.ServeHTTP(w, r)
}

// mayScrape judges the credential of who asks for metrics by what the gate knew last, without a lease: the worst that a gate
// has to tell is that it lost the database. After the database went back in time it knows nothing, and those that were good
// before are.
func (h *Handlers) mayScrape(credential once) bool {
	if !h.gatewayRequired {
		return true
	}
	sum, whole := verify.GatewaySum(credential.value)
	switch {
	case credential.times != 1 || !whole:
		return false
	case h.gate.Gateway(credential.value):
		h.scrapers.add(sum)
		return true
	case !h.scrapers.has(sum):
		return false
	case h.gate.Stats().TimeTravel:
		return true
	}
	h.scrapers.drop(sum) // it was revoked
	return false
}

// maxScrapers is how many credentials are remembered: a program that reads metrics has one.
const maxScrapers = 16

// scrapers are the sums of the credentials that were good on /metrics last; never the credentials.
type scrapers struct {
	mu   sync.Mutex
	sums [][32]byte // the oldest first
}

// find returns the place of a sum, or -1, in a time that says nothing of the sums.
func (s *scrapers) find(sum [32]byte) int {
	at := -1
	for i := range s.sums {
		at = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(s.sums[i][:], sum[:]), i, at)
	}
	return at
}

func (s *scrapers) has(sum [32]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(sum) >= 0
}

func (s *scrapers) add(sum [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(sum) >= 0 {
		return
	}
	if len(s.sums) == maxScrapers {
		s.sums = slices.Delete(s.sums, 0, 1)
	}
	s.sums = append(s.sums, sum)
}

func (s *scrapers) drop(sum [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(sum); i >= 0 {
		s.sums = slices.Delete(s.sums, i, i+1)
	}
}

// local reports whether the peer is a program on this machine.
func local(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
