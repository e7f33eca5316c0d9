package web_test

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"keydesk/models"
	"keydesk/models/store/storetest"
)

// enemy is an element that only hostile text can bring onto a page.
const enemy = "x-enemy"

// enemies are texts that mean something to a page, a template, a script, a spreadsheet, a log or a reader's eye.
var enemies = map[string]string{
	"markup":            `"'><x-enemy onclick="alert(1)">&amp;`,
	"an end of a field": `</textarea></title></script></style></select>--><x-enemy>`,
	"a template":        `{{7*7}} ${7*7} <%= 7*7 %> #{7*7} 7*7`,
	"an address":        `javascript:alert(1)//https://x-enemy`,
	"a formula":         `=HYPERLINK("http://x","=1+1")`,
	"another formula":   "\t@SUM(1+1)*cmd|' /C calc'!A0",
	"a statement":       `'; DROP TABLE api_keys; --`,
	"a format":          `%s%n%x%00 \x00 \u0000`,
	"right to left":     "abc\u202egpj.exe\u2066",
	"a long text":       strings.Repeat("ж<x-enemy>", 1000),
	"NUL":               "a\x00b",
	"invalid UTF-8":     "a\xff\xfe\xc0\xafb",
	"lines":             "one\r\ntime=2026 level=ERROR msg=forged\x1b[31m",
}

// TestHostileTextInEveryForm types each of the enemies into each field of each form that an administrator is led to. It is
// shown as the text that it is, or refused with a reason and given back, and is nothing but text on any page, file or line.
func TestHostileTextInEveryForm(t *testing.T) { // L3
	app := start(t, storetest.New(t))
	access := []string{models.Administrator, models.Reviewer}
	prod := app.furnish()
	for i := range 2 * len(enemies) { // a stop takes one with it
		app.key(app.account("spare-"+strconv.Itoa(i), "orders.user"), "spare")
	}
	b, from := app.as(access...), []string{"/"}
	for range 10 { // as many drafts as are kept
		draft, _ := b.selected("revoke", prod.Key.ID)
		from = append(from, draft)
	}
	w := b.walked(access, from...)
	for _, d := range slices.SortedStableFunc(slices.Values(w.doors), func(a, b door) int { return last[a.path] - last[b.path] }) {
		b.besiege(d, w.forms[d])
	}
	b.intact(access)
}

// last are the forms that take from the others what they are about, in their order after all others.
var last = map[string]int{
	"/operations/confirm": 1, "/keys/:id/revoke": 2, "/service-accounts/:id/revoke-all": 3, "/service-accounts/:id/delete": 4, "/people/:id/disable": 5, "/account/password": 6, "/signout": 7,
}

// besiege types each enemy into each field of a form, one at a time. A form that was done with gives way to the next.
func (b *browser) besiege(d door, forms []offer) {
	b.t.Helper()
	tried, texts := 0, 0
	for _, name := range slices.Sorted(maps.Keys(enemies)) {
		for field := 0; ; field++ {
			f, names := b.form(&forms)
			texts = max(texts, len(f.texts))
			if field >= len(names) {
				break
			}
			typed := names[field]
			f.values[typed] = []string{enemies[name]}
			b.pass(time.Second) // so that it is not refused for its pace
			got := b.post(f.action, f.values)
			tried++
			if got.StatusCode >= 500 {
				b.t.Errorf("%s, %s in %s: status %d\n%.300s", d.path, name, typed, got.StatusCode, excerpt(got.text))
			}
			b.harmless(d.path+", "+name+" in "+typed, got)
			if got.StatusCode == 422 && f.texts[typed] && !givenBack(got, typed, enemies[name]) {
				b.t.Errorf("%s, %s in %s: what was typed is not given back\n%.600s", d.path, name, typed, excerpt(got.text))
			}
		}
	}
	if tried < texts*len(enemies) {
		b.t.Errorf("%s: typed %d of %d texts, then no page had the form any more", d.path, tried, texts*len(enemies))
	}
}

// filled is a form as it stands on its page: where it goes to, what a browser would send, and where a person types.
type filled struct {
	action string
	values url.Values
	texts  map[string]bool
}

// form reads the first of the forms that its page still has, and drops those before it. It names the fields to type into.
func (b *browser) form(forms *[]offer) (f filled, fields []string) {
	b.t.Helper()
	for ; len(*forms) > 0; *forms = (*forms)[1:] {
		o := (*forms)[0]
		at := must(url.Parse(o.from))(b.t)
		got := b.get(o.from)
		root := must(html.Parse(strings.NewReader(got.text)))(b.t)
		for n := range root.Descendants() {
			if n.Data != "form" || got.StatusCode != 200 || must(at.Parse(attributesOf(n)["action"]))(b.t).RequestURI() != o.to {
				continue
			}
			f = filled{o.to, url.Values{}, map[string]bool{}}
			for field := range n.Descendants() {
				f.fill(field)
			}
			fields = slices.Sorted(maps.Keys(f.values))
			return f, slices.DeleteFunc(fields, func(name string) bool { return name == "form_token" })
		}
	}
	return f, nil
}

// fill adds what a browser would send of a field: of choices that nobody made, the first.
func (f filled) fill(n *html.Node) {
	a := attributesOf(n)
	name, value := a["name"], a["value"]
	_, disabled := a["disabled"]
	if name == "" || disabled {
		return
	}
	_, checked := a["checked"]
	switch kind := a["type"]; {
	case n.Data == "textarea":
		f.values[name], f.texts[name] = []string{textOf(n)}, true
	case n.Data == "select":
		f.values[name] = []string{""}
	case n.Data == "button":
		if value != "" {
			f.values[name] = []string{value}
		}
	case kind == "radio" || kind == "checkbox":
		if checked || len(f.values[name]) == 0 {
			f.values[name] = []string{value}
		}
	case kind == "password":
		f.values[name] = []string{password}
	default:
		_, hidden := a["hidden"]
		f.values[name] = []string{value}
		if kind != "hidden" && !hidden {
			f.texts[name] = true
		}
	}
}

// textOf is what a person reads in a part of a page.
func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return text.String()
}

// givenBack tells whether the page has the field with what was typed, apart from what no field can hold.
func givenBack(p page, field, typed string) bool {
	root, err := html.Parse(strings.NewReader(p.text))
	if err != nil {
		return false
	}
	for n := range root.Descendants() {
		a := attributesOf(n)
		if a["name"] != field {
			continue
		}
		if value := a["value"]; n.Data == "input" && plain(value) == plain(typed) || n.Data == "textarea" && plain(textOf(n)) == plain(typed) {
			return true
		}
	}
	return false
}

// plain leaves out what pages cannot carry: control characters, and what is no text.
func plain(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text))
}

// harmless fails where a hostile text is more than text on a page.
func (b *browser) harmless(what string, p page) {
	b.t.Helper()
	root := must(html.Parse(strings.NewReader(p.text)))(b.t)
	for n := range root.Descendants() {
		if n.Data == enemy && n.Type == html.ElementNode {
			b.t.Fatalf("%s: text became an element of %s", what, p.Request.URL)
		}
		for name, value := range attributesOf(n) {
			address := name == "href" || name == "src" || name == "action" || strings.HasPrefix(name, "data-hx-")
			if strings.HasPrefix(name, "on") || address && strings.HasPrefix(strings.TrimSpace(strings.ToLower(value)), "javascript:") {
				b.t.Fatalf("%s: text became %s=%q on %s", what, name, value, p.Request.URL)
			}
		}
	}
	if !utf8.ValidString(p.text) || strings.ContainsAny(p.text, "\x00\x1b") {
		b.t.Fatalf("%s: %s is no text", what, p.Request.URL)
	}
}

// intact looks at every page, file and line of the log.
func (b *browser) intact(access []string) {
	b.t.Helper()
	w := b.walked(access, "/")
	for _, p := range w.pages {
		b.harmless("afterwards", p)
	}
	for _, f := range w.files {
		switch kind := f.Header.Get("Content-Type"); {
		case strings.HasPrefix(kind, "text/csv"):
			for _, row := range must(csv.NewReader(strings.NewReader(f.text)).ReadAll())(b.t) {
				for _, cell := range row {
					if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
						b.t.Errorf("%s has the formula %q", f.Request.URL, cell)
					}
				}
			}
		case strings.Contains(kind, "json"):
			for line := range strings.Lines(f.text) {
				if !json.Valid([]byte(line)) {
					b.t.Errorf("%s has the line %q", f.Request.URL, line)
				}
			}
		}
	}
	for line := range strings.Lines(b.log.String()) {
		if !strings.HasPrefix(line, "time=") || !utf8.ValidString(line) || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), unicode.IsControl) {
			b.t.Errorf("the log has the line %q", line)
		}
	}
}
