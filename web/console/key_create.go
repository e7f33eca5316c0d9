package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// purposeKey binds a one-time form id to the account that it makes a key for.
func purposeKey(accountID string) string { return "key.create:" + accountID }

// NewKey shows the form of a new key, prefilled where it replaces a revoked one.
func (h *Handler) NewKey(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.Desk.May(session.Actor(c), models.KeysCreate, a.FolderID) {
		return forbidden()
	}
	if !a.DeletedAt.IsZero() {
		return stateError("account_deleted", "This service account is deleted. Create a key for another.")
	}
	m, err := h.startKeyForm(c, a)
	if err != nil {
		return err
	}
	m.FormID = session.FormID(c, purposeKey(a.ID))
	return h.newKeyForm(c, http.StatusOK, a, m)
}

// startKeyForm is the form as the address prefills it: as a replacement, or from a choice of scopes.
func (h *Handler) startKeyForm(c echo.Context, a models.Account) (keys.Form, error) {
	policy, err := h.Desk.KeyPolicy(c.Request().Context())
	if err != nil {
		return keys.Form{}, err
	}
	id := c.QueryParam("replaces")
	if id == "" {
		from, err := h.startScopes(c, a)
		return keys.Form{Scopes: ui.Picker{Groups: picked(from)}, Expiry: ui.ExpiryPicker{Selected: defaultLife(policy)}}, err
	}
	old, err := h.replaced(c, a, id)
	if err != nil {
		return keys.Form{}, err
	}
	m := h.replacementForm(policy, old)
	m.Replaces = h.keyModel(old, a)
	return m, nil
}

// replaced reads the revoked key that a new one replaces.
func (h *Handler) replaced(c echo.Context, a models.Account, id string) (models.Key, error) {
	k, err := h.Desk.Key(c.Request().Context(), session.Actor(c), id)
	if err != nil {
		return models.Key{}, err
	}
	if k.Key.AccountID != a.ID || k.Key.Revoked.At.IsZero() {
		return models.Key{}, stateError("not_replaceable", "Only a revoked key of the same service account is replaced.")
	}
	return k.Key, nil
}

// CreateKey makes a key and shows its secret in this response alone: a redirect would have to park it somewhere.
func (h *Handler) CreateKey(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return h.refuse(c, "key.create", "account", c.Param("id"), err)
	}
	f, err := readForm(c, newKeyFields)
	if err != nil {
		return err
	}
	if !session.CheckFormID(c, purposeKey(a.ID), f.one("form_id")) {
		return h.refuse(c, "key.create", "key", "", foreignForm())
	}
	policy, err := h.Desk.KeyPolicy(c.Request().Context())
	if err != nil {
		return err
	}
	expiry, _ := f.keyExpiry(policy)
	f.needScope()
	if err := f.err(); err != nil {
		return h.newKeyAgain(c, a, f, h.refuse(c, "key.create", "key", "", err))
	}
	issued, err := h.Desk.CreateKey(c.Request().Context(), session.Actor(c), manage.NewKey{
		FormID: f.one("form_id"), AccountID: a.ID, Description: f.one("description"), Scopes: f.all("scopes"), Expiry: expiry,
		Via: "console", Replaces: f.one("replaces"),
	})
	var before *manage.AlreadyDone
	switch {
	case errors.As(err, &before):
		return h.shownOnce(c, before.ObjectID, false)
	case err != nil:
		return h.newKeyAgain(c, a, f, err)
	}
	return h.issued(c, issued, keys.Issued{})
}

// newKeyAgain answers a refused form as it was typed; what is no problem of the form goes on.
func (h *Handler) newKeyAgain(c echo.Context, a models.Account, f *form, err error) error {
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	m := typedKeyForm(f)
	m.Problems = problems
	if id := f.one("replaces"); id != "" {
		old, err := h.replaced(c, a, id)
		if err != nil {
			return err
		}
		m.Replaces = h.keyModel(old, a)
	}
	return h.newKeyForm(c, http.StatusUnprocessableEntity, a, m)
}

func (h *Handler) newKeyForm(c echo.Context, status int, a models.Account, m keys.Form) error {
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	policy, err := h.Desk.KeyPolicy(c.Request().Context())
	if err != nil {
		return err
	}
	h.fillKeyForm(cat, policy, a, models.Key{}, &m)
	if m.Replaces.ID == "" {
		if m.Scopes.Starts, err = h.starts(c, cat, a); err != nil {
			return err
		}
	}
	return render.Page(c, status, keys.NewPage(h.page(c), m))
}
