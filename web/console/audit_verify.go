package console

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models/manage"
	"keydesk/views/audit"
	"keydesk/web/render"
	"keydesk/web/session"
)

// verifyPatience is how long the answer waits for a check of the log. One that takes longer goes on, and the page shows how far
// it is.
const verifyPatience = 3 * time.Second

// VerifyAudit begins to read the whole log.
func (h *Handler) VerifyAudit(c echo.Context) error {
	f, err := readForm(c, fields{})
	if err == nil {
		err = f.err()
	}
	if err != nil {
		return h.refuse(c, "audit.verify", "audit", "", err)
	}
	w, err := h.Witness()
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	done, err := h.Desk.StartAuditCheck(ctx, session.Actor(c), w)
	if err != nil {
		return err
	}
	select {
	case <-done:
	case <-time.After(verifyPatience):
	case <-ctx.Done():
	}
	return c.Redirect(http.StatusSeeOther, audit.ListPath)
}

// VerifiedAudit is the part of the log's page that says how far it was verified.
func (h *Handler) VerifiedAudit(c echo.Context) error {
	if !fragment(c) {
		return c.Redirect(http.StatusSeeOther, audit.ListPath)
	}
	v, err := h.verified(c, session.FormToken(c))
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, audit.VerifiedPart(v))
}

func (h *Handler) verified(c echo.Context, formToken string) (audit.Verified, error) {
	w, err := h.Witness()
	if err != nil {
		return audit.Verified{}, err
	}
	s, err := h.Desk.AuditState(c.Request().Context(), session.Actor(c), w)
	if err != nil {
		return audit.Verified{}, err
	}
	v := audit.Verified{
		Now: s.Now, FormToken: formToken, UpTo: s.Checked.Report.UpTo, At: s.Checked.Ended, By: s.Checked.By, Heads: s.Checked.Report.Heads,
		Since: s.Since, Problem: s.Checked.Report.Problem, ProblemAt: s.Checked.Report.AtNumber, SignedTo: s.Head.Number, SignedAt: s.Head.SignedAt,
	}
	if s.Problem != "" { // it is there now, whatever was found then
		v.Problem, v.ProblemAt = s.Problem, s.At
	}
	switch last := auditProgress(s.Last); {
	case s.Last.Running(s.Now):
		v.Running = &last
	case s.Last.Ended.IsZero() && !s.Last.Started.IsZero():
		v.CutShort = &last
	}
	return v, nil
}

func auditProgress(c manage.AuditCheck) audit.Progress {
	return audit.Progress{By: c.By, Started: c.Started, UpTo: c.Report.UpTo, Of: c.Of}
}
