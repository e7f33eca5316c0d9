package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// SuspendAccount asks why and until when.
func (h *Handler) SuspendAccount(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).Suspend {
		return h.refusedState(c, a, models.AccountsSuspend, "account_suspended", "This service account is suspended or deleted already.")
	}
	return h.suspendForm(c, http.StatusOK, a, stopForm(h.now(), models.ReasonOther, true))
}

// DoSuspendAccount suspends.
func (h *Handler) DoSuspendAccount(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return h.refuse(c, "account.suspend", "account", c.Param("id"), err)
	}
	f, err := readForm(c, disableFields)
	if err != nil {
		return err
	}
	why := f.stop()
	if err = f.err(); err != nil {
		err = h.refuse(c, "account.suspend", "account", a.ID, err)
	} else {
		var conf manage.Confirmation
		if a, conf, err = h.Desk.SuspendAccount(c.Request().Context(), session.Actor(c), c.Param("id"), why); err == nil {
			return changed(c, accounts.Path(a.ID), doneSuspended, conf)
		}
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	if a, err = h.account(c); err != nil {
		return err
	}
	return h.suspendForm(c, http.StatusUnprocessableEntity, a, typedStop(h.now(), f, true, problems))
}

func (h *Handler) suspendForm(c echo.Context, status int, a models.Account, form ui.RestrictionForm) error {
	t, err := h.keysTable(c, a)
	if err != nil {
		return err
	}
	m := accounts.SuspendPage{Now: h.now(), Account: h.accountModel(a), Form: form}
	m.LiveKeys, m.LastUsed = usedKeys(t.Live)
	return render.Page(c, status, accounts.Suspend(h.page(c), m))
}

// ReactivateAccount says what it lifts.
func (h *Handler) ReactivateAccount(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !a.Suspended.Holds(h.now()) {
		return stateError("account_not_suspended", "This service account is not suspended.")
	}
	if !h.mayAccount(c, a).Reactivate {
		return forbidden()
	}
	t, err := h.keysTable(c, a)
	if err != nil {
		return err
	}
	m := accounts.ReactivatePage{Now: h.now(), Account: h.accountModel(a)}
	m.LiveKeys, _ = usedKeys(t.Live)
	return render.Page(c, http.StatusOK, accounts.Reactivate(h.page(c), m))
}

// DoReactivateAccount reactivates.
func (h *Handler) DoReactivateAccount(c echo.Context) error {
	if err := h.plain(c, "account.reactivate", "account"); err != nil {
		return err
	}
	a, conf, err := h.Desk.ReactivateAccount(c.Request().Context(), session.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	return changed(c, accounts.Path(a.ID), doneReactivated, conf)
}

// plain reads a form that has no fields but its token; any other is refused.
func (h *Handler) plain(c echo.Context, action, objectType string) error {
	f, err := readForm(c, fields{})
	if err != nil {
		return err
	}
	if err := f.err(); err != nil {
		return h.refuse(c, action, objectType, c.Param("id"), err)
	}
	return nil
}

// refusedState tells why a form is not offered: the person's access, or else the object's state.
func (h *Handler) refusedState(c echo.Context, a models.Account, p models.Permission, reason, text string) error {
	if !h.Desk.May(session.Actor(c), p, a.FolderID) {
		return forbidden()
	}
	return stateError(reason, text)
}
