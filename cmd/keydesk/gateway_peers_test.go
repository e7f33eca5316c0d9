package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// seen is what a server behind a gateway saw of one request.
type seen struct {
	method, target, body, from string
	header                     http.Header
}

// recorder is a server that keeps what it saw.
type recorder struct {
	addr   string
	server *httptest.Server
	mu     sync.Mutex
	log    []seen
}

func record(t *testing.T, answer http.HandlerFunc) *recorder {
	t.Helper()
	r := &recorder{}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.log = append(r.log, seen{q.Method, q.RequestURI, string(body), q.RemoteAddr, q.Header.Clone()})
		r.mu.Unlock()
		answer(w, q)
	}))
	t.Cleanup(r.server.Close)
	r.addr = r.server.Listener.Addr().String()
	return r
}

// take gives what was seen since the last call, and empties the log.
func (r *recorder) take() []seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := r.log
	r.log = nil
	return log
}

// scriptedGate speaks the gate's protocol to a gateway: a key is the name of the answer that it gets. It stands in for
// answers that a real gate gives only when it is in trouble, too.
func scriptedGate(w http.ResponseWriter, q *http.Request) {
	refuse := func(status int, code, challenge string) {
		h := w.Header()
		h.Set("Keydesk-Error", code)
		if challenge != "" {
			h.Set("WWW-Authenticate", challenge)
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			h.Set("Retry-After", "7")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":"`+code+`"}`)
	}
	w.Header().Set("Cache-Control", "no-store")
	scopes, credentials := q.URL.Query()["scope"], q.Header.Values("Authorization")
	if len(credentials) > 1 || len(scopes) == 0 || scopes[0] == "" {
		refuse(http.StatusBadRequest, "invalid_request", "")
		return
	}
	_, key, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	switch key {
	case "allowed":
		h := w.Header()
		h.Set("Keydesk-Key-Id", "aje-key")
		h.Set("Keydesk-Service-Account-Id", "aje-account")
		h.Set("Keydesk-Folder-Id", "default")
		h.Set("Keydesk-Scope", scopes[0])
		w.WriteHeader(http.StatusNoContent)
	case "":
		refuse(http.StatusUnauthorized, "no_credential", challengeOf(""))
	case "insufficient_scope", "permission_denied":
		refuse(http.StatusForbidden, key, challengeOf(key)+`, scope="`+scopes[0]+`"`)
	case "gateway_denied":
		refuse(http.StatusForbidden, key, "")
	case "too_many_requests":
		refuse(http.StatusTooManyRequests, key, "")
	case "unavailable":
		refuse(http.StatusServiceUnavailable, key, "")
	default:
		refuse(http.StatusUnauthorized, key, challengeOf(key))
	}
}

// challengeOf is the challenge that goes with a refusal; "" is the bare one.
func challengeOf(code string) string {
	if code == "" {
		return `Api-Key realm="keydesk"`
	}
	return `Api-Key realm="keydesk", error="` + code + `"`
}
