package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// Accounts lists the service accounts. Filters, order and place are in the address, so that a link shows the same to a
// colleague.
func (h *Handler) Accounts(c echo.Context) error {
	typed, f, err := readAccountFilter(c)
	if err != nil {
		return err
	}
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return err
	}
	f.After, f.Back = here.at, here.back
	ctx, by := c.Request().Context(), session.Actor(c)
	list, err := h.Desk.Accounts(ctx, by, f)
	if err != nil {
		return err
	}
	cat, err := h.Desk.Catalogue(ctx)
	if err != nil {
		return err
	}
	folders, err := h.folders(c)
	if err != nil {
		return err
	}
	now, query := h.now(), accountQuery(typed)
	m := accounts.ListPage{
		Now: now, Filter: typed, Folders: folders, Scopes: offeredScopes(cat), Total: total(list), Export: withQuery(accounts.CSVPath, query),
		Pager: pager(list.Page, here, accounts.ListPath, query), LagMillis: h.Lag.Milliseconds(),
		Can:    accounts.Can{Create: by.MayAnywhere(models.AccountsCreate), Export: by.MayAnywhere(models.Export)},
		ByName: sortedBy(typed, "Name", models.AccountsByName, ""), ByUse: sortedBy(typed, "Last used", models.AccountsByUse, ""),
		ByCreated: sortedBy(typed, "Created", models.AccountsByCreated, "cell-created"),
	}
	m.Pager.PrevLabel, m.Pager.NextLabel = "Previous", "Next" // not every order is one of time
	for _, r := range list.Page.Rows {
		m.Rows = append(m.Rows, accounts.Row{
			ID: r.ID, Name: r.Name, FolderID: r.FolderID, Owner: r.Owner, Roles: r.Roles, State: r.State(now), Keys: int64(r.LiveKeys), MoreKeys: r.MoreKeys,
			Attention: r.Attention, Days: accountDays(list.Days[r.ID]), LastUsed: r.LastUsed, CreatedAt: r.CreatedAt,
		})
	}
	return render.Page(c, http.StatusOK, accounts.List(h.page(c), m))
}

// accountParams are what the list's address may carry beside the page.
var accountParams = []string{"q", "state", "unused", "expiring", "scope", "owner", "folder", "sort"}

// readAccountFilter reads the list's address; an unknown filter or order is no address of ours.
func readAccountFilter(c echo.Context) (typed accounts.Filter, f manage.AccountFilter, err error) {
	if err := onlyParams(c, append([]string{"page"}, accountParams...)...); err != nil {
		return typed, f, err
	}
	text := func(name string) string { return strings.TrimSpace(c.QueryParam(name)) }
	typed = accounts.Filter{
		Query: text("q"), State: c.QueryParam("state"), Owner: text("owner"), Scope: text("scope"),
		Folder: c.QueryParam("folder"), Unused: c.QueryParam("unused"), Expiring: c.QueryParam("expiring"), Sort: c.QueryParam("sort"),
	}
	for _, s := range []string{typed.Query, typed.Owner, typed.Scope} {
		if utf8.RuneCountInString(s) > models.MaxText {
			return typed, f, models.NewError(models.Invalid, "search_too_long", fmt.Sprintf("A search has %d characters at most. Shorten it.", models.MaxText))
		}
	}
	unused, expiring := accounts.FilterValues()
	by, down, known := readAccountSort(typed.Sort)
	if !known || !slices.Contains(unused, typed.Unused) || !slices.Contains(expiring, typed.Expiring) {
		return typed, f, echo.ErrBadRequest
	}
	if typed.Folder != "" && !models.IsID(typed.Folder) {
		return typed, f, echo.ErrBadRequest
	}
	switch models.AccountState(typed.State) {
	case "", models.AccountActive, models.AccountSuspended, models.AccountExpired:
	default:
		return typed, f, echo.ErrBadRequest
	}
	return typed, manage.AccountFilter{
		Search: typed.Query, State: typed.State, Owner: typed.Owner, Folder: typed.Folder, Scope: typed.Scope, Unused: days(typed.Unused),
		Expiring: days(typed.Expiring), By: by, Down: down,
	}, nil
}

// days reads a number of days of our own making; "" is none.
func days(text string) time.Duration { return time.Duration(count(text)) * day }

// readAccountSort reads the order of a list: its name, with "-" before it for the other direction.
func readAccountSort(text string) (by models.AccountOrder, down, known bool) {
	name, down := strings.CutPrefix(text, "-")
	switch by = models.AccountOrder(name); by {
	case models.AccountsByName, models.AccountsByUse, models.AccountsByCreated:
		return by, down, true
	}
	return models.AccountsByName, false, text == ""
}

// sortedBy is the head of a column: its link sorts by it, first in the direction that one mostly wants.
func sortedBy(f accounts.Filter, label string, column models.AccountOrder, class string) ui.SortProps {
	by, down, _ := readAccountSort(f.Sort)
	p := ui.SortProps{Label: label, Class: class}
	next := column == models.AccountsByCreated // the newest first; names from a, and uses from the one longest ago
	if by == column {
		p.Sort, next = "ascending", !down
		if down {
			p.Sort = "descending"
		}
	}
	f.Sort = string(column)
	if next {
		f.Sort = "-" + f.Sort
	}
	if f.Sort == string(models.AccountsByName) {
		f.Sort = ""
	}
	p.Href = withQuery(accounts.ListPath, accountQuery(f))
	return p
}

// accountQuery is the filter as an address carries it.
func accountQuery(f accounts.Filter) url.Values {
	q := url.Values{}
	for i, value := range []string{f.Query, f.State, f.Unused, f.Expiring, f.Scope, f.Owner, f.Folder, f.Sort} {
		if value != "" {
			q.Set(accountParams[i], value)
		}
	}
	return q
}

func offeredScopes(cat *scopes.Catalogue) []accounts.Scopes {
	var list []accounts.Scopes
	for _, s := range cat.Services() {
		group := accounts.Scopes{Service: s.Title}
		for _, sc := range s.Scopes {
			group.Names = append(group.Names, sc.Name)
		}
		list = append(list, group)
	}
	return list
}

func accountDays(list []models.AccountUse) []keys.Day {
	out := make([]keys.Day, len(list))
	for i, u := range list {
		out[i] = keys.Day{Date: u.Bucket, Allowed: u.Allowed, Refused: u.Refused}
	}
	return out
}

func total(l manage.AccountList) string {
	if l.Capped {
		return ui.Count(int64(l.Total)) + "+"
	}
	return strconv.Itoa(l.Total)
}
