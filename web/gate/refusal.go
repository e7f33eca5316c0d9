package gate

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/verify"
)

// refusal is an answer that is made once: status, challenge, code and a body that says why and what to do (RFC 9457).
type refusal struct {
	status    int
	code      models.Outcome
	body      []byte
	challenge bool // WWW-Authenticate: Api-Key with the code
}

// problem is the body of a refusal.
type problem struct {
	Type   string         `json:"type"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Code   models.Outcome `json:"code"`
}

func newRefusal(status int, code models.Outcome, detail string) *refusal {
	body, err := json.Marshal(problem{"about:blank", http.StatusText(status), status, detail, code})
	if err != nil { // strings and a number
		panic(err)
	}
	return &refusal{status: status, code: code, body: body, challenge: status < http.StatusNotFound}
}

// Codes of answers that are no decision about a key.
const (
	notFoundCode   models.Outcome = "not_found"
	wrongMethod    models.Outcome = "method_not_allowed"
	tooLarge       models.Outcome = "body_too_large"
	wrongMediaType models.Outcome = "unsupported_media_type"
)

// decided has the refusal of each outcome of a decision.
var decided = map[models.Outcome]*refusal{
	models.NoCredential:      newRefusal(401, models.NoCredential, "Send the API key as \"Authorization: Api-Key <secret>\"."),
	models.MalformedKey:      newRefusal(401, models.MalformedKey, "This is not a whole secret: a character is wrong, missing or too many. Copy it again."),
	models.UnknownKey:        newRefusal(401, models.UnknownKey, "No key has this secret. Create a key, or ask the gate that knows it."),
	models.RetiredSecret:     newRefusal(401, models.RetiredSecret, "This secret was replaced by a reissue. Use the key's new secret."),
	models.RevokedKey:        newRefusal(401, models.RevokedKey, "This key was revoked, which is final. Create another."),
	models.ExpiredKey:        newRefusal(401, models.ExpiredKey, "This key is past its expiry. Create another."),
	models.DisabledKey:       newRefusal(401, models.DisabledKey, "This key is disabled. Whoever manages it can enable it again."),
	models.SuspendedAccount:  newRefusal(401, models.SuspendedAccount, "The key's service account is suspended, expired or deleted."),
	models.InsufficientScope: newRefusal(403, models.InsufficientScope, "The key does not have the scope that this needs. Add it to the key."),
	models.PermissionDenied:  newRefusal(403, models.PermissionDenied, "The key has the scope, but no role of its service account permits it. Give the account such a role."),
	models.TooManyRequests:   newRefusal(429, models.TooManyRequests, "Too many bad keys came from this address. Good keys still pass; try again later."),
	models.GateUnavailable:   newRefusal(503, models.GateUnavailable, "The gate cannot reach its database, so it cannot know. Try again."),
}

var (
	twoCredentials = newRefusal(400, models.InvalidRequest, "Send exactly one credential.")
	withSession    = newRefusal(400, models.InvalidRequest, "A console session and an API key came together. Send only the key.")
	noScope        = newRefusal(400, models.InvalidRequest, "The gateway named no scope. Its configuration has to: /gate/check?scope=…")
	badQuery       = newRefusal(400, models.InvalidRequest, "The query may hold scope=… only. A key in a query never authenticates.")
	twoScopes      = newRefusal(400, models.InvalidRequest, "The query and the header Keydesk-Scope name different scopes.")
	manyScopes     = newRefusal(400, models.InvalidRequest, "Ask for at most 100 scopes at once.")
	badBody        = newRefusal(400, models.InvalidRequest, "The body has to be one JSON object with exactly the documented fields, each once.")
	manyChecks     = newRefusal(400, models.InvalidRequest, "A batch has 1 to 100 checks.")
	deniedGateway  = newRefusal(403, models.GatewayDenied, "The gateway's credential is missing or not good. Set the header Keydesk-Gateway.")
	deniedService  = newRefusal(401, models.GatewayDenied, "The caller's credential is missing or not good. Set the header Keydesk-Gateway.")
	notFound       = newRefusal(404, notFoundCode, "There is no such address on the gate.")
	notAllowed     = newRefusal(405, wrongMethod, "This address does not take that method; the header Allow says which.")
	largeBody      = newRefusal(413, tooLarge, "The body may have at most 64 KiB.")
	noJSON         = newRefusal(415, wrongMediaType, "Send application/json without Content-Encoding.")
)

const problemType = "application/problem+json"

// Header values that never change are shared; nobody may write into them.
var (
	noStore = []string{"no-store"}
	varyBy  = []string{"Authorization"}
)

// plain sets what every answer with a body carries: no cache may hand it to another request.
func plain(h http.Header) {
	h["Cache-Control"] = noStore
	h["Vary"] = varyBy
}

// refused is a refusal with what of the question stands in its headers; none where its refusal is nil.
type refused struct {
	*refusal
	scope string        // named in the challenge of a 403
	after time.Duration // when to ask again; 0 for no such word
}

// early is a refusal that was decided before any key was looked at.
func early(f *refusal) refused {
	if f.status == http.StatusServiceUnavailable {
		return refused{refusal: f, after: time.Second}
	}
	return refused{refusal: f}
}

func refusedBy(d *verify.Decision) refused {
	if d.RetryAfter > 0 {
		return refused{refusal: decided[d.Outcome], after: d.RetryAfter}
	}
	return refused{refusal: decided[d.Outcome], scope: d.Scope}
}

// header gives what a refusal's header has beside those of every answer with a body.
func (f refused) header(set func(name, value string)) {
	set("Content-Type", problemType)
	set("X-Content-Type-Options", "nosniff")
	set("Keydesk-Error", string(f.code))
	switch {
	case f.code == models.NoCredential:
		set("Www-Authenticate", `Api-Key realm="keydesk"`)
	case f.code == models.GatewayDenied:
		set("Www-Authenticate", `Keydesk-Gateway realm="keydesk"`)
	case f.challenge:
		set("Www-Authenticate", challenge(f.code, f.scope))
	}
	if f.after > 0 {
		set("Retry-After", strconv.FormatInt(max(1, int64((f.after+time.Second-1)/time.Second)), 10))
	}
}

func (f refused) write(w http.ResponseWriter) {
	h := w.Header()
	plain(h)
	f.header(func(name, value string) { h[name] = []string{value} })
	h["Content-Length"] = []string{strconv.Itoa(len(f.body))}
	w.WriteHeader(f.status)
	_, _ = w.Write(f.body) // whoever went away needs no answer
}

func refuse(w http.ResponseWriter, f *refusal) { early(f).write(w) }

func challenge(code models.Outcome, scope string) string {
	text := `Api-Key realm="keydesk", error="` + string(code) + `"`
	if scope != "" && quotable(scope) {
		text += `, scope="` + scope + `"`
	}
	return text
}

// quotable reports whether a scope can stand in a quoted string as it is: what was asked may be anything.
func quotable(scope string) bool {
	return len(scope) <= 256 && !strings.ContainsFunc(scope, func(r rune) bool {
		return r < '!' || r > '~' || r == '"' || r == '\\'
	})
}

// allow reports whether the method is one of the address's; if not, it has answered. After a chunked body the connection
// ends: a length beside it, which net/http drops silently, would let what follows be read in two ways.
func allow(w http.ResponseWriter, r *http.Request, methods []string) bool {
	if len(r.TransferEncoding) > 0 {
		w.Header()["Connection"] = []string{"close"}
	}
	for _, m := range methods {
		if r.Method == m {
			return true
		}
	}
	w.Header()["Allow"] = []string{strings.Join(methods, ", ")}
	refuse(w, notAllowed)
	return false
}
