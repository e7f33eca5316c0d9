package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// shots keeps what TestLooks sees: go test ./cmd/keydesk -run TestLooks -shots DIR
var shots = flag.String("shots", "", "directory for pictures of every page, as the tests of looks see it")

// look is how a page is looked at.
type look struct {
	name, scheme, media string
	width               int64
	colours             bool // all but colours is as in the look before
}

var looks = []look{
	{"light", "light", "", 1280, false}, {"dark", "dark", "", 1280, true}, {"phone", "light", "", 390, false}, {"dark-phone", "dark", "", 390, true},
}

// heaviest is what a page may weigh when nothing of it is in the browser's cache.
const heaviest = 150_000

// TestLooks looks at every page in light and dark, wide and narrow: nothing that axe finds, nothing to scroll sideways,
// nothing that the keyboard does not reach, and no heavy page.
func TestLooks(t *testing.T) {
	s := onSQLite(t).serve()
	b := browse(t)
	call(b, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	for _, p := range before(s) {
		t.Run(p.name, func(t *testing.T) { b.in(t).looksGood(s.home(), p) })
	}
	b.open(s.home() + "/")
	b.fill("Email", administrator)
	b.fill("Password", password)
	b.follow("Sign in")
	c := s.hire()
	pages := c.pages()
	if *shots != "" { // what these are made of, the tests of the views look at
		pages = append(pages, c.everything()...)
	}
	for _, p := range append(pages, c.apiPages()...) {
		t.Run(p.name, func(t *testing.T) { b.in(t).looksGood(s.home(), p) })
	}
}

func (b *tab) looksGood(home string, p stop) {
	b.t.Helper()
	b.wear(looks[0])
	b.visit(home, p)
	if weight, parts := b.weight(); weight == 0 || weight > heaviest {
		b.t.Errorf("the page weighs %.0f bytes, want some and at most %d: %v", weight, heaviest, parts)
	}
	for _, l := range looks {
		b.wear(l)
		for _, finding := range b.findings(l) {
			b.t.Errorf("%s: %s", l.name, finding)
		}
		b.picture(p.name + "." + l.name)
	}
	b.do(chromedp.EmulateViewport(320, 800))
	for _, finding := range eval[[]string](b, "("+measure+")()") {
		b.t.Errorf("at 320 pixels: %s", finding)
	}
	if *shots != "" {
		b.wear(look{"print", "light", "print", 794, false})
		b.picture(p.name + ".print")
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
		b.picturePlain(home, p)
	}
	b.quiet()
}

// wear sets how the page is looked at.
func (b *tab) wear(l look) {
	b.t.Helper()
	features := []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}, // no colour is looked at on its way to another
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: l.media, Features: features})
	b.do(chromedp.EmulateViewport(l.width, 900))
}

// axe is the accessibility checker that the tests of the views use.
func axe(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "views/testdata/axe/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rulesOfAxe are those of WCAG 2.2 AA, and good practice.
var rulesOfAxe = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"}

// rulesOfColours are those of them that look at colours.
var rulesOfColours = []string{"color-contrast", "link-in-text-block"}

// check runs axe on the page, or on a menu that lies over it. Where it found something is worked out only then: that takes
// as long as some rules.
const check = `(async () => {
	const on = document.querySelector("[data-menu][open]") ?? document, how = { runOnly: $, resultTypes: ["violations"], preload: false };
	let r = await axe.run(on, { ...how, selectors: false });
	if (r.violations.length) r = await axe.run(on, how);
	return r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ")).join(" | "));
})()`

// findings runs axe, and measures what axe does not.
func (b *tab) findings(l look) []string {
	b.t.Helper()
	if !eval[bool](b, `"axe" in window`) {
		_ = eval[any](b, axe(b.t)+";0")
	}
	rules := rulesOfAxe
	if l.colours {
		rules = rulesOfColours
	}
	return slices.Concat(eval[[]string](b, js(check, rules)), eval[[]string](b, "("+measure+")()"))
}

// measure finds what is wider than the window, and controls that are hard to hit.
const measure = `() => {
	const out = [], wide = document.scrollingElement.scrollWidth;
	if (wide > innerWidth) out.push("the page is " + wide + " pixels wide in a window of " + innerWidth);
	for (const e of document.querySelectorAll("button, summary, select, input:not([type=hidden]), a.button")) {
		const target = e.matches("[type=checkbox], [type=radio]") ? e.closest("label") ?? e.closest("div") : e, box = target.getBoundingClientRect();
		if (box.width > 0 && (box.height < 23.5 || box.width < 23.5)) out.push("hard to hit: " + e.outerHTML.slice(0, 120) + " " + box.width + "×" + box.height);
	}
	return out;
}`

// picturePlain keeps what a page that an address leads to looks like without scripts.
func (b *tab) picturePlain(home string, p stop) {
	b.t.Helper()
	if p.path == "" || p.then != nil {
		return
	}
	b.wear(looks[0])
	b.withoutScripts()
	b.open(home + p.path)
	b.picture(p.name + ".plain")
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	b.open(home + p.path)
}

// picture keeps what the page looks like, where -shots names a directory.
func (b *tab) picture(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
