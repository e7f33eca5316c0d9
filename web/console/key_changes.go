package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// EditKey shows the form of a key as it is.
func (h *Handler) EditKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	if !h.mayKey(c, k.Key, k.Account).Edit {
		return h.unavailable(c, k.Key, models.KeysUpdate)
	}
	return h.editKeyForm(c, http.StatusOK, k, editKeyForm(k.Key))
}

// UpdateKey saves an edit. One of an older version comes back with what somebody else changed meanwhile.
func (h *Handler) UpdateKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return h.refuse(c, "key.update", "key", c.Param("id"), err)
	}
	f, err := readForm(c, editKeyFields)
	if err != nil {
		return err
	}
	policy, err := h.Desk.KeyPolicy(c.Request().Context())
	if err != nil {
		return err
	}
	expiry, _ := f.keyExpiry(policy, ui.ExpiryKeep)
	f.needScope()
	version := f.version()
	if err := f.err(); err != nil {
		return h.editKeyAgain(c, k, f, h.refuse(c, "key.update", "key", k.Key.ID, err))
	}
	now, conf, err := h.Desk.UpdateKey(c.Request().Context(), session.Actor(c), k.Key.ID, manage.KeyEdit{
		Version: version, Description: f.one("description"), Scopes: f.all("scopes"), Expiry: expiry,
	})
	if err != nil {
		return h.editKeyAgain(c, k, f, err)
	}
	return changed(c, keys.Path(now.ID), doneSaved, conf)
}

// editKeyAgain answers a refused edit as it was typed; what is no problem of the form goes on.
func (h *Handler) editKeyAgain(c echo.Context, k manage.KeyDetail, f *form, err error) error {
	m, status := typedKeyForm(f), http.StatusUnprocessableEntity
	switch problems, ok := fieldsOf(err); {
	case ok:
		m.Problems, k.Key.Version = problems, count(f.one("version")) // still the one it was opened with
	case models.ReasonOf(err) == "changed_meanwhile":
		m.Problems, status = keyChanged(k.Key, f), http.StatusConflict
	default:
		return err
	}
	return h.editKeyForm(c, status, k, m)
}

func (h *Handler) editKeyForm(c echo.Context, status int, k manage.KeyDetail, m keys.Form) error {
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	policy, err := h.Desk.KeyPolicy(c.Request().Context())
	if err != nil {
		return err
	}
	h.fillKeyForm(cat, policy, k.Account, k.Key, &m)
	return render.Page(c, status, keys.EditPage(h.page(c), m))
}
