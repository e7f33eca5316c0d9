package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// authorizedRows is how many authorized keys an account's page lists.
const authorizedRows = 100

var authorizedFields = fields{"form_id": once, "description": once, "algorithm": once}

func purposeAuthorized(accountID string) string { return "authorized_key.create " + accountID }

// authorizedTab reads an account's authorized keys, for whoever may make and delete them.
func (h *Handler) authorizedTab(c echo.Context, a models.Account) (m accounts.AuthorizedTab, err error) {
	if !h.mayAccount(c, a).Authorize {
		return m, forbidden()
	}
	page, err := h.Desk.AuthorizedKeys(c.Request().Context(), session.Actor(c), a.ID, models.Cursor{}, authorizedRows)
	return accounts.AuthorizedTab{Keys: page.Rows, More: page.More}, err
}

// NewAuthorizedKey shows the form of a new authorized key.
func (h *Handler) NewAuthorizedKey(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).Authorize {
		return h.refusedState(c, a, models.AuthorizedKeysManage, "account_deleted", "This service account is deleted, and gets no keys.")
	}
	if err := h.Desk.MayActAs(c.Request().Context(), session.Actor(c), a.ID); err != nil {
		return err
	}
	m := accounts.AuthorizedForm{Account: h.accountModel(a), FormID: session.FormID(c, purposeAuthorized(a.ID))}
	return render.Page(c, http.StatusOK, accounts.NewAuthorized(h.page(c), m))
}

// CreateAuthorizedKey makes a key pair and shows its private half in this response alone.
func (h *Handler) CreateAuthorizedKey(c echo.Context) error {
	const action = "authorized_key.create"
	a, err := h.account(c)
	if err != nil {
		return h.refuse(c, action, "account", c.Param("id"), err)
	}
	f, err := readForm(c, authorizedFields)
	if err != nil {
		return err
	}
	if !session.CheckFormID(c, purposeAuthorized(a.ID), f.one("form_id")) {
		return h.refuse(c, action, "account", a.ID, foreignForm())
	}
	if err := f.err(); err != nil {
		return h.authorizedAgain(c, a, f, h.refuse(c, action, "account", a.ID, err))
	}
	made, err := h.Desk.CreateAuthorizedKey(c.Request().Context(), session.Actor(c), manage.NewAuthorizedKey{
		FormID: f.one("form_id"), AccountID: a.ID, Description: f.raw("description"), Algorithm: f.one("algorithm"),
	})
	var before *manage.AlreadyDone
	switch {
	case errors.As(err, &before):
		return h.authorizedShown(c, a, before.ObjectID)
	case err != nil:
		return h.authorizedAgain(c, a, f, err)
	}
	file, private, err := made.File()
	if err != nil {
		return err
	}
	p := h.page(c)
	p.ThemeAction = "" // its way back is a page without the key
	m := accounts.AuthorizedIssued{Account: h.accountModel(a), Key: made.Key}
	return render.Page(c, http.StatusCreated, accounts.AuthorizedIssuedPage(p, m, file, private))
}

// authorizedShown answers a form that was sent before: the private key is kept nowhere.
func (h *Handler) authorizedShown(c echo.Context, a models.Account, id string) error {
	k, err := h.Desk.AuthorizedKey(c.Request().Context(), session.Actor(c), id)
	if err != nil {
		return err
	}
	m := accounts.AuthorizedIssued{Account: h.accountModel(a), Key: k}
	return render.Page(c, http.StatusConflict, accounts.AuthorizedShownOnce(h.page(c), m))
}

func (h *Handler) authorizedAgain(c echo.Context, a models.Account, f *form, err error) error {
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	if problems["key_algorithm"] != "" {
		delete(problems, "key_algorithm")
		problems["algorithm"] = "Choose one of the algorithms"
	}
	m := accounts.AuthorizedForm{
		Account: h.accountModel(a), FormID: f.one("form_id"), Description: f.raw("description"), Algorithm: f.one("algorithm"), Problems: problems,
	}
	return render.Page(c, http.StatusUnprocessableEntity, accounts.NewAuthorized(h.page(c), m))
}

// authorizedKey reads the key that the path names, and its account.
func (h *Handler) authorizedKey(c echo.Context) (k models.AuthorizedKey, a models.Account, err error) {
	ctx, by := c.Request().Context(), session.Actor(c)
	if k, err = h.Desk.AuthorizedKey(ctx, by, c.Param("id")); err == nil {
		a, err = h.Desk.Account(ctx, by, k.AccountID)
	}
	return k, a, err
}

// DeleteAuthorizedKey asks whether an authorized key may go.
func (h *Handler) DeleteAuthorizedKey(c echo.Context) error {
	k, a, err := h.authorizedKey(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).Authorize {
		return forbidden()
	}
	m := accounts.DeleteAuthorized{Now: h.now(), Account: h.accountModel(a), Key: k}
	return render.Page(c, http.StatusOK, accounts.DeleteAuthorizedPage(h.page(c), m))
}

// DoDeleteAuthorizedKey ends a key, and the tokens that were made for it.
func (h *Handler) DoDeleteAuthorizedKey(c echo.Context) error {
	k, a, err := h.authorizedKey(c)
	if err != nil {
		return h.refuse(c, "authorized_key.delete", "authorized_key", c.Param("id"), err)
	}
	if err := h.plain(c, "authorized_key.delete", "authorized_key"); err != nil {
		return err
	}
	if err := h.Desk.DeleteAuthorizedKey(c.Request().Context(), session.Actor(c), k.ID); err != nil {
		return err
	}
	return done(c, accounts.Path(a.ID)+"?tab="+accounts.TabAuthorized, "The authorized key is deleted, and every IAM token that was made with it is refused.")
}

// EndAccountTokens asks whether all tokens of an account may end.
func (h *Handler) EndAccountTokens(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).Authorize {
		return h.refusedState(c, a, models.AuthorizedKeysManage, "account_deleted", "This service account is deleted, and its IAM tokens ended with it.")
	}
	ctx, by := c.Request().Context(), session.Actor(c)
	page, err := h.Desk.AuthorizedKeys(ctx, by, a.ID, models.Cursor{}, authorizedRows)
	if err != nil {
		return err
	}
	m := accounts.EndTokens{Account: h.accountModel(a)}
	switch n := int64(len(page.Rows)); {
	case page.More:
		m.Keys = "more than " + ui.Plural(n, "authorized key")
	case n > 0:
		m.Keys = ui.Plural(n, "authorized key")
	}
	return render.Page(c, http.StatusOK, accounts.EndTokensPage(h.page(c), m))
}

// DoEndAccountTokens ends them.
func (h *Handler) DoEndAccountTokens(c echo.Context) error {
	if err := h.plain(c, "account.end_tokens", "account"); err != nil {
		return err
	}
	if err := h.Desk.EndAccountTokens(c.Request().Context(), session.Actor(c), c.Param("id")); err != nil {
		return err
	}
	return done(c, accounts.Path(c.Param("id"))+"?tab="+accounts.TabAuthorized, "All IAM tokens of this service account are ended.")
}
