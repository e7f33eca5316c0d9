package console

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/web/session"
)

const (
	themePath   = "/theme"
	themeCookie = "keydesk_theme"
	themeKept   = 365 * 24 * time.Hour
)

// themes are the values of the form and of the cookie; "" follows the system, and is kept as no cookie.
var themes = set([]string{"", "light", "dark"})

var themeFields = fields{"theme": once, "return": once}

// Theme keeps the choice in this browser, and goes back to where it was made.
func (h *Handler) Theme(c echo.Context) error {
	f, err := readForm(c, themeFields)
	if err != nil {
		return err
	}
	theme := f.one("theme")
	if f.err() != nil || !themes[theme] {
		return echo.ErrBadRequest
	}
	session.Remember(c, themeCookie, theme, themeKept)
	return c.Redirect(http.StatusSeeOther, session.ReturnPath(f.one("return")))
}

// chosenTheme is what this browser keeps; anything that is no theme follows the system.
func chosenTheme(c echo.Context) string {
	cookie, err := c.Cookie(themeCookie)
	if err != nil || !themes[cookie.Value] {
		return ""
	}
	return cookie.Value
}
