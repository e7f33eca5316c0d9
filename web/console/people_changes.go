package console

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/signin"
	"keydesk/views/people"
	"keydesk/web/render"
	"keydesk/web/session"
)

var (
	freshFields  = fields{"password": once, "username": once} // username is there for password managers
	accessFields = fields{"seen": once, "access": many, "understood": once, "password": once, "username": once}
)

// fresh checks the password of whoever is signed in, before something grave. An empty one is a slip, not a guess.
func (h *Handler) fresh(c echo.Context, f *form) error {
	if f.raw("password") == "" {
		return models.FieldProblems(models.Fields{"password": "Type your password."})
	}
	return h.SignIn.VerifyPassword(c.Request().Context(), session.Actor(c), f.raw("password"))
}

// freshForm reads a form that needs the password, if it does, and checks it. Its refusal is an event of the action.
func (h *Handler) freshForm(c echo.Context, action string, v signin.PersonView, needed bool) error {
	f, err := readForm(c, freshFields)
	if err != nil {
		return err
	}
	if err = f.err(); err == nil && needed {
		err = h.fresh(c, f)
	}
	if err != nil {
		return h.refuse(c, action, "person", v.ID, err)
	}
	return nil
}

// personDone leads from a change to the person's page.
func personDone(c echo.Context, id, done string) error {
	return changed(c, people.Path(id), done, manage.Confirmation{})
}

// PersonAccess shows what somebody may do, to be changed.
func (h *Handler) PersonAccess(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, people.Access(h.page(c), people.AccessPage{
		Person: personModel(c, v.PersonRow), Seen: strings.Join(v.Access, " "), Access: v.Access, Last: v.Last,
	}))
}

// DoPersonAccess changes it. What somebody would take from themselves is said first, and has to be meant.
func (h *Handler) DoPersonAccess(c echo.Context) error {
	v, err := h.personTo(c, "person.change_access")
	if err != nil {
		return err
	}
	f, err := readForm(c, accessFields)
	if err != nil {
		return err
	}
	m := people.AccessPage{Person: personModel(c, v.PersonRow), Seen: f.one("seen"), Access: f.all("access"), Last: v.Last}
	if m.Person.Self && len(m.Access) > 0 {
		m.Losing = people.Lost(v.Access, m.Access)
	}
	if len(m.Losing) > 0 && f.one("understood") != "yes" {
		f.problem("understood", "This takes something from yourself. Read what, and say that you mean it.")
	}
	if err = f.err(); err == nil {
		err = h.fresh(c, f)
	}
	if err != nil {
		err = h.refuse(c, "person.change_access", "person", v.ID, err)
	} else {
		err = h.SignIn.ChangeAccess(c.Request().Context(), session.Actor(c), v.ID, strings.Fields(m.Seen), m.Access)
	}
	problems, ok := fieldsOf(err)
	switch {
	case models.ReasonOf(err) == "changed_meanwhile":
		return h.accessMeanwhile(c, m)
	case err == nil && m.Person.Self:
		return c.Redirect(http.StatusSeeOther, "/") // by way of signing in: their session ended too
	case err == nil:
		return done(c, people.Path(v.ID), "The access is changed. It holds from now on; their sessions are ended.")
	case !ok:
		return err
	}
	m.Problems = problems
	return render.Page(c, http.StatusUnprocessableEntity, people.Access(h.page(c), m))
}

// accessMeanwhile gives the form back beside what somebody else made of the person's access.
func (h *Handler) accessMeanwhile(c echo.Context, m people.AccessPage) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	m.Seen, m.Last = strings.Join(v.Access, " "), v.Last
	m.Problems = models.Fields{"access": "Somebody changed it since you opened the form. It says now: " + strings.Join(v.Access, ", ") + ". Look at your choice, and send it again."}
	return render.Page(c, http.StatusConflict, people.Access(h.page(c), m))
}

// confirmPerson is the page that asks before a person is changed.
func (h *Handler) confirmPerson(c echo.Context, v signin.PersonView) people.ConfirmPage {
	return people.ConfirmPage{
		Now: h.now(), Person: personModel(c, v.PersonRow), Sessions: int64(len(v.Sessions)), Fresh: v.HasAccess(models.Administrator),
	}
}

// DisablePerson asks before somebody is kept out.
func (h *Handler) DisablePerson(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	if !h.mayPerson(c, v).Disable {
		return undisablable(c, v)
	}
	return h.disablePersonForm(c, http.StatusOK, v, nil)
}

// undisablable tells why somebody cannot be disabled.
func undisablable(c echo.Context, v signin.PersonView) error {
	switch {
	case !v.DisabledAt.IsZero():
		return stateError("person_disabled", v.Email+" is disabled already.")
	case v.ID == session.Person(c).ID:
		return stateError("own_account", "Nobody disables themselves: another administrator can do that.")
	}
	return stateError("last_administrator", "This is the last administrator who can sign in. Make another one first.")
}

func (h *Handler) disablePersonForm(c echo.Context, status int, v signin.PersonView, problems models.Fields) error {
	owned, err := h.owned(c, v, models.Cursor{}, 1)
	if err != nil {
		return err
	}
	m := h.confirmPerson(c, v)
	m.Owned, m.Problems = owned.Total, problems
	return render.Page(c, status, people.Disable(h.page(c), m))
}

// DoDisablePerson keeps somebody out, and asks who takes what they own.
func (h *Handler) DoDisablePerson(c echo.Context) error {
	v, err := h.personTo(c, "person.disable")
	if err != nil {
		return err
	}
	if !h.mayPerson(c, v).Disable {
		return h.refuse(c, "person.disable", "person", v.ID, undisablable(c, v))
	}
	if err = h.freshForm(c, "person.disable", v, true); err == nil {
		err = h.SignIn.DisablePerson(c.Request().Context(), session.Actor(c), v.ID)
	}
	if problems, ok := fieldsOf(err); ok {
		return h.disablePersonForm(c, http.StatusUnprocessableEntity, v, problems)
	}
	if err != nil {
		return err
	}
	owned, err := h.owned(c, v, models.Cursor{}, 1)
	if err == nil && len(owned.Accounts) > 0 {
		return changed(c, people.Path(v.ID, "owner"), doneDisabled, manage.Confirmation{})
	}
	return personDone(c, v.ID, doneDisabled) // it is done, whether or not the question could be asked
}

// EnablePerson asks before somebody is let in again.
func (h *Handler) EnablePerson(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	if v.DisabledAt.IsZero() {
		return stateError("person_active", v.Email+" is not disabled.")
	}
	return render.Page(c, http.StatusOK, people.Enable(h.page(c), h.confirmPerson(c, v)))
}

// DoEnablePerson lets somebody in again. Where that makes an administrator it takes the password.
func (h *Handler) DoEnablePerson(c echo.Context) error {
	v, err := h.personTo(c, "person.enable")
	if err != nil {
		return err
	}
	if err = h.freshForm(c, "person.enable", v, v.HasAccess(models.Administrator)); err == nil {
		err = h.SignIn.EnablePerson(c.Request().Context(), session.Actor(c), v.ID)
	}
	if problems, ok := fieldsOf(err); ok {
		m := h.confirmPerson(c, v)
		m.Problems = problems
		return render.Page(c, http.StatusUnprocessableEntity, people.Enable(h.page(c), m))
	}
	if err != nil {
		return err
	}
	return personDone(c, v.ID, doneEnabled)
}

// PersonSessions asks before somebody is signed out everywhere.
func (h *Handler) PersonSessions(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, people.EndSessions(h.page(c), h.confirmPerson(c, v)))
}

// DoPersonSessions signs somebody out everywhere; whoever does it to themselves stays here.
func (h *Handler) DoPersonSessions(c echo.Context) error {
	v, err := h.personTo(c, "person.end_sessions")
	if err != nil {
		return err
	}
	if err := h.plain(c, "person.end_sessions", "person"); err != nil {
		return err
	}
	if err := h.SignIn.EndSessions(c.Request().Context(), session.Actor(c), v.ID, spared(c, v.ID)); err != nil {
		return err
	}
	return done(c, people.Path(v.ID), "The sessions are ended.")
}

// spared is the digest of the session that ends others of the same person; nil for those of somebody else.
func spared(c echo.Context, personID string) []byte {
	if personID != session.Person(c).ID {
		return nil
	}
	return slices.Clone(session.Current(c).Digest)
}

// UnlockPerson asks before a lock-out ends early.
func (h *Handler) UnlockPerson(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	if !h.mayPerson(c, v).Unlock {
		return stateError("person_not_locked", v.Email+" is not locked out.")
	}
	return render.Page(c, http.StatusOK, people.Unlock(h.page(c), h.confirmPerson(c, v)))
}

// DoUnlockPerson ends a lock-out.
func (h *Handler) DoUnlockPerson(c echo.Context) error {
	v, err := h.personTo(c, "person.unlock")
	if err != nil {
		return err
	}
	if err := h.plain(c, "person.unlock", "person"); err != nil {
		return err
	}
	if err := h.SignIn.Unlock(c.Request().Context(), session.Actor(c), v.ID); err != nil {
		return err
	}
	return personDone(c, v.ID, doneUnlocked)
}
