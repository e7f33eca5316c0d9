package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Scopes, roles and accounts of the tests.
const (
	scopeRead  = "orders.read"
	scopeWrite = "orders.write"
	scopeMail  = "yc.postbox.send" // that no role of the tests' accounts permits
	roleOrders = "orders.user"
)

// madeKey is what `key create` and `key reissue` answer.
type madeKey struct {
	ID           string
	Secret       string
	Scopes       []string
	Confirmation told
}

// told is what the gates said about a change.
type told struct {
	Revision         int64
	Gates, Confirmed int
	TookMS           int64 `json:"took_ms"`
	Pending          []any
}

// complete checks that every gate confirmed, and at least one.
func (c told) complete(t *testing.T) {
	t.Helper()
	if c.Revision == 0 || c.Gates < 1 || c.Confirmed != c.Gates || len(c.Pending) != 0 {
		t.Errorf("confirmation %+v, want it from every gate", c)
	}
}

// account makes a service account that may use the service orders.
func (in *installation) account(name string) {
	in.t.Helper()
	in.done("account", "create", "--name", name, "--role", roleOrders)
}

// key makes a key.
func (in *installation) key(account string, args ...string) madeKey {
	in.t.Helper()
	var k madeKey
	in.answer(&k, append([]string{"key", "create", "--account", account}, args...)...)
	return k
}

// gateAnswer is a gate's answer to a check.
type gateAnswer struct {
	status int
	reason string // the header Keydesk-Error
	header http.Header
	body   string
}

func (a gateAnswer) is(t *testing.T, what string, status int, reason string) {
	t.Helper()
	if a.status != status || a.reason != reason {
		t.Errorf("%s: the gate answers %d %q, want %d %q", what, a.status, a.reason, status, reason)
	}
}

// passes and refuses say what the gate answers to a key that asks for one scope.
func (s *server) passes(what string, k madeKey, scope string) {
	s.t.Helper()
	s.check(k.Secret, scope).is(s.t, what, http.StatusNoContent, "")
}

func (s *server) refuses(what string, k madeKey, scope string, status int, reason string) {
	s.t.Helper()
	s.check(k.Secret, scope).is(s.t, what, status, reason)
}

// check asks the gate as a gateway does; header are names and values.
func (s *server) check(secret, scope string, header ...string) gateAnswer {
	s.t.Helper()
	a, err := s.tryCheck(secret, scope, header...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// tryCheck is check for when the server may be gone.
func (s *server) tryCheck(secret, scope string, header ...string) (gateAnswer, error) {
	return s.send(http.MethodGet, s.gate+"/gate/check?scope="+url.QueryEscape(scope), "", append(header, "Authorization", "Api-Key "+secret)...)
}

// send sends one request and reads the answer to its end.
func (s *server) send(method, address, body string, header ...string) (gateAnswer, error) {
	q, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return gateAnswer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Add(header[i], header[i+1])
	}
	answer, err := s.client.Do(q)
	if err != nil {
		return gateAnswer{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return gateAnswer{answer.StatusCode, answer.Header.Get("Keydesk-Error"), answer.Header, string(text)}, err
}

// flipped is a secret with one character in its middle replaced.
func flipped(secret string) string {
	b := []byte(secret)
	other := byte('A')
	if b[len(b)/2] == other {
		other = 'B'
	}
	b[len(b)/2] = other
	return string(b)
}
