package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/settings"
	"keydesk/web/render"
	"keydesk/web/session"
)

// Rows of a service's form: how many are free at first, how many more come at a time, and how many there may be. A form of
// more is longer than any that is read.
const (
	freeRows = 3
	mostRows = 1000
)

// serviceInput is a service's form as it was typed, and the service that it describes.
type serviceInput struct {
	*form
	rows    []settings.ScopeRow
	service models.OwnService
	places  []int // the row of each scope of the service
	version int64
	more    bool
}

// readService reads a service's form. Its rows are as many as it says; empty ones and those to remove are left out.
func readService(c echo.Context) (*serviceInput, error) {
	rows := 0
	if err := c.Request().ParseForm(); err == nil {
		rows = int(min(count(c.Request().PostForm.Get("rows")), mostRows))
	}
	known := fields{"version": once, "name": once, "title": once, "rows": once, "more": once, "agreed": many}
	for i := range rows {
		for _, part := range []string{"name", "description", "covers", "remove"} {
			known[rowField(part, i)] = once
		}
	}
	f, err := readForm(c, known)
	if err != nil {
		return nil, err
	}
	in := &serviceInput{form: f, version: f.catalogueVersion(), more: f.one("more") != ""}
	in.service = models.OwnService{Name: f.one("name"), Title: f.one("title")}
	for i := range rows {
		in.take(i)
	}
	return in, nil
}

func rowField(part string, row int) string { return "scope_" + part + "_" + strconv.Itoa(row) }

func (in *serviceInput) take(i int) {
	r := settings.ScopeRow{
		Name: in.one(rowField("name", i)), Description: in.one(rowField("description", i)), Covers: in.one(rowField("covers", i)),
		Removed: in.one(rowField("remove", i)) != "",
	}
	in.rows = append(in.rows, r)
	if r.Removed || r.Name+r.Description+r.Covers == "" {
		return
	}
	in.service.Scopes = append(in.service.Scopes, models.OwnScope{
		Name: r.Name, Description: r.Description,
		Covers: strings.FieldsFunc(r.Covers, func(c rune) bool { return c == ' ' || c == ',' || c == '\n' || c == '\r' || c == '\t' }),
	})
	in.places = append(in.places, i)
}

// placed puts problems with the scopes of the service beside the rows that they come from.
func (in *serviceInput) placed(problems models.Fields) models.Fields {
	out := models.Fields{}
	for name, text := range problems {
		for scope, row := range in.places {
			for _, part := range []string{"name", "description", "covers"} {
				if name == rowField(part, scope) {
					out[rowField(part, row)] = text
				}
			}
		}
		if !strings.HasPrefix(name, "scope_") {
			out[name] = text
		}
	}
	return out
}

// page is the form as it was typed. was is the service as it is stored; nil where it is new.
func (in *serviceInput) page(was *models.OwnService) settings.ServiceForm {
	m := settings.ServiceForm{Version: in.version, Name: in.service.Name, Title: in.raw("title"), Rows: in.rows, Problems: models.Fields{}}
	if was != nil {
		m.Name, m.Edits = was.Name, true
		for i, r := range m.Rows {
			m.Rows[i].Edits = slices.ContainsFunc(was.Scopes, func(s models.OwnScope) bool { return s.Name == r.Name })
		}
	}
	return m
}

func storedService(version int64, s models.OwnService) settings.ServiceForm {
	m := settings.ServiceForm{Version: version, Name: s.Name, Edits: true, Title: s.Title}
	for _, sc := range s.Scopes {
		m.Rows = append(m.Rows, storedRow(sc))
	}
	m.Rows = append(m.Rows, make([]settings.ScopeRow, freeRows)...)
	return m
}

func storedRow(s models.OwnScope) settings.ScopeRow {
	return settings.ScopeRow{Name: s.Name, Description: s.Description, Covers: strings.Join(s.Covers, " "), Edits: true}
}

// NewService shows the form of a new own service.
func (h *Handler) NewService(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	if err != nil {
		return err
	}
	m := settings.ServiceForm{Version: own.Version, Rows: make([]settings.ScopeRow, freeRows)}
	return render.Page(c, http.StatusOK, settings.NewService(h.page(c), m))
}

// CreateService adds an own service.
func (h *Handler) CreateService(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	if err != nil {
		return h.refuse(c, "catalogue.update", "catalogue", "own", err)
	}
	in, err := readService(c)
	if err != nil {
		return err
	}
	show := func(status int, m settings.ServiceForm) error {
		return render.Page(c, status, settings.NewService(h.page(c), m))
	}
	if in.more {
		return h.moreRows(in, nil, show)
	}
	if err := in.err(); err != nil {
		return h.serviceAgain(in, own, nil, h.refuse(c, "catalogue.update", "catalogue", "own", err), show)
	}
	conf, err := h.Desk.EditCatalogue(c.Request().Context(), session.Actor(c), manage.CatalogueEdit{Version: in.version, Put: &in.service})
	if err != nil {
		return h.serviceAgain(in, own, nil, err, show)
	}
	return changed(c, settings.ScopesPath, doneSaved, conf)
}

// EditService shows the form of an own service as it is.
func (h *Handler) EditService(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	if err != nil {
		return err
	}
	s := own.Service(c.Param("service"))
	if s == nil {
		return models.Missing("service of this installation")
	}
	return render.Page(c, http.StatusOK, settings.EditService(h.page(c), storedService(own.Version, *s)))
}

// UpdateService saves an own service. What keys hold is removed only after a page that says how many.
func (h *Handler) UpdateService(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	was := own.Service(c.Param("service"))
	if err == nil && was == nil {
		err = models.Missing("service of this installation")
	}
	if err != nil {
		return h.refuse(c, "catalogue.update", "catalogue", "own", err)
	}
	in, err := readService(c)
	if err != nil {
		return err
	}
	show := func(status int, m settings.ServiceForm) error {
		return render.Page(c, status, settings.EditService(h.page(c), m))
	}
	if in.more {
		return h.moreRows(in, was, show)
	}
	if err := in.err(); err != nil {
		return h.serviceAgain(in, own, was, h.refuse(c, "catalogue.update", "catalogue", "own", err), show)
	}
	in.service.Name = was.Name
	edit := manage.CatalogueEdit{Version: in.version, Service: was.Name, Put: &in.service, Agreed: in.all("agreed")}
	ctx, by := c.Request().Context(), session.Actor(c)
	if len(edit.Agreed) == 0 {
		hits, err := h.Desk.CatalogueHits(ctx, by, edit)
		if err != nil {
			return h.serviceAgain(in, own, was, err, show)
		}
		if len(hits) > 0 {
			return h.askService(c, http.StatusOK, in, was, edit)
		}
	}
	conf, err := h.Desk.EditCatalogue(ctx, by, edit)
	switch {
	case models.ReasonOf(err) == "in_use":
		return h.askService(c, http.StatusConflict, in, was, edit)
	case err != nil:
		return h.serviceAgain(in, own, was, err, show)
	}
	return changed(c, settings.ScopesPath, doneSaved, conf)
}

// moreRows answers who asked for more rows: nothing is saved, and nothing is lost.
func (h *Handler) moreRows(in *serviceInput, was *models.OwnService, show func(int, settings.ServiceForm) error) error {
	m := in.page(was)
	m.Rows = append(m.Rows, make([]settings.ScopeRow, freeRows)...)
	return show(http.StatusOK, m)
}

// askService asks before scopes that keys hold are removed. The form goes along, so that nothing is typed twice.
func (h *Handler) askService(c echo.Context, status int, in *serviceInput, was *models.OwnService, edit manage.CatalogueEdit) error {
	m := settings.ConfirmPage{
		Title: "Remove scopes of " + was.Name, Button: "Save, and remove them", Danger: true, Action: settings.ServicePath(was.Name, "edit"),
		Text: "You are about to save " + was.Name + " without scopes that are in use.",
	}
	add := func(name, value string) { m.Hidden = append(m.Hidden, settings.Hidden{Name: name, Value: value}) }
	add("title", in.one("title"))
	add("rows", strconv.Itoa(len(in.rows)))
	for i, r := range in.rows {
		if r.Removed {
			add(rowField("remove", i), "yes")
		}
		add(rowField("name", i), r.Name)
		add(rowField("description", i), r.Description)
		add(rowField("covers", i), r.Covers)
	}
	return h.askCatalogue(c, status, m, edit)
}

// serviceAgain answers a refused form as it was typed; what is no problem of the form goes on.
func (h *Handler) serviceAgain(
	in *serviceInput, own models.OwnCatalogue, was *models.OwnService, err error, show func(int, settings.ServiceForm) error,
) error {
	m := in.page(was)
	if models.ReasonOf(err) == "changed_meanwhile" {
		m.Version = own.Version
		m.Problems[""] = "Somebody changed the catalogue since you opened the form. Look through it, and save again"
		if was != nil {
			serviceChanged(&m, *was)
		}
		return show(http.StatusConflict, m)
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	m.Problems = in.placed(problems)
	if len(in.problems) > 0 { // these name the rows as they were sent
		m.Problems = problems
	}
	return show(http.StatusUnprocessableEntity, m)
}

// serviceChanged says beside each field what somebody else made of it meanwhile, and adds the scopes that they added: who
// saves again takes nothing away unseen.
func serviceChanged(m *settings.ServiceForm, was models.OwnService) {
	if m.Title != was.Title {
		m.Problems["title"] = "It says now: " + orNone(was.Title)
	}
	for _, sc := range was.Scopes {
		now := storedRow(sc)
		i := slices.IndexFunc(m.Rows, func(r settings.ScopeRow) bool { return r.Name == sc.Name })
		if i < 0 {
			m.Problems[rowField("name", len(m.Rows))] = fmt.Sprintf("Scope %q was added meanwhile", sc.Name)
			m.Rows = append(m.Rows, now)
			continue
		}
		if m.Rows[i].Description != now.Description {
			m.Problems[rowField("description", i)] = "It says now: " + orNone(now.Description)
		}
		if m.Rows[i].Covers != now.Covers {
			m.Problems[rowField("covers", i)] = "It says now: " + orNone(now.Covers)
		}
	}
	for i, r := range m.Rows {
		if r.Name != "" && !r.Removed && !r.Edits && was.Name != "" && m.Problems[rowField("name", i)] == "" {
			m.Problems[rowField("name", i)] = "It is not in the catalogue now: saving adds it"
		}
	}
}
