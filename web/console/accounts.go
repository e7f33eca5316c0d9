package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/web/render"
	"keydesk/web/session"
)

// deadRows is how many revoked and expired keys an account's page lists.
const deadRows = 50

// Accounts lists the service accounts. Filters and place are in the address, so that a link shows the same to a colleague.
func (h *Handler) Accounts(c echo.Context) error {
	f, here, err := readAccountFilter(c)
	if err != nil {
		return err
	}
	list, err := h.Desk.Accounts(c.Request().Context(), session.Actor(c), f)
	if err != nil {
		return err
	}
	now := h.now()
	m := accounts.ListPage{
		Now: now, Query: f.Search, State: f.State, Total: total(list),
		Pager: pager(list.Page, here, accounts.ListPath, filterQuery(f)), LagMillis: h.Lag.Milliseconds(),
		Can: accounts.Can{Create: session.Actor(c).MayAnywhere(models.AccountsCreate)},
	}
	m.Pager.PrevLabel, m.Pager.NextLabel = "Previous", "Next" // the list is sorted by name, not by time
	for _, r := range list.Page.Rows {
		m.Rows = append(m.Rows, accounts.Row{
			ID: r.ID, Name: r.Name, Owner: r.Owner, Roles: r.Roles, State: r.State(now), Keys: int64(r.LiveKeys), LastUsed: r.LastUsed,
		})
	}
	return render.Page(c, http.StatusOK, accounts.List(h.page(c), m))
}

// readAccountFilter reads the list's address; an unknown filter or a forged place is no address of ours.
func readAccountFilter(c echo.Context) (f manage.AccountFilter, here place, err error) {
	if err := onlyParams(c, "q", "state", "page"); err != nil {
		return f, here, err
	}
	f.Search, f.State = strings.TrimSpace(c.QueryParam("q")), c.QueryParam("state")
	if utf8.RuneCountInString(f.Search) > models.MaxText {
		return f, here, models.NewError(models.Invalid, "search_too_long", fmt.Sprintf("A search has %d characters at most. Shorten it.", models.MaxText))
	}
	switch models.AccountState(f.State) {
	case "", models.AccountActive, models.AccountSuspended, models.AccountExpired:
	default:
		return f, here, echo.ErrBadRequest
	}
	here, err = readPlace(c.QueryParam("page"))
	f.After, f.Back = here.at, here.back
	return f, here, err
}

func filterQuery(f manage.AccountFilter) url.Values {
	q := url.Values{}
	if f.Search != "" {
		q.Set("q", f.Search)
	}
	if f.State != "" {
		q.Set("state", f.State)
	}
	return q
}

func total(l manage.AccountList) string {
	if l.Capped {
		return "1,000+"
	}
	return strconv.Itoa(l.Total)
}

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

// Account shows one account with its keys.
func (h *Handler) Account(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	table, err := h.keysTable(c, a)
	if err != nil {
		return err
	}
	p := h.page(c)
	if err := h.accountFlash(c, &p, a); err != nil {
		return err
	}
	m := accounts.DetailPage{Now: h.now(), Account: h.accountModel(a), Can: h.mayAccount(c, a), Keys: table, Audit: auditOf(c, "account", a.ID)}
	if m.OwnerGone, err = h.ownerGone(c, a); err != nil {
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
