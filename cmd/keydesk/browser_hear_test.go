package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestComplaintsAreHeard: each thing that can go wrong on a page is one that the tests of pages fail with.
func TestComplaintsAreHeard(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ page, want string }{
		"a blocked script":    {`<script>document.title = "ran"</script>`, "Content Security Policy"},
		"a blocked style":     {`<p style="color: red">red</p>`, "Content Security Policy"},
		"a console message":   {`<script nonce="good">console.error("a mistake")</script>`, "a mistake"},
		"an uncaught error":   {`<script nonce="good">nothing.here()</script>`, "nothing is not defined"},
		"a rejected promise":  {`<script nonce="good">Promise.reject(new Error("unheard"))</script>`, "unheard"},
		"a missing picture":   {`<img src="/missing.png" alt="">`, "404"},
		"a foreign picture":   {`<img src="http://127.0.0.1:9/a.png" alt="">`, "did not load"},
		"a request that ends": {`<script nonce="good">fetch("/gone").catch(() => {})</script>`, "/gone was answered with 500"},
		"a dialog":            {`<script nonce="good">alert("sure?")</script>`, "sure?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := browse(t)
			b.do(chromedp.Navigate(pageWith(t, tc.page)))
			eventually(t, pageWithin, "the tab complains of "+tc.want, func() bool {
				return strings.Contains(strings.Join(b.forgiven(), "\n"), tc.want)
			})
		})
	}
	t.Run("a good page that is a refusal", func(t *testing.T) {
		t.Parallel()
		b := browse(t)
		b.open(pageWith(t, `<script nonce="good">document.title = "ran"</script>`) + "refused")
		b.until(`document.title === "ran"`)
		if got := b.status(); got != 422 {
			t.Errorf("the status is %d, want 422", got)
		}
	})
}

// forgiven are the complaints so far, which then do not fail the test.
func (b *tab) forgiven() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.complaints
	b.complaints = nil
	return said
}

// pageWith serves a page under a policy like the console's, and gives its address.
func pageWith(t *testing.T, body string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { writePage(w, 200, body) })
	mux.HandleFunc("/refused", func(w http.ResponseWriter, _ *http.Request) { writePage(w, 422, body) })
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	mux.HandleFunc("/favicon.ico", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func writePage(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-good'; style-src 'self'; img-src 'self' http://127.0.0.1:9; connect-src 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>A page</title><body>%s", body)
}
