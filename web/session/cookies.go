package session

import (
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"keydesk/models/signin"
)

// linkMinutes is how long a browser remembers a one-time link between its address and its form.
const linkMinutes = 15

// KeepLink remembers the token of a one-time link in a short cookie, so that the page it leads to has an address without
// it: an address is logged, shared and sent on. What has not the shape of a token is not kept.
func (m *Manager) KeepLink(c echo.Context, token string) {
	if !signin.IsToken(token) {
		return
	}
	options := m.store.options
	options.MaxAge = linkMinutes * 60
	c.SetCookie(sessions.NewCookie(m.names.link, token, &options))
}

// KeptLink answers the token that KeepLink remembered, or "".
func (m *Manager) KeptLink(c echo.Context) string {
	cookie, err := c.Cookie(m.names.link)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// DropLink forgets it.
func (m *Manager) DropLink(c echo.Context) { m.drop(c, m.names.link) }

// Remember keeps a choice in this browser, beside any session; "" forgets it. It is no secret.
func Remember(c echo.Context, name, value string, life time.Duration) {
	options := of(c).manager.store.options
	options.MaxAge = int(life.Seconds())
	if value == "" {
		options.MaxAge = -1
	}
	c.SetCookie(sessions.NewCookie(name, value, &options))
}
