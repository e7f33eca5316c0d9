package console

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/views/people"
	"keydesk/web/render"
	"keydesk/web/session"
)

var ownerFields = fields{"owner": once}

// owned reads a page of the accounts that somebody owns.
func (h *Handler) owned(c echo.Context, v signin.PersonView, after models.Cursor, rows int) (people.Owned, error) {
	l, err := h.Desk.AccountsOwnedBy(c.Request().Context(), session.Actor(c), v.Email, after, rows)
	if err != nil {
		return people.Owned{}, err
	}
	o := people.Owned{Total: cappedText(l.Total, l.Capped)}
	for _, a := range l.Page.Rows {
		o.Accounts = append(o.Accounts, people.Account{ID: a.ID, Name: a.Name, State: a.State(h.now())})
	}
	if l.Page.More {
		o.Next = people.Path(v.ID, "owner") + "?" + url.Values{"page": {place{at: l.Page.Next}.String()}}.Encode()
	}
	return o, nil
}

// ownerGone is where an account is given a new owner, for those who may, where its owner is disabled; "" otherwise.
func (h *Handler) ownerGone(c echo.Context, a models.Account) (string, error) {
	by := session.Actor(c)
	if !a.DeletedAt.IsZero() || !h.Desk.May(by, models.AccountsUpdate, a.FolderID) {
		return "", nil
	}
	p, gone, err := h.SignIn.DisabledOwner(c.Request().Context(), by, a.Owner)
	if err != nil || !gone {
		return "", err
	}
	return people.Path(p.ID, "owner"), nil
}

// NewOwner asks who takes what somebody owns.
func (h *Handler) NewOwner(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	if err := onlyParams(c, "page", paramDone); err != nil {
		return err
	}
	p := h.page(c)
	if text := personSaid(readChange(c).done, v, h.now()); text != "" {
		p.Flash = okFlash(text)
	}
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return err
	}
	m := people.OwnerPage{Person: personModel(c, v.PersonRow)}
	if m.Owned, err = h.owned(c, v, here.at, 0); err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, people.Owner(p, m))
}

// GiveAccounts gives all that somebody owns a new owner.
func (h *Handler) GiveAccounts(c echo.Context) error {
	v, err := h.personTo(c, "account.update")
	if err != nil {
		return err
	}
	f, err := readForm(c, ownerFields)
	if err != nil {
		return err
	}
	given := 0
	if err = f.err(); err != nil {
		err = h.refuse(c, "account.update", "account", "", err)
	} else {
		given, err = h.Desk.GiveAccounts(c.Request().Context(), session.Actor(c), v.Email, f.one("owner"))
	}
	if problems, ok := fieldsOf(err); ok {
		return h.ownerAgain(c, v, f.one("owner"), problems)
	}
	if err == nil {
		return done(c, people.Path(v.ID), "The service accounts have their new owner.")
	}
	if given > 0 { // what is given stays given: the page says what is left, and asks again
		defer afterwards(c)()
		err = h.ownerAgain(c, v, f.one("owner"), models.Fields{
			"": "It was interrupted. Those that have the new owner keep it; these are left: send it again.",
		})
		return untold(err, "It was interrupted: some of the accounts have the new owner, others do not yet. Open the page again and give the rest.")
	}
	return err
}

func (h *Handler) ownerAgain(c echo.Context, v signin.PersonView, owner string, problems models.Fields) error {
	owned, err := h.owned(c, v, models.Cursor{}, 0)
	if err != nil {
		return err
	}
	m := people.OwnerPage{Person: personModel(c, v.PersonRow), Owned: owned, Owner: owner, Problems: problems}
	return render.Page(c, http.StatusUnprocessableEntity, people.Owner(h.page(c), m))
}
