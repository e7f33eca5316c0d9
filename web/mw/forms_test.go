package mw_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"keydesk/web/mw"
)

const form = "application/x-www-form-urlencoded"

func post(kind, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/keys/1", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func readForm(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func TestForms(t *testing.T) {
	untold := post(form, "")
	untold.Body, untold.ContentLength = io.NopCloser(strings.NewReader("a="+strings.Repeat("x", 100))), -1
	zipped := post(form, "a=1")
	zipped.Header.Set("Content-Encoding", "gzip")
	for name, tc := range map[string]struct {
		r    *http.Request
		want int
	}{
		"a form":               {post(form, "a=1"), 204},
		"with a charset":       {post(form+"; charset=utf-8", "a=1"), 204},
		"nothing at all":       {httptest.NewRequest(http.MethodPost, "/keys/1", nil), 204},
		"too long":             {post(form, "a="+strings.Repeat("x", 100)), 413},
		"too long, not told":   {untold, 413},
		"compressed":           {zipped, 415},
		"json":                 {post("application/json", "{}"), 415},
		"multipart":            {post("multipart/form-data; boundary=x", "--x--"), 415},
		"text/plain":           {post("text/plain", "a=1"), 415},
		"a type that is wrong": {post("application/x-www-form-urlencoded; =", "a=1"), 415},
		"no type":              {post("", "a=1"), 415},
	} {
		t.Run(name, func(t *testing.T) {
			if rec := serve(t, tc.r, readForm, mw.Forms(func(echo.Context) int64 { return 50 })); rec.Code != tc.want {
				t.Errorf("got %d, want %d", rec.Code, tc.want)
			}
		})
	}
}
