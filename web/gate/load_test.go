package gate

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
)

// TestTenThousandChecksOfOneKeyAreOneWrite: item 21.
func TestTenThousandChecksOfOneKeyAreOneWrite(t *testing.T) {
	both(t, tenThousandChecksOfOneKeyAreOneWrite)
}

func tenThousandChecksOfOneKeyAreOneWrite(t *testing.T) {
	s := prepare(t).start(t)
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 50, MaxIdleConnsPerHost: 50}}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 200 {
				if status := s.get(t, client, s.key); status != http.StatusNoContent {
					t.Errorf("status %d", status)
				}
			}
		})
	}
	all.Wait()
	s.leave()
	count, rows := int64(0), 0
	for _, f := range s.flushed {
		rows += len(f.Uses) + len(f.Last)
		for _, u := range f.Uses {
			count += u.Count
		}
	}
	if count != 10_000 || rows > 2*len(s.flushed) {
		t.Errorf("%d uses in %d rows of %d batches, want 10000 and two rows a batch", count, rows, len(s.flushed))
	}
}

func (s *service) get(t testing.TB, client *http.Client, key string) int {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+"/gate/check?scope=yc.postbox.send", nil)
	must(t, err)
	r.Header.Set("Authorization", "Api-Key "+key)
	answer, err := client.Do(r)
	must(t, err)
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

// TestRandomKeysAreLimitedAndGoodOnesPass: item 22, with the sources told apart by a trusted proxy.
func TestRandomKeysAreLimitedAndGoodOnesPass(t *testing.T) {
	both(t, randomKeysAreLimitedAndGoodOnesPass)
}

func randomKeysAreLimitedAndGoodOnesPass(t *testing.T) {
	s := prepare(t).start(t, func(c *Config) { c.Trusted = prefixes("127.0.0.0/8") })
	noisy, quiet := "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"
	limited := 0
	for range 1000 {
		r := s.check(t, noisy, "Authorization: Api-Key "+unissued(t, s))
		if r.StatusCode == http.StatusTooManyRequests {
			limited++
			if expect(t, r, 429, models.TooManyRequests); r.Header.Get("Retry-After") == "" {
				t.Error("a 429 without Retry-After")
			}
		}
	}
	if limited == 0 {
		t.Error("a thousand bad keys of one source are not limited")
	}
	expect(t, s.check(t, noisy, s.auth()), 204, "")
	expect(t, s.check(t, quiet, s.auth()), 204, "")
	expect(t, s.check(t, quiet, "Authorization: Api-Key "+unissued(t, s)), 401, models.UnknownKey)
	if body := read(s.ask(t, "GET /metrics")); !strings.Contains(body, `keydesk_gate_decisions_total{outcome="too_many_requests"} `) {
		t.Error("no metric counts the limit")
	}
}

// TestNoAnswerTakesLongerByWhatItKnows: item 29. Medians of interleaved requests over one connection stay close together;
// what somebody could tell by time the answer says in words anyway.
func TestNoAnswerTakesLongerByWhatItKnows(t *testing.T) { both(t, noAnswerTakesLongerByWhatItKnows) }

func noAnswerTakesLongerByWhatItKnows(t *testing.T) {
	s := prepare(t)
	revoked := s.addKey(t, func(k *models.GateKey) { k.Revoked = true })
	s.start(t, func(c *Config) { c.Trusted = prefixes("127.0.0.0/8") })
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	keys := []string{s.key, revoked, unissued(t, s)}
	times := make([][]time.Duration, len(keys))
	for range 150 { // fewer bad keys than the limit of a source
		for i, key := range keys {
			start := time.Now()
			s.get(t, client, key)
			times[i] = append(times[i], time.Since(start))
		}
	}
	var medians []time.Duration
	for _, list := range times {
		slices.Sort(list)
		medians = append(medians, list[len(list)/2])
	}
	if slices.Max(medians) > 2*slices.Min(medians)+200*time.Microsecond {
		t.Errorf("medians of good, revoked and unknown: %v", medians)
	}
}

// TestASharedCacheNeverAnswersForAnotherKey: item 28, by what the answers allow a cache (RFC 9111): nothing.
func TestASharedCacheNeverAnswersForAnotherKey(t *testing.T) {
	both(t, aSharedCacheNeverAnswersForAnotherKey)
}

func aSharedCacheNeverAnswersForAnotherKey(t *testing.T) {
	s := prepare(t).start(t)
	for name, r := range map[string]*http.Response{
		"allowed": s.check(t, s.auth()), "refused": s.check(t), "verdict": s.post(t, "/gate/verify", s.question()),
		"ready": s.ask(t, "GET /readyz"), "metrics": s.ask(t, "GET /metrics"), "lost": s.ask(t, "GET /nowhere"),
	} {
		if mayBeKept(r) {
			t.Errorf("%s may be kept: %v", name, r.Header)
		}
	}
}

func TestMetrics(t *testing.T) { both(t, metricsOfChecks) }

func metricsOfChecks(t *testing.T) {
	s := prepare(t).start(t)
	for range sampleEvery {
		expect(t, s.check(t, s.auth()), 204, "")
	}
	body := read(s.ask(t, "GET /metrics"))
	for _, line := range []string{
		`keydesk_gate_decisions_total{outcome="allowed"} 64`, "keydesk_gate_ready 1", "keydesk_gate_keys 1", "keydesk_gate_secrets 1",
		"keydesk_gate_revision_applied 1", "keydesk_gate_revision_enforced 1", "keydesk_gate_uses_folded_total 0",
		"keydesk_gate_check_seconds_count 1", "keydesk_gate_flush_lag_seconds ", "keydesk_gate_lease_age_seconds ",
	} {
		if !strings.Contains(body, "\n"+line) {
			t.Errorf("no %q in the metrics", line)
		}
	}
	if strings.Contains(body, s.key) {
		t.Error("a key is in the metrics")
	}
}
