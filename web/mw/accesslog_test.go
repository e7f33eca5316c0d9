package mw_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/web/mw"
)

func TestAccessLogNamesTheRouteAndNotWhatWasAsked(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Second); return now }
	through := mw.AccessLog(slog.New(slog.NewJSONHandler(&log, nil)), clock, func(echo.Context) string { return "bfb1" })
	r := httptest.NewRequest("GET", "/keys/keydesk_canary?token=canary", nil)
	rec := serve(t, r, func(echo.Context) error { return errors.New("boom") }, mw.RequestID(seeded()), through)
	if rec.Code != 500 {
		t.Errorf("status %d, want the error to be answered", rec.Code)
	}
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["method"] != "GET" || line["route"] != "/keys/:id" || line["status"] != 500.0 || line["person"] != "bfb1" || line["took"] != 1e9 ||
		line["request"] != rec.Header().Get("X-Request-Id") {
		t.Errorf("line %v", line)
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("the log repeats what was asked: %s", log.String())
	}
}

func TestAMadeUpMethodIsNotLogged(t *testing.T) {
	var log bytes.Buffer
	through := mw.AccessLog(slog.New(slog.NewTextHandler(&log, nil)), time.Now, func(echo.Context) string { return "" })
	serve(t, httptest.NewRequest("SECRETWORD", "/keys/1", nil), ok, through)
	if strings.Contains(log.String(), "SECRETWORD") || !strings.Contains(log.String(), "method=other") {
		t.Errorf("log: %s", log.String())
	}
}
