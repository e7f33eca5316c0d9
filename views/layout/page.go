// Package layout is the frame of every page: head, navigation, banners and footer.
package layout

import "keydesk/views/ui"

// Places in the navigation, for Page.Active.
const (
	NavAccounts = "accounts"
)

// Page is what the frame needs to know, whatever it frames.
type Page struct {
	Title        string // of the window, without "Keydesk"; never a secret
	Person       string // mail address of who is signed in; "" where nobody is
	FormToken    string // of the session; "" where there is none
	Theme        string // "light" or "dark" where the cookie forces one, else ""
	Active       string // place in the navigation: NavAccounts
	Flash        *ui.Flash
	Crumbs       []ui.Link
	InsecureHTTP bool   // served beyond loopback without TLS, by choice: every page says so
	RequestPath  string // path and query of this page: where the theme form comes back to
	ThemeAction  string // where the theme form posts to; "" where themes are not offered
	Live         bool   // the page has parts that keep themselves current: htmx is loaded
}

func navigation() []ui.Link {
	return []ui.Link{{Label: "Service accounts", Href: "/service-accounts"}}
}

func (p Page) window() string {
	if p.Title == "" {
		return "Keydesk"
	}
	return p.Title + " · Keydesk"
}

// htmxConfig: no styles of its own, no history, no scripts, own origin only, and an error answer never replaces a part
// of the page (htmx 4 would swap it in).
const htmxConfig = `{"includeIndicatorCSS":false,"history":false,"mode":"same-origin","noSwap":[204,304,"4xx","5xx"]}`
