package ask

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
)

// Require gives the middleware that lets a request pass only with a key that is good for all of these scopes. It panics
// where none is named, or an empty one: a route that forgets is not to wait for its first request.
//
// What comes after knows the caller by CallerFrom, and does not get the Authorization header: it has no use for the secret.
// A handler that goes on for long, such as a WebSocket, was asked about once; it asks again with Check where that matters.
func (c *Client) Require(scopes ...string) func(http.Handler) http.Handler {
	MustName(scopes)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			who, err := c.CheckRequest(r, scopes...)
			if err != nil {
				As(err).Serve(w)
				return
			}
			next.ServeHTTP(w, Admitted(r, who))
		})
	}
}

// MustName panics where scopes are none at all, too many, or one of them is empty.
func MustName(scopes []string) {
	if len(scopes) == 0 || len(scopes) > maxScopes || slices.Contains(scopes, "") {
		panic("ask: a route demands no scope, an empty one, or more than 100; name what its callers need")
	}
}

// CheckRequest is Check for the key of a request's Authorization header. The error is an *Error always.
func (c *Client) CheckRequest(r *http.Request, scopes ...string) (Caller, error) {
	key, err := Key(r.Header["Authorization"])
	if err != nil {
		return Caller{}, err
	}
	return c.Ask(r.Context(), Question{Key: key, Scopes: scopes, Address: c.address(r), Agent: r.UserAgent()})
}

const scheme = "Api-Key"

// Key takes the secret out of the values of the Authorization header, of which there has to be one. Another scheme than
// Api-Key, whose case does not matter, is no credential here. The error is an *Error always.
func Key(authorization []string) (string, error) {
	if len(authorization) > 1 {
		return "", refused(codeInvalidRequest, "", Caller{})
	}
	if len(authorization) == 0 {
		return "", refused(codeNoCredential, "", Caller{})
	}
	v := authorization[0]
	if len(v) <= len(scheme) || !strings.EqualFold(v[:len(scheme)], scheme) || v[len(scheme)] != ' ' && v[len(scheme)] != '\t' {
		return "", refused(codeNoCredential, "", Caller{})
	}
	key := strings.TrimLeft(v[len(scheme):], " \t")
	if key == "" {
		return "", refused(codeNoCredential, "", Caller{})
	}
	return key, nil
}

// As is the *Error of what this package returned; of any other error one that refuses.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Status: http.StatusServiceUnavailable, Code: codeUnavailable, RetryAfter: defaultTimeout, cause: err}
}

// Admitted is the request as what comes after the check sees it: with the caller, without the secret.
func Admitted(r *http.Request, who Caller) *http.Request {
	r = r.WithContext(WithCaller(r.Context(), who))
	r.Header = r.Header.Clone()
	r.Header.Del("Authorization")
	return r
}

type callerKey struct{}

// WithCaller is a context that knows who asks.
func WithCaller(ctx context.Context, who Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

// CallerFrom is who asks, where a check let the request pass.
func CallerFrom(ctx context.Context) (Caller, bool) {
	who, ok := ctx.Value(callerKey{}).(Caller)
	return who, ok
}

func peer(r *http.Request) string { return Host(r.RemoteAddr) }

// Host is the address of "address:port", and "" of what is none.
func Host(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	host, _, _ = strings.Cut(host, "%") // a zone means something on that machine alone
	return host
}
