package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// RevokeKey shows what a revoke would hit, and one button.
func (h *Handler) RevokeKey(c echo.Context) error {
	k, err := h.keyWithoutUse(c)
	if err != nil {
		return err
	}
	if !h.mayKey(c, k.Key, k.Account).Revoke {
		return h.unavailable(c, k.Key, models.KeysRevoke)
	}
	return h.revokeForm(c, http.StatusOK, k, stopForm(h.now(), likely(k), false))
}

// likely is the reason that a revoke most often has: a key that was never used is not needed.
func likely(k manage.KeyDetail) models.Reason {
	if k.LastUsed.Allowed.At.IsZero() {
		return models.ReasonUnused
	}
	return models.ReasonLeaked
}

// DoRevokeKey revokes. What is only shown is not read before: seconds count.
func (h *Handler) DoRevokeKey(c echo.Context) error {
	f, err := readForm(c, revokeFields)
	if err != nil {
		return err
	}
	id := c.Param("id")
	if err = f.err(); err != nil {
		err = h.refuse(c, "key.revoke", "key", id, err)
	} else {
		var conf manage.Confirmation
		if _, conf, err = h.Desk.RevokeKey(c.Request().Context(), session.Actor(c), id, f.stop()); err == nil {
			return changed(c, keys.Path(id, "revoked"), doneRevoked, conf)
		}
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	k, err := h.keyWithoutUse(c)
	if err != nil {
		return err
	}
	return h.revokeForm(c, http.StatusUnprocessableEntity, k, typedStop(h.now(), f, false, problems))
}

func (h *Handler) revokeForm(c echo.Context, status int, k manage.KeyDetail, form ui.RestrictionForm) error {
	m := keys.RevokePage{
		Now: h.now(), Key: h.keyModel(k.Key, k.Account), Secrets: len(liveSecrets(k.Key, h.now())), Form: form,
		LastUsed: sighting(k.LastUsed.Allowed), MayUndo: h.mayKey(c, k.Key, k.Account).Disable,
	}
	return render.Page(c, status, keys.Revoke(h.page(c), m))
}

// RevokedKey says what the gates say of the revoke by now. The address names the revision, so a reload repeats nothing.
func (h *Handler) RevokedKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	ref := readChange(c)
	conf, err := h.confirmed(c, ofKey(k.Key), ref)
	if err != nil {
		return err
	}
	if k.Key.Revoked.At.IsZero() || conf == nil {
		return c.Redirect(http.StatusSeeOther, keys.Path(k.Key.ID))
	}
	conf.LastAccepted = k.LastUsed.Allowed.At
	conf.RefusedSince = refusedSince(k.ByBucket, models.RevokedKey, k.Key.Revoked.At)
	m := keys.RevokedPage{
		Now: h.now(), Key: h.keyModel(k.Key, k.Account), Confirmation: *conf, Can: h.mayKey(c, k.Key, k.Account),
		Self: keys.Path(k.Key.ID, "revoked") + "?" + ref.query().Encode(),
	}
	if fragment(c) {
		return render.Page(c, http.StatusOK, keys.RevokedFragment(m))
	}
	return render.Page(c, http.StatusOK, keys.Revoked(h.page(c), m))
}

// ReplaceKey leads to the form of a replacement.
func (h *Handler) ReplaceKey(c echo.Context) error {
	k, err := h.keyWithoutUse(c)
	if err != nil {
		return err
	}
	if !h.mayKey(c, k.Key, k.Account).Replace {
		return stateError("not_replaceable", "Only a revoked key that has no replacement yet is replaced, while its service account is active.")
	}
	return c.Redirect(http.StatusSeeOther, accounts.Path(k.Account.ID, "keys", "new")+"?replaces="+k.Key.ID)
}
