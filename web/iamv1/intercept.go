package iamv1

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/web/mw"
)

// request is what is known of a request before anybody looks at who sent it.
type request struct {
	id      string
	address string
	most    int64 // bytes that are read of it
}

type requestKey struct{}

func withRequest(ctx context.Context, r request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// unary stands around every method: what is named first sees the request first and its answer last.
func (s *Server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	began, from := s.cfg.Now(), requestOf(ctx)
	m := s.table[info.FullMethod]
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Within)
	defer cancel()
	by := models.Actor{RequestID: from.id, Address: from.address}
	answer, err := s.guarded(ctx, func() (any, error) { return s.admit(ctx, req, info.FullMethod, m, &by, handler) })
	code, attrs := codes.OK, []slog.Attr(nil)
	if err != nil {
		st := refusal(err, from.id, m.makes)
		code, answer = st.Code(), nil
		attrs = append(attrs, slog.String("reason", models.ReasonOf(err)))
		if code == codes.Internal || code == codes.Unavailable || code == codes.Unknown {
			attrs = append(attrs, slog.Any("err", err)) // else a refusal may repeat what was sent
		}
		err = st.Err()
	}
	s.cfg.Log.LogAttrs(ctx, levelOf(code), "api request", append([]slog.Attr{
		slog.String("method", info.FullMethod), slog.String("code", code.String()), slog.Duration("took", s.cfg.Now().Sub(began)),
		slog.String("request", from.id), slog.String("subject", by.ID), slog.String("address", from.address),
	}, attrs...)...)
	return answer, err
}

// levelOf is how loud the log is: what a client can cause is no error of the server.
func levelOf(code codes.Code) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.Unavailable, codes.DataLoss:
		return slog.LevelError
	case codes.PermissionDenied, codes.ResourceExhausted:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// guarded turns a panic into an error, whose text and place are for the log.
func (s *Server) guarded(ctx context.Context, do func() (any, error)) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("request", requestOf(ctx).id), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("panic of type %T", p) // its value may hold anything
		}
	}()
	return do()
}

// admit finds out who asks, and lets in what they may ask for and what is well formed. It fills by.
func (s *Server) admit(ctx context.Context, req any, name string, m method, by *models.Actor, handler grpc.UnaryHandler) (any, error) {
	if m.asks != open {
		bearer, err := s.bearer(ctx, *by)
		if err != nil {
			return nil, err
		}
		*by = bearer
		mw.Stay(ctx) // a connection of somebody who is known may stay idle for longer
		if !s.refused.Left(by.Label()) {
			return nil, s.refused.Exceeded("Too many of your requests were refused in a short time. Wait a moment, then do what your roles allow.")
		}
	}
	answer, err := s.permitted(ctx, req, name, m, *by, handler)
	if leavesEvent(m, err) {
		s.refused.Take(by.Label())
	}
	return answer, err
}

// leavesEvent reports whether a refusal is an event of the audit log, which nobody is to fill.
func leavesEvent(m method, err error) bool {
	switch models.CodeOf(err) {
	case models.Forbidden:
		return true
	case models.Invalid, models.NotFound, models.Conflict, models.Precondition, models.Aborted:
		return err != nil && m.changes() && m.asks != open
	}
	return false
}

func (s *Server) permitted(ctx context.Context, req any, name string, m method, by models.Actor, handler grpc.UnaryHandler) (any, error) {
	if m.asks != open && m.asks != signedIn && !by.MayAnywhere(m.asks) {
		err := models.NewError(models.Forbidden, "forbidden", "Your roles do not include this ("+string(m.asks)+"). Ask an administrator.")
		if m.changes() {
			s.cfg.Desk.RecordRefusal(ctx, by, "access.refuse", "permission", string(m.asks), err)
		}
		return nil, err
	}
	message, ok := req.(proto.Message)
	if !ok {
		return nil, errors.New("a request that is no message")
	}
	if err := s.rules.check(message); err != nil {
		return nil, err
	}
	if m.does == works || m.does == creates {
		call, err := s.call(ctx, name, m, message)
		if err != nil {
			return nil, err
		}
		by.Call = call
	}
	return handler(withActor(ctx, by), req)
}

const tooManyStrangers = "There were too many requests without a good credential from your address. Wait a moment and try again."

// bearer finds out whom the request's one IAM token belongs to.
func (s *Server) bearer(ctx context.Context, meta models.Actor) (models.Actor, error) {
	token, err := credential(metadata.ValueFromIncomingContext(ctx, "authorization"))
	if err == nil {
		known, aerr := s.cfg.Desk.Authenticate(ctx, meta, token)
		if aerr == nil {
			return known.Actor, nil
		}
		err = aerr
	}
	if models.CodeOf(err) == models.Unauthenticated {
		left := s.strangers.Take(mw.Party(meta.Address))
		s.cfg.Count(ctx, !left)
		if !left {
			return meta, s.strangers.Exceeded(tooManyStrangers)
		}
	}
	return meta, err
}

const bearerWay = " Send one header \"Authorization: Bearer <IAM token>\"; a token is made on the page API access, or with \"keydesk token create\"."

// credential is the token in the one Authorization header.
func credential(headers []string) (string, error) {
	if len(headers) == 0 {
		return "", models.NewError(models.Unauthenticated, "no_credential", "The request has no credential."+bearerWay)
	}
	if len(headers) > 1 {
		return "", models.NewError(models.Unauthenticated, "several_credentials", "The request has several credentials."+bearerWay)
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	token = strings.TrimSpace(token)
	switch {
	case strings.EqualFold(scheme, "Api-Key"), strings.EqualFold(scheme, "Bearer") && manage.HoldsSecret(token) && !manage.HoldsToken(token):
		return "", models.NewError(models.Unauthenticated, "api_key", "An API key never manages: it is for the services that its scopes name."+bearerWay)
	case strings.EqualFold(scheme, "Bearer") && token == "":
		return "", models.NewError(models.Unauthenticated, "no_credential", "The header Authorization has no token behind Bearer: was the variable empty?"+bearerWay)
	case strings.EqualFold(scheme, "Bearer"):
		return token, nil
	}
	return "", models.NewError(models.Unauthenticated, "unknown_credential", "The request's credential is of another kind."+bearerWay)
}

// longestKey bounds an Idempotency-Key. Clients send a UUID.
const longestKey = 128

// call is how the request is remembered.
func (s *Server) call(ctx context.Context, name string, m method, req proto.Message) (*models.Call, error) {
	c := &models.Call{}
	keys := metadata.ValueFromIncomingContext(ctx, "idempotency-key")
	if len(keys) > 1 || len(keys) == 1 && !visible(keys[0], longestKey) {
		return nil, models.NewError(models.Invalid, "invalid_idempotency_key", "Idempotency-Key is one word of up to 128 visible characters, such as a UUID.")
	}
	if len(keys) == 1 && manage.HoldsSecret(keys[0]) { // keys are kept as they come
		return nil, models.NewError(models.Invalid, "invalid_idempotency_key", "This Idempotency-Key holds a secret. Send a UUID that is drawn anew for each change.")
	}
	if len(keys) == 1 {
		c.Key = keys[0]
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	hash.Write([]byte(name + "\x00"))
	hash.Write(body)
	c.Hash = hex.EncodeToString(hash.Sum(nil))
	if m.does == works {
		c.OperationID, err = models.NewID(models.PrefixCall, s.cfg.Rand)
	}
	return c, err
}

// visible reports whether a text is a word of so many visible ASCII characters at most.
func visible(text string, most int) bool {
	if text == "" || len(text) > most {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
