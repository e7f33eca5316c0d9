// Package console answers the pages of service accounts and their keys: it reads what was asked, lets the desk decide, and
// fills the page. One file a noun.
package console

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/signin"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/views/layout"
	"keydesk/web/session"
)

// Handler answers the console's pages.
type Handler struct {
	Desk         *manage.Desk
	SignIn       *signin.Service
	Now          func() time.Time
	GateURL      string                         // where the gate is asked, for the examples beside a new secret: "http://localhost:8081"
	Lag          time.Duration                  // how far the counting of uses is behind at most
	PublicURL    string                         // where browsers see the console, for links that are handed over; "" where it is what they ask for
	APIURL       string                         // where programs reach the management API; "" where it is the console's own address
	InsecureHTTP bool                           // served beyond loopback without TLS: every page says so
	Demo         *Demo                          // nil where this is no demo
	Witness      func() (manage.Witness, error) // what proves the audit log from outside the database
	Program      Program                        // what runs here, for the page that says so

	exports exports // files that are being sent
}

// Frame is what the frame of any page needs, also of an error page that is drawn before anybody is known.
func (h *Handler) Frame(c echo.Context) layout.Page {
	p := layout.Page{InsecureHTTP: h.InsecureHTTP, Demo: h.Demo.banner(), RequestPath: c.Request().URL.RequestURI(), Theme: chosenTheme(c)}
	if manage.HoldsSecret(p.RequestPath) { // that somebody pasted into the address
		p.RequestPath = "/"
	}
	if session.Known(c) && session.Person(c).ID != "" {
		p.Person, p.FormToken, p.ThemeAction = session.Person(c).Email, session.FormToken(c), themePath
		p.Nav = layout.Navigation(session.Actor(c).MayAnywhere)
		p.Alarms = h.Desk.GateAlarms(c.Request().Context(), session.Actor(c))
	}
	return p
}

// page frames a page of the console, with the message that the last change left. Title and way back are the page's own.
func (h *Handler) page(c echo.Context) layout.Page {
	p := h.Frame(c)
	p.Flash = session.TakeFlash(c)
	return p
}

// Titled frames a page that stands alone, such as sign-in: its form has a token before anybody is signed in.
func (h *Handler) Titled(c echo.Context, title string) layout.Page {
	p := h.Frame(c)
	p.Title, p.FormToken, p.Flash = title, session.FormToken(c), session.TakeFlash(c)
	return p
}

func (h *Handler) now() time.Time { return models.Instant(h.Now()) }

// Home leads to where work begins: a reviewer's with the keys, of who can make accounts with those.
func (h *Handler) Home(c echo.Context) error {
	if by := session.Actor(c); by.Is(models.Reviewer) && !by.MayAnywhere(models.AccountsCreate) {
		return c.Redirect(http.StatusSeeOther, keys.ListPath)
	}
	return c.Redirect(http.StatusSeeOther, accounts.ListPath)
}

// fragment reports whether a page asks for a part of itself.
func fragment(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

// refuse records a refusal that was decided before the desk was asked, and returns it.
func (h *Handler) refuse(c echo.Context, action, objectType, objectID string, err error) error {
	h.Desk.RecordRefusal(c.Request().Context(), session.Actor(c), action, objectType, objectID, err)
	return err
}

// forbidden is the answer to a page whose form would be refused.
func forbidden() error {
	return models.NewError(models.Forbidden, "forbidden", "Your access does not allow this. An administrator can change what you may do.")
}

// stateError refuses a form of something whose state does not allow it any more.
func stateError(reason, text string) error { return models.NewError(models.Precondition, reason, text) }
