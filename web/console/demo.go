package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/views/layout"
	"keydesk/web/session"
)

const demoSwitchPath = "/demo/switch"

// Demo is what a demo is beside a console: its people, whom anybody who is in may become.
type Demo struct {
	Sessions *session.Manager
	People   []layout.DemoPerson // in the order in which the banner offers them
}

// banner is what every page of a demo says; nil where this is none.
func (d *Demo) banner() *layout.Demo {
	if d == nil {
		return nil
	}
	return &layout.Demo{Action: demoSwitchPath, People: d.People}
}

// DemoLink signs in by the link on the demo's terminal. It works as often as it is opened, so a program that looks at links
// spoils nothing.
func (h *Handler) DemoLink(c echo.Context) error {
	if h.Demo == nil {
		return echo.ErrNotFound
	}
	granted, err := h.SignIn.DemoLink(c.Request().Context(), session.Meta(c), c.Param("token"))
	if errors.Is(err, signin.ErrLinkDead) {
		return models.NewError(models.NotFound, "link_dead",
			"This is not the link of the demo that runs now: each start prints a new one. Open the one on its terminal.")
	}
	if err != nil {
		return err
	}
	return h.enterDemo(c, granted, "/")
}

var demoFields = fields{"person": once, "return": once}

// DemoSwitch makes whoever asks another of the demo's people: a sign-in like any other, under a new session.
func (h *Handler) DemoSwitch(c echo.Context) error {
	if h.Demo == nil {
		return echo.ErrNotFound
	}
	f, err := readForm(c, demoFields)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(h.Demo.People, func(p layout.DemoPerson) bool { return p.Access == f.one("person") })
	if f.err() != nil || at < 0 {
		return echo.ErrBadRequest
	}
	granted, err := h.SignIn.DemoSwitch(c.Request().Context(), session.Actor(c), session.Meta(c), h.Demo.People[at].Email)
	if err != nil {
		return err
	}
	return h.enterDemo(c, granted, seenByAll(session.ReturnPath(f.one("return"))))
}

func (h *Handler) enterDemo(c echo.Context, granted signin.Granted, to string) error {
	if err := h.Demo.Sessions.Begin(c, granted); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// seenByAll answers a path whose page everybody may look at: a list, or one of its things. From elsewhere the next person
// begins at the beginning.
func seenByAll(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	place, thing, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	known := "/"+place == layout.NavKeys || "/"+place == layout.NavAccounts
	if !known || thing != "" && !models.IsID(thing) {
		return "/"
	}
	return path
}
