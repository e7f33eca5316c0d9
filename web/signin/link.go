package signin

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	views "keydesk/views/signin"
	"keydesk/web/render"
	"keydesk/web/session"
)

// SetupLink takes the token out of the address: the page that follows has none in it. Nothing is used up, so that a
// program which looks at links spoils none.
func (h *Handler) SetupLink(c echo.Context) error {
	h.Sessions.KeepLink(c, c.Param("token"))
	return c.Redirect(http.StatusSeeOther, "/setup")
}

// SetupForm asks for the first administrator.
func (h *Handler) SetupForm(c echo.Context) error {
	token := h.Sessions.KeptLink(c)
	if _, err := h.Service.Link(c.Request().Context(), models.LinkSetup, token); err != nil {
		return h.dead(c, models.LinkSetup, err)
	}
	return render.Page(c, http.StatusOK, views.SetupPage(h.Page(c, "Set up"), views.Setup{Token: token}))
}

// Setup makes the first administrator and signs them in.
func (h *Handler) Setup(c echo.Context) error {
	in := views.Setup{Token: field(c, "token"), Email: field(c, "email")}
	granted, err := h.Service.Setup(c.Request().Context(), session.Meta(c), in.Token, in.Email, field(c, "password"))
	if problems, ok := models.FieldErrors(err); ok {
		in.Problems = problems
		return render.Page(c, http.StatusUnprocessableEntity, views.SetupPage(h.Page(c, "Set up"), in))
	}
	if err != nil {
		return h.dead(c, models.LinkSetup, err)
	}
	h.Sessions.DropLink(c)
	return h.enter(c, granted, "/")
}

// ResetLink takes the token out of the address, as SetupLink does.
func (h *Handler) ResetLink(c echo.Context) error {
	h.Sessions.KeepLink(c, c.Param("token"))
	return c.Redirect(http.StatusSeeOther, "/reset")
}

// ResetForm asks for a new password.
func (h *Handler) ResetForm(c echo.Context) error {
	token := h.Sessions.KeptLink(c)
	person, err := h.Service.Link(c.Request().Context(), models.LinkReset, token)
	if err != nil {
		return h.dead(c, models.LinkReset, err)
	}
	return h.reset(c, http.StatusOK, views.Reset{Token: token, Email: person.Email})
}

// Reset sets the password. Its person then signs in with it.
func (h *Handler) Reset(c echo.Context) error {
	ctx, token := c.Request().Context(), field(c, "token")
	person, err := h.Service.Link(ctx, models.LinkReset, token)
	if err == nil {
		err = h.Service.Reset(ctx, session.Meta(c), token, field(c, "password"))
	}
	if problems, ok := models.FieldErrors(err); ok {
		return h.reset(c, http.StatusUnprocessableEntity, views.Reset{Token: token, Email: person.Email, Problems: problems})
	}
	if err != nil {
		return h.dead(c, models.LinkReset, err)
	}
	h.Sessions.DropLink(c)
	return c.Redirect(http.StatusSeeOther, "/signin")
}

func (h *Handler) reset(c echo.Context, status int, in views.Reset) error {
	return render.Page(c, status, views.ResetPage(h.Page(c, "Set a new password"), in))
}

// dead answers a link that does not work with a page that says what to do; other errors are the error handler's.
func (h *Handler) dead(c echo.Context, kind string, err error) error {
	if !errors.Is(err, signin.ErrLinkDead) {
		return err
	}
	h.Sessions.DropLink(c)
	return render.Page(c, http.StatusNotFound, views.LinkDeadPage(h.Page(c, "This link does not work"), views.LinkDead{Kind: kind}))
}
