// Package layout is the frame of every page: head, navigation, banners and footer.
package layout

import (
	"keydesk/models"
	"keydesk/views/ui"
)

// Places in the navigation, for Page.Active: each is the address that the place begins at.
const (
	NavKeys     = "/keys"
	NavAccounts = "/service-accounts"
	NavAudit    = "/audit"
	NavPeople   = "/people"
	NavSettings = "/settings"
	NavOwn      = "/account" // beside the others: the name of who is signed in leads there
)

// places are the navigation in its order, each with the permission without which it would refuse.
var places = []struct {
	href, label string
	is          models.Permission
}{
	{NavKeys, "Keys", models.KeysView},
	{NavAccounts, "Service accounts", models.AccountsView},
	{NavAudit, "Audit log", models.AuditView},
	{NavPeople, "People", models.PeopleManage},
	{NavSettings, "Settings", models.KeysView},
}

// Navigation is the way to the places that somebody may go to.
func Navigation(may func(models.Permission) bool) []ui.Link {
	var links []ui.Link
	for _, p := range places {
		if may(p.is) {
			links = append(links, ui.Link{Label: p.label, Href: p.href})
		}
	}
	return links
}

// Page is what the frame needs to know, whatever it frames.
type Page struct {
	Title        string    // of the window, without "Keydesk"; never a secret; empty: the page's own
	Person       string    // mail address of who is signed in; "" where nobody is
	FormToken    string    // of the session; "" where there is none
	Theme        string    // "light" or "dark" where the cookie forces one, else ""
	Active       string    // place in the navigation: NavAccounts; empty: the page's own
	Nav          []ui.Link // see Navigation
	Flash        *ui.Flash
	Crumbs       []ui.Link          // the way to the page; nil: the page's own
	Demo         *Demo              // nil where this is no demo
	InsecureHTTP bool               // served beyond loopback without TLS, by choice: every page says so
	RequestPath  string             // path and query of this page: where the theme form comes back to
	ThemeAction  string             // where the theme form posts to; "" where themes are not offered
	Alarms       []models.GateAlarm // what is wrong with gates: every page says so
	live         bool
	refresh      int
}

// As names the page and its place, where the handler has not: pages know their own titles and the way to them.
func (p Page) As(title string, crumbs ...ui.Link) Page {
	if p.Title == "" {
		p.Title = title
	}
	if p.Crumbs == nil {
		p.Crumbs = crumbs
	}
	if p.Active == "" && len(p.Crumbs) > 0 {
		p.Active = p.Crumbs[0].Href
	}
	return p
}

// In says which place of the navigation the page belongs to, where its crumbs do not begin there.
func (p Page) In(place string) Page {
	p.Active = place
	return p
}

// Live is the page with htmx: it has parts that keep themselves current. Pages ask for it themselves.
func (p Page) Live() Page {
	p.live = true
	return p
}

// Refreshing is the page that, without JavaScript, loads itself anew after so many seconds.
func (p Page) Refreshing(seconds int) Page {
	p.refresh = seconds
	return p
}

func (p Page) navigation() []ui.Link {
	links := make([]ui.Link, len(p.Nav))
	for i, l := range p.Nav {
		l.Current = l.Href == p.Active
		links[i] = l
	}
	return links
}

func (p Page) window() string {
	if p.Title == "" {
		return "Keydesk"
	}
	return p.Title + " · Keydesk"
}

// htmxConfig: no styles of its own, own origin only, Back loads the page anew, an error answer never replaces a part of
// the page (htmx 4 would swap it in), and what somebody folded open stays open while a part is brought up to date.
const htmxConfig = `{"includeIndicatorCSS":false,"history":"reload","mode":"same-origin",` +
	`"noSwap":[204,304,"4xx","5xx"],"morphIgnore":["data-htmx-powered","open"]}`
