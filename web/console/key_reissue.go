package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/keys"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

var reissueFields = fields{"form_id": once, "overlap": once, "overlap_date": once}

// purposeReissue binds a one-time form id to the key and to its version: of two who reissue at once the second is told,
// instead of retiring unseen the secret that the first was just given.
func purposeReissue(k models.Key, version int64) string {
	return "key.reissue:" + k.ID + ":" + strconv.FormatInt(version, 10)
}

func reissueID(c echo.Context, k models.Key) string {
	return session.FormID(c, purposeReissue(k, k.Version)) + "." + strconv.FormatInt(k.Version, 10)
}

// reissueVersion reads for which version of the key a form id was made; false for one that was not made here.
func reissueVersion(c echo.Context, k models.Key, formID string) (int64, bool) {
	id, text, _ := strings.Cut(formID, ".")
	version := count(text)
	return version, version > 0 && session.CheckFormID(c, purposeReissue(k, version), id)
}

// ReissueKey asks how long the old secret stays.
func (h *Handler) ReissueKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	if !h.mayKey(c, k.Key, k.Account).Reissue {
		return h.unavailable(c, k.Key, models.KeysReissue)
	}
	return h.reissueForm(c, http.StatusOK, k, keys.ReissuePage{
		FormID: reissueID(c, k.Key), Overlap: ui.ExpiryPicker{Selected: overlapNow},
	})
}

// DoReissueKey gives the key a new secret and shows it in this response alone.
func (h *Handler) DoReissueKey(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return h.refuse(c, "key.reissue", "key", c.Param("id"), err)
	}
	f, err := readForm(c, reissueFields)
	if err != nil {
		return err
	}
	in := manage.Reissue{FormID: f.one("form_id")}
	var ours bool
	if in.Version, ours = reissueVersion(c, k.Key, in.FormID); !ours {
		return h.refuse(c, "key.reissue", "key", k.Key.ID, foreignForm())
	}
	at, _ := f.moment("overlap", overlaps, overlapNow)
	in.Overlap, in.RetiresAt = at.In, at.At
	if err := f.err(); err != nil {
		return h.reissueAgain(c, k, f, h.refuse(c, "key.reissue", "key", k.Key.ID, err))
	}
	issued, err := h.Desk.ReissueKey(c.Request().Context(), session.Actor(c), k.Key.ID, in)
	var before *manage.AlreadyDone
	switch {
	case errors.As(err, &before):
		return h.shownOnce(c, k.Key.ID, true)
	case err != nil:
		return h.reissueAgain(c, k, f, err)
	}
	return h.issued(c, issued, keys.Issued{Reissued: true, OldMask: k.Key.Mask(), OldUntil: oldUntil(issued.Key, h.now())})
}

// oldUntil is when the old one of two live secrets stops; zero where it has stopped.
func oldUntil(k models.Key, now time.Time) time.Time {
	if live := liveSecrets(k, now); len(live) > 1 {
		return live[1].RetiresAt
	}
	return time.Time{}
}

func (h *Handler) reissueAgain(c echo.Context, k manage.KeyDetail, f *form, err error) error {
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	return h.reissueForm(c, http.StatusUnprocessableEntity, k, keys.ReissuePage{
		FormID: f.one("form_id"), Problems: problems, Overlap: ui.ExpiryPicker{Selected: f.one("overlap"), Date: f.one("overlap_date")},
	})
}

func (h *Handler) reissueForm(c echo.Context, status int, k manage.KeyDetail, m keys.ReissuePage) error {
	m.Now, m.Key, m.LastUsed = h.now(), h.keyModel(k.Key, k.Account), sighting(k.LastUsed.Allowed)
	m.Two = len(liveSecrets(k.Key, m.Now)) > 1
	beside(m.Problems, "overlap", m.Overlap.Selected)
	m.Overlap = ui.ExpiryPicker{
		Name: "overlap", Legend: "The old secret stops", Selected: m.Overlap.Selected, Date: m.Overlap.Date,
		Earliest: tomorrow(m.Now), Latest: k.Key.ExpiresAt, DateHelp: "Refused from 00:00 UTC on that day.",
		Choices: []ui.Moment{{Value: overlapNow, Label: "Now: it is refused at once"}},
		Problem: m.Problems["overlap"], DateBad: m.Problems["overlap_date"],
	}
	if !m.Two {
		m.Overlap.Choices = append(append(m.Overlap.Choices, presets(overlaps, m.Now)...), ui.Moment{Value: ui.ExpiryDate, Label: "On a date"})
	}
	return render.Page(c, status, keys.Reissue(h.page(c), m))
}
