package render

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Text sends a plain text.
func Text(c echo.Context, text []byte) error {
	c.Response().Header().Set(echo.HeaderCacheControl, noStore)
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", text)
}
