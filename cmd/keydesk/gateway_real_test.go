package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"keydesk/models/secret"
)

// realGate is a Keydesk as main runs it, in this process: a database of its own, and a gate on a free port.
type realGate struct {
	addr string
	args []string // of every command beside it
	stop func()   // stops serving, and returns when that is done
}

func startGate(t *testing.T) *realGate {
	t.Helper()
	g := &realGate{addr: freeAddr(t), args: []string{"--data-dir", t.TempDir(), "--log-level", "error"}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	var said bytes.Buffer // read only after the end
	go func() {
		args := append([]string{"serve", "--listen", freeAddr(t), "--gate-listen", g.addr}, g.args...)
		ended <- run(ctx, args, stdio{In: strings.NewReader(""), Out: &said, Err: &said})
	}()
	stopped := false
	g.stop = func() {
		cancel()
		if stopped {
			return
		}
		stopped = true
		if status := <-ended; status != exitDone {
			t.Errorf("serve ended with %d: %s", status, said.String())
		}
	}
	t.Cleanup(g.stop)
	for range 300 {
		var quiet bytes.Buffer
		if run(t.Context(), []string{"healthcheck", "--gate-listen", g.addr}, stdio{Out: &quiet, Err: &quiet}) == exitDone {
			return g
		}
		time.Sleep(20 * time.Millisecond)
	}
	g.stop()
	t.Fatal("the gate does not get ready: " + said.String())
	return nil
}

// do runs a command beside the server, and decodes what it prints into answer, where that is not nil.
func (g *realGate) do(t *testing.T, answer any, args ...string) {
	t.Helper()
	var out, problems bytes.Buffer
	if status := run(t.Context(), append(args, g.args...), stdio{In: strings.NewReader(""), Out: &out, Err: &problems}); status != exitDone {
		t.Fatalf("keydesk %s: %d: %s", strings.Join(args, " "), status, problems.String())
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		t.Fatalf("keydesk %s printed %s: %v", strings.Join(args, " "), out.String(), err)
	}
}

// gatewayKey is a key as `key create` prints it.
type gatewayKey struct{ ID, Secret, account string }

func (g *realGate) key(t *testing.T, account string, roles ...string) gatewayKey {
	t.Helper()
	args := []string{"account", "create", "--name", account, "--json"}
	for _, r := range roles {
		args = append(args, "--role", r)
	}
	var made struct{ ID string }
	g.do(t, &made, args...)
	k := gatewayKey{account: made.ID}
	g.do(t, &k, "key", "create", "--account", made.ID, "--scope", "yc.postbox.send", "--json")
	return k
}

// TestGatewaysAskTheRealGate: nginx and Caddy in front of a service, with the gate and the command line as they ship.
func TestGatewaysAskTheRealGate(t *testing.T) {
	g, service := startGate(t), record(t, func(http.ResponseWriter, *http.Request) {})
	good, unpermitted, revoked, disabled := g.key(t, "mailer", "postbox.sender"), g.key(t, "no-roles"),
		g.key(t, "leaver", "postbox.sender"), g.key(t, "paused", "postbox.sender")
	g.do(t, nil, "key", "revoke", revoked.ID, "--reason", "leaked", "--json")
	g.do(t, nil, "key", "disable", disabled.ID, "--json")
	unknown, err := secret.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	scenes := map[string]gatewayScene{}
	for name, start := range gateways {
		scenes[name] = gatewayScene{url: "http://" + start(t, g.addr, service.addr), service: service}
	}
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) {
			s.passesAs(t, good)
			for _, tc := range []struct {
				path, key string
				status    int
				reason    string
			}{
				{"/mail/1", "", 401, "no_credential"},
				{"/mail/1", good.Secret[:len(good.Secret)-1], 401, "malformed_key"},
				{"/mail/1", unknown.Reveal(), 401, "unknown_key"},
				{"/mail/1", revoked.Secret, 401, "revoked_key"},
				{"/mail/1", disabled.Secret, 401, "disabled_key"},
				{"/logs/1", good.Secret, 403, "insufficient_scope"},
				{"/mail/1", unpermitted.Secret, 403, "permission_denied"},
			} {
				answer, body := s.ask(t, "GET", tc.path, tc.key, "")
				refused(t, answer, body, tc.status, tc.reason)
				challenge := answer.Header.Get("WWW-Authenticate")
				if tc.reason == "no_credential" && challenge != challengeOf("") {
					t.Errorf("challenge %q, want it bare", challenge)
				}
				if tc.reason != "no_credential" && !strings.HasPrefix(challenge, challengeOf(tc.reason)) {
					t.Errorf("challenge %q, want it to name %s", challenge, tc.reason)
				}
			}
			if got := service.take(); len(got) != 0 {
				t.Errorf("the service got %v", got)
			}
		})
	}
	g.stop()
	for name, s := range scenes {
		t.Run(name+" without the gate", func(t *testing.T) {
			answer, body := s.ask(t, "GET", "/mail/1", good.Secret, "")
			refused(t, answer, body, http.StatusServiceUnavailable, "unavailable")
		})
	}
}

// passesAs checks that a key passes, and that the service is told whose it is.
func (s gatewayScene) passesAs(t *testing.T, k gatewayKey) {
	t.Helper()
	answer, body := s.ask(t, "POST", "/mail/1", k.Secret, "a letter", "Keydesk-Key-Id", "forged", "Cookie", "session=1")
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", answer.StatusCode, body)
	}
	got := only(t, s.service.take())
	for name, want := range map[string]string{
		"Keydesk-Key-Id": k.ID, "Keydesk-Service-Account-Id": k.account, "Keydesk-Scope": "yc.postbox.send", "Authorization": "", "Cookie": "",
	} {
		if have := strings.Join(got.header.Values(name), " and "); have != want {
			t.Errorf("the service got %s %q, want %q", name, have, want)
		}
	}
	if got.body != "a letter" || got.header.Get("Keydesk-Folder-Id") == "" {
		t.Errorf("the service got %q from folder %q", got.body, got.header.Get("Keydesk-Folder-Id"))
	}
}
