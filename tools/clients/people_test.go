package clients

import (
	"crypto/tls"
	"crypto/x509"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// trust is TLS that believes the desk's own certificate.
func (d desk) trust(t *testing.T) *tls.Config {
	t.Helper()
	pool := x509.NewCertPool()
	if d.CA != "" {
		text, err := os.ReadFile(d.CA)
		if err != nil {
			t.Fatal(err)
		}
		if !pool.AppendCertsFromPEM(text) {
			t.Fatalf("%s holds no certificate", d.CA)
		}
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// status asks for an address, with a credential or none, and gives the answer's status; 0 where there is no answer.
func (d desk) status(address, authorization string) int {
	request, err := http.NewRequest(http.MethodGet, address, http.NoBody) //nolint:noctx // the client has its limit
	if err != nil {
		return 0
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	client := http.Client{Timeout: within}
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// opens is the gate's answer for a secret and a scope.
func (d desk) opens(secret, scope string) int {
	return d.status(d.Gate+"/gate/check?scope="+url.QueryEscape(scope), "Api-Key "+secret)
}

var (
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	chip        = regexp.MustCompile(`(?s)<span class="chip-attention">(?:\s*<svg.*?</svg>)?\s*([^<]+?)\s*</span>`)
)

// chips are what the console's page of a key says that deserves a look, seen by the administrator in a browser without
// JavaScript.
func (d desk) chips(t *testing.T, keyID string) (words []string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: d.trust(t)}}
	defer browser.CloseIdleConnections()
	base := "http://" + d.API
	if d.CA != "" {
		base = "https://" + d.API
	}
	text := read(t)(browser.Get(base + "/signin"))
	form := url.Values{}
	for _, m := range hiddenInput.FindAllStringSubmatch(text, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	form.Set("email", email)
	form.Set("password", password)
	read(t)(browser.PostForm(base+"/signin", form))
	text = read(t)(browser.Get(base + "/keys/" + keyID))
	if !strings.Contains(text, keyID) {
		t.Fatalf("this is not the page of key %s: %s", keyID, text)
	}
	for _, m := range chip.FindAllStringSubmatch(text, -1) {
		words = append(words, html.UnescapeString(m[1]))
	}
	return words
}

// read takes a page that has to be there.
func read(t *testing.T) func(*http.Response, error) string {
	return func(answer *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("status %d (%v): %s", answer.StatusCode, err, body)
		}
		return string(body)
	}
}
