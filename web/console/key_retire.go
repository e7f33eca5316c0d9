package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/views/keys"
	"keydesk/web/render"
	"keydesk/web/session"
)

var retireFields = fields{"secret": once}

// RetireSecret asks whether the old one of two secrets may stop now.
func (h *Handler) RetireSecret(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	if !h.mayKey(c, k.Key, k.Account).Reissue {
		return h.unavailable(c, k.Key, models.KeysReissue)
	}
	list := secretsModel(k.Key, k.BySecret, h.now())
	if len(list) < 2 {
		return stateError("last_secret", "This key has one secret. Disable or revoke the key instead, or reissue it.")
	}
	return render.Page(c, http.StatusOK, keys.Retire(h.page(c), keys.RetirePage{
		Now: h.now(), Key: h.keyModel(k.Key, k.Account), Old: list[len(list)-1],
	}))
}

// DoRetireSecret retires it. The form names the secret, so that a form of yesterday does not retire today's.
func (h *Handler) DoRetireSecret(c echo.Context) error {
	f, err := readForm(c, retireFields)
	if err != nil {
		return err
	}
	if err := f.err(); err != nil {
		return h.refuse(c, "key.retire", "key", c.Param("id"), err)
	}
	k, conf, err := h.Desk.RetireSecret(c.Request().Context(), session.Actor(c), c.Param("id"), f.one("secret"))
	if err != nil {
		return err
	}
	return changed(c, keys.Path(k.ID), doneRetired, conf)
}
