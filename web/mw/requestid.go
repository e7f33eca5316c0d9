package mw

import (
	"io"

	"github.com/labstack/echo/v4"

	"keydesk/models"
)

// RequestID names every request by an id of our own. One that a client sends is ignored: it would be a way to write
// into the log and the audit log.
func RequestID(rand io.Reader) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			id, err := models.NewID(models.PrefixRequest, rand)
			if err != nil {
				return err
			}
			c.Response().Header().Set(echo.HeaderXRequestID, id)
			return next(c)
		}
	}
}
