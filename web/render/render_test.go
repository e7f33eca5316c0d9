package render_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"keydesk/web/render"
)

func draw(t *testing.T, page templ.ComponentFunc) (*httptest.ResponseRecorder, error) {
	t.Helper()
	rec := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), rec)
	return rec, render.Page(c, http.StatusCreated, page)
}

func TestAPageIsSentWhole(t *testing.T) {
	rec, err := draw(t, func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<p>é</p>")
		return err
	})
	if err != nil || rec.Code != http.StatusCreated || rec.Body.String() != "<p>é</p>" {
		t.Fatalf("got %d %q, %v", rec.Code, rec.Body, err)
	}
	for name, want := range map[string]string{
		"Content-Type":  "text/html; charset=UTF-8",
		"Cache-Control": "no-store",
	} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestAPageThatFailsToDrawSendsNothing(t *testing.T) {
	broken := errors.New("broken")
	rec, err := draw(t, func(_ context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "half a page")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("err = %v, want it to wrap %v", err, broken)
	}
	if rec.Body.Len() != 0 || len(rec.Header()) != 0 {
		t.Errorf("sent %q with %v, want nothing", rec.Body, rec.Header())
	}
}
