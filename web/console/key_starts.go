package console

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/accounts"
	"keydesk/views/ui"
	"keydesk/web/session"
)

// A new key's scopes may start from those that the API gives where none are named, or from those of a key of the account:
// "from" in the address is startDefaults, that key's id, or startUsed and that id. Nothing is preselected unless it is asked for.
const (
	startDefaults = "defaults"
	startUsed     = "used-" // before a key's id: what it used in 90 days, instead of what it was granted
	startsMost    = 5       // keys that are offered, the newest first
	startChars    = 40      // of a description beside a mask
)

// startScopes is the selection that the address asks for.
func (h *Handler) startScopes(c echo.Context, a models.Account) ([]string, error) {
	switch from := c.QueryParam("from"); from {
	case "":
		return nil, nil
	case startDefaults:
		cat, err := h.Desk.Catalogue(c.Request().Context())
		if err != nil {
			return nil, err
		}
		return cat.Defaults(), nil
	default:
		id, ofUse := strings.CutPrefix(from, startUsed)
		read := h.Desk.GrantedScopes
		if ofUse {
			read = h.Desk.UsedScopes
		}
		k, chosen, err := read(c.Request().Context(), session.Actor(c), id)
		if err == nil && k.AccountID != a.ID {
			return nil, models.Missing("API key")
		}
		return chosen, err
	}
}

// starts links to the selections that the form may start from; none where there is nothing to choose between.
func (h *Handler) starts(c echo.Context, cat *scopes.Catalogue, a models.Account) ([]ui.Link, error) {
	page, err := h.Desk.AccountKeys(c.Request().Context(), session.Actor(c), a.ID, manage.KeyFilter{Limit: startsMost})
	if err != nil {
		return nil, err
	}
	form := accounts.Path(a.ID, "keys", "new")
	links := []ui.Link{{Label: "None", Href: form}}
	if len(cat.Defaults()) > 0 {
		links = append(links, ui.Link{Label: "API defaults", Href: form + "?from=" + startDefaults})
	}
	for _, k := range page.Rows {
		links = append(links, ui.Link{Label: "Copy of " + startName(k.Key), Href: form + "?from=" + k.ID})
		if !k.LastUsed.Allowed.At.IsZero() && len(k.Scopes) > 1 { // of one scope it would be a copy
			links = append(links, ui.Link{Label: "What " + k.Mask() + " used in 90 d", Href: form + "?from=" + startUsed + k.ID})
		}
	}
	if len(links) == 1 {
		return nil, nil
	}
	if c.Request().Method != http.MethodPost { // a form that comes back has the selection that was typed
		here := c.Request().URL.RequestURI()
		for i, l := range links {
			links[i].Current = l.Href == here
		}
	}
	return links, nil
}

// startName tells the keys of a short list apart: a long description would fill it.
func startName(k models.Key) string {
	if utf8.RuneCountInString(k.Description) > startChars || k.Description == "" {
		return k.Mask()
	}
	return k.Description + " " + k.Mask()
}
