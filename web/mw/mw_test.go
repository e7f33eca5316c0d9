package mw_test

import (
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"keydesk/web/problem"
)

// seeded is randomness that is the same in every run.
func seeded() io.Reader { return rand.NewChaCha8([32]byte{1}) }

// serve sends one request through the middlewares to a handler.
func serve(t *testing.T, r *http.Request, do echo.HandlerFunc, through ...echo.MiddlewareFunc) *httptest.ResponseRecorder {
	t.Helper()
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(slog.New(slog.DiscardHandler))
	e.IPExtractor = echo.ExtractIPDirect()
	e.Use(through...)
	e.Any("/keys/:id", do)
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, r)
	return rec
}

func ok(c echo.Context) error { return c.NoContent(http.StatusNoContent) }

func get() *http.Request { return httptest.NewRequest(http.MethodGet, "/keys/1", nil) }
