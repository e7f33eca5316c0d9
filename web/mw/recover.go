package mw

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// Recover turns a panic into an error, so that it is answered like any other defect. The stack goes to the log.
func Recover(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				r := recover()
				if r == nil {
					return
				}
				if cause, ok := r.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
					panic(r) // the server's own way to drop a connection
				}
				log.LogAttrs(c.Request().Context(), slog.LevelError, "panic",
					slog.String("route", route(c)), slog.String("request", c.Response().Header().Get(echo.HeaderXRequestID)),
					slog.String("stack", string(debug.Stack())))
				err = fmt.Errorf("panic: %v", r)
			}()
			return next(c)
		}
	}
}
