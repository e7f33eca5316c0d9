package web_test

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"keydesk/models"
)

// offer is a control of a page: a link, a form, or a part that the page loads by itself.
type offer struct {
	method, to, from string
	byScript         bool // without scripts nothing leads there
}

// walk is what a person finds by following every link and looking at every form, from the first page on.
type walk struct {
	*browser
	access  []string
	doors   []door
	seen    map[string]bool
	todo    []offer
	reached map[string]bool // doors, as "GET /keys/:id", that can be reached without scripts
	forms   map[door][]offer
	files   []page // what is not HTML, and what is
	pages   []page
}

// walked follows everything that is offered to the person, and fails for each offer that is refused.
func (b *browser) walked(access []string, from ...string) *walk {
	b.t.Helper()
	w := &walk{browser: b, access: access, doors: doors(b.t), seen: map[string]bool{}, reached: map[string]bool{}, forms: map[door][]offer{}}
	for _, to := range from {
		w.todo = append(w.todo, offer{method: "GET", to: to, from: "the address bar"})
	}
	for len(w.todo) > 0 {
		next := w.todo[0]
		w.todo = w.todo[1:]
		w.try(next)
	}
	return w
}

// try looks behind a link, once for each tab and set of things that a list is asked for; of a form it looks at the door alone.
func (w *walk) try(o offer) {
	w.t.Helper()
	to, err := url.Parse(o.to)
	if err != nil {
		w.t.Errorf("%s leads to %q: %v", o.from, o.to, err)
		return
	}
	mark := o.method + " " + to.Path + "?" + strings.Join(slices.Sorted(maps.Keys(to.Query())), "&") + " " + to.Query().Get("tab")
	if to.Host != "" || to.Path == "" || strings.HasPrefix(to.Path, "/static/") || w.seen[mark] {
		return
	}
	w.seen[mark] = true
	d, known := w.door(o.method, to.Path)
	if !known {
		w.t.Errorf("%s offers %s %s, which is no route", o.from, o.method, to.Path)
		return
	}
	if !o.byScript {
		w.reached[d.method+" "+d.path] = true
	}
	if o.method != "GET" {
		w.forms[d] = append(w.forms[d], o)
		if !w.opens(d) {
			w.t.Errorf("%s offers %s %s, which would be refused", o.from, o.method, to.Path)
		}
		return
	}
	got := w.get(to.RequestURI())
	if got.StatusCode == 303 {
		w.todo = append(w.todo, offer{"GET", got.Header.Get("Location"), o.from, o.byScript})
		return
	}
	if got.StatusCode != 200 {
		w.t.Errorf("%s offers %s, which answers %d\n%.300s", o.from, to.RequestURI(), got.StatusCode, excerpt(got.text))
		return
	}
	if !strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
		w.files = append(w.files, got)
		return
	}
	w.pages = append(w.pages, got)
	w.todo = append(w.todo, offers(w.t, to, got.text)...)
}

// opens tells whether the table lets the person through the door. Behind the exports of the audit log lies a second one.
func (w *walk) opens(d door) bool {
	if strings.HasPrefix(d.path, "/audit.") && !(door{permission: models.AuditView}).may(w.access) {
		return false
	}
	return d.may(w.access)
}

// door is the line of the table that answers to a path: of several that fit, the one that names more of it.
func (w *walk) door(method, path string) (best door, found bool) {
	most := -1
	for _, d := range w.doors {
		if d.method != method {
			continue
		}
		if named, fits := d.fits(path); fits && named > most {
			best, found, most = d, true, named
		}
	}
	return best, found
}

// fits tells whether a path is one of the door's, and how many of its parts the door names.
func (d door) fits(path string) (named int, fits bool) {
	pattern, parts := strings.Split(d.path, "/"), strings.Split(path, "/")
	if len(pattern) != len(parts) {
		return 0, false
	}
	for i, p := range pattern {
		switch {
		case p == parts[i]:
			named++
		case !strings.HasPrefix(p, ":") || parts[i] == "":
			return 0, false
		}
	}
	return named, true
}

// offers reads the controls of a page.
func offers(t *testing.T, at *url.URL, text string) (all []offer) {
	t.Helper()
	root := must(html.Parse(strings.NewReader(text)))(t)
	add := func(method, to string, byScript bool) {
		if at, err := at.Parse(to); err == nil {
			to = at.RequestURI()
			if at.Host != "" {
				to = at.String()
			}
		}
		all = append(all, offer{method, to, at.RequestURI(), byScript})
	}
	for n := range root.Descendants() {
		attributes := attributesOf(n)
		switch {
		case n.Data == "a" && attributes["href"] != "":
			add("GET", attributes["href"], false)
		case n.Data == "form":
			add(strings.ToUpper(cmp.Or(attributes["method"], "get")), attributes["action"], false)
		case attributes["formaction"] != "":
			add("POST", attributes["formaction"], false)
		}
		for _, name := range []string{"data-hx-get", "hx-get"} {
			if to := attributes[name]; to != "" {
				add("GET", to, true)
			}
		}
	}
	return all
}

func attributesOf(n *html.Node) map[string]string {
	all := map[string]string{}
	for _, a := range n.Attr {
		all[a.Key] = a.Val
	}
	return all
}
