package problem

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/views/errorview"
	"keydesk/views/layout"
	"keydesk/views/ui"
	"keydesk/web/render"
)

// MediaType is that of RFC 9457.
const MediaType = "application/problem+json"

// Frame returns what the frame of a page shows around an error: who is signed in, where that is known.
type Frame func(echo.Context) layout.Page

// Handler answers every error that a handler returned, in a frame that knows nobody.
func Handler(log *slog.Logger) echo.HTTPErrorHandler {
	return Framed(log, func(echo.Context) layout.Page { return layout.Page{} })
}

// Framed is Handler with pages framed for who is signed in.
func Framed(log *slog.Logger, frame Frame) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		a := Of(err)
		if unanswered(err) && !safe(c.Request().Method) {
			a = a.unchanged(c.Path())
		}
		note(log, c, a, err)
		headers(c, a)
		if wantsJSON(c.Request()) || page(c, frame, a) != nil {
			_ = body(c, a) // also when the page itself failed to draw
		}
	}
}

// unanswered reports whether the database did not answer, so that nothing was changed. What else is unavailable says why itself,
// above all that it is not known if a change was made: the answer to its commit was lost.
func unanswered(err error) bool {
	return models.CodeOf(err) == models.Unavailable && (models.ReasonOf(err) == "database_unavailable" || models.ReasonOf(err) == "")
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// note writes the log line. The text of an error goes to the log for a server's error alone: a refusal may repeat what
// was typed.
func note(log *slog.Logger, c echo.Context, a Answer, err error) {
	attrs := []slog.Attr{
		slog.String("request", requestID(c)), slog.String("route", c.Path()),
		slog.Int("status", a.Status), slog.String("reason", a.Reason),
	}
	if a.Status >= http.StatusInternalServerError {
		attrs = append(attrs, slog.String("err", err.Error()))
	}
	log.LogAttrs(c.Request().Context(), a.Level(), "request refused", attrs...)
}

func headers(c echo.Context, a Answer) {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "no-store")
	if a.RetryAfter > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(seconds(a.RetryAfter)))
	}
	if allow, ok := c.Get(echo.ContextKeyHeaderAllow).(string); ok && a.Status == http.StatusMethodNotAllowed {
		h.Set(echo.HeaderAllow, allow)
	}
	if a.Status == http.StatusUnauthorized && h.Get(echo.HeaderWWWAuthenticate) == "" {
		h.Set(echo.HeaderWWWAuthenticate, `Keydesk-Session realm="keydesk"`) // RFC 9110, 11.6.1: a 401 names its scheme
	}
}

// seconds rounds up: a client that comes back a moment early is refused again.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// page draws the error page. A frame or page that panics must not leave the request unanswered.
func page(c echo.Context, frame Frame, a Answer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the error page panicked")
		}
	}()
	// The request's time may be up, or its handler's deadline released: the answer is due all the same.
	c.SetRequest(c.Request().WithContext(context.WithoutCancel(c.Request().Context())))
	p := frame(c)
	p.Title = a.Title
	back := ui.Link{Label: "Service accounts", Href: "/service-accounts"}
	if a.Code == models.Unauthenticated {
		back = ui.Link{Label: "Sign in", Href: "/signin"}
	}
	return render.Page(c, a.Status, errorview.Page(p, errorview.Problem{
		Title: a.Title, Text: sentences(a), Todo: a.Todo, RequestID: requestID(c), Back: back,
	}))
}

// text is the sentence, of a form as a whole where something is said of that.
func text(a Answer) string {
	return cmp.Or(a.Fields[""], a.Text)
}

// sentences are the text and, as a page of a refusal has no form to stand in, what it says of each field.
func sentences(a Answer) string {
	if a.Fields[""] != "" {
		return text(a)
	}
	sentences := []string{a.Text}
	for _, field := range slices.Sorted(maps.Keys(a.Fields)) {
		sentences = append(sentences, strings.TrimSuffix(a.Fields[field], ".")+".")
	}
	return strings.Join(sentences, " ")
}

// document is the JSON form. Its type is about:blank, so its title is the status's own phrase.
type document struct {
	Title   string        `json:"title"`
	Status  int           `json:"status"`
	Detail  string        `json:"detail"`
	Reason  string        `json:"reason"`
	Fields  models.Fields `json:"fields,omitempty"`
	Request string        `json:"request_id,omitempty"`
}

func body(c echo.Context, a Answer) error {
	c.Response().Header().Set(echo.HeaderContentType, MediaType)
	return c.JSON(a.Status, document{
		Title: http.StatusText(a.Status), Status: a.Status, Detail: text(a), Reason: a.Reason, Fields: a.Fields, Request: requestID(c),
	})
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// wantsJSON reports whether JSON is asked for: a browser names text/html first, or at all.
func wantsJSON(r *http.Request) bool {
	accept := strings.ToLower(r.Header.Get(echo.HeaderAccept))
	if strings.Contains(accept, "text/html") {
		return false
	}
	return strings.Contains(accept, "json") || strings.HasPrefix(strings.ToLower(r.Header.Get(echo.HeaderContentType)), echo.MIMEApplicationJSON)
}
