package mw

import (
	"mime"
	"net/http"

	"github.com/labstack/echo/v4"
)

// FormLimit is the largest form in bytes: every field of ours together needs a fraction of it.
const FormLimit = 64 << 10

// ListLimit is the largest form that carries a list: 20,000 rows of a table with some columns beside the ids, or the thousand
// scopes that an own service can have, each with its description.
const ListLimit = 4 << 20

// Forms lets only plain forms in, and none longer than the limit of its route. A body that is compressed, or of a type that a form of
// another site could not send unasked either, is refused unread.
func Forms(limitOf func(echo.Context) int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, limit := c.Request(), limitOf(c)
			if r.ContentLength > limit {
				return echo.ErrStatusRequestEntityTooLarge
			}
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = http.MaxBytesReader(c.Response(), r.Body, limit) // a length that is not told is counted
			}
			if r.Method == http.MethodPost && !plainForm(r) {
				return echo.ErrUnsupportedMediaType
			}
			return next(c)
		}
	}
}

// plainForm reports whether the body is an uncompressed form, or there is none.
func plainForm(r *http.Request) bool {
	if r.Header.Get(echo.HeaderContentEncoding) != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	return r.ContentLength == 0 || err == nil && kind == echo.MIMEApplicationForm
}
