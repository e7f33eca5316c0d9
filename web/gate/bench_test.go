package gate

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
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

// warmLean gives one request to the lean handler, from its bytes on.
func (s *service) warmLean(t testing.TB) func() {
	h := New(Config{Gate: s.gate, Now: time.Now})
	l := &lean{handlers: h, given: newGiven(), log: slog.New(slog.DiscardHandler)}
	near, far := net.Pipe()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	ctx, text, in := &fasthttp.RequestCtx{}, &strings.Reader{}, bufio.NewReaderSize(nil, maxHeader)
	ctx.Init2(newConns(time.Now).add(near, l.given), nil, false)
	request := s.plain()
	return func() {
		text.Reset(request)
		in.Reset(text)
		ctx.Request.Reset()
		ctx.Response.Reset()
		must(t, ctx.Request.Header.Read(in))
		leaveBody(&ctx.Request.Header)
		if l.serve(ctx); ctx.Response.StatusCode() != http.StatusNoContent || ctx.Hijacked() {
			t.Fatalf("status %d", ctx.Response.StatusCode())
		}
	}
}

// TestALeanAnswerAllocatesNextToNothing: a copy of the header that has the secret, and nothing else.
func TestALeanAnswerAllocatesNextToNothing(t *testing.T) {
	ask := prepare(t).start(t).warmLean(t)
	if n := testing.AllocsPerRun(500, ask); n > 1 {
		t.Errorf("a lean answer allocates %v times, want at most 1", n)
	}
}

// BenchmarkLeanWarm is the lean handler with fasthttp's reading of the header.
func BenchmarkLeanWarm(b *testing.B) {
	ask := prepare(b).start(b).warmLean(b)
	b.ReportAllocs()
	for b.Loop() {
		ask()
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
