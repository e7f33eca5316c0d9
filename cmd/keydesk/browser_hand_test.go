package main

import (
	"encoding/json"
	"strings"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// finders are what a person looks for on a page: a control by its name, a field by its label. A dialog hides the rest.
const finders = `
const scope = document.querySelector("dialog[open]") ?? document;
const words = (e) => (e.innerText ?? e.textContent).replace(/\s+/g, " ").trim();
const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
const controls = (name) => [...scope.querySelectorAll("a[href], button, summary")].filter((e) => seen(e) && (e.getAttribute("aria-label") ?? words(e)) === name);
const labels = (name) => [...scope.querySelectorAll("label")].filter((e) => seen(e) && (words(e) === name || words(e) === name + " (optional)"));
`

// js is an expression with the finders at hand. Values are quoted in as JSON.
func js(body string, values ...any) string {
	for _, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		body = strings.Replace(body, "$", string(text), 1)
	}
	return "(() => {" + finders + "return " + body + "; })()"
}

// point is a place in the window, and what a click there would really hit: "" where it is what was looked for.
type point struct {
	X, Y float64
	Hit  string
	None bool
}

// clickAt brings an element into view and clicks its middle with the mouse.
func (b *tab) clickAt(element string) {
	b.t.Helper()
	p := eval[point](b, `(() => {`+finders+`
		const e = `+element+`;
		if (!e) return { None: true };
		e.scrollIntoView({ block: "center" });
		const box = e.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2;
		const hit = document.elementFromPoint(x, y);
		return { X: x, Y: y, Hit: !hit ? "nothing" : e.contains(hit) || hit.closest("label") === e ? "" : hit.outerHTML };
	})()`)
	switch {
	case p.None:
		b.t.Fatalf("nothing to click: %s\non the page %s\n%s", element, b.address(), b.text())
	case p.Hit != "":
		b.t.Fatalf("%s is covered by %s", element, p.Hit)
	}
	b.do(chromedp.MouseClickXY(p.X, p.Y))
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// press clicks a link or a button that stays on the page.
func (b *tab) press(name string) {
	b.t.Helper()
	b.clickAt(`controls(` + quoted(name) + `)[0]`)
}

// follow clicks a link or a button that leads to another page.
func (b *tab) follow(name string) {
	b.t.Helper()
	b.leaving(func() { b.press(name) })
}

// tick clicks the label of a box or of one choice of several.
func (b *tab) tick(label string) {
	b.t.Helper()
	b.clickAt(`labels(` + quoted(label) + `)[0]`)
}

// unfold shows the services that no role of the account permits.
func (b *tab) unfold() {
	b.t.Helper()
	b.clickAt(`document.querySelector("[data-fold] > summary")`)
}

// fill puts text in place of what a field holds, as pasting does.
func (b *tab) fill(label, text string) {
	b.t.Helper()
	b.clickAt(`labels(` + quoted(label) + `)[0]?.control`)
	_ = eval[bool](b, `(document.activeElement.select?.(), true)`)
	if text == "" {
		b.do(chromedp.KeyEvent("\b"))
		return
	}
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// fillDate sets a date field, which takes no pasted text.
func (b *tab) fillDate(name, date string) {
	b.t.Helper()
	_ = eval[bool](b, js(`(() => { const e = scope.querySelector("input[name=" + $ + "]"); e.value = $; e.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`, name, date))
}

func (b *tab) address() string { return eval[string](b, `location.href`) }
func (b *tab) text() string    { return eval[string](b, `document.body.innerText.replace(/[\s]+/g, " ")`) }

// shows waits until the page shows every one of the texts.
func (b *tab) shows(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		b.until(js(`words(document.body).includes($)`, text))
	}
}

// heading checks which page this is.
func (b *tab) heading(want string) {
	b.t.Helper()
	if got := eval[string](b, js(`words(document.querySelector("h1"))`)); !strings.Contains(got, want) {
		b.t.Fatalf("the page is %q, want %q: %s", got, want, b.address())
	}
}

// offers tells whether a link or button of that name can be seen.
func (b *tab) offers(name string) bool { return eval[bool](b, js(`controls($).length > 0`, name)) }
