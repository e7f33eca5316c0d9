package gate

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keydesk/models"
)

// scrape asks for metrics from beyond this machine.
func scrape(t *testing.T, h *Handlers, credentials ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header["Keydesk-Gateway"] = credentials
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func scraped(t *testing.T, when string, r *http.Response, says string) {
	t.Helper()
	if body := read(r); r.StatusCode != http.StatusOK || !strings.Contains(body, "\n"+says+"\n") {
		t.Errorf("%s: %d, or not %q", when, r.StatusCode, says)
	}
}

func strange(t *testing.T, s *service, h *Handlers) {
	t.Helper()
	other := s.gateway[:len(s.gateway)-1] + "!"
	for name, credentials := range map[string][]string{
		"none": nil, "an API key": {s.key}, "wrong by one": {other}, "empty": {""}, "twice": {s.gateway, s.gateway},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, scrape(t, h, credentials...), http.StatusUnauthorized, models.GatewayDenied)
		})
	}
}

// remote starts a gate that demands credentials, and gives the handlers.
func remote(t *testing.T) (*service, *Handlers) {
	t.Helper()
	var h *Handlers
	s := prepare(t).start(t, func(c *Config) {
		c.GatewayRequired = true
		h = New(*c)
	})
	return s, h
}

func TestAGateWithoutALeaseStillHasMetrics(t *testing.T) {
	s, h := remote(t)
	s.leave()
	scraped(t, "without a lease", scrape(t, h, s.gateway), "keydesk_gate_ready 0")
	strange(t, s, h)
}

// TestAnAlarmedGateStillHasMetrics: its memory is empty, so that only a credential that was good before is.
func TestAnAlarmedGateStillHasMetrics(t *testing.T) {
	s, h := remote(t)
	fresh := New(Config{Gate: s.gate, GatewayRequired: true, Now: time.Now})
	scraped(t, "before", scrape(t, h, s.gateway), "keydesk_gate_time_travel 0")
	s.mu.Lock()
	s.feed.Last.Token = "another"
	s.changed.Last = models.Change{Revision: 2, Token: "two"}
	s.mu.Unlock()
	s.gate.Wake()
	within(t, "the alarm", func() bool { return s.gate.Stats().TimeTravel })
	scraped(t, "alarmed", scrape(t, h, s.gateway), "keydesk_gate_time_travel 1")
	strange(t, s, h)
	expect(t, scrape(t, fresh, s.gateway), http.StatusUnauthorized, models.GatewayDenied)
}

func TestARevokedCredentialReadsNoMetrics(t *testing.T) {
	s, h := remote(t)
	scraped(t, "before", scrape(t, h, s.gateway), "keydesk_gate_ready 1")
	revoked := s.feed.Gateways[0]
	revoked.RevokedAt = time.Now()
	s.change(t, models.Feed{Gateways: []models.Gateway{revoked}})
	expect(t, scrape(t, h, s.gateway), http.StatusUnauthorized, models.GatewayDenied)
	if len(h.scrapers.sums) != 0 {
		t.Error("a revoked credential is remembered")
	}
}

func TestFewCredentialsAreRemembered(t *testing.T) {
	var s scrapers
	for i := range byte(maxScrapers + 1) {
		s.add([32]byte{i})
		s.add([32]byte{i})
	}
	if len(s.sums) != maxScrapers || s.has([32]byte{0}) || !s.has([32]byte{1}) || !s.has([32]byte{maxScrapers}) {
		t.Errorf("remembered: %v", s.sums)
	}
}

func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within ten seconds", what)
		case <-time.After(time.Millisecond):
		}
	}
}
