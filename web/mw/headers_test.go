package mw_test

import (
	"regexp"
	"testing"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"keydesk/web/mw"
)

func TestSecureHeaders(t *testing.T) {
	var nonce string
	rec := serve(t, get(), func(c echo.Context) error {
		nonce = templ.GetNonce(c.Request().Context())
		return c.NoContent(204)
	}, mw.SecureHeaders(seeded(), true))
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'self'; img-src 'self'; font-src 'self'; " +
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "camera=(), clipboard-read=(), clipboard-write=(self), geolocation=(), microphone=(), payment=(), usb=()",
		"Strict-Transport-Security":    "max-age=31536000",
	} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !regexp.MustCompile(`^[0-9A-Za-z+/]{22}$`).MatchString(nonce) {
		t.Errorf("nonce = %q, want 128 bits in base64", nonce)
	}
}

func TestEveryResponseHasItsOwnNonce(t *testing.T) {
	through := mw.SecureHeaders(seeded(), false)
	first, second := serve(t, get(), ok, through), serve(t, get(), ok, through)
	if a, b := first.Header().Get("Content-Security-Policy"), second.Header().Get("Content-Security-Policy"); a == b {
		t.Errorf("both have %q", a)
	}
	if h := first.Header().Get("Strict-Transport-Security"); h != "" {
		t.Errorf("plain http says Strict-Transport-Security: %s", h)
	}
}
