package ask

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The gate's words for its verdicts, as far as this package treats them apart. See the README for all.
const (
	codeAllowed           = "allowed"
	codeInvalidRequest    = "invalid_request"
	codeNoCredential      = "no_credential"
	codeMalformedKey      = "malformed_key"
	codeInsufficientScope = "insufficient_scope"
	codePermissionDenied  = "permission_denied"
	codeTooMany           = "too_many_requests"
	codeUnavailable       = "unavailable"
	codeUndeclared        = "undeclared_method"
	codeRefused           = "refused"
)

// Error says why a request does not pass. It is what Serve answers, and holds no secret.
type Error struct {
	Status     int           // 400, 401, 403, 429 or 503
	Code       string        // the gate's word: "revoked_key", "insufficient_scope", "unavailable"
	Scope      string        // the scope that lacks, with 403
	RetryAfter time.Duration // with 429 and 503
	Caller     Caller        // whose key it is, as far as the gate knows it: for the service's own log
	text       string        // for whoever runs the service, not for its clients
	cause      error
}

// Error is for logs.
func (e *Error) Error() string {
	text := "ask: " + e.Code
	if e.Scope != "" {
		text += ": " + e.Scope
	}
	if e.text != "" {
		text += ": " + e.text
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap is what went wrong on the way to the gate, where something did.
func (e *Error) Unwrap() error { return e.cause }

// details tell a client what to do, by code.
var details = map[string]string{
	codeInvalidRequest:    "Send exactly one Authorization header.",
	codeNoCredential:      "Send the API key as \"Authorization: Api-Key <secret>\".",
	codeMalformedKey:      "This is not a whole secret: a character is wrong, missing or too many. Copy it again.",
	"unknown_key":         "No key has this secret.",
	"retired_secret":      "This secret was replaced by a reissue. Use the key's new secret.",
	"revoked_key":         "This key was revoked, which is final. Ask for another.",
	"expired_key":         "This key is past its expiry. Ask for another.",
	"disabled_key":        "This key is disabled. Whoever manages it can enable it again.",
	"suspended_account":   "The key's service account is suspended, expired or deleted.",
	codeInsufficientScope: "The key does not have the scope that this needs.",
	codePermissionDenied:  "The key has the scope, but no role of its service account permits it.",
	codeTooMany:           "Too many bad keys came from this address. Good keys still pass; try again later.",
	codeUndeclared:        "The service declares no scope for this method, so nobody may call it.",
	codeUnavailable:       "Whether the key is good cannot be known at the moment. Try again.",
}

// refused is the error of a verdict. A reason that this version does not know refuses, too.
func refused(code, scope string, who Caller) *Error {
	e := &Error{Status: http.StatusUnauthorized, Code: code, Caller: who}
	switch code {
	case codeInsufficientScope, codePermissionDenied, codeUndeclared:
		e.Status, e.Scope = http.StatusForbidden, scope
	case codeTooMany:
		e.Status, e.RetryAfter = http.StatusTooManyRequests, time.Second
	case codeInvalidRequest:
		e.Status = http.StatusBadRequest
	default:
		if details[code] == "" {
			e.Status, e.Code = http.StatusForbidden, codeRefused
		}
	}
	return e
}

// failed is the error of a question that has no verdict, and tells the log where the ones before had: a gate that is away
// would fill it otherwise. Where the client went away, that says nothing of the gate.
func (c *Client) failed(ctx context.Context, text string, after time.Duration, cause error) *Error {
	e := &Error{Status: http.StatusServiceUnavailable, Code: codeUnavailable, RetryAfter: max(after, time.Second), text: text, cause: cause}
	if ctx.Err() != nil {
		e.cause = ctx.Err()
		return e
	}
	if !c.away.Swap(true) {
		c.log.ErrorContext(ctx, "keydesk's gate cannot be asked, so every request is refused", "gate", c.verify, "why", e.Error())
	}
	return e
}

// answers notes that the gate gave a verdict.
func (c *Client) answers(ctx context.Context) {
	if c.away.Load() && c.away.Swap(false) {
		c.log.InfoContext(ctx, "keydesk's gate answers again", "gate", c.verify)
	}
}

// UndeclaredMethod is the error for what nobody declared a scope for. Protocols that know their methods by name refuse it.
func UndeclaredMethod() *Error { return refused(codeUndeclared, "", Caller{}) }

// Detail tells a client what to do.
func (e *Error) Detail() string {
	if text := details[e.Code]; text != "" {
		return text
	}
	return "The key is refused."
}

// problem is the body of a refusal (RFC 9457), of the gate's own shape.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	Scope  string `json:"scope,omitempty"`
}

// Serve answers a request with the refusal.
func (e *Error) Serve(w http.ResponseWriter) {
	body, err := json.Marshal(problem{"about:blank", http.StatusText(e.Status), e.Status, e.Detail(), e.Code, e.Scope})
	if err != nil { // strings and a number
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Keydesk-Error", e.Code)
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		h.Set("WWW-Authenticate", e.challenge())
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
	w.WriteHeader(e.Status)
	_, _ = w.Write(body) // whoever went away needs no answer
}

func (e *Error) challenge() string {
	text := `Api-Key realm="keydesk"`
	if e.Code == codeNoCredential {
		return text
	}
	text += `, error="` + e.Code + `"`
	if e.Scope != "" && sendable(e.Scope) && !strings.ContainsAny(e.Scope, `"\`) {
		text += `, scope="` + e.Scope + `"`
	}
	return text
}
