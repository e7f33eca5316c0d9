package main

import (
	"slices"
	"strings"
	"testing"
)

// siege means something to a page, a script, a template and a spreadsheet at once.
const siege = `=1+1"'></textarea></title></script><script>alert(1)</script><img src=x onerror="alert(2)"><x-enemy onclick="alert(3)">{{7*7}} 日本 🔑`

const (
	// formsOf are the forms of a page that a person types into.
	formsOf = `[...document.querySelectorAll("main form[method=post]")].filter((f) => f.querySelector("input:not([type=hidden]), textarea"))`
	// typeInto fills each field of one, and sends it past what the browser checks beforehand.
	typeInto = `((form, text) => {
		for (const field of form.querySelectorAll("input, textarea")) {
			if (field.type === "password") field.value = field.autocomplete === "current-password" ? "` + password + `" : text;
			else if (["text", "search", "email", "textarea"].includes(field.type)) field.value = text;
		}
		form.submit();
	})`
)

// TestHostileTextInEveryForm sends it by every form of the tour in a real browser: nothing of it runs, nothing of it is an
// element, no policy is broken and no page fails, neither in the answers nor on any page afterwards.
func TestHostileTextInEveryForm(t *testing.T) {
	s := onSQLite(t).serve()
	b := s.signedIn(t)
	c := s.hire()
	pages := slices.Concat(c.everything(), c.keyForms(), c.keyPages(), c.accountPages())
	for _, p := range pages {
		if p.path != "" && p.path != "/account/password" { // which would be another one after it
			t.Run(p.name, func(t *testing.T) { b.in(t).besiege(s.console + p.path) })
		}
	}
	shown := 0
	for _, p := range pages {
		if p.path != "" {
			b.open(s.console + p.path)
			b.harmless()
			if strings.Contains(b.text(), `<x-enemy onclick="alert(3)">`) {
				shown++
			}
		}
	}
	if shown < 10 {
		t.Errorf("the text is shown on %d pages: the forms did not take it", shown)
	}
}

func (b *tab) besiege(address string) {
	b.t.Helper()
	b.open(address)
	for i := range eval[int](b, formsOf+`.length`) {
		if i > 0 {
			b.open(address)
		}
		b.leaving(func() { _ = eval[any](b, js(typeInto+`(`+formsOf+`[$], $)`, i, siege)) })
		b.harmless()
	}
}

// harmless fails where the text is more than text, and where the page failed.
func (b *tab) harmless() {
	b.t.Helper()
	if status := b.status(); status >= 500 {
		b.t.Errorf("%s: status %d", b.address(), status)
	}
	found := eval[[]string](b, `[...document.querySelectorAll("x-enemy, main script, main img, [onclick], [onerror]")].map((e) => e.outerHTML.slice(0, 100))`)
	if len(found) > 0 {
		b.t.Errorf("%s: text became %s", b.address(), strings.Join(found, ", "))
	}
	b.quiet()
}
