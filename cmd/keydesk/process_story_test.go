package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestStory: an account and a key by the command line beside a running server, and what the gate makes of it.
func TestStory(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		var account struct {
			ID       string
			FolderID string `json:"folder_id"`
		}
		in.answer(&account, "account", "create", "--name", "report-reader", "--role", roleOrders)
		k := in.key("report-reader", "--scope", scopeRead, "--scope", scopeMail)
		k.Confirmation.complete(t)

		good := s.check(k.Secret, scopeRead)
		good.is(t, "a good key", http.StatusNoContent, "")
		for name, want := range map[string]string{
			"Keydesk-Key-Id": k.ID, "Keydesk-Service-Account-Id": account.ID, "Keydesk-Folder-Id": account.FolderID,
			"Keydesk-Scope": scopeRead, "Cache-Control": "no-store",
		} {
			if got := good.header.Get(name); got != want || want == "" {
				t.Errorf("header %s is %q, want %q", name, got, want)
			}
		}
		s.refuses("a scope that the key lacks", k, scopeWrite, http.StatusForbidden, "insufficient_scope")
		s.refuses("a scope that no role permits", k, scopeMail, http.StatusForbidden, "permission_denied")
		typo := s.check(flipped(k.Secret), scopeRead)
		typo.is(t, "a flipped character", http.StatusUnauthorized, "malformed_key")
		if c := typo.header.Get("WWW-Authenticate"); c != `Api-Key realm="keydesk", error="malformed_key"` {
			t.Errorf("the challenge is %q", c)
		}
		for name := range good.header {
			if strings.HasPrefix(name, "Keydesk-") && typo.header.Get(name) != "" {
				t.Errorf("a refusal carries %s", name)
			}
		}
	})
}

// TestRevokeBesideServer: a revoke in a second process is confirmed by the gate, and the very next check is refused.
func TestRevokeBesideServer(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("many-keys")
		var wait sync.WaitGroup
		for worker := range 3 {
			wait.Go(func() {
				for i := range times(4) {
					k := in.key("many-keys", "--scope", scopeRead, "--description", fmt.Sprintf("key %d of %d", i, worker))
					k.Confirmation.complete(t)
					s.passes("a key of this moment", k, scopeRead)
					s.revoke(k)
				}
			})
		}
		wait.Wait()
	})
}

// revoke ends a key by a second process and asks the gate at once.
func (s *server) revoke(k madeKey) {
	s.t.Helper()
	var revoked struct {
		ID, State    string
		Confirmation told
	}
	s.answer(&revoked, "key", "revoke", k.ID, "--reason", "leaked", "--note", "seen in a public repository")
	s.refuses("the check after a confirmed revoke", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	revoked.Confirmation.complete(s.t)
	if revoked.ID != k.ID || revoked.State != "revoked" {
		s.t.Errorf("key %s is %s, want %s revoked", revoked.ID, revoked.State, k.ID)
	}
}
