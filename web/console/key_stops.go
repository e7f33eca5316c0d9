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

// DisableKey asks why and until when.
func (h *Handler) DisableKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	if !h.mayKey(c, k.Key, k.Account).Disable {
		return h.unavailable(c, k.Key, models.KeysDisable)
	}
	return h.disableForm(c, http.StatusOK, k, stopForm(h.now(), models.ReasonUnused, true))
}

// DoDisableKey disables.
func (h *Handler) DoDisableKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return h.refuse(c, "key.disable", "key", c.Param("id"), err)
	}
	f, err := readForm(c, disableFields)
	if err != nil {
		return err
	}
	why := f.stop()
	if err = f.err(); err != nil {
		err = h.refuse(c, "key.disable", "key", k.Key.ID, err)
	} else {
		var conf manage.Confirmation
		if _, conf, err = h.Desk.DisableKey(c.Request().Context(), session.Actor(c), k.Key.ID, why); err == nil {
			return changed(c, keys.Path(k.Key.ID), doneDisabled, conf)
		}
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	return h.disableForm(c, http.StatusUnprocessableEntity, k, typedStop(h.now(), f, true, problems))
}

func (h *Handler) disableForm(c echo.Context, status int, k manage.KeyDetail, form ui.RestrictionForm) error {
	m := keys.DisablePage{
		Now: h.now(), Key: h.keyModel(k.Key, k.Account), LastUsed: sighting(k.LastUsed.Allowed), Form: form,
	}
	m.Requests, _ = sums(k.Usage)
	return render.Page(c, status, keys.Disable(h.page(c), m))
}

// EnableKey says what it lifts.
func (h *Handler) EnableKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	switch {
	case k.Key.State(h.now()) == models.KeyActive:
		return stateError("key_not_disabled", "This key is not disabled.")
	case k.Key.Dead(h.now()):
		return h.unavailable(c, k.Key, models.KeysView)
	case !h.mayKey(c, k.Key, k.Account).Enable:
		return forbidden()
	}
	return render.Page(c, http.StatusOK, keys.Enable(h.page(c), keys.EnablePage{
		Now: h.now(), Key: h.keyModel(k.Key, k.Account),
	}))
}

// DoEnableKey enables.
func (h *Handler) DoEnableKey(c echo.Context) error {
	if err := h.plain(c, "key.enable", "key"); err != nil {
		return err
	}
	k, conf, err := h.Desk.EnableKey(c.Request().Context(), session.Actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	return changed(c, keys.Path(k.ID), doneEnabled, conf)
}
