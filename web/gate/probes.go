package gate

import (
	"net/http"
	"net/netip"

	"keydesk/models"
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
	if f := h.admit(onceOf(r.Header["Keydesk-Gateway"]), h.now(), deniedService); f != nil && !local(r) {
		refuse(w, f)
		return
	}
	plain(w.Header())
	h.metrics.serve.ServeHTTP(w, r)
}

// local reports whether the peer is a program on this machine.
func local(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
