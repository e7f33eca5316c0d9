// Package askecho has echo's middleware that lets a request pass only with an API key that Keydesk's gate calls good.
//
// The address under which a request is counted is its peer's, or what ask.Options.Address says; where the service stands
// behind a proxy, that is echo's own: ask.Options{Address: e.IPExtractor}.
package askecho

import (
	"github.com/labstack/echo/v4"

	"keydesk/web/ask"
)

// Require lets a request pass only with a key that is good for all of these scopes. It panics where none is named. Handlers
// find the caller with Caller, and do not get the Authorization header.
//
//	e.GET("/orders", list, askecho.Require(gate, "orders.read"))
func Require(gate *ask.Client, scopes ...string) echo.MiddlewareFunc {
	ask.MustName(scopes)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			who, err := gate.CheckRequest(c.Request(), scopes...)
			if err != nil {
				ask.As(err).Serve(c.Response()) // rather than to the service's error handler, which might drop a header
				return nil
			}
			c.SetRequest(ask.Admitted(c.Request(), who))
			return next(c)
		}
	}
}

// Caller is who asks, where Require let the request pass.
func Caller(c echo.Context) (ask.Caller, bool) { return ask.CallerFrom(c.Request().Context()) }
