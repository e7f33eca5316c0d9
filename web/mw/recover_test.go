package mw_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"keydesk/web/mw"
)

func TestAPanicIsA500WithItsStackInTheLog(t *testing.T) {
	var log bytes.Buffer
	rec := serve(t, get(), func(echo.Context) error { panic("hunter2") }, mw.Recover(slog.New(slog.NewTextHandler(&log, nil))))
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "hunter2") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if !strings.Contains(log.String(), "recover_test.go") || !strings.Contains(log.String(), "route=/keys/:id") {
		t.Errorf("the log lacks the place: %s", log.String())
	}
}

func TestADroppedConnectionStaysDropped(t *testing.T) {
	defer func() {
		if cause, _ := recover().(error); !errors.Is(cause, http.ErrAbortHandler) {
			t.Error("the server's own panic was swallowed")
		}
	}()
	serve(t, get(), func(echo.Context) error { panic(http.ErrAbortHandler) }, mw.Recover(slog.New(slog.DiscardHandler)))
}
