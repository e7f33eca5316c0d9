package mw

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"
)

// Deadline bounds how long a request may keep the database busy.
func Deadline(within time.Duration) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			ctx, cancel := context.WithTimeout(c.Request().Context(), within)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
			return next(c)
		}
	}
}
