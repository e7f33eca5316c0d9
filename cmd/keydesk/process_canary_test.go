package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"keydesk/models/secret"
)

// canary is a story in which every secret is used and misused, and where its own traces must not be found.
type canary struct {
	*installation
	vault vault
	heard strings.Builder // what the gate and the console said to all but the one answer
	key   madeKey
}

// Passwords with characters that each escape writes in its own way.
const (
	setupPassword = `correct "horse" & <canary> näher 100%`
	addedPassword = `battery 'staple' + /canary/ \ größer`
	wrongPassword = `not the canary's, but somebody's elsewhere`
)

// TestCanary: after a story of every secret, none of them is anywhere but in its one answer.
func TestCanary(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve("--log-level", "debug")
		c := &canary{installation: in}
		c.keys()
		first := c.setUp(s)
		c.people()
		c.gatewayCredential()
		c.misuse()
		c.atTheGate(s)
		c.atTheConsole(first)
		c.signIns(s)
		c.keysOutside()
		c.search(s, "running")
		if status := s.stop(); status != exitDone {
			t.Errorf("the server ended with status %d", status)
		}
		c.search(s, "stopped")
	})
}

// heardOnce runs a command that prints a secret, which has to be in its answer exactly once.
func (c *canary) heardOnce(answer result, secret string) {
	c.t.Helper()
	if answer.status != exitDone || strings.Count(answer.out, secret) != 1 {
		c.t.Fatalf("the command ended with %d and did not print its secret once: %s", answer.status, answer.err)
	}
	c.heard.WriteString(strings.Replace(answer.out, secret, "", 1) + answer.err)
}

// notes keeps what a command said that has no secret to say.
func (c *canary) notes(r result) { c.heard.WriteString(r.out + r.err) }

func (c *canary) madeKey(args ...string) madeKey {
	c.t.Helper()
	r := c.keydesk(append(args, "--json", "--log-level", "debug")...)
	var k madeKey
	oneValue(c.t, r.out, &k)
	c.heardOnce(r, k.Secret)
	c.vault.hideSecret(strings.Join(args[:2], " ")+"'s secret", k.Secret)
	return k
}

// setUp makes the first administrator by the link on the terminal.
func (c *canary) setUp(s *server) *visitor {
	link := s.setupLink()
	c.vault.hide("the setup link's token", link[strings.LastIndex(link, "/")+1:])
	c.vault.hide("the first password", setupPassword)
	v := s.visitor()
	v.opens(strings.TrimPrefix(link, s.consoleName()))
	v.submits("/setup", "email", "first@example.com", "password", setupPassword)
	v.sees(http.StatusOK, "Service accounts")
	for _, value := range v.cookies() {
		c.vault.hide("a session's cookie", value)
	}
	return v
}

// people come by one-time links and by a password on standard input.
func (c *canary) people() {
	c.vault.hide("an added password", addedPassword)
	for _, args := range [][]string{
		{"user", "add", "--email", "invited@example.com", "--access", "operator"}, {"user", "reset", "invited@example.com"},
	} {
		r := c.keydesk(args...)
		token := r.out[strings.LastIndex(r.out, "/")+1:]
		token = strings.TrimSpace(token)
		c.heardOnce(r, token)
		c.vault.hide(strings.Join(args[:2], " ")+"'s token", token)
	}
	c.notes(c.typed(addedPassword+"\n", "user", "add", "--email", "added@example.com", "--access", "reviewer", "--password-stdin"))
}

func (c *canary) keys() {
	c.account("canary-account")
	c.key = c.madeKey("key", "create", "--account", "canary-account", "--scope", scopeRead)
	c.madeKey("key", "reissue", c.key.ID, "--overlap", "24h")
	c.key = c.madeKey("key", "reissue", c.key.ID)
	plain := c.keydesk("key", "create", "--account", "canary-account")
	text := strings.TrimSpace(plain.out)
	c.heardOnce(plain, text)
	c.vault.hideSecret("a secret in plain text", text)
}

func (c *canary) gatewayCredential() {
	r := c.keydesk("gateway", "create", "--name", "edge", "--json")
	var g struct{ ID, Secret string }
	oneValue(c.t, r.out, &g)
	c.heardOnce(r, g.Secret)
	c.vault.hideSecret("the gateway's credential", g.Secret)
	c.notes(c.keydesk("gateway", "revoke", g.Secret)) // pasted where the id belongs
}

// misuse gives secrets to commands in every place where somebody might paste one.
func (c *canary) misuse() {
	typo := flipped(c.key.Secret)
	c.vault.hideSecret("a mistyped secret", typo)
	c.notes(c.typed(c.key.Secret+"\n", "key", "find", "--stdin"))
	c.notes(c.typed(typo, "key", "find", "--stdin"))
	for _, args := range [][]string{
		{"key", "disable"}, {"key", "enable"}, {"key", "reissue"}, {"key", "revoke", "--reason", "leaked"}, {"account", "suspend"},
		{"account", "delete", "--name", "canary-account"}, {"key", "list", "--account"}, {"key", "create", "--account"},
	} {
		if r := c.keydesk(append(args, c.key.Secret, "--log-level", "debug")...); r.status == exitDone {
			c.t.Errorf("%v of a secret is done", args)
		} else {
			c.notes(r)
		}
	}
}

// unknown is a secret of the right shape that nobody made.
func (c *canary) unknown() string {
	c.t.Helper()
	k, err := secret.New(rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	c.vault.hideSecret("an unknown secret", k.Reveal())
	return k.Reveal()
}

// atTheGate asks with good, mistyped and unknown keys, where they belong and where they do not.
func (c *canary) atTheGate(s *server) {
	key, json := c.key.Secret, "application/json"
	for _, k := range []string{key, flipped(key), c.unknown()} {
		c.says(s, http.MethodGet, s.gate+"/gate/check?scope="+scopeRead, "", "Authorization", "Api-Key "+k)
		c.says(s, http.MethodGet, s.gate+"/gate/check?scope="+scopeRead, "", "Authorization", "Bearer "+k)
		c.says(s, http.MethodGet, s.gate+"/gate/check?scope="+scopeRead+"&api_key="+k, "")
		c.says(s, http.MethodGet, s.gate+"/gate/check?scope="+scopeRead, "", "Cookie", "api_key="+k)
		c.says(s, http.MethodGet, s.gate+"/gate/check?scope="+scopeRead, "", "X-Api-Key", k, "Keydesk-Gateway", k)
		c.says(s, http.MethodGet, s.gate+"/gate/"+k, "")
		for _, body := range []string{
			fmt.Sprintf(`{"api_key": %q, "scopes": [%q]}`, k, scopeRead), fmt.Sprintf(`{"api_key": %q, "scopes": [%q]`, k, scopeRead),
			fmt.Sprintf(`{"%s": 1}`, k), fmt.Sprintf(`{"api_key": %q, "api_key": %q, "scopes": []}`, k, k), k,
		} {
			c.says(s, http.MethodPost, s.gate+"/gate/verify", body, "Content-Type", json)
			c.says(s, http.MethodPost, s.gate+"/gate/verify:batch", `{"checks": [`+body+`]}`, "Content-Type", json)
		}
		if _, err := s.tryCheck(key, k); err != nil { // the scope that was asked for is said back to who asked
			c.t.Error(err)
		}
	}
	c.says(s, http.MethodGet, s.gate+"/metrics", "")
}

// says sends a request and keeps the answer.
func (c *canary) says(s *server, method, address, body string, header ...string) {
	c.t.Helper()
	a, err := s.send(method, address, body, header...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.heard.WriteString(a.body)
	if err := a.header.Write(&c.heard); err != nil {
		c.t.Fatal(err)
	}
}

var shownSecret = regexp.MustCompile(`keydesk_[0-9A-Za-z]{49}`)

// atTheConsole makes a key on a page, and looks at every other page.
func (c *canary) atTheConsole(v *visitor) {
	var accounts []struct{ ID string }
	c.answer(&accounts, "account", "list")
	page := "/service-accounts/" + accounts[0].ID + "/keys/new"
	v.opens(page)
	v.submits(page, "scopes", scopeRead, "expires", "30d", "description", "made on a page")
	shown := shownSecret.FindString(v.page)
	if v.status != http.StatusCreated || shown == "" {
		c.t.Errorf("the page of a new key has status %d and shows the secret %q", v.status, shown)
	}
	c.vault.hideSecret("the console's secret", shown)
	v.all.Reset()
	for _, path := range []string{
		page, "/service-accounts", "/service-accounts/" + accounts[0].ID, "/service-accounts/" + accounts[0].ID + "/keys", "/keys/" + c.key.ID,
		"/keys/" + shown, "/keys/" + shown + "/revoke", "/signin?return=" + url.QueryEscape("/keys/"+shown), "/?api_key=" + shown,
		"/service-accounts?q=" + shown, "/keys/" + c.key.ID + "?from=" + shown,
	} {
		v.opens(path)
	}
	v.opens("/keys/" + c.key.ID + "/revoke")
	v.submits("/keys/"+shown+"/revoke", "reason", "leaked", "confirm", "revoke")
	c.heard.WriteString(v.all.String())
}

// signIns are with passwords and secrets, where they belong and where they do not.
func (c *canary) signIns(s *server) {
	c.vault.hide("a wrong password", wrongPassword)
	v := s.visitor()
	for _, typed := range [][2]string{
		{"first@example.com", wrongPassword}, {"first@example.com", c.key.Secret}, {"added@example.com", addedPassword},
	} {
		v.opens("/signin")
		v.submits("/signin", "email", typed[0], "password", typed[1])
	}
	v.sees(http.StatusOK, "Service accounts")
	v.submits("/keys/"+c.key.Secret+"/revoke", "reason", "leaked") // which a reviewer may not
	v.sees(http.StatusForbidden, "Not allowed")
	c.heard.WriteString(v.all.String())
}

// keysOutside puts the keys that are kept outside the database under watch.
func (c *canary) keysOutside() {
	c.t.Helper()
	text, err := os.ReadFile(c.path(pepperFile))
	if err != nil {
		c.t.Fatal(err)
	}
	var f struct{ Peppers map[string]string }
	if err := json.Unmarshal(text, &f); err != nil || len(f.Peppers) != 1 {
		c.t.Fatalf("the pepper's file has %d peppers (%v)", len(f.Peppers), err)
	}
	pepper, err := base64.StdEncoding.DecodeString(f.Peppers["1"])
	if err != nil {
		c.t.Fatal(err)
	}
	c.vault.hideBytes("the pepper", pepper)
	text, err = os.ReadFile(c.path(auditKeyFile))
	if err != nil {
		c.t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	c.vault.hideBytes("the key that signs heads", block.Bytes[len(block.Bytes)-32:])
}
