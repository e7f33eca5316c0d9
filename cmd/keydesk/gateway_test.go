package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// gateways are the programs that ship with a configuration of ours.
var gateways = map[string]func(t *testing.T, gateAddr, upstreamAddr string) string{"nginx": startNginx, "caddy": startCaddy}

// identity are the headers in which a service is told who calls.
var identity = []string{"Keydesk-Key-Id", "Keydesk-Service-Account-Id", "Keydesk-Folder-Id", "Keydesk-Scope"}

// gatewayScene is a gateway between a client and a service, beside a gate.
type gatewayScene struct {
	url           string
	gate, service *recorder
}

// eachGateway runs a test with every gateway that is shipped for.
func eachGateway(t *testing.T, test func(t *testing.T, s gatewayScene)) {
	for name, start := range gateways {
		t.Run(name, func(t *testing.T) {
			s := gatewayScene{gate: record(t, scriptedGate), service: record(t, func(w http.ResponseWriter, q *http.Request) {
				if q.URL.Path == "/mail/broken" {
					w.Header().Set("WWW-Authenticate", "Of-Its-Own")
					w.WriteHeader(http.StatusForbidden)
				}
				_, _ = io.WriteString(w, "the service's answer")
			})}
			s.url = "http://" + start(t, s.gate.addr, s.service.addr)
			test(t, s)
		})
	}
}

// ask sends a request with the key and gives the answer, its body read.
func (s gatewayScene) ask(t *testing.T, method, path, key, body string, header ...string) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		q.Header.Set("Authorization", "Api-Key "+key)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Add(header[i], header[i+1])
	}
	client := http.Client{Timeout: 20 * time.Second}
	answer, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// TestGatewayRefusals: a refusal reaches the client as the gate meant it, and the service hears nothing of it.
func TestGatewayRefusals(t *testing.T) {
	cases := []struct {
		key       string
		status    int
		challenge string
		wait      bool
	}{
		{"", 401, challengeOf(""), false},
		{"malformed_key", 401, challengeOf("malformed_key"), false},
		{"unknown_key", 401, challengeOf("unknown_key"), false},
		{"revoked_key", 401, challengeOf("revoked_key"), false},
		{"insufficient_scope", 403, challengeOf("insufficient_scope") + `, scope="yc.postbox.send"`, false},
		{"permission_denied", 403, challengeOf("permission_denied") + `, scope="yc.postbox.send"`, false},
		{"gateway_denied", 403, "", false},
		{"too_many_requests", 429, "", true},
		{"unavailable", 503, "", true},
	}
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		for _, tc := range cases {
			t.Run("key "+tc.key, func(t *testing.T) {
				answer, body := s.ask(t, "GET", "/mail/1", tc.key, "")
				reason := tc.key
				if reason == "" {
					reason = "no_credential"
				}
				refused(t, answer, body, tc.status, reason)
				if got := strings.Join(answer.Header.Values("WWW-Authenticate"), " and "); got != tc.challenge {
					t.Errorf("challenge %q, want %q", got, tc.challenge)
				}
				if tc.wait != (answer.Header.Get("Retry-After") == "7") {
					t.Errorf("Retry-After is %q", answer.Header.Get("Retry-After"))
				}
				if got := s.service.take(); len(got) != 0 {
					t.Errorf("the service got %v", got)
				}
			})
		}
	})
}

// refused checks what every refusal has in common.
func refused(t *testing.T, answer *http.Response, body string, status int, reason string) {
	t.Helper()
	if answer.StatusCode != status {
		t.Errorf("status %d, want %d", answer.StatusCode, status)
	}
	if got := answer.Header.Get("Keydesk-Error"); got != reason {
		t.Errorf("Keydesk-Error %q, want %q", got, reason)
	}
	if !strings.Contains(body, `"`+reason+`"`) {
		t.Errorf("the body %q does not name %s", body, reason)
	}
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q, want no-store", got)
	}
}

// TestGatewayTwoCredentials: of two credentials none is chosen.
func TestGatewayTwoCredentials(t *testing.T) {
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		answer, _ := s.ask(t, "GET", "/mail/1", "allowed", "", "Authorization", "Api-Key allowed")
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d, want 400", answer.StatusCode)
		}
		if got := s.service.take(); len(got) != 0 {
			t.Errorf("the service got %v", got)
		}
	})
}

// TestGatewayPasses: the service is told who calls, by the gate alone, and gets neither secret nor cookie.
func TestGatewayPasses(t *testing.T) {
	forged := []string{"Cookie", "session=1", "X-Forwarded-For", "203.0.113.9", "Keydesk_Key_Id", "forged", "User-Agent", "mailer/2",
		"Keydesk-Gateway", "forged", "Connection", "keep-alive, " + strings.Join(identity, ", ") + ", keydesk-key-id"}
	for _, name := range identity {
		forged = append(forged, name, "forged")
	}
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		answer, body := s.ask(t, "GET", "/mail/1?a=b", "allowed", "", forged...)
		if answer.StatusCode != http.StatusOK || body != "the service's answer" {
			t.Fatalf("%d %q", answer.StatusCode, body)
		}
		got := only(t, s.service.take())
		if got.target != "/mail/1?a=b" {
			t.Errorf("the service was asked for %s", got.target)
		}
		for i, want := range []string{"aje-key", "aje-account", "default", "yc.postbox.send"} {
			if have := got.header.Values(identity[i]); len(have) != 1 || have[0] != want {
				t.Errorf("%s is %q, want %q alone", identity[i], have, want)
			}
		}
		for _, name := range []string{"Authorization", "Cookie", "Keydesk_key_id"} {
			if have := got.header.Values(name); len(have) != 0 {
				t.Errorf("the service got %s: %q", name, have)
			}
		}
		asked := only(t, s.gate.take())
		if asked.target != "/gate/check?scope=yc.postbox.send" || asked.header.Get("User-Agent") != "mailer/2" {
			t.Errorf("the gate was asked %s for %q", asked.target, asked.header.Get("User-Agent"))
		}
		if have := asked.header.Values("X-Forwarded-For"); len(have) != 1 || have[0] != "127.0.0.1" {
			t.Errorf("the gate was told that %q called", have)
		}
		for _, name := range append(identity, "Cookie", "Keydesk-Gateway") {
			if have := asked.header.Values(name); len(have) != 0 {
				t.Errorf("the gate got the client's %s: %q", name, have)
			}
		}
		for _, name := range append(identity, "Authorization") {
			if have := answer.Header.Values(name); len(have) != 0 {
				t.Errorf("the client got %s: %q", name, have)
			}
		}
	})
}

// TestGatewayScopes: each place has the scope that the gateway's configuration gives it.
func TestGatewayScopes(t *testing.T) {
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		s.ask(t, "GET", "/logs/1", "allowed", "")
		if got := only(t, s.gate.take()); got.target != "/gate/check?scope=yc.logging.write" {
			t.Errorf("the gate was asked %s", got.target)
		}
	})
}

// TestGatewayKeepsConnections: a check takes microseconds, so a connection to the gate is used again.
func TestGatewayKeepsConnections(t *testing.T) {
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		for range 20 {
			s.ask(t, "GET", "/mail/1", "allowed", "")
		}
		connections := map[string]bool{}
		asked := s.gate.take()
		for _, q := range asked {
			connections[q.from] = true
		}
		if len(asked) != 20 || len(connections) > 2 {
			t.Errorf("%d checks came over %d connections", len(asked), len(connections))
		}
	})
}

// TestGatewayOfCompose: the gateway that docker-compose.yml starts, and the service behind it, with their names resolved.
func TestGatewayOfCompose(t *testing.T) {
	gate, gateway, service := record(t, scriptedGate), freeAddr(t), freeAddr(t)
	runNginx(t, service, "app.conf", "listen       9000", "listen "+service)
	runNginx(t, gateway, "gateway.conf", "listen 8088", "listen "+gateway, "keydesk:8081", gate.addr, "app:9000", service)
	s := gatewayScene{url: "http://" + gateway}
	answer, body := s.ask(t, "GET", "/anything", "allowed", "", "Keydesk-Folder-Id", "forged")
	want := `{"key":"aje-key","service_account":"aje-account","folder":"default","scope":"yc.postbox.send"}` + "\n"
	if answer.StatusCode != http.StatusOK || body != want {
		t.Errorf("%d %s, want 200 %s", answer.StatusCode, body, want)
	}
	answer, body = s.ask(t, "GET", "/anything", "expired_key", "")
	refused(t, answer, body, http.StatusUnauthorized, "expired_key")
	if answer, _ := s.ask(t, "GET", "/healthz", "", ""); answer.StatusCode != http.StatusNoContent {
		t.Errorf("status %d of the health check, want 204", answer.StatusCode)
	}
}

// TestGatewayBodies: a body goes to the service, whole, and never to the gate; refused, it goes nowhere.
func TestGatewayBodies(t *testing.T) {
	large := string(bytes.Repeat([]byte("0123456789abcdef"), 1<<20)) // 16 MiB
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		for _, body := range []string{"a small one", large} {
			s.ask(t, "POST", "/mail/1", "allowed", body)
			if got := only(t, s.service.take()); got.method != "POST" || got.body != body {
				t.Errorf("the service got %s of %d bytes, want POST of %d", got.method, len(got.body), len(body))
			}
			if got := only(t, s.gate.take()); got.method != "GET" || got.body != "" || got.header.Get("Content-Length") != "" {
				t.Errorf("the gate got %s of %d bytes, announced as %q", got.method, len(got.body), got.header.Get("Content-Length"))
			}
		}
		if answer, _ := s.ask(t, "POST", "/mail/1", "revoked_key", "a small one"); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d, want 401", answer.StatusCode)
		}
	})
}

// TestGatewayHead: HEAD is answered as GET is, without a body.
func TestGatewayHead(t *testing.T) {
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		if answer, _ := s.ask(t, "HEAD", "/mail/1", "allowed", ""); answer.StatusCode != http.StatusOK {
			t.Errorf("status %d, want 200", answer.StatusCode)
		}
		if got := only(t, s.service.take()); got.method != "HEAD" {
			t.Errorf("the service got %s", got.method)
		}
		answer, body := s.ask(t, "HEAD", "/mail/1", "insufficient_scope", "")
		if answer.StatusCode != http.StatusForbidden || answer.Header.Get("Keydesk-Error") != "insufficient_scope" || body != "" {
			t.Errorf("%d %q %q", answer.StatusCode, answer.Header.Get("Keydesk-Error"), body)
		}
	})
}

// TestGatewayLeavesTheServiceAlone: what the service refuses by itself is not taken for the gate's refusal.
func TestGatewayLeavesTheServiceAlone(t *testing.T) {
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		answer, body := s.ask(t, "GET", "/mail/broken", "allowed", "")
		if answer.StatusCode != http.StatusForbidden || answer.Header.Get("WWW-Authenticate") != "Of-Its-Own" || body != "the service's answer" {
			t.Errorf("%d %q %q", answer.StatusCode, answer.Header.Get("WWW-Authenticate"), body)
		}
		s.service.server.Close()
		if answer, _ := s.ask(t, "GET", "/mail/1", "allowed", ""); answer.StatusCode != http.StatusBadGateway {
			t.Errorf("status %d of a service that is down, want 502", answer.StatusCode)
		}
	})
}

// TestGatewayWithoutGate: nothing passes while the gate cannot be asked, and the client is told to come again.
func TestGatewayWithoutGate(t *testing.T) {
	eachGateway(t, func(t *testing.T, s gatewayScene) {
		s.gate.server.Close()
		answer, body := s.ask(t, "GET", "/mail/1", "allowed", "")
		refused(t, answer, body, http.StatusServiceUnavailable, "unavailable")
		if answer.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		if got := s.service.take(); len(got) != 0 {
			t.Errorf("the service got %v", got)
		}
	})
}

// only is the one request that was seen.
func only(t *testing.T, log []seen) seen {
	t.Helper()
	if len(log) != 1 {
		t.Fatalf("%d requests, want one", len(log))
	}
	return log[0]
}
