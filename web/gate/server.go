package gate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// Deadlines and limits of both servers. A gateway keeps its connections longer than a client does.
const (
	headerWithin = 5 * time.Second
	readWithin   = 10 * time.Second
	writeWithin  = 10 * time.Second
	idleFor      = 2 * time.Minute
	maxHeader    = 32 << 10
	maxConns     = 16 << 10 // at once: each that fasthttp reads holds a buffer of maxHeader bytes, half a gibibyte in all
)

// NewHTTPServer makes a net/http server with the gate's deadlines and limits.
func NewHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       readWithin,
		WriteTimeout:      writeWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // its texts are about connections, at a client's will
	}
}

// Server is the gate's server of one listener, with the three methods of http.Server that its owner needs.
//
// Two servers stand behind it. fasthttp reads every connection of HTTP/1.1 and answers plain checks, which are nearly all
// that a gateway asks, for two thirds of what net/http takes. What is not plain, and a connection that begins as HTTP/2, goes
// over to net/http as it came, for the rest of that connection: see lean.
type Server struct {
	fast  *fasthttp.Server
	full  *http.Server
	given *given
	conns *conns

	mu       sync.Mutex
	listener *listener
	ended    bool
}

// NewServer makes the gate's server.
func NewServer(h *Handlers, log *slog.Logger) *Server {
	s := &Server{full: NewHTTPServer(h, log), given: newGiven(), conns: newConns(h.now)}
	s.full.Protocols = new(http.Protocols)
	s.full.Protocols.SetHTTP1(true)
	s.full.Protocols.SetUnencryptedHTTP2(true)
	l := &lean{handlers: h, given: s.given, log: log}
	s.fast = &fasthttp.Server{
		Handler:        l.serve,
		HeaderReceived: leaveBody,
		ErrorHandler:   refuseRequest,
		ReadTimeout:    headerWithin, // it reads headers only
		WriteTimeout:   writeWithin,
		IdleTimeout:    idleFor,
		ReadBufferSize: maxHeader, // which is its limit of a request's header
		Concurrency:    maxConns,  // one more is answered with 503 and closed
		Logger:         silentLog{log},

		LazyRequestTime:       true, // nobody asks for it
		NoDefaultServerHeader: true,
		NoDefaultContentType:  true,
		CloseOnShutdown:       true,
		KeepHijackedConns:     true, // net/http closes what it was given
		SecureErrorLogMessage: true,

		DisablePreParseMultipartForm: true,
	}
	return s
}

// Serve answers what comes to the listener until Shutdown or Close; then it returns http.ErrServerClosed.
func (s *Server) Serve(l net.Listener) error {
	own := &listener{Listener: l, given: s.given, conns: s.conns}
	if !s.begin(own) {
		_ = l.Close()
		return http.ErrServerClosed
	}
	s.given.addr = l.Addr()
	go func() { _ = s.full.Serve(s.given) }() // ends with what closes the listener: Shutdown or Close
	err := s.fast.Serve(own)
	if err == nil || errors.Is(err, net.ErrClosed) {
		err = http.ErrServerClosed
	}
	return err
}

// begin reports whether the server may still serve: one that was ended before it began does not begin any more.
func (s *Server) begin(l *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = l
	return !s.ended
}

// end closes the listener, now or when there is one.
func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
}

// Shutdown stops listening and lets the answers under way finish. Where they do not within the context, Close ends them.
func (s *Server) Shutdown(ctx context.Context) error {
	s.end()
	if err := s.fast.ShutdownWithContext(ctx); err != nil {
		return err
	}
	arrived := make(chan struct{}) // a request that fasthttp gave away at the last moment is one under way
	go func() {
		s.given.coming.Wait()
		close(arrived)
	}()
	select {
	case <-arrived:
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.full.Shutdown(ctx)
}

// Close ends every connection at once.
func (s *Server) Close() error {
	s.end()
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.fast.ShutdownWithContext(gone) // the listener; it waits for nothing
	s.conns.closeAll()
	return s.full.Close()
}

// silentLog keeps what fasthttp has to say to its plain words: with its arguments it repeats bytes of the request, of which
// some may be a secret.
type silentLog struct{ log *slog.Logger }

func (l silentLog) Printf(format string, _ ...any) { l.log.Debug("the gate's server: " + format) }
