package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/web/render"
	"keydesk/web/session"
)

var deleteFields = fields{"confirm_name": once, "password": once, "username": once} // username is there for password managers

// DeleteAccount asks for the account's name and the person's password.
func (h *Handler) DeleteAccount(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).Delete {
		return h.refusedState(c, a, models.AccountsDelete, "account_deleted", "This service account is deleted already.")
	}
	return h.deleteForm(c, http.StatusOK, a, "", nil)
}

// DoDeleteAccount deletes. The name is looked at first: a slip there must not count as a wrong password.
func (h *Handler) DoDeleteAccount(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return h.refuse(c, "account.delete", "account", c.Param("id"), err)
	}
	if !h.mayAccount(c, a).Delete {
		return h.refuse(c, "account.delete", "account", a.ID,
			h.refusedState(c, a, models.AccountsDelete, "account_deleted", "This service account is deleted already."))
	}
	f, err := readForm(c, deleteFields)
	if err != nil {
		return err
	}
	conf, err := h.confirmedDelete(c, a, f)
	if err == nil {
		return changed(c, accounts.Path(a.ID), doneDeleted, conf)
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	return h.deleteForm(c, http.StatusUnprocessableEntity, a, f.one("confirm_name"), problems)
}

// confirmedDelete deletes once name and password are the right ones.
func (h *Handler) confirmedDelete(c echo.Context, a models.Account, f *form) (conf manage.Confirmation, err error) {
	typed := f.one("confirm_name")
	if typed != a.Name {
		f.problem("confirm_name", "This is not the account's name: "+a.Name)
	}
	if err := f.err(); err != nil {
		return conf, h.refuse(c, "account.delete", "account", a.ID, err)
	}
	ctx, by := c.Request().Context(), session.Actor(c)
	if err := h.SignIn.VerifyPassword(ctx, by, f.raw("password")); err != nil {
		return conf, h.refuse(c, "account.delete", "account", a.ID, err)
	}
	return h.Desk.DeleteAccount(ctx, by, a.ID, typed, manage.Stop{Reason: models.ReasonOther})
}

func (h *Handler) deleteForm(c echo.Context, status int, a models.Account, typed string, problems models.Fields) error {
	t, err := h.keysTable(c, a)
	if err != nil {
		return err
	}
	if text := problems["name"]; text != "" {
		delete(problems, "name")
		problems["confirm_name"] = text
	}
	m := accounts.DeletePage{Now: h.now(), Account: h.accountModel(a), MayUndo: h.mayAccount(c, a).Suspend, Typed: typed, Problems: problems}
	m.LiveKeys, m.LastUsed = usedKeys(t.Live)
	return render.Page(c, status, accounts.Delete(h.page(c), m))
}
