package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/keys"
	"keydesk/views/layout"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// key reads the key that the path names.
func (h *Handler) key(c echo.Context) (manage.KeyDetail, error) {
	return h.Desk.Key(c.Request().Context(), session.Actor(c), c.Param("id"))
}

// Key shows one key: its state, its secrets, and how it is used.
func (h *Handler) Key(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	p := h.page(c)
	if err := h.keyFlash(c, &p, k); err != nil {
		return err
	}
	now := h.now()
	return render.Page(c, http.StatusOK, keys.Detail(p, keys.DetailPage{
		Now: now, Key: h.keyModel(k.Key, k.Account), Can: h.mayKey(c, k.Key, k.Account),
		Secrets: secretsModel(k.Key, k.BySecret, now), Use: h.useModel(cat, k),
		Audit: auditOf(c, "object", k.Key.ID),
	}))
}

// KeyUse is the part of the key's page that keeps itself current.
func (h *Handler) KeyUse(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	if !fragment(c) {
		return c.Redirect(http.StatusSeeOther, keys.Path(k.Key.ID))
	}
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, keys.UseFragment(h.useModel(cat, k)))
}

// What a change of a key came to, beside those of an account.
const (
	doneDisabled = "disabled"
	doneEnabled  = "enabled"
	doneRetired  = "retired"
	doneRevoked  = "revoked"
	doneNoted    = "noted" // of an account too
)

// keyFlash puts the outcome of the change that the address names on the page.
func (h *Handler) keyFlash(c echo.Context, p *layout.Page, k manage.KeyDetail) error {
	ref := readChange(c)
	state := k.Key.State(h.now())
	said, undo := "", (*ui.UndoProps)(nil)
	switch {
	case ref.done == doneSaved && k.Key.Version > 1:
		said = "The changes are saved."
	case ref.done == doneNoted && k.Key.Version > 1:
		said = "The note is saved."
	case ref.done == doneRetired && len(liveSecrets(k.Key, h.now())) == 1:
		said = "The old secret is retired: requests with it are refused."
	case ref.done == doneEnabled && state == models.KeyActive:
		said = "The key is enabled again."
	case ref.done == doneDisabled && state == models.KeyDisabled:
		said = "The key is disabled: every request with it is refused."
		if h.mayKey(c, k.Key, k.Account).Enable {
			undo = &ui.UndoProps{Action: keys.Path(k.Key.ID, "enable"), Label: "Undo"}
		}
	}
	f, err := h.flash(c, ofKey(k.Key), ref, said, undo)
	if f != nil {
		p.Flash = f
		if f.Confirmation != nil && ref.done == doneDisabled {
			f.Confirmation.LastAccepted = k.LastUsed.Allowed.At
			f.Confirmation.RefusedSince = refusedSince(k.ByBucket, models.DisabledKey, k.Key.Disabled.At)
		}
	}
	return err
}
