package console

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/web/render"
	"keydesk/web/session"
)

// deadRows is how many revoked and expired keys an account's page lists.
const deadRows = 50

// account reads the account that the path names: by its id alone, so that a link goes on meaning the same one.
func (h *Handler) account(c echo.Context) (models.Account, error) {
	id := c.Param("id")
	if !models.IsID(id) {
		return models.Account{}, models.Missing("service account")
	}
	a, err := h.Desk.Account(c.Request().Context(), session.Actor(c), id)
	if err == nil && a.ID != id {
		return models.Account{}, models.Missing("service account")
	}
	return a, err
}

// Account shows one account: its keys, or another of its tabs.
func (h *Handler) Account(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	m := accounts.DetailPage{Now: h.now(), Account: h.accountModel(a), Can: h.mayAccount(c, a), Audit: auditOf(c, "account", a.ID)}
	folders, err := h.folders(c)
	if err != nil {
		return err
	}
	m.Account.FolderID, m.Account.Folder = a.FolderID, folderNames(folders)[a.FolderID]
	if err := h.accountTab(c, a, &m); err != nil {
		return err
	}
	if m.Can.RevokeAll {
		standing, err := h.Desk.StandingRows(c.Request().Context(), session.Actor(c), a.ID, 1)
		if err != nil {
			return err
		}
		m.Can.RevokeAll = len(standing) > 0
	}
	if m.OwnerGone, err = h.ownerGone(c, a); err != nil {
		return err
	}
	p := h.page(c)
	if err := h.accountFlash(c, &p, a); err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, accounts.Detail(p, m))
}

// AccountKeys is the part of the account's page that keeps itself current.
func (h *Handler) AccountKeys(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !fragment(c) {
		return c.Redirect(http.StatusSeeOther, accounts.Path(a.ID))
	}
	table, err := h.keysTable(c, a)
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, accounts.KeysFragment(table))
}

// keysTable reads the account's keys: a page of live ones, and the newest of the dead.
func (h *Handler) keysTable(c echo.Context, a models.Account) (accounts.KeysTable, error) {
	now, ctx, by := h.now(), c.Request().Context(), session.Actor(c)
	t := accounts.KeysTable{
		Now: now, Self: accounts.Path(a.ID, "keys"), AccountID: a.ID, MayCreate: h.mayAccount(c, a).CreateKey, LagMillis: h.Lag.Milliseconds(),
	}
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return t, err
	}
	if here != (place{}) {
		t.Self += "?" + url.Values{"page": {here.String()}}.Encode()
	}
	live, err := h.Desk.AccountKeys(ctx, by, a.ID, manage.KeyFilter{After: here.at, Back: here.back})
	if err != nil {
		return t, err
	}
	dead, err := h.Desk.AccountKeys(ctx, by, a.ID, manage.KeyFilter{Dead: true, Limit: deadRows})
	if err != nil {
		return t, err
	}
	for _, r := range live.Rows {
		t.Live = append(t.Live, h.keyRow(c, r.Key, a, r.LastUsed))
	}
	for _, r := range dead.Rows {
		t.Dead = append(t.Dead, h.keyRow(c, r.Key, a, r.LastUsed))
	}
	t.MoreDead, t.Pager = dead.More, pager(live, here, accounts.Path(a.ID), url.Values{})
	return t, nil
}
