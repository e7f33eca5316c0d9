package gate

import (
	"net/http"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/verify"
)

// Check answers GET, HEAD and POST /gate/check: 204 with who it is, or a refusal that names the check that failed.
func (h *Handlers) Check(w http.ResponseWriter, r *http.Request) {
	start, sampled := h.metrics.begin()
	if allow(w, r, checkMethods) {
		h.check(w, r)
	}
	if sampled {
		h.metrics.end(start)
	}
}

func (h *Handlers) check(w http.ResponseWriter, r *http.Request) {
	if f := h.admit(r, deniedGateway); f != nil {
		h.answer(w, f)
		return
	}
	var who identity
	scopes, f := askedScopes(r, who[scopeAt:scopeAt])
	if f != nil {
		refuse(w, f, "")
		return
	}
	text, f := presented(r)
	if f != nil {
		refuse(w, f, "")
		return
	}
	d := h.gate.Check(verify.Request{Secret: text, Scopes: scopes, Source: h.client(r), Agent: agent(r)})
	if d.Outcome != models.Allowed {
		refuseDecision(w, &d)
		return
	}
	who.tell(w.Header(), &d, scopes)
	w.WriteHeader(http.StatusNoContent)
}

// identity is the values of the four headers of an allowed answer in one piece of memory. The scope's place serves the
// question first: most name one.
type identity [4]string

const scopeAt = 3

// tell names to the gateway who asks, in the headers that it overwrites on the way to the upstream. A header costs this
// answer some 4% of its CPU, so there is no Vary as on the others: to a request with Authorization no-store alone lets no
// cache keep or reuse anything (RFC 9111, sections 3 and 3.5).
func (v *identity) tell(h http.Header, d *verify.Decision, scopes []string) {
	h["Cache-Control"] = noStore
	v[0], v[1], v[2], v[scopeAt] = d.Key.String(), d.AccountID, d.FolderID, scopes[0]
	if len(scopes) > 1 {
		v[scopeAt] = strings.Join(scopes, " ")
	}
	h["Keydesk-Key-Id"] = v[0:1:1]
	h["Keydesk-Service-Account-Id"] = v[1:2:2]
	h["Keydesk-Folder-Id"] = v[2:3:3]
	h["Keydesk-Scope"] = v[scopeAt:]
}

func refuseDecision(w http.ResponseWriter, d *verify.Decision) {
	if d.RetryAfter > 0 {
		refuseLater(w, decided[d.Outcome], d.RetryAfter)
		return
	}
	refuse(w, decided[d.Outcome], d.Scope)
}

// answer writes a refusal that was decided before any key was looked at.
func (h *Handlers) answer(w http.ResponseWriter, f *refusal) {
	if f.status == http.StatusServiceUnavailable {
		refuseLater(w, f, time.Second)
		return
	}
	refuse(w, f, "")
}

// admit checks the gateway's credential where one is demanded; without a lease nobody knows whether it is still good.
func (h *Handlers) admit(r *http.Request, denied *refusal) *refusal {
	if !h.gatewayRequired {
		return nil
	}
	if !h.gate.Current(h.now()) {
		return decided[models.GateUnavailable]
	}
	if v := r.Header["Keydesk-Gateway"]; len(v) != 1 || !h.gate.Gateway(v[0]) {
		return denied
	}
	return nil
}

func agent(r *http.Request) string {
	if v := r.Header["User-Agent"]; len(v) > 0 {
		return v[0]
	}
	return ""
}
