package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// KeyRecent is what stands beside every button that stops or narrows a key; without JavaScript it is a page.
func (h *Handler) KeyRecent(c echo.Context) error {
	r, err := h.Desk.KeyRecent(c.Request().Context(), session.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	m := keys.Recent{
		Now: h.now(), Name: r.Key.Name(), Crumbs: keys.Crumbs(h.keyModel(r.Key, r.Account)), Last: sighting(r.LastUsed.Allowed),
		Total: r.Use.Total, Scopes: r.Use.Scopes, Networks: r.Use.Networks, Partial: r.Use.Partial,
	}
	return h.recent(c, m)
}

// AccountRecent is the same of all keys of an account.
func (h *Handler) AccountRecent(c echo.Context) error {
	r, err := h.Desk.AccountRecent(c.Request().Context(), session.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	m := keys.Recent{
		Now: h.now(), Name: r.Account.Name, Crumbs: accounts.Crumbs(h.accountModel(r.Account)), Total: r.Use.Total,
		Scopes: r.Use.Scopes, Networks: r.Use.Networks, Partial: r.Use.Partial,
	}
	for i, k := range r.Keys {
		if i == 0 {
			m.Last, m.LastKey = sighting(k.LastUsed.Allowed), keyLink(k.Key)
		}
		if r.Each[i].Month > 0 {
			m.Keys = append(m.Keys, recentRow(r.Each[i], keyLink(k.Key)))
		}
	}
	return h.recent(c, m)
}

func recentRow(n models.RecentCount, to ui.Link) keys.RecentRow {
	return keys.RecentRow{RecentCount: n, Label: to.Label, Href: to.Href}
}

func (h *Handler) recent(c echo.Context, m keys.Recent) error {
	if fragment(c) {
		return render.Page(c, http.StatusOK, keys.RecentFragment(m))
	}
	return render.Page(c, http.StatusOK, keys.RecentPage(h.page(c), m))
}
