package console

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

var revokeAllFields = revokeFields.and("confirm_name")

// revokeListed is how many keys the page lists.
const revokeListed = 50

// RevokeAllKeys lists what a revoke of all keys would hit, and asks for the account's name.
func (h *Handler) RevokeAllKeys(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).RevokeAll {
		return h.refusedState(c, a, models.KeysRevoke, "account_deleted", "This service account is deleted, and its keys are revoked.")
	}
	return h.revokeAllForm(c, http.StatusOK, a, "", stopForm(h.now(), models.ReasonLeaked, false), nil)
}

// DoRevokeAllKeys revokes them.
func (h *Handler) DoRevokeAllKeys(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return h.refuse(c, "account.revoke_keys", "account", c.Param("id"), err)
	}
	f, err := readForm(c, revokeAllFields)
	if err != nil {
		return err
	}
	typed := f.one("confirm_name")
	if typed != a.Name {
		f.problem("confirm_name", "This is not the account's name: "+a.Name)
	}
	if err = f.err(); err != nil {
		err = h.refuse(c, "account.revoke_keys", "account", a.ID, err)
	} else {
		var done manage.RevokedAll
		if done, err = h.Desk.RevokeAllKeys(c.Request().Context(), session.Actor(c), a.ID, typed, f.stop()); err == nil {
			return changed(c, accounts.Path(a.ID), doneRevokedAll, done.Confirmation)
		}
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	if text := problems["name"]; text != "" { // it was renamed meanwhile
		delete(problems, "name")
		problems["confirm_name"] = text
	}
	return h.revokeAllForm(c, http.StatusUnprocessableEntity, a, typed, typedStop(h.now(), f, false, problems), problems)
}

func (h *Handler) revokeAllForm(
	c echo.Context, status int, a models.Account, typed string, form ui.RestrictionForm, problems models.Fields,
) error {
	ctx, by := c.Request().Context(), session.Actor(c)
	n, capped, err := h.Desk.StandingKeys(ctx, by, a.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return stateError("no_keys", "All keys of this service account are revoked already, or it has none.")
	}
	page, err := h.Desk.StandingRows(ctx, by, a.ID, revokeListed)
	if err != nil {
		return err
	}
	m := accounts.RevokeAllPage{
		Now: h.now(), Account: h.accountModel(a), Count: strconv.Itoa(n), One: n == 1, Typed: typed, MayUndo: h.mayAccount(c, a).Suspend,
		Form: form, Problems: problems,
	}
	if capped {
		m.Count = "1,000+"
	}
	for _, r := range page {
		m.Keys = append(m.Keys, h.keyRow(c, r.Key, a, r.LastUsed))
	}
	return render.Page(c, status, accounts.RevokeAll(h.page(c), m))
}
