package main

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboard: Tab reaches every control in the order in which they are read, each shows that it has the focus, and the
// first leads past the frame to the page.
func TestKeyboard(t *testing.T) {
	s := onSQLite(t).serve()
	s.account("billing-worker")
	k := s.key("billing-worker", "--scope", scopeRead, "--description", "invoices")
	b := s.signedIn(t)
	b.follow("billing-worker")
	account := b.address()
	for _, path := range []string{account, account + "/keys/new", account + "/delete", s.console + "/keys/" + k.ID, s.console + "/keys/" + k.ID + "/revoke", s.console + "/service-accounts"} {
		b.open(path)
		var reached []int
		for last := -1; ; {
			b.do(chromedp.KeyEvent(kb.Tab))
			at := eval[int](b, `(() => { const all = `+focusables+`; return all.indexOf(document.activeElement); })()`)
			if at == last { // a date is several stops in one field
				continue
			}
			if at < 0 || slices.Contains(reached, at) {
				break
			}
			last = at
			reached = append(reached, at)
			if wrong := eval[string](b, focusShown); wrong != "" {
				t.Errorf("%s: %s", path, wrong)
			}
		}
		want := eval[[]string](b, focusables+`.map((e) => e.outerHTML.slice(0, 100))`)
		if len(reached) != len(want) || !slices.IsSorted(reached) {
			t.Errorf("%s: Tab reaches %d of %d controls, in the order %v: %q", path, len(reached), len(want), reached, want)
		}
	}
	b.open(account)
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.id === "main" && location.hash === "#main"`)
}

// focusables are the controls of a page as they are read; of the choices of one question Tab reaches the chosen one.
const focusables = `[...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex='0']")].filter((e) =>
	!e.disabled && e.checkVisibility({ visibilityProperty: true }) && (e.type !== "radio" || e.checked))`

// focusShown is empty where one sees what has the focus: a ring around it, in the window and not under anything.
const focusShown = `(() => {
	const e = document.activeElement, box = e.getClientRects()[0], style = getComputedStyle(e);
	const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
	if (!ring) return "no ring: " + e.outerHTML.slice(0, 120) + " " + style.outline;
	if (box.bottom < 0 || box.top > innerHeight) return "outside of the window: " + e.outerHTML.slice(0, 120);
	const hit = document.elementFromPoint(box.x + box.width / 2, Math.min(Math.max(box.y + box.height / 2, 0), innerHeight - 1));
	return !hit || e.contains(hit) || hit.contains(e) ? "" : e.outerHTML.slice(0, 120) + " is under " + hit.outerHTML.slice(0, 120);
})()`

// TestKeyboardInDialogs: a dialog holds the focus, Escape closes it, and the focus is where it was.
func TestKeyboardInDialogs(t *testing.T) {
	s := onSQLite(t).serve()
	s.account("billing-worker")
	s.key("billing-worker", "--scope", scopeRead, "--description", "invoices")
	b := s.signedIn(t)
	b.follow("billing-worker")
	b.clickAt(`document.querySelector("h2")`)
	_ = eval[any](b, js(`controls("Revoke invoices")[0].focus()`))
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("dialog[open]")?.contains(document.activeElement)`)
	for range 12 {
		b.do(chromedp.KeyEvent(kb.Tab))
		if !eval[bool](b, `document.activeElement === document.body || document.querySelector("dialog").contains(document.activeElement)`) {
			t.Errorf("Tab leaves the dialog for %s", eval[string](b, `document.activeElement.outerHTML`))
		}
	}
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Escape", Code: "Escape", WindowsVirtualKeyCode: 27})
	b.until(js(`!document.querySelector("dialog") && document.activeElement === controls("Revoke invoices")[0]`))
	_ = eval[any](b, js(`controls("More actions for invoices")[0].focus()`))
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("tbody details[open]")`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(js(`!document.querySelector("tbody details[open]") && document.activeElement === controls("More actions for invoices")[0]`))
	if ids := s.keyIDs("billing-worker"); len(ids) != 1 || s.listed(ids[0]).State != "active" {
		t.Error("looking at the dialog revoked the key")
	}
}
