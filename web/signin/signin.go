// Package signin answers the pages before anybody is signed in: sign-in and sign-out, the first set-up, a new password.
package signin

import (
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/views/layout"
	views "keydesk/views/signin"
	"keydesk/web/render"
	"keydesk/web/session"
)

// Handler has the pages as methods. All fields are required.
type Handler struct {
	Service  *signin.Service
	Sessions *session.Manager
	Page     func(c echo.Context, title string) layout.Page
}

// SignInForm asks who it is. Who is signed in already goes on.
func (h *Handler) SignInForm(c echo.Context) error {
	back := session.ReturnPath(c.QueryParam("return"))
	if session.Person(c).ID != "" {
		return c.Redirect(http.StatusSeeOther, back)
	}
	return h.form(c, http.StatusOK, views.SignIn{Return: back})
}

// SignIn checks a name and a password, opens a session and goes where the person wanted to.
func (h *Handler) SignIn(c echo.Context) error {
	in := views.SignIn{Email: field(c, "email"), Return: session.ReturnPath(field(c, "return"))}
	granted, err := h.Service.SignIn(c.Request().Context(), session.Meta(c), in.Email, field(c, "password"))
	switch models.CodeOf(err) {
	case models.Unauthenticated:
		in.Problem = text(err)
		return h.form(c, http.StatusUnprocessableEntity, in)
	case models.TooMany:
		in.Problem, in.LockedIn = text(err), signin.TimeLeft(err)
		c.Response().Header().Set(echo.HeaderRetryAfter, retryAfter(err))
		return h.form(c, http.StatusTooManyRequests, in)
	}
	if err != nil {
		return err
	}
	return h.enter(c, granted, in.Return)
}

// SignOut ends the session.
func (h *Handler) SignOut(c echo.Context) error {
	if err := h.Sessions.End(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/signin")
}

func (h *Handler) form(c echo.Context, status int, in views.SignIn) error {
	return render.Page(c, status, views.SignInPage(h.Page(c, "Sign in"), in))
}

func (h *Handler) enter(c echo.Context, granted signin.Granted, to string) error {
	if err := h.Sessions.Begin(c, granted); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// text is what a refusal says to who asked.
func text(err error) string {
	var refusal *models.Error
	if errors.As(err, &refusal) {
		return refusal.Text
	}
	return ""
}

// retryAfter is the header's value in whole seconds, rounded up: who comes back then is let try.
func retryAfter(err error) string {
	var refusal *models.Error
	if errors.As(err, &refusal) {
		return strconv.Itoa(int(math.Ceil(refusal.RetryAfter.Seconds())))
	}
	return "1"
}

// field reads a field of the body alone: a password in an address would be in every log on its way.
func field(c echo.Context, name string) string { return c.Request().PostFormValue(name) }
