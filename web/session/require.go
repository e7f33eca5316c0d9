package session

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
)

// What a route may ask for beside a permission. The zero value is asked for by nobody and held by nobody: a route that
// forgets to say is shut.
const (
	Anyone   models.Permission = "anyone"
	SignedIn models.Permission = "signed-in"
)

// Require is the door of a route. Whatever changes something must come from our own pages, and carry the form token of
// this session; then whoever asks must hold the permission, here in any folder: the object's own is the domain's to check.
func (m *Manager) Require(p models.Permission) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := m.origins.Check(c.Request()); err != nil {
				m.service.CountForeign(c.Request().Context())
				return &models.Error{
					Code: models.Forbidden, Reason: "cross_origin", Err: err,
					Text: "Another site sent this request, so it was refused. Open Keydesk itself and do it there.",
				}
			}
			v := of(c)
			if p != Anyone && p != "" && !v.signedIn() {
				return signInFirst(c)
			}
			if !safe(c.Request().Method) {
				if err := v.sent(c); err != nil {
					return v.refused(c, err)
				}
			}
			if !v.may(p) {
				return m.service.RefusedAccess(c.Request().Context(), Actor(c), p)
			}
			return next(c)
		}
	}
}

// refused makes an event of a change that was sent in a signed-in person's name without their session's form token.
func (v *visit) refused(c echo.Context, err error) error {
	if !v.signedIn() {
		return err
	}
	return v.manager.service.RefusedRequest(c.Request().Context(), Actor(c), c.Request().Method+" "+c.Path(), err)
}

func (v *visit) may(p models.Permission) bool {
	switch p {
	case Anyone:
		return true
	case SignedIn:
		return v.signedIn()
	}
	return v.signedIn() && v.who.actor.MayAnywhere(p)
}

// signInFirst sends a page to sign-in, which comes back to it. A change cannot be repeated that way, and a program
// cannot sign in: they are told.
func signInFirst(c echo.Context) error {
	r := c.Request()
	page := safe(r.Method) && strings.Contains(r.Header.Get(echo.HeaderAccept), "text/html") && r.Header.Get("HX-Request") == ""
	if page {
		return c.Redirect(http.StatusSeeOther, "/signin?return="+url.QueryEscape(ReturnPath(r.URL.RequestURI())))
	}
	return models.NewError(models.Unauthenticated, "signed_out", "You are not signed in, or not any more. Nothing was changed.")
}

// ReturnPath answers a path of this site to go to after signing in, or "/" for anything that is none: another site, or
// what a browser may take for one.
func ReturnPath(raw string) string {
	u, err := url.Parse(raw)
	odd := strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f })
	if err != nil || odd || manage.HoldsSecret(raw) || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(raw, "/") ||
		strings.Contains(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return "/"
	}
	for _, own := range []string{"/signin", "/signout", "/setup", "/reset"} {
		if u.Path == own || strings.HasPrefix(u.Path, own+"/") {
			return "/"
		}
	}
	return u.RequestURI()
}
