package console

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/keys"
	"keydesk/web/render"
	"keydesk/web/session"
)

var narrowFields = fields{"version": once, "scope": once}

// RemoveScope asks whether a scope of a key may go.
func (h *Handler) RemoveScope(c echo.Context) error {
	k, err := h.keyWithoutUse(c)
	if err != nil {
		return err
	}
	if err := onlyParams(c, "scope"); err != nil {
		return err
	}
	scope := c.QueryParam("scope")
	switch {
	case !h.mayKey(c, k.Key, k.Account).Edit:
		return h.unavailable(c, k.Key, models.KeysUpdate)
	case !slices.Contains(k.Key.Scopes, scope):
		return stateError("scope_not_granted", "This key does not have that scope. Look at what it has now.")
	case len(k.Key.Scopes) == 1:
		return stateError("last_scope", "This is the key's only scope, and stays. Revoke the key if nobody needs it.")
	}
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	m := keys.NarrowPage{Now: h.now(), Key: h.keyModel(k.Key, k.Account), Scope: scope, LastUsed: sighting(k.LastUsed.Allowed)}
	m.Covers = lostWith(cat.Covers, scope, k.Key.Scopes)
	return render.Page(c, http.StatusOK, keys.Narrow(h.page(c), m))
}

// lostWith are the scopes that a scope covers and that no other one of the key does.
func lostWith(covers func(string) []string, scope string, all []string) []string {
	kept := map[string]bool{scope: true}
	for _, s := range all {
		if s != scope {
			for _, covered := range covers(s) {
				kept[covered] = true
			}
		}
	}
	return slices.DeleteFunc(covers(scope), func(s string) bool { return kept[s] })
}

// DoRemoveScope removes it.
func (h *Handler) DoRemoveScope(c echo.Context) error {
	f, err := readForm(c, narrowFields)
	if err != nil {
		return err
	}
	id := c.Param("id")
	k, err := h.keyWithoutUse(c)
	if err != nil {
		return h.refuse(c, "key.update", "key", id, err)
	}
	version := f.version()
	if err := f.err(); err != nil {
		return h.refuse(c, "key.update", "key", k.Key.ID, err)
	}
	var conf manage.Confirmation
	if _, conf, err = h.Desk.RemoveScope(c.Request().Context(), session.Actor(c), id, f.one("scope"), version); err != nil {
		return err
	}
	return changed(c, keys.Path(id), doneNarrowed, conf)
}
