package gate

import (
	"net/http"
	"net/netip"
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
	var who identity
	d, scopes, no := h.decide(&asked{
		query: r.URL.RawQuery, scopes: r.Header["Keydesk-Scope"], authorization: onceOf(r.Header["Authorization"]),
		gateway: onceOf(r.Header["Keydesk-Gateway"]), session: hasSession(r), source: h.client(r), agent: agent(r),
	}, who[scopeAt:scopeAt])
	if no.refusal != nil {
		no.write(w)
		return
	}
	who.tell(w.Header(), &d, scopes)
	w.WriteHeader(http.StatusNoContent)
}

// asked is a question to /gate/check, whichever server read it.
type asked struct {
	query         string
	known         []string // the query's scopes, where they were read before; the header names none then
	scopes        []string // of the header Keydesk-Scope
	authorization once
	gateway       once
	session       bool // a console's session came with it
	source        netip.Addr
	agent         string
}

// once is a header field that may come once: its first value, and how often it came.
type once struct {
	value string
	times int
}

func onceOf(values []string) (o once) {
	for _, v := range values {
		o.add(v)
	}
	return o
}

func (o *once) add(value string) {
	if o.times++; o.times == 1 {
		o.value = value
	}
}

// decide answers a question: who it is, or what refused it. into gives the first few scopes a place.
func (h *Handlers) decide(q *asked, into []string) (d verify.Decision, scopes []string, no refused) {
	at := h.asked()
	if f := h.admit(q.gateway, at, deniedGateway); f != nil {
		return d, nil, early(f)
	}
	if scopes = q.known; scopes == nil {
		var f *refusal
		if scopes, f = askedScopes(q.query, q.scopes, into); f != nil {
			return d, nil, early(f)
		}
	}
	text, f := presented(q.authorization, q.session)
	if f != nil {
		return d, nil, early(f)
	}
	d = h.gate.Check(verify.Request{Asked: at, Secret: text, Scopes: scopes, Source: q.source, Agent: q.agent})
	if d.Outcome != models.Allowed {
		no = refusedBy(&d)
	}
	return d, scopes, no
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
	v[0], v[1], v[2], v[scopeAt] = d.Key.String(), d.AccountID, d.FolderID, oneLine(scopes)
	h["Keydesk-Key-Id"] = v[0:1:1]
	h["Keydesk-Service-Account-Id"] = v[1:2:2]
	h["Keydesk-Folder-Id"] = v[2:3:3]
	h["Keydesk-Scope"] = v[scopeAt:]
}

func oneLine(scopes []string) string {
	if len(scopes) == 1 {
		return scopes[0]
	}
	return strings.Join(scopes, " ")
}

// admit checks the gateway's credential where one is demanded; without a lease nobody knows whether it is still good.
func (h *Handlers) admit(credential once, asked time.Time, denied *refusal) *refusal {
	switch {
	case !h.gatewayRequired:
		return nil
	case credential.times != 1:
		return denied
	case !h.gate.Current(asked):
		return decided[models.GateUnavailable]
	case !h.gate.Gateway(credential.value):
		return denied
	}
	return nil
}

// asked is when a question came that its gateway and its keys are judged by alike; zero where there is no gateway to judge.
func (h *Handlers) asked() (at time.Time) {
	if h.gatewayRequired {
		at = h.now()
	}
	return at
}

func agent(r *http.Request) string {
	if v := r.Header["User-Agent"]; len(v) > 0 {
		return v[0]
	}
	return ""
}
