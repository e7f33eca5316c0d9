package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/views/people"
	"keydesk/web/render"
	"keydesk/web/session"
)

var passwordFields = fields{"password": once, "new_password": once, "username": once}

// OwnAccount is the page of whoever is signed in.
func (h *Handler) OwnAccount(c echo.Context) error {
	list, err := h.SignIn.Sessions(c.Request().Context(), session.Actor(c))
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, people.Own(h.page(c), people.OwnPage{
		Now: h.now(), Person: personModel(c, signin.PersonRow{Person: session.Person(c)}),
		Manages: session.Actor(c).MayAnywhere(models.PeopleManage), Sessions: sessionModels(c, list),
	}))
}

// EndOwnSession ends one session of whoever is signed in.
func (h *Handler) EndOwnSession(c echo.Context) error {
	if err := h.plain(c, "session.delete", "session"); err != nil {
		return err
	}
	if err := h.SignIn.EndSession(c.Request().Context(), session.Actor(c), c.Param("session")); err != nil {
		return err
	}
	return done(c, people.OwnPath, "The session is ended.")
}

// EndOtherSessions ends all of them but this one.
func (h *Handler) EndOtherSessions(c echo.Context) error {
	if err := h.plain(c, "person.end_sessions", "person"); err != nil {
		return err
	}
	by := session.Actor(c)
	if err := h.SignIn.EndSessions(c.Request().Context(), by, by.ID, spared(c, by.ID)); err != nil {
		return err
	}
	return done(c, people.OwnPath, "All other sessions are ended. Your IAM tokens are ended with them.")
}

// OwnPassword shows the form of a new password.
func (h *Handler) OwnPassword(c echo.Context) error { return h.passwordForm(c, http.StatusOK, nil) }

// ChangeOwnPassword changes it, for the old one.
func (h *Handler) ChangeOwnPassword(c echo.Context) error {
	f, err := readForm(c, passwordFields)
	if err != nil {
		return err
	}
	by := session.Actor(c)
	if f.raw("password") == "" { // a slip, not a guess
		f.problem("password", "Type the password that you have now.")
	}
	if err = f.err(); err != nil {
		err = h.refuse(c, "person.change_password", "person", by.ID, err)
	} else {
		err = h.SignIn.ChangePassword(c.Request().Context(), by, f.raw("password"), f.raw("new_password"), spared(c, by.ID))
	}
	if problems, ok := fieldsOf(err); ok {
		return h.passwordForm(c, http.StatusUnprocessableEntity, problems)
	}
	if err != nil {
		return err
	}
	return done(c, people.OwnPath, "Your password is changed, and your other sessions and IAM tokens are ended.")
}

func (h *Handler) passwordForm(c echo.Context, status int, problems models.Fields) error {
	return render.Page(c, status, people.Password(h.page(c), people.PasswordPage{Email: session.Person(c).Email, Problems: problems}))
}
