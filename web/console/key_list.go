package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// Keys lists the keys of all accounts. Tab, filters, sort and place are in the address, so that a link shows the same to a
// colleague.
func (h *Handler) Keys(c echo.Context) error {
	q, err := readKeyQuery(c, "page")
	if err != nil {
		return err
	}
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	by, status := session.Actor(c), http.StatusOK
	var list manage.KeyList
	if len(q.problems) > 0 { // a filter that cannot be read is mended first: without it the list would show more than was asked for
		status = http.StatusUnprocessableEntity
		list.Tabs, err = h.Desk.KeyTabs(c.Request().Context(), by)
	} else {
		list, err = h.Desk.SearchKeys(c.Request().Context(), by, q.search)
		if models.ReasonOf(err) == manage.AmbiguousName {
			q.problems["account"], status = "Several folders have an account of this name: type its ID", http.StatusUnprocessableEntity
			list.Tabs, err = h.Desk.KeyTabs(c.Request().Context(), by)
		}
	}
	if err != nil {
		return err
	}
	folders, err := h.folders(c)
	if err != nil {
		return err
	}
	return render.Page(c, status, keys.List(h.page(c), h.keyList(c, q, list, cat, folders)))
}

func (h *Handler) keyList(c echo.Context, q keyQuery, list manage.KeyList, cat *scopes.Catalogue, folders []models.Folder) keys.ListPage {
	names := folderNames(folders)
	q.typed.FolderName = names[q.typed.Folder]
	if q.typed.Folder != "" && q.typed.FolderName == "" {
		q.typed.FolderName = q.typed.Folder
	}
	by, sort := session.Actor(c), q.search.Sort.Resolved(q.search.Tab)
	m := keys.ListPage{
		Now: h.now(), Tab: q.search.Tab, Filter: q.typed, Folders: folders, Problems: q.problems, Sort: sort, Chosen: q.sort, Total: keyCount(list.Match),
		SortLinks: map[models.KeyOrder]string{}, LagMillis: h.Lag.Milliseconds(),
		Disable: by.MayAnywhere(models.KeysDisable), Revoke: by.MayAnywhere(models.KeysRevoke),
	}
	for _, tab := range models.KeyTabs {
		m.Tabs = append(m.Tabs, keys.ListTab{Tab: tab, Href: keyListAt(keys.ListPath, url.Values{"tab": {string(tab)}}), Count: keyCount(list.Tabs[tab])})
	}
	m.Any = list.Tabs[models.AllKeys].Total > 0
	m.Clear = keyListAt(keys.ListPath, url.Values{"tab": {string(q.search.Tab)}})
	for _, order := range models.KeyOrders {
		to := q.values()
		to.Set("sort", otherWay(order, sort))
		m.SortLinks[order] = keyListAt(keys.ListPath, to)
	}
	if by.MayAnywhere(models.Export) && len(list.Page.Rows) > 0 {
		m.CSV, m.JSON = keyListAt(keys.CSVPath, q.values()), keyListAt(keys.JSONPath, q.values())
	}
	for _, s := range cat.Services() {
		for _, sc := range s.Scopes {
			m.Scopes = append(m.Scopes, sc.Name)
		}
	}
	for _, r := range list.Page.Rows {
		row := h.listedKey(c, r)
		row.Folder = names[r.FolderID]
		m.Rows = append(m.Rows, row)
	}
	m.Pager = pager(list.Page, q.here, keys.ListPath, q.values())
	if m.Pager.Prev+m.Pager.Next != "" {
		m.Beyond, m.Selection = true, said(q.values()).Encode()
	}
	if sort != (models.KeySort{By: models.ByCreated, Down: true}) { // only then is one page newer than another
		m.Pager.PrevLabel, m.Pager.NextLabel = "Previous", "Next"
	}
	return m
}

func (h *Handler) listedKey(c echo.Context, r manage.ListedKey) keys.ListRow {
	can := h.mayKey(c, r.Key, r.Account)
	return keys.ListRow{
		Key: h.keyModel(r.Key, r.Account), Owner: r.Account.Owner, LastUsed: sighting(r.LastUsed.Allowed), LastRefused: sighting(r.LastUsed.Refused),
		Attention: r.Attention(r.LastUsed, h.now()), Select: can.Disable || can.Revoke,
	}
}

func keyCount(n manage.KeyCount) string {
	if n.Capped {
		return ui.Count(int64(n.Total)) + "+"
	}
	return ui.Count(int64(n.Total))
}

// otherWay is the sort that a column's heading leads to: its usual direction, or the other one where that is in use.
func otherWay(order models.KeyOrder, now models.KeySort) string {
	down := order == models.ByCreated
	if now.By == order {
		down = !now.Down
	}
	return sortText(models.KeySort{By: order, Down: down})
}

// sortText is a sort as the address has it: "-created" is newest first.
func sortText(s models.KeySort) string {
	if s.Down {
		return "-" + string(s.By)
	}
	return string(s.By)
}

// readSort reads the allowed sorts and no others.
func readSort(text string) (models.KeySort, bool) {
	for _, order := range models.KeyOrders {
		for _, s := range []models.KeySort{{By: order}, {By: order, Down: true}} {
			if text == sortText(s) {
				return s, true
			}
		}
	}
	return models.KeySort{}, text == ""
}

// keyQuery is the list's address: what it searches for, and its filters as they were typed.
type keyQuery struct {
	search   manage.KeySearch
	typed    keys.Filter
	sort     string
	here     place
	problems models.Fields
}

// keyParams are the parameters of the list, beside its place.
var keyParams = []string{"tab", "account", "folder", "owner", "scope", "state", "unused_since", "expiring_before", "network", "sort"}

// readKeyQuery reads the list's address.
func readKeyQuery(c echo.Context, more ...string) (keyQuery, error) {
	if err := onlyParams(c, append(more, keyParams...)...); err != nil {
		return keyQuery{}, err
	}
	return readKeyValues(c.QueryParams())
}

// readKeyValues reads what the list's address says. A tab, a state or a sort that is not in the list's own links was not
// made by us; a date or a network may be mistyped, and is said beside its field.
func readKeyValues(values url.Values) (q keyQuery, err error) {
	param := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	q.typed = keys.Filter{
		Account: param("account"), Folder: param("folder"), Owner: param("owner"), Scope: param("scope"), State: models.KeyState(param("state")),
		UnusedSince: param("unused_since"), ExpiringBefore: param("expiring_before"), Network: param("network"),
	}
	q.sort, q.problems = param("sort"), models.Fields{}
	s := manage.KeySearch{
		Tab: models.KeyTab(param("tab")), Account: q.typed.Account, Folder: q.typed.Folder, Owner: q.typed.Owner, Scope: q.typed.Scope, State: q.typed.State, Network: q.typed.Network,
	}
	var known bool
	if s.Sort, known = readSort(q.sort); !known || s.Folder != "" && !models.IsID(s.Folder) || !s.Tab.Valid() || !keys.ListState(s.State) {
		return q, echo.ErrBadRequest
	}
	s.UnusedSince = q.day("unused_since", q.typed.UnusedSince)
	s.ExpiringBefore = q.day("expiring_before", q.typed.ExpiringBefore)
	if ends := s.State == models.KeyExpired || !s.ExpiringBefore.IsZero(); ends && q.sort == "" && s.Tab == models.AllKeys {
		// Who asks for an end gets them by it, the latest first: by their creation they lie far apart.
		s.Sort = models.KeySort{By: models.ByExpires, Down: true}
		q.sort = sortText(s.Sort)
	}
	if _, ok := models.NetworkOf(s.Network); !ok && s.Network != "" {
		q.problems["network"] = manage.NetworkHelp
	}
	q.here, err = readPlace(values.Get("page"))
	s.After, s.Back = q.here.at, q.here.back
	q.search = s
	return q, err
}

func (q keyQuery) day(name, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil || at.Year() < 1900 {
		q.problems[name] = "Enter a day as 2027-02-21"
	}
	return at
}

// values are the address's parameters, without the place.
func (q keyQuery) values() url.Values {
	return url.Values{
		"tab": {string(q.search.Tab)}, "account": {q.typed.Account}, "folder": {q.typed.Folder}, "owner": {q.typed.Owner}, "scope": {q.typed.Scope}, "state": {string(q.typed.State)},
		"unused_since": {q.typed.UnusedSince}, "expiring_before": {q.typed.ExpiringBefore}, "network": {q.typed.Network}, "sort": {q.sort},
	}
}

// keyListAt is an address with those parameters that say something.
func keyListAt(path string, values url.Values) string {
	if values = said(values); len(values) > 0 {
		path += "?" + values.Encode()
	}
	return path
}

func said(values url.Values) url.Values {
	out := url.Values{}
	for name, v := range values {
		if v[0] != "" {
			out[name] = v
		}
	}
	return out
}

// readSelection reads the list whose every key was selected, from the form that it stood in: its address's parameters.
func readSelection(text string) (manage.KeySearch, error) {
	values, err := url.ParseQuery(text)
	for name, v := range values {
		if len(v) != 1 || !slices.Contains(keyParams, name) || !printable(v[0]) { // a filter that is left out selects more
			return manage.KeySearch{}, echo.ErrBadRequest
		}
	}
	if err != nil {
		return manage.KeySearch{}, echo.ErrBadRequest
	}
	q, err := readKeyValues(values)
	if err == nil && len(q.problems) > 0 {
		err = models.FieldProblems(q.problems)
	}
	return q.search, err
}
