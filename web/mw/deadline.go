package mw

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"
)

// Deadline bounds how long a request may keep the database busy, but for those that take as long as their reader does.
func Deadline(within time.Duration, unbounded func(echo.Context) bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if unbounded(c) {
				return next(c)
			}
			ctx, cancel := context.WithTimeout(c.Request().Context(), within)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
			return next(c)
		}
	}
}
