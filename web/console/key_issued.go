package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/keys"
	"keydesk/web/render"
	"keydesk/web/session"
)

// issued answers with the secret: the one place where it leaves the program in a page. m says what else is known of it.
func (h *Handler) issued(c echo.Context, in manage.Issued, m keys.Issued) error {
	m.Now, m.Key, m.GateURL = h.now(), h.keyModel(in.Key, in.Account), h.GateURL
	if in.Confirmation.Revision > 0 {
		conf := confirmation(in.Confirmation)
		m.Confirmation = &conf
	}
	p := h.page(c)
	p.ThemeAction = "" // its way back is a page without the secret
	return render.Page(c, http.StatusCreated, keys.IssuedPage(p, m, in.Secret.Reveal()))
}

// shownOnce answers a form that was sent before: the secret is kept nowhere, so there is nothing to show again.
func (h *Handler) shownOnce(c echo.Context, keyID string, reissued bool) error {
	k, err := h.Desk.Key(c.Request().Context(), session.Actor(c), keyID)
	if err != nil {
		return err
	}
	m := keys.ShownOnce{
		Key: h.keyModel(k.Key, k.Account), MayReissue: h.mayKey(c, k.Key, k.Account).Reissue, Reissued: reissued,
	}
	return render.Page(c, http.StatusConflict, keys.ShownOncePage(h.page(c), m))
}

// unavailable tells why a key's form is not offered: the person's access, or else the key's state.
func (h *Handler) unavailable(c echo.Context, k models.Key, p models.Permission) error {
	switch {
	case !h.Desk.May(session.Actor(c), p, k.FolderID):
		return forbidden()
	case !k.Revoked.At.IsZero():
		return stateError("key_revoked", "This key is revoked, and nothing leads back from that. Create a replacement.")
	case k.Dead(h.now()):
		return stateError("key_expired", "This key has expired. Create another key for the account.")
	}
	return stateError("key_state", "The key's state does not allow this any more. Look at what it says now.")
}
