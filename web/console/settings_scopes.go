package console

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/settings"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

// catalogueRows is how many scopes a page of the catalogue shows.
const catalogueRows = 100

var theCatalogue = subject{models.ChangeCatalogue, "own"}

// Scopes shows the catalogue, page by page: each scope with what it covers, who permits it and how many keys hold it.
func (h *Handler) Scopes(c echo.Context) error {
	if err := onlyParams(c, "from", paramDone, paramRevision, paramMillis); err != nil {
		return err
	}
	ctx, by := c.Request().Context(), session.Actor(c)
	own, err := h.Desk.OwnCatalogue(ctx, by)
	if err != nil {
		return err
	}
	cat, err := scopes.Build(own)
	if err != nil {
		return err
	}
	m := settings.ScopesPage{Now: h.now(), Can: settingsCan(c), BuiltIn: own.BuiltIn, File: fileOf(own), Total: cat.Len()}
	shown, pager := cataloguePage(cat, c.QueryParam("from"))
	m.Pager = pager
	held, err := h.Desk.KeysWithScopes(ctx, by, scopeNames(shown))
	if err != nil {
		return err
	}
	m.Services = servicesModel(cat, shown, held)
	if pager.Next == "" {
		m.Manage = managingRoles(cat)
	}
	p := h.page(c)
	said := ""
	if ref := readChange(c); ref.done == doneSaved && ref.revision > 0 {
		said = "The catalogue is saved."
	}
	f, err := h.flash(c, theCatalogue, readChange(c), said, nil)
	if f != nil {
		p.Flash = f
	}
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, settings.Scopes(p, m))
}

// fileOf is the file that manages the catalogue; "" where the console does.
func fileOf(own models.OwnCatalogue) string {
	switch {
	case own.Source != models.SourceFile:
		return ""
	case own.File == "": // stored by a version that did not say which
		return "a file"
	}
	return own.File
}

// cataloguePage is the part of the catalogue that begins with a scope; from the beginning where that is not there (any more).
func cataloguePage(cat *scopes.Catalogue, from string) (shown []scopes.Scope, p ui.PagerProps) {
	var all []scopes.Scope
	begin := 0
	for _, s := range cat.Services() {
		for _, sc := range s.Scopes {
			if sc.Name == from {
				begin = len(all)
			}
			all = append(all, sc)
		}
	}
	end := min(begin+catalogueRows, len(all))
	link := func(at int) string { return settings.ScopesPath + "?" + url.Values{"from": {all[at].Name}}.Encode() }
	p.PrevLabel, p.NextLabel = "Previous", "Next"
	if begin > 0 {
		p.Prev = link(max(begin-catalogueRows, 0))
	}
	if end < len(all) {
		p.Next = link(end)
	}
	return all[begin:end], p
}

// managingRoles are the roles that manage, whatever they permit.
func managingRoles(cat *scopes.Catalogue) (out []settings.Role) {
	for _, r := range cat.Roles() {
		if len(models.Manages(r.Name)) > 0 {
			out = append(out, settings.Role{Name: r.Name, Text: roleText(r)})
		}
	}
	return out
}

func scopeNames(list []scopes.Scope) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	return names
}

func servicesModel(cat *scopes.Catalogue, shown []scopes.Scope, held map[string]manage.Counted) []settings.Service {
	var out []settings.Service
	for _, sc := range shown {
		if len(out) == 0 || out[len(out)-1].Name != sc.Service {
			s, _ := cat.Service(sc.Service)
			out = append(out, settings.Service{Name: s.Name, Title: s.Title, Own: s.Own, Role: scopes.OwnRole(s.Name)})
		}
		s := &out[len(out)-1]
		s.Scopes = append(s.Scopes, settings.Scope{
			Name: sc.Name, Description: sc.Description, Default: sc.Default, Covers: sc.Covers, Roles: cat.RolesFor(sc.Name), Keys: shownCount(held[sc.Name]),
		})
	}
	return out
}

// editableCatalogue reads the catalogue for a form; none is offered where a file manages it.
func (h *Handler) editableCatalogue(c echo.Context) (models.OwnCatalogue, error) {
	own, err := h.Desk.OwnCatalogue(c.Request().Context(), session.Actor(c))
	if file := fileOf(own); err == nil && file != "" {
		err = stateError("managed_by_file", "The catalogue is managed by "+file+". Change it there, and start Keydesk again.")
	}
	return own, err
}

var agreeFields = fields{"version": once, "agreed": many}

// catalogueVersion reads which version of the catalogue a form was opened with; 0 is before anything was stored.
func (f *form) catalogueVersion() int64 {
	text := f.one("version")
	n := count(text)
	if n == 0 && text != "0" {
		f.problem("", "The form is damaged: reload the page and fill it in again")
	}
	return n
}

// BuiltIn asks before the built-in catalogue is switched.
func (h *Handler) BuiltIn(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	if err != nil {
		return err
	}
	return h.askBuiltIn(c, http.StatusOK, own)
}

// askBuiltIn shows what switching the built-in catalogue would take away.
func (h *Handler) askBuiltIn(c echo.Context, status int, own models.OwnCatalogue) error {
	to := !own.BuiltIn
	m := settings.ConfirmPage{
		Title: "Switch the built-in catalogue on", Button: "Switch on", Action: settings.ScopesPath + "/built-in",
		Text:   "Its scopes and roles can be granted, and gates honour them where keys and service accounts hold them.",
		Hidden: []settings.Hidden{{Name: "built_in", Value: "on"}},
	}
	if !to {
		m.Title, m.Button, m.Danger, m.Hidden[0].Value = "Switch the built-in catalogue off", "Switch off", true, "off"
		m.Text = "Its scopes and roles cannot be granted any more, and gates refuse them. Keys that are made without scopes need to name some."
	}
	return h.askCatalogue(c, status, m, manage.CatalogueEdit{Version: own.Version, BuiltIn: &to})
}

// askCatalogue asks before an edit, with what it takes away.
func (h *Handler) askCatalogue(c echo.Context, status int, m settings.ConfirmPage, edit manage.CatalogueEdit) error {
	hits, err := h.Desk.CatalogueHits(c.Request().Context(), session.Actor(c), edit)
	if err != nil {
		return plainly(err)
	}
	m.Version, m.Hits = edit.Version, hitsModel(hits)
	return render.Page(c, status, settings.Confirm(h.page(c), m))
}

func hitsModel(hits []manage.Hit) []settings.Hit {
	var out []settings.Hit
	for _, h := range hits {
		noun := "live key"
		if h.Role {
			noun = "service account"
		}
		if h.Held.N != 1 {
			noun += "s"
		}
		out = append(out, settings.Hit{Name: h.Name, Who: shownCount(h.Held) + " " + noun})
	}
	return out
}

// SwitchBuiltIn switches the built-in catalogue on or off.
func (h *Handler) SwitchBuiltIn(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	if err != nil {
		return h.refuse(c, "catalogue.update", "catalogue", "own", err)
	}
	f, err := readForm(c, agreeFields.and("built_in"))
	if err != nil {
		return err
	}
	to := f.one("built_in") == "on"
	if !to && f.one("built_in") != "off" {
		f.problem("built_in", "Switch it on or off")
	}
	edit := manage.CatalogueEdit{Version: f.catalogueVersion(), BuiltIn: &to, Agreed: f.all("agreed")}
	if err := f.err(); err != nil {
		return h.refuse(c, "catalogue.update", "catalogue", "own", err)
	}
	return h.editedOrAsked(c, edit, func(status int) error { return h.askBuiltIn(c, status, own) })
}

// editedOrAsked makes an edit, or asks again where more is in use than was agreed to.
func (h *Handler) editedOrAsked(c echo.Context, edit manage.CatalogueEdit, ask func(status int) error) error {
	conf, err := h.Desk.EditCatalogue(c.Request().Context(), session.Actor(c), edit)
	switch {
	case models.ReasonOf(err) == "in_use":
		return ask(http.StatusConflict)
	case err != nil:
		return plainly(err)
	}
	return changed(c, settings.ScopesPath, doneSaved, conf)
}

// plainly says what is wrong with the catalogue as a whole, where there is no field to say it beside.
func plainly(err error) error {
	if problems, ok := fieldsOf(err); ok && problems[""] != "" {
		return stateError("invalid_catalogue", problems[""]+".")
	}
	return err
}

// RemoveService asks before an own service leaves the catalogue.
func (h *Handler) RemoveService(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	if err != nil {
		return err
	}
	return h.askRemove(c, http.StatusOK, own)
}

func (h *Handler) askRemove(c echo.Context, status int, own models.OwnCatalogue) error {
	s := own.Service(c.Param("service"))
	if s == nil {
		return models.Missing("service of this installation")
	}
	return h.askCatalogue(c, status, settings.ConfirmPage{
		Title: "Remove " + s.Name, Button: "Remove service", Danger: true, Action: settings.ServicePath(s.Name, "remove"),
		Text: "The service leaves the catalogue with its scopes and its role " + scopes.OwnRole(s.Name) + ": they cannot be granted any more, and gates refuse them.",
	}, manage.CatalogueEdit{Version: own.Version, Service: s.Name})
}

// DoRemoveService removes an own service.
func (h *Handler) DoRemoveService(c echo.Context) error {
	own, err := h.editableCatalogue(c)
	if err != nil {
		return h.refuse(c, "catalogue.update", "catalogue", "own", err)
	}
	f, err := readForm(c, agreeFields)
	if err != nil {
		return err
	}
	edit := manage.CatalogueEdit{Version: f.catalogueVersion(), Service: c.Param("service"), Agreed: f.all("agreed")}
	if err := f.err(); err != nil {
		return h.refuse(c, "catalogue.update", "catalogue", "own", err)
	}
	return h.editedOrAsked(c, edit, func(status int) error { return h.askRemove(c, status, own) })
}
