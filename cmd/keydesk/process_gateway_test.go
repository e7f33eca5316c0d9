package main

import (
	"fmt"
	"net/http"
	"testing"
)

// TestGatewayCredential: a gate beyond loopback answers gateways alone, and a revoke ends that on the very connection.
func TestGatewayCredential(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve("--gate-listen", "0.0.0.0:0")
		in.account("behind-gateway")
		k := in.key("behind-gateway", "--scope", scopeRead)
		var edge struct {
			ID, Secret   string
			Confirmation told
		}
		in.answer(&edge, "gateway", "create", "--name", "edge")
		edge.Confirmation.complete(t)

		s.refuses("no credential", k, scopeRead, http.StatusForbidden, "gateway_denied")
		s.check(k.Secret, scopeRead, "Keydesk-Gateway", k.Secret).is(t, "a key as credential", http.StatusForbidden, "gateway_denied")
		s.check(k.Secret, scopeRead, "Keydesk-Gateway", flipped(edge.Secret)).is(t, "a mistyped credential", http.StatusForbidden, "gateway_denied")
		s.check(k.Secret, scopeRead, "Keydesk-Gateway", edge.Secret).is(t, "a credential", http.StatusNoContent, "")
		s.check(flipped(k.Secret), scopeRead, "Keydesk-Gateway", edge.Secret).is(t, "a mistyped key", http.StatusUnauthorized, "malformed_key")
		s.verify(k, "").is(t, "verify without a credential", http.StatusUnauthorized, "gateway_denied")
		s.verify(k, edge.Secret).is(t, "verify with a credential", http.StatusOK, "")

		var revoked struct{ Confirmation told }
		in.answer(&revoked, "gateway", "revoke", edge.ID)
		revoked.Confirmation.complete(t)
		s.check(k.Secret, scopeRead, "Keydesk-Gateway", edge.Secret).is(t, "a revoked credential", http.StatusForbidden, "gateway_denied")
		s.verify(k, edge.Secret).is(t, "verify with a revoked credential", http.StatusUnauthorized, "gateway_denied")
		if n := in.counted(t, k.ID, "allowed"); n > 2 {
			t.Errorf("%d uses are counted of 2: one that was denied too", n)
		}
	})
}

// verify asks as a service does, with a gateway's credential where there is one.
func (s *server) verify(k madeKey, credential string) gateAnswer {
	s.t.Helper()
	header := []string{"Content-Type", "application/json"}
	if credential != "" {
		header = append(header, "Keydesk-Gateway", credential)
	}
	a, err := s.send(http.MethodPost, s.gate+"/gate/verify", fmt.Sprintf(`{"api_key": %q, "scopes": [%q]}`, k.Secret, scopeRead), header...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// TestGateOpen: the operator may let everybody ask a gate beyond loopback.
func TestGateOpen(t *testing.T) {
	in := onSQLite(t)
	s := in.serve("--gate-listen", "0.0.0.0:0", "--gate-open")
	in.account("open")
	k := in.key("open", "--scope", scopeRead)
	s.passes("without a credential", k, scopeRead)
	s.verify(k, "").is(t, "verify without a credential", http.StatusOK, "")
}
