// Package iamv1 is the management API: yandex.cloud.iam.v1 and what its clients need beside it, over gRPC and REST. It
// translates a request, has the desk decide, and translates the answer back.
package iamv1

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/web/mw"
)

// Config is what the API is made of. All but Within is required.
type Config struct {
	Desk     *manage.Desk
	Count    func(ctx context.Context, limited bool) // of refusals of strangers, in the minutes of the audit log; limited: they were too many
	Endpoint string                                  // host:port under which clients reach it; its list of endpoints says so
	Address  func(*http.Request) string              // of who asks
	Within   time.Duration                           // how long a request may keep the database busy; zero: 10 s
	Log      *slog.Logger
	Now      func() time.Time // production: time.Now
	Rand     io.Reader        // production: crypto/rand.Reader; used from several goroutines at once
}

const defaultWithin = 10 * time.Second

// maxRequest bounds a request: a thousand bindings at the length that each may have are a quarter of it.
const maxRequest = 1 << 20

// maxStranger bounds what is read of somebody who has not shown who they are: twice what the largest JWT takes. Nothing is
// known of them before their message is read whole, and an empty part of a message takes two bytes of it and fifty times as
// much memory.
const maxStranger = 16 << 10

// Server answers the API's requests, gRPC and REST alike.
type Server struct {
	cfg       Config
	table     map[string]method
	rules     *rules
	strangers *mw.Allowance // of addresses, for requests without a good credential
	proofs    *mw.Allowance // of addresses, for JWTs that prove nothing: of its own, so that no stale token beside it shuts others out
	refused   *mw.Allowance // of subjects, for requests that leave an event of their refusal
	grpc      *grpc.Server
	rest      *rest
}

// New makes the API of a desk that has keys for tokens.
func New(cfg Config) (*Server, error) {
	if cfg.Desk == nil || cfg.Desk.Tokens == nil || cfg.Count == nil || cfg.Endpoint == "" || cfg.Address == nil || cfg.Log == nil || cfg.Now == nil || cfg.Rand == nil {
		return nil, errors.New("iamv1: a required part of the configuration is missing")
	}
	cfg.Within = cmp.Or(cfg.Within, defaultWithin)
	s := &Server{
		cfg: cfg, table: methods,
		strangers: mw.NewAllowance(mw.AnonymousRate, cfg.Now), proofs: mw.NewAllowance(mw.AnonymousRate, cfg.Now),
		refused: mw.NewAllowance(mw.RefusedRate, cfg.Now),
	}
	s.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(maxRequest), grpc.UnaryInterceptor(s.unary), grpc.UnknownServiceHandler(s.unknown),
	)
	s.register(s.grpc)
	if err := complete(s.table, s.grpc.GetServiceInfo()); err != nil {
		return nil, err
	}
	var err error
	if s.rules, err = readRules(s.grpc.GetServiceInfo()); err != nil {
		return nil, err
	}
	s.rest, err = newREST(s.grpc, cfg.Log)
	return s, err
}

// Mine reports whether a request is for the API, and not for the console: by what it carries, or by its path. The console
// has pages of operations, whose ids begin otherwise than those of the API. What describes the API, and whether the server
// runs, is answered by the console whoever asks: programs send their token along.
func Mine(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	path := r.URL.Path
	ours := path == "/healthz" || path == "/api/openapi.json" || path == "/api/docs" || strings.HasPrefix(path, "/api/docs/")
	return isGRPC(r) || strings.EqualFold(scheme, "Bearer") && !ours ||
		strings.HasPrefix(path, "/iam/v1/") || strings.HasPrefix(path, "/resource-manager/v1/") ||
		path == "/endpoints" || strings.HasPrefix(path, "/endpoints/") || strings.HasPrefix(path, "/operations/"+models.PrefixCall)
}

func isGRPC(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// longestTrace bounds a client's own id of what its requests belong to, which is sent back to it.
const longestTrace = 128

// ServeHTTP names the request, so that every answer has its id, and hands it to gRPC or to what turns REST into gRPC.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := models.NewID(models.PrefixRequest, s.cfg.Rand)
	if err != nil {
		s.cfg.Log.LogAttrs(r.Context(), slog.LevelError, "an API request got no id", slog.Any("err", err))
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("X-Request-Id", id)
	h.Set("X-Server-Request-Id", id)
	if trace := r.Header.Get("X-Client-Trace-Id"); visible(trace, longestTrace) && !manage.HoldsSecret(trace) {
		h.Set("X-Server-Trace-Id", trace)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	from := request{id: id, address: s.cfg.Address(r), most: maxRequest}
	if !s.signed(r) {
		from.most = maxStranger
	}
	r = r.WithContext(withRequest(r.Context(), from))
	if isGRPC(r) {
		r.Body = s.body(w, r, from.most)
		s.grpc.ServeHTTP(w, r)
		return
	}
	s.rest.ServeHTTP(w, r)
}

// signed reports whether a request bears an IAM token of this server's. Whether that is still good, the database says later.
func (s *Server) signed(r *http.Request) bool {
	token, err := credential(r.Header.Values("Authorization"))
	return err == nil && s.cfg.Desk.Signed(token)
}

// body is what gRPC is to read. Of a stranger whose method wants a credential that is an empty message, which is refused for
// want of one.
func (s *Server) body(w http.ResponseWriter, r *http.Request, most int64) io.ReadCloser {
	if m, known := s.table[r.URL.Path]; known && m.asks != open && most == maxStranger {
		return io.NopCloser(bytes.NewReader(make([]byte, grpcFrame)))
	}
	return http.MaxBytesReader(w, r.Body, most+grpcFrame)
}

// grpcFrame is the length of what stands before a message of gRPC; all zero, it says that the message is empty.
const grpcFrame = 5

// unknown answers a method that no service has. What was asked for is not repeated: it may be anything.
func (s *Server) unknown(_ any, stream grpc.ServerStream) error {
	id := requestOf(stream.Context()).id
	s.cfg.Log.LogAttrs(stream.Context(), slog.LevelInfo, "api request", slog.String("method", "-"), slog.String("code", codes.Unimplemented.String()),
		slog.String("request", id))
	return refusal(status.Error(codes.Unimplemented, "Keydesk has no such method."), id, "").Err()
}
