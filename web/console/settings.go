package console

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/settings"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// Program is what runs here.
type Program struct {
	Version    string
	Go         string
	Database   string // its kind alone: "SQLite", "Postgres"
	StartedAt  time.Time
	Licence    []byte
	ThirdParty []byte
}

// Settings leads to the first section.
func (h *Handler) Settings(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, settings.ScopesPath)
}

func settingsCan(c echo.Context) settings.Can {
	by := session.Actor(c)
	return settings.Can{
		Manage: by.MayAnywhere(models.SettingsManage), Gateways: by.MayAnywhere(models.GatewaysManage), Folders: by.MayAnywhere(models.FoldersCreate),
	}
}

// shownCount is a number that was counted up to a cap.
func shownCount(n manage.Counted) string {
	if n.Capped {
		return ui.Count(int64(n.N)) + "+"
	}
	return ui.Count(int64(n.N))
}

// About says what runs here.
func (h *Handler) About(c echo.Context) error {
	since, err := h.Desk.DataSince(c.Request().Context(), session.Actor(c))
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, settings.About(h.page(c), settings.AboutPage{
		Now: h.now(), Can: settingsCan(c), Version: h.Program.Version, Go: h.Program.Go, Database: h.Program.Database,
		StartedAt: h.Program.StartedAt, Since: since,
	}))
}

// Licence is the licence of Keydesk.
func (h *Handler) Licence(c echo.Context) error { return render.Text(c, h.Program.Licence) }

// ThirdParty are the licences of what Keydesk is built from: long, and so a text of its own.
func (h *Handler) ThirdParty(c echo.Context) error { return render.Text(c, h.Program.ThirdParty) }

// Gates shows the processes that answer checks.
func (h *Handler) Gates(c echo.Context) error {
	list, err := h.Desk.Gates(c.Request().Context(), session.Actor(c))
	if err != nil {
		return err
	}
	m := settings.GatesPage{Now: list.Now, Can: settingsCan(c), Head: list.Head}
	for _, g := range list.Gates {
		m.Gates = append(m.Gates, settings.Gate{
			Name: g.Name, Version: g.Version, StaleFor: g.StaleFor, Standing: g.Standing(list.Now), Enforced: g.Enforced, Behind: max(list.Head-g.Enforced, 0),
			Waiting: g.Since, NoJournal: g.Warning == models.WarnJournal, LeaseUntil: g.LeaseUntil, SeenAt: g.SeenAt, StartedAt: g.StartedAt,
		})
	}
	if fragment(c) {
		return render.Page(c, http.StatusOK, settings.GatesFragment(m))
	}
	p := h.page(c)
	p.Alarms = nil // the page says more of each, and keeps that current; but not that none of them answers
	for _, a := range models.GateAlarms(list.Gates, list.Now) {
		if a.Kind == models.AlarmNoGate {
			p.Alarms = append(p.Alarms, a)
		}
	}
	return render.Page(c, http.StatusOK, settings.Gates(p, m))
}
