package gate

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"

	"github.com/valyala/fasthttp"
)

// lean answers plain checks on fasthttp. Plain is a GET or HEAD of HTTP/1.1 for exactly /gate/check, without a body, a
// cookie or an expectation, of whose header each line is one field that fasthttp read as net/http would. All else goes to
// net/http byte by byte as it came, so that there is one server alone to judge what is doubtful.
type lean struct {
	handlers *Handlers
	given    *given
	log      *slog.Logger
}

// noBody is fasthttp's word for a request with neither Content-Length nor Transfer-Encoding.
const noBody = -2

// leaveBody keeps fasthttp from reading a body and from answering an expectation: both are net/http's business, which gets
// the header as it came. A length of 0 instead of none is what says so to plain.
func leaveBody(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if h.ContentLength() != noBody {
		h.SetContentLength(0)
	}
	if len(h.Peek("Expect")) > 0 {
		h.Del("Expect")
	}
	return fasthttp.RequestConfig{}
}

func (l *lean) serve(ctx *fasthttp.RequestCtx) {
	defer l.survive(ctx)
	c, ok := ctx.Conn().(*conn)
	if !ok { // every connection comes from our listener
		ctx.SetConnectionClose()
		return
	}
	var q asked
	if !l.plain(&ctx.Request.Header, c, &q) {
		l.giveAway(ctx, c)
		return
	}
	start, sampled := l.handlers.metrics.begin()
	l.answer(ctx, c, &q)
	if sampled {
		l.handlers.metrics.end(start)
	}
}

// plain reads a plain check's question; false says that it is none. What it keeps are copies: fasthttp uses its memory again.
func (l *lean) plain(h *fasthttp.RequestHeader, c *conn, q *asked) bool {
	query, ok := bytes.CutPrefix(h.RequestURI(), []byte("/gate/check"))
	if !ok || len(query) > 0 && query[0] != '?' || !h.IsHTTP11() || h.ContentLength() != noBody || !h.IsGet() && !h.IsHead() {
		return false
	}
	fields := 0
	for name, value := range h.All() {
		if fields++; !q.take(c, name, value) {
			return false
		}
	}
	// A line that became no field, or was folded, or one field of several: of those net/http may make something else.
	if bytes.Count(h.RawHeaders(), []byte("\n")) != fields+1 {
		return false
	}
	if q.source = c.peer; l.handlers.isTrusted(c.peer) {
		q.source = l.handlers.behind(c.peer, forwardedBy(h))
	}
	q.query, q.known = c.sameQuery(query, len(q.scopes) > 0)
	return true
}

// take reads one field of a header; false where fasthttp may read it otherwise than net/http.
func (q *asked) take(c *conn, name, value []byte) bool {
	switch string(name) {
	case "Host":
		return c.knowsHost(value)
	case "User-Agent":
		q.agent = c.sameAgent(value)
	case "Authorization":
		q.authorization.add(string(value))
	case "Keydesk-Gateway":
		q.gateway.add(string(value))
	case "Keydesk-Scope":
		q.scopes = append(q.scopes, string(value))
	case "Cookie":
		return false // it has a way of its own with cookies
	default:
		return bytes.IndexByte(name, ' ') < 0 // it lets blanks into names
	}
	return true
}

func forwardedBy(h *fasthttp.RequestHeader) (lines []string) {
	for _, line := range h.PeekAll("X-Forwarded-For") {
		lines = append(lines, string(line))
	}
	return lines
}

// Names of the answer's header, as they are written.
var (
	cacheControl = []byte("Cache-Control")
	keyID        = []byte("Keydesk-Key-Id")
	accountID    = []byte("Keydesk-Service-Account-Id")
	folderID     = []byte("Keydesk-Folder-Id")
	scopeName    = []byte("Keydesk-Scope")
)

func (l *lean) answer(ctx *fasthttp.RequestCtx, c *conn, q *asked) {
	d, scopes, no := l.handlers.decide(q, nil)
	h := &ctx.Response.Header
	h.SetCanonical(cacheControl, []byte("no-store"))
	if no.refusal != nil {
		h.Set("Vary", "Authorization")
		no.header(h.Set)
		ctx.SetStatusCode(no.status)
		ctx.Response.SetBodyRaw(no.body)
		return
	}
	line := c.remember(q, scopes)
	ctx.SetStatusCode(http.StatusNoContent)
	h.SetCanonical(keyID, d.Key.Bytes())
	h.SetCanonical(accountID, []byte(d.AccountID))
	h.SetCanonical(folderID, []byte(d.FolderID))
	h.SetCanonical(scopeName, []byte(line))
}

// giveAway lets net/http have the connection, from this request's first byte on.
func (l *lean) giveAway(ctx *fasthttp.RequestCtx, c *conn) {
	h := &ctx.Request.Header
	head := fmt.Appendf(nil, "%s %s %s\r\n", h.Method(), h.RequestURI(), h.Protocol())
	if head = append(head, h.RawHeaders()...); len(h.RawHeaders()) == 0 {
		head = append(head, "\r\n"...)
	}
	c.leaves()
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(rest net.Conn) {
		defer c.arrives()
		l.given.give(&replayed{Conn: rest, head: head, halfClose: c.closeWrite})
	})
}

// survive ends the connection of a handler that panicked, as net/http does; fasthttp would end the process. It is a defect of
// ours that the operator has to see; only the kind of what was panicked with is told, for it may quote the request.
func (l *lean) survive(ctx *fasthttp.RequestCtx) {
	p := recover()
	if p == nil {
		return
	}
	l.log.Error("the gate's server: a handler panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(c net.Conn) { _ = c.Close() })
}

// refuseRequest answers bytes that are no request, as net/http does, and the connection ends. Who sent nothing, or not all
// in time, gets no answer.
func refuseRequest(ctx *fasthttp.RequestCtx, err error) {
	if c, ok := ctx.Conn().(*conn); ok {
		var late net.Error
		c.silent = errors.As(err, &late) && late.Timeout()
		c.refused.Store(true)
	}
	status, small := http.StatusBadRequest, (*fasthttp.ErrSmallBuffer)(nil)
	switch {
	case errors.As(err, &small):
		status = http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, fasthttp.ErrUnsupportedTransferEncoding):
		status = http.StatusNotImplemented
	}
	ctx.Response.Reset()
	ctx.SetStatusCode(status)
	ctx.Response.Header.SetCanonical(cacheControl, []byte("no-store"))
	ctx.SetContentType("text/plain; charset=utf-8")
	ctx.SetBodyString(fmt.Sprint(status, " ", http.StatusText(status)))
}
