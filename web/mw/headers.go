// Package mw holds what stands between the listener and every handler of the console: one concern a file.
package mw

import (
	"encoding/base64"
	"fmt"
	"io"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// csp lets a page load what Keydesk serves itself, run the scripts that carry this response's nonce, and nothing else.
const csp = "default-src 'none'; script-src 'nonce-%s'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// SecureHeaders sets the headers that every response carries, and gives templ this response's script nonce. With https
// the browser is told to come back by https alone.
func SecureHeaders(rand io.Reader, https bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			var raw [16]byte
			if _, err := io.ReadFull(rand, raw[:]); err != nil {
				return fmt.Errorf("drawing a nonce: %w", err)
			}
			nonce, h := base64.RawStdEncoding.EncodeToString(raw[:]), c.Response().Header()
			h.Set("Content-Security-Policy", fmt.Sprintf(csp, nonce))
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "same-origin") // no-referrer would make plain http send Origin: null, which is refused
			h.Set("Cross-Origin-Opener-Policy", "same-origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Permissions-Policy", "camera=(), clipboard-read=(), clipboard-write=(self), geolocation=(), microphone=(), payment=(), usb=()")
			if https {
				h.Set("Strict-Transport-Security", "max-age=31536000") // a year; on plain http it would lock people out
			}
			c.SetRequest(c.Request().WithContext(templ.WithNonce(c.Request().Context(), nonce)))
			return next(c)
		}
	}
}
