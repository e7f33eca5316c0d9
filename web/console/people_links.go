package console

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/views/people"
	"keydesk/web/render"
	"keydesk/web/session"
)

const purposeInvite = "person.create"

func purposeLink(personID string) string { return "person.reset_link " + personID }

var (
	inviteFields = fields{"form_id": once, "email": once, "access": many, "password": once, "username": once}
	linkFields   = fields{"form_id": once, "password": once, "username": once}
)

// NewPerson shows the form of an invitation.
func (h *Handler) NewPerson(c echo.Context) error {
	return render.Page(c, http.StatusOK, people.Invite(h.page(c), people.InvitePage{FormID: session.FormID(c, purposeInvite)}))
}

// InvitePerson makes a person, and shows the link by which they set their password in this answer only. An administrator is
// made for the password of whoever asks.
func (h *Handler) InvitePerson(c echo.Context) error {
	f, err := readForm(c, inviteFields)
	if err != nil {
		return err
	}
	if !session.CheckFormID(c, purposeInvite, f.one("form_id")) {
		return h.refuse(c, "person.create", "person", "", foreignForm())
	}
	p, token, err := h.invite(c, f)
	var before *signin.AlreadyDone
	if errors.As(err, &before) {
		return h.linkShown(c, before.PersonID)
	}
	if problems, ok := fieldsOf(err); ok {
		m := people.InvitePage{FormID: f.one("form_id"), Email: f.one("email"), Access: f.all("access"), Problems: problems}
		status := http.StatusUnprocessableEntity
		if models.CodeOf(err) == models.Conflict {
			status = http.StatusConflict
		}
		return render.Page(c, status, people.Invite(h.page(c), m))
	}
	if err != nil {
		return err
	}
	return h.linkOnce(c, p.ID, token)
}

func (h *Handler) invite(c echo.Context, f *form) (models.Person, string, error) {
	ctx, by, email, access := c.Request().Context(), session.Actor(c), f.one("email"), f.all("access")
	for field, text := range signin.InviteProblems(email, access) {
		f.problem(field, text)
	}
	err := f.err()
	if err == nil && slices.Contains(access, models.Administrator) {
		err = h.fresh(c, f)
	}
	if err != nil {
		return models.Person{}, "", h.refuse(c, "person.create", "person", "", err)
	}
	return h.SignIn.Invite(ctx, by, f.one("form_id"), email, access)
}

// PersonLink asks before a one-time link is made.
func (h *Handler) PersonLink(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	if !h.mayPerson(c, v).Link {
		return stateError("person_disabled", v.Email+" is disabled. Enable them first.")
	}
	m := h.confirmPerson(c, v)
	m.FormID = session.FormID(c, purposeLink(v.ID))
	return render.Page(c, http.StatusOK, people.MakeLink(h.page(c), m))
}

// DoPersonLink makes a link by which somebody sets a new password, and shows it in this answer only. Whoever has an
// administrator's becomes one, so that takes the password of whoever asks.
func (h *Handler) DoPersonLink(c echo.Context) error {
	v, err := h.personTo(c, "person.reset_link")
	if err != nil {
		return err
	}
	f, err := readForm(c, linkFields)
	if err != nil {
		return err
	}
	formID := f.one("form_id")
	if !session.CheckFormID(c, purposeLink(v.ID), formID) {
		return h.refuse(c, "person.reset_link", "person", v.ID, foreignForm())
	}
	if err = f.err(); err == nil && v.HasAccess(models.Administrator) {
		err = h.fresh(c, f)
	}
	var token string
	if err != nil {
		err = h.refuse(c, "person.reset_link", "person", v.ID, err)
	} else {
		token, err = h.SignIn.ResetLinkOnce(c.Request().Context(), session.Actor(c), formID, v.ID)
	}
	var before *signin.AlreadyDone
	if errors.As(err, &before) {
		return h.linkShown(c, before.PersonID)
	}
	if problems, ok := fieldsOf(err); ok {
		m := h.confirmPerson(c, v)
		m.FormID, m.Problems = formID, problems
		return render.Page(c, http.StatusUnprocessableEntity, people.MakeLink(h.page(c), m))
	}
	if err != nil {
		return err
	}
	return h.linkOnce(c, v.ID, token)
}

// linkOnce answers with a one-time link: the one place where it leaves the program in a page.
func (h *Handler) linkOnce(c echo.Context, personID, token string) error {
	defer afterwards(c)()
	m, _, err := h.linkModel(c, personID)
	if err != nil {
		return untold(err, "The link was made, but the page with it could not be read, and it is kept nowhere. Make another one on the person's page.")
	}
	p := h.page(c)
	p.ThemeAction = "" // its way back is a page without the link
	return render.Page(c, http.StatusCreated, people.Link(p, m, h.publicURL(c)+"/reset/"+token))
}

// linkShown answers a form that was sent before: the link is kept nowhere.
func (h *Handler) linkShown(c echo.Context, personID string) error {
	m, v, err := h.linkModel(c, personID)
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusConflict, people.LinkShown(h.page(c), m, h.mayPerson(c, v).Link))
}

func (h *Handler) linkModel(c echo.Context, personID string) (people.LinkPage, signin.PersonView, error) {
	v, err := h.SignIn.Person(c.Request().Context(), session.Actor(c), personID)
	return people.LinkPage{
		Person: personModel(c, v.PersonRow), Invited: v.State() == models.PersonInvited, Until: v.LinkUntil,
	}, v, err
}

// publicURL is where the other browser will find the console.
func (h *Handler) publicURL(c echo.Context) string {
	if h.PublicURL != "" {
		return h.PublicURL
	}
	scheme := "http://"
	if c.IsTLS() {
		scheme = "https://"
	}
	return scheme + c.Request().Host
}
