package mw_test

import (
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/web/mw"
)

func TestARequestThatTakesTooLongIsUnavailable(t *testing.T) {
	rec := serve(t, get(), func(c echo.Context) error {
		<-c.Request().Context().Done()
		return c.Request().Context().Err()
	}, mw.Deadline(time.Millisecond, func(echo.Context) bool { return false }))
	if rec.Code != 503 || rec.Header().Get("Retry-After") == "" {
		t.Errorf("got %d with Retry-After %q", rec.Code, rec.Header().Get("Retry-After"))
	}
}
