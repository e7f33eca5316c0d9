package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/audit"
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

// keyWithoutUse reads it for a form that must not wait for 30 days of use.
func (h *Handler) keyWithoutUse(c echo.Context) (manage.KeyDetail, error) {
	return h.Desk.KeyWithoutUse(c.Request().Context(), session.Actor(c), c.Param("id"))
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
	events, err := h.keyEvents(c, k.Key)
	if err != nil {
		return err
	}
	now, can := h.now(), h.mayKey(c, k.Key, k.Account)
	return render.Page(c, http.StatusOK, keys.Detail(p, keys.DetailPage{
		Now: now, Key: h.keyModel(k.Key, k.Account), Can: can,
		Secrets: secretsModel(k.Key, k.BySecret, now), Use: h.useModel(cat, k, can),
		Audit: auditOf(c, "object", k.Key.ID), Events: events,
	}))
}

// timelineRows is how many events a page of one object shows at once.
const timelineRows = 20

// keyEvents are what happened to a key, for whoever may see it.
func (h *Handler) keyEvents(c echo.Context, k models.Key) (audit.Timeline, error) {
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return audit.Timeline{}, err
	}
	f := manage.ActivityFilter{After: here.at, Back: here.back, Limit: timelineRows}
	page, err := h.Desk.KeyActivity(c.Request().Context(), session.Actor(c), k.ID, f)
	return h.Timeline(c, page, here, keys.Path(k.ID), url.Values{}, k.ID, auditOf(c, "object", k.ID)), err
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
	return render.Page(c, http.StatusOK, keys.UseFragment(h.useModel(cat, k, h.mayKey(c, k.Key, k.Account))))
}

// What a change of a key came to, beside those of an account.
const (
	doneDisabled = "disabled"
	doneEnabled  = "enabled"
	doneRetired  = "retired"
	doneRevoked  = "revoked"
	doneNarrowed = "narrowed"
	doneNoted    = "noted" // of an account too
)

// keySaid is what a change came to, "" where the key does not bear it out.
func keySaid(done string, k models.Key, now time.Time) string {
	state, edited := k.State(now), k.Version > 1
	said := map[string]struct {
		holds bool
		text  string
	}{
		doneSaved:    {edited, "The changes are saved."},
		doneNarrowed: {edited, "The scope is removed: requests for it are refused."},
		doneNoted:    {edited, "The note is saved."},
		doneRetired:  {len(liveSecrets(k, now)) == 1, "The old secret is retired: requests with it are refused."},
		doneEnabled:  {state == models.KeyActive, "The key is enabled again."},
		doneDisabled: {state == models.KeyDisabled, "The key is disabled: every request with it is refused."},
	}[done]
	if !said.holds {
		return ""
	}
	return said.text
}

// keyFlash puts the outcome of the change that the address names on the page.
func (h *Handler) keyFlash(c echo.Context, p *layout.Page, k manage.KeyDetail) error {
	ref := readChange(c)
	said, undo := keySaid(ref.done, k.Key, h.now()), (*ui.UndoProps)(nil)
	if ref.done == doneDisabled && h.mayKey(c, k.Key, k.Account).Enable {
		undo = &ui.UndoProps{Action: keys.Path(k.Key.ID, "enable"), Label: "Undo"}
	}
	f, err := h.flash(c, ofKey(k.Key), ref, said, undo)
	if f != nil {
		p.Flash = f
		if f.Confirmation != nil && ref.done == doneDisabled {
			f.Confirmation.Stops, f.Confirmation.LastAccepted = true, k.LastUsed.Allowed.At
			f.Confirmation.RefusedSince = refusedSince(k.ByBucket, models.DisabledKey, k.Key.Disabled.At)
		}
	}
	return err
}
