package web

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/web/console"
	"keydesk/web/iamv1"
	"keydesk/web/mw"
	"keydesk/web/problem"
	"keydesk/web/session"
	"keydesk/web/signin"
)

// Config is what the console's server is made of. All fields but PublicURL, Secure, Trusted, Within and API are
// required.
type Config struct {
	Console   *console.Handler
	SignIn    *signin.Handler
	Sessions  *session.Manager
	PublicURL string         // scheme and host under which browsers see the console; "" where it is what they ask for
	Secure    bool           // browsers reach the console over https, here or at a proxy
	Trusted   []netip.Prefix // proxies whose X-Forwarded-For is believed; none: the peer is who asks
	Within    time.Duration  // how long a request may keep the database busy; zero: 10 s
	Log       *slog.Logger
	Now       func() time.Time // production: time.Now
	Rand      io.Reader        // production: crypto/rand.Reader; used from several goroutines at once
	API       http.Handler     // the management API; nil where there is none
}

// Times and sizes of the console's listener. A change waits two seconds for the gates, and a form is small.
const (
	defaultWithin   = 10 * time.Second
	headerWithin    = 5 * time.Second
	readWithin      = 10 * time.Second
	writeWithin     = 20 * time.Second
	idleFor         = 15 * time.Minute // of clients of the API, which keep one connection for as long as they run
	strangersIdle   = 2 * time.Minute  // of everybody else: see mw.Idle
	askPeersAfter   = time.Minute      // without a frame of HTTP/2, whether they are still there
	maxHeaderBytes  = 32 << 10
	minimumTLSLevel = tls.VersionTLS12
)

type server struct {
	Config
	limits  []echo.MiddlewareFunc
	mounted map[string]bool // method and path of what is in the table
	exports map[string]bool // paths of files that are streamed for as long as their reader takes
}

// New makes the console's server. The caller serves it, with ServeTLS where there is a certificate, and shuts it down.
func New(cfg Config) (*http.Server, error) {
	if cfg.Console == nil || cfg.SignIn == nil || cfg.Sessions == nil || cfg.Log == nil || cfg.Now == nil || cfg.Rand == nil {
		return nil, errors.New("web: a required part of the configuration is missing")
	}
	e, err := cfg.router()
	if err != nil {
		return nil, err
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true) // gRPC without TLS, on loopback or behind a proxy
	server := &http.Server{
		Handler:           cfg.dispatch(e),
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{SendPingTimeout: askPeersAfter},
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       readWithin,
		WriteTimeout:      writeWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeaderBytes,
		TLSConfig:         &tls.Config{MinVersion: minimumTLSLevel},
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug), // its texts are about connections, at a client's will
	}
	mw.NewIdle(strangersIdle).Watch(server)
	return server, nil
}

// dispatch parts the requests of the management API from those of the console, before a cookie or a form of the console is
// looked at: the API knows neither.
func (cfg Config) dispatch(console http.Handler) http.Handler {
	if cfg.API == nil {
		return console
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if iamv1.Mine(r) {
			cfg.API.ServeHTTP(w, r)
			return
		}
		console.ServeHTTP(w, r)
	})
}

// router builds the echo server. Order matters: what is named first sees the request first and its answer last.
func (cfg Config) router() (*echo.Echo, error) {
	var public *url.URL
	if cfg.PublicURL != "" {
		u, err := url.Parse(cfg.PublicURL)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("web: the public URL %q has no host", cfg.PublicURL)
		}
		public = u
	}
	s := &server{Config: cfg, mounted: map[string]bool{}, exports: map[string]bool{}, limits: []echo.MiddlewareFunc{
		mw.RateLimit(mw.AnonymousRate, cfg.Now, anonymous), mw.RefusalLimit(mw.RefusedRate, cfg.Now, person),
	}}
	e := echo.New()
	e.Logger.SetOutput(io.Discard) // what there is to say goes through cfg.Log
	e.IPExtractor = extractor(cfg.Trusted)
	e.HTTPErrorHandler = problem.Framed(cfg.Log, cfg.Console.Frame)
	e.Use(
		mw.RequestID(cfg.Rand),
		mw.SecureHeaders(cfg.Rand, cfg.Secure),
		mw.AccessLog(cfg.Log, cfg.Now, person),
		mw.Recover(cfg.Log),
		mw.Hosts(public),
		mw.Deadline(cmp.Or(cfg.Within, defaultWithin), func(c echo.Context) bool { return s.exports[c.Path()] }),
		mw.Forms(formLimit),
		s.recognise,
	)
	s.mount(e)
	return e, nil
}

// formLimit is the largest form that a route takes, in bytes.
func formLimit(c echo.Context) int64 {
	if slices.Contains(longForms, c.Path()) {
		return mw.ListLimit
	}
	return mw.FormLimit
}

// recognise finds out who asks for what no route answers, so that the error page stands in their frame.
func (s *server) recognise(next echo.HandlerFunc) echo.HandlerFunc {
	load := s.Sessions.Load(next)
	return func(c echo.Context) error {
		if s.mounted[c.Request().Method+" "+c.Path()] {
			return next(c)
		}
		return load(c)
	}
}

// Address finds the address of who asks, as the console does.
func Address(trusted []netip.Prefix) func(*http.Request) string { return extractor(trusted) }

// extractor finds the address of who asks. X-Forwarded-For is believed as far as trusted proxies wrote it: echo's own
// default believes anybody.
func extractor(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		p = p.Masked()
		options = append(options, echo.TrustIPRange(&net.IPNet{
			IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

func anonymous(c echo.Context) bool { return person(c) == "" }

// person is the id of who is signed in, for the log.
func person(c echo.Context) string {
	if !session.Known(c) {
		return ""
	}
	return session.Person(c).ID
}
