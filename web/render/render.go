// Package render sends pages. A page is drawn whole before its first byte leaves, so that one that fails to draw can
// still be answered with an error page.
package render

import (
	"bytes"
	"fmt"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// noStore forbids every cache to keep a page: what a person may see today is theirs alone, and a shared browser must
// show nothing after they signed out.
const noStore = "no-store"

// Page draws the component and sends it with the status. On an error nothing was sent.
func Page(c echo.Context, status int, page templ.Component) error {
	var buf bytes.Buffer
	if err := page.Render(c.Request().Context(), &buf); err != nil {
		return fmt.Errorf("drawing the page of %s: %w", c.Path(), err)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, noStore)
	return c.HTMLBlob(status, buf.Bytes())
}
