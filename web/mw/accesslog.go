package mw

import (
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"
)

// AccessLog writes a line a request: the route's pattern, never the path or query as asked, which may hold a token that
// somebody pasted. It answers the error itself, so that the line tells the status that was sent.
func AccessLog(log *slog.Logger, now func() time.Time, person func(echo.Context) string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			began := now()
			if err := next(c); err != nil {
				c.Error(err)
			}
			level := slog.LevelInfo
			if c.Request().Header.Get("HX-Request") != "" && c.Response().Status < 400 {
				level = slog.LevelDebug // an open page asks for its parts once a second
			}
			log.LogAttrs(c.Request().Context(), level, "request",
				slog.String("method", method(c.Request().Method)), slog.String("route", route(c)), slog.Int("status", c.Response().Status),
				slog.Duration("took", now().Sub(began)), slog.Int64("bytes", c.Response().Size),
				slog.String("request", c.Response().Header().Get(echo.HeaderXRequestID)), slog.String("person", person(c)),
				slog.String("address", c.RealIP()))
			return nil
		}
	}
}

// route is the pattern that answered; an unknown path has none, and is not repeated.
func route(c echo.Context) string {
	if p := c.Path(); p != "" {
		return p
	}
	return "-"
}

// method keeps a made-up method out of the log.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE":
		return m
	}
	return "other"
}
