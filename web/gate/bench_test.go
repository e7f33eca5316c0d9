package gate

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// quiet is an answer that goes nowhere and whose header map is used again, as it would be counted as the gate's otherwise.
type quiet struct {
	header http.Header
	status int
}

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) WriteHeader(status int)      { q.status = status }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }

func (s *service) warm(t testing.TB) (*Handlers, *quiet, *http.Request) {
	r := httptest.NewRequest(http.MethodGet, "/gate/check?scope=yc.postbox.send", nil)
	r.Header.Set("Authorization", "Api-Key "+s.key)
	r.Header.Set("User-Agent", "bench")
	h, w := New(Config{Gate: s.gate, Now: time.Now}), &quiet{header: http.Header{}}
	if h.ServeHTTP(w, r); w.status != http.StatusNoContent {
		t.Fatalf("status %d", w.status)
	}
	return h, w, r
}

// TestAWarmAnswerAllocatesNextToNothing: what the handler adds to the decision is its header values and the key's id.
func TestAWarmAnswerAllocatesNextToNothing(t *testing.T) {
	s := prepare(t).start(t)
	h, w, r := s.warm(t)
	if n := testing.AllocsPerRun(500, func() { h.ServeHTTP(w, r) }); n > 2 {
		t.Errorf("a warm answer allocates %v times, want at most 2", n)
	}
}

// BenchmarkCheckWarm is the handler without a server.
func BenchmarkCheckWarm(b *testing.B) {
	s := prepare(b).start(b)
	h, w, r := s.warm(b)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
