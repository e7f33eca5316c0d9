package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// reads reports the status with which a token is answered that asks for an operation which is not there.
func (s *server) reads(token string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.console+"/operations/aje00000000000000000", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

var tokenLine = regexp.MustCompile(`^t1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}\n$`)

// TestTokenOfAPerson: a command makes a token, which opens the management API of a running server, and ends it. It is on
// standard output alone, and nowhere in the log at debug level.
func TestTokenOfAPerson(t *testing.T) {
	in := onSQLite(t)
	in.typed("plover anvil tundra mosaic\n", "user", "add", "--email", "one@example.com", "--access", "administrator", "--password-stdin")
	s := in.with("KEYDESK_LOG_LEVEL=debug").serve()
	made := in.keydesk("token", "create", "--user", "One@example.com")
	if made.status != exitDone || !tokenLine.MatchString(made.out) || strings.Contains(made.err, "t1.") {
		t.Fatalf("status %d, standard output %q, standard error %q", made.status, made.out, made.err)
	}
	token := strings.TrimSpace(made.out)
	if got := s.reads(token); got != http.StatusNotFound {
		t.Errorf("with the token, an operation that does not exist is answered %d, want 404", got)
	}
	if got := s.reads(flipped(token)); got != http.StatusUnauthorized {
		t.Errorf("a forged token is answered %d, want 401", got)
	}
	var told struct {
		Subject string `json:"subject_id"`
	}
	oneValue(t, in.typed(token+"\n", "token", "revoke", "--json").out, &told)
	if len(told.Subject) != 20 {
		t.Errorf("the revocation names %q", told.Subject)
	}
	if got := s.reads(token); got != http.StatusUnauthorized {
		t.Errorf("after its revocation the token is answered %d, want 401", got)
	}
	if said := s.said.String(); strings.Contains(said, token) || strings.Contains(said, strings.Split(token, ".")[2]) {
		t.Error("the token is in the log")
	}
	in.keydesk("token", "create", "--user", "nobody@example.com").refusedWith(t, exitRefused)
	in.keydesk("token", "create", "--user", "one@example.com", "--ttl", "13h").refusedWith(t, exitRefused, "12 hours")
	in.typed("", "token", "revoke").refusedWith(t, exitUsage, "standard input")
	in.typed("t1.no.token", "token", "revoke").refusedWith(t, exitRefused)
}

// TestTokenKeyReplaced: a new key leaves tokens of the one before as they are; at once, a running server refuses them within
// seconds. The file is its owner's alone.
func TestTokenKeyReplaced(t *testing.T) {
	in := onSQLite(t)
	in.typed("plover anvil tundra mosaic\n", "user", "add", "--email", "one@example.com", "--access", "reviewer", "--password-stdin")
	s := in.serve()
	create := func() (made struct {
		Token     string    `json:"iam_token"`
		ExpiresAt time.Time `json:"expires_at"`
	}) {
		in.answer(&made, "token", "create", "--user", "one@example.com", "--ttl", "1h")
		return made
	}
	first := create()
	if left := time.Until(first.ExpiresAt); left > time.Hour || left < 50*time.Minute {
		t.Errorf("a token of an hour ends in %v", left)
	}
	in.done("token", "replace-key")
	second := create()
	for what, token := range map[string]string{"of the key before": first.Token, "of the new key": second.Token} {
		if got := s.reads(token); got != http.StatusNotFound {
			t.Errorf("a token %s is answered %d, want 404", what, got)
		}
	}
	in.done("token", "replace-key", "--at-once")
	eventually(t, startWithin, "tokens of the keys before are refused", func() bool {
		return s.reads(first.Token) == http.StatusUnauthorized && s.reads(second.Token) == http.StatusUnauthorized
	})
	if got := s.reads(create().Token); got != http.StatusNotFound {
		t.Errorf("a token of the newest key is answered %d, want 404", got)
	}
	file, err := os.Stat(in.path(tokenKeyFile))
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("the file of the keys: %v, %v", file, err)
	}
}
