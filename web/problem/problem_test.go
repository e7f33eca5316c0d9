package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/views/layout"
	"keydesk/web/problem"
)

// answer sends one request to a handler that returns err.
func answer(t *testing.T, method, accept string, err error) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(slog.New(slog.NewTextHandler(&log, nil)))
	e.Add(method, "/", func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderXRequestID, "req-1")
		return err
	})
	r := httptest.NewRequest(method, "/", nil)
	r.Header.Set("Accept", accept)
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, r)
	return rec, log.String()
}

func TestStatusOfEachError(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want int
	}{
		"invalid":         {models.NewError(models.Invalid, "x", "x"), 422},
		"unauthenticated": {models.NewError(models.Unauthenticated, "x", "x"), 401},
		"forbidden":       {models.NewError(models.Forbidden, "x", "x"), 403},
		"missing":         {models.Missing("key"), 404},
		"conflict":        {models.NewError(models.Conflict, "x", "x"), 409},
		"precondition":    {models.NewError(models.Precondition, "x", "x"), 409},
		"too many":        {models.NewError(models.TooMany, "x", "x"), 429},
		"unavailable":     {models.NewError(models.Unavailable, "x", "x"), 503},
		"internal":        {models.NewError(models.Internal, "x", "x"), 500},
		"a new code":      {models.NewError("unheard_of", "x", "x"), 500},
		"wrapped":         {fmt.Errorf("reading: %w", models.Missing("key")), 404},
		"unclassified":    {errors.New("boom"), 500},
		"body too large":  {&http.MaxBytesError{Limit: 1}, 413},
		"echo not found":  {echo.ErrNotFound, 404},
		"echo media type": {echo.ErrUnsupportedMediaType, 415},
		"echo teapot":     {echo.NewHTTPError(http.StatusTeapot), 500},
	} {
		t.Run(name, func(t *testing.T) {
			if rec, _ := answer(t, "GET", "text/html", tc.err); rec.Code != tc.want {
				t.Errorf("status %d, want %d", rec.Code, tc.want)
			}
		})
	}
}

func TestADefectsTextIsInTheLogAlone(t *testing.T) {
	for _, accept := range []string{"text/html", "application/json"} {
		for _, err := range []error{errors.New("dsn=hunter2"), models.NewError(models.Internal, "x", "dsn=hunter2")} {
			rec, log := answer(t, "GET", accept, err)
			if strings.Contains(rec.Body.String(), "hunter2") {
				t.Errorf("%s: the answer tells the defect: %s", accept, rec.Body)
			}
			if !strings.Contains(log, "hunter2") || !strings.Contains(log, "req-1") {
				t.Errorf("%s: the log lacks the defect or its request: %s", accept, log)
			}
		}
	}
}

func TestARefusalsTextIsNotInTheLog(t *testing.T) {
	_, log := answer(t, "POST", "text/html", models.NewError(models.Invalid, "name_taken", "typed-by-a-person"))
	if strings.Contains(log, "typed-by-a-person") || !strings.Contains(log, "name_taken") {
		t.Errorf("the log says %s", log)
	}
}

func TestAProblemAsJSON(t *testing.T) {
	rec, _ := answer(t, "POST", "application/json", &models.Error{
		Code: models.Invalid, Reason: "invalid_fields", Text: "Some fields need attention", Fields: models.Fields{"name": "is taken"},
	})
	if got := rec.Header().Get("Content-Type"); got != problem.MediaType {
		t.Errorf("Content-Type = %q", got)
	}
	var got map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got["title"] != "Unprocessable Entity" || got["status"] != 422.0 || got["reason"] != "invalid_fields" ||
		got["detail"] != "Some fields need attention" || got["request_id"] != "req-1" || got["fields"].(map[string]any)["name"] != "is taken" {
		t.Errorf("got %v", got)
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	rec, _ := answer(t, "POST", "text/html", &models.Error{Code: models.TooMany, Text: "x", RetryAfter: 1200 * time.Millisecond})
	if got := rec.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After = %q, want 2", got)
	}
}

func TestAChangeThatTheDatabaseDidNotAnswer(t *testing.T) {
	down := models.NewError(models.Unavailable, "database_unavailable", "x")
	if rec, _ := answer(t, "POST", "text/html", down); !strings.Contains(rec.Body.String(), "NOT changed: the database did not answer") {
		t.Errorf("a change: %s", rec.Body)
	}
	if rec, _ := answer(t, "GET", "text/html", down); strings.Contains(rec.Body.String(), "NOT changed") {
		t.Errorf("a look: %s", rec.Body)
	}
}

func TestWrongMethodNamesTheRightOnes(t *testing.T) {
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(slog.New(slog.DiscardHandler))
	e.GET("/keys", func(c echo.Context) error { return c.NoContent(204) })
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest("DELETE", "/keys", nil))
	if rec.Code != 405 || rec.Header().Get("Allow") != "OPTIONS, GET" {
		t.Errorf("got %d with Allow %q", rec.Code, rec.Header().Get("Allow"))
	}
}

func TestAFailingErrorPageStillAnswers(t *testing.T) {
	e := echo.New()
	e.HTTPErrorHandler = problem.Framed(slog.New(slog.DiscardHandler), func(echo.Context) layout.Page { panic("no frame") })
	e.GET("/", func(echo.Context) error { return models.Missing("key") })
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 404 || !strings.Contains(rec.Body.String(), "There is no such key") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}

func TestWhatAlreadyLeftIsNotAnsweredTwice(t *testing.T) {
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(slog.New(slog.DiscardHandler))
	e.GET("/", func(c echo.Context) error {
		_ = c.String(200, "sent")
		return errors.New("late")
	})
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 200 || rec.Body.String() != "sent" {
		t.Errorf("got %d %q", rec.Code, rec.Body)
	}
}

func TestARequestWhoseTimeIsUpIsAnsweredWithAPage(t *testing.T) {
	e := echo.New()
	e.HTTPErrorHandler = problem.Handler(slog.New(slog.DiscardHandler))
	e.GET("/", func(c echo.Context) error {
		ctx, cancel := context.WithCancel(c.Request().Context())
		cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return context.DeadlineExceeded
	})
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 503 || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
		t.Errorf("got %d %q", rec.Code, rec.Header().Get("Content-Type"))
	}
}
