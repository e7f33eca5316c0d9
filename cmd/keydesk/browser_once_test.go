package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestBrowserStory: from the link on the terminal to a key whose secret is on screen once, and never again.
func TestBrowserStory(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		b := browse(t)
		b.setUp(s)
		b.firstAccount("billing-worker")
		account := b.address()
		secret := b.newKey("invoices")
		b.passes(s, secret)
		b.keepsToItself(secret)

		b.reload()
		b.shownOnce(secret)
		b.travel(-1)
		b.heading("Create API key for billing-worker")
		b.forgot(secret)
		b.travel(1) // the browser asks whether to send the form again
		b.forgot(secret)
		b.reload() // yes
		b.shownOnce(secret)
		other := b.beside()
		other.open(b.address())
		other.heading("Create API key for billing-worker")
		other.forgot(secret)

		b.follow("Reissue")
		b.follow("Reissue")
		second := b.issuedSecret("New secret for invoices")
		b.passes(s, second)
		s.check(secret, scopeRead).is(t, "the secret of before", http.StatusUnauthorized, "retired_secret")
		b.reload()
		b.shownOnce(secret, second)
		b.follow("Go to the key")
		b.forgot(secret, second)
		for _, place := range []string{account, s.console + "/service-accounts", b.address() + "/edit", b.address() + "/reissue"} {
			b.open(place)
			b.forgot(secret, second)
		}
		if ids := in.keyIDs("billing-worker"); len(ids) != 1 {
			t.Errorf("there are %d keys, want the one that was made", len(ids))
		}
	})
}

// passes checks that the gate takes a secret for what it was made for.
func (b *tab) passes(s *server, secret string) {
	b.t.Helper()
	s.check(secret, scopeRead).is(b.t, "the new secret", http.StatusNoContent, "")
}

// shownOnce is the answer to a form that comes again: nothing is made, nothing is shown, a reissue is offered.
func (b *tab) shownOnce(secrets ...string) {
	b.t.Helper()
	if got := b.status(); got != http.StatusConflict {
		b.t.Errorf("a form that comes again is answered with %d, want 409", got)
	}
	b.heading("The secret was shown once")
	b.shows("Nothing new was made now", "reissue the key")
	if !b.offers("Reissue") || !b.offers("Go to the key") {
		b.t.Error("neither a reissue nor the key is offered")
	}
	b.forgot(secrets...)
}

// everywhere is what a page and its browser hold, beside what is on screen.
const everywhere = `(async () => JSON.stringify([
	document.documentElement.outerHTML, [...document.querySelectorAll("input, textarea, select")].map((e) => e.value),
	document.title, location.href, name, history.state,
	location.protocol.startsWith("http") ? [{ ...localStorage }, { ...sessionStorage }, document.cookie, await (await fetch(location.href)).text()] : [],
]))()`

// forgot checks that nothing of the secrets is left: on the page, in its source, its fields, its address or its storage, in
// cookies, or in the history of the tab.
func (b *tab) forgot(secrets ...string) {
	b.t.Helper()
	left := eval[string](b, everywhere) + b.jar()
	for _, secret := range secrets {
		if strings.Contains(left, random(secret)) {
			b.t.Errorf("%s: the secret is still there", b.address())
		}
	}
}

// random is the part of a secret that nothing else holds: not the prefix, and not the checksum that masks show.
func random(secret string) string { return secret[len("keydesk_") : len(secret)-6] }

// jar is all cookies of the page's site, and the history of the tab.
func (b *tab) jar() string {
	b.t.Helper()
	text, err := json.Marshal([]any{
		call(b, network.GetCookies, network.GetCookiesParams{}), call(b, page.GetNavigationHistory, cdp.Empty{}),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// keepsToItself checks, on the page that shows the secret, that it stands in text alone.
func (b *tab) keepsToItself(secret string) {
	b.t.Helper()
	beside := eval[string](b, `JSON.stringify([
		[...document.querySelectorAll("*")].flatMap((e) => [...e.attributes].map((a) => a.value)),
		[...document.querySelectorAll("input, textarea, select")].map((e) => e.value),
		document.title, location.href, name, history.state, { ...localStorage }, { ...sessionStorage }, document.cookie])`) + b.jar()
	if strings.Contains(beside, random(secret)) {
		b.t.Error("the secret stands elsewhere than in the text of its page")
	}
	if n := strings.Count(eval[string](b, `document.body.innerText`), secret); n < 3 {
		b.t.Errorf("the page shows the secret %d times, want it bare and in lines that are ready to use", n)
	}
}

// TestSecretLeavesWithItsPage: Done, and then Back in every way there is.
func TestSecretLeavesWithItsPage(t *testing.T) {
	s := onSQLite(t).serve()
	b := s.signedIn(t)
	b.firstAccount("night-batch")
	secret := b.newKey("batch")
	b.copies(secret)
	b.done("batch")
	b.forgot(secret)
	b.travel(-1) // kept by the browser without the secret, or a question whether to send the form again
	b.forgot(secret)
	b.travel(1)
	b.heading("batch")
	b.forgot(secret)
	if ids := s.keyIDs("night-batch"); len(ids) != 1 {
		t.Errorf("there are %d keys, want one", len(ids))
	}
}

// copies presses the button beside the secret, and pastes elsewhere what it says it copied.
func (b *tab) copies(secret string) {
	b.t.Helper()
	b.press("Copy secret")
	const word = `document.querySelector("[data-copy=secret] .copy-word").textContent`
	b.until(word + ` !== "Copy"`)
	switch said := eval[string](b, word); said {
	case "Copied":
		elsewhere := b.beside()
		elsewhere.open(`data:text/html,<textarea autofocus></textarea>`)
		elsewhere.clickAt(`document.querySelector("textarea")`)
		call(elsewhere, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "v", Commands: []string{"paste"}})
		if got := eval[string](elsewhere, `document.querySelector("textarea").value`); got != secret {
			b.t.Errorf("the button says Copied, and %q is pasted", got)
		}
		elsewhere.do(chromedp.Navigate("about:blank"))
	case "Selected, press Ctrl+C":
		if got := eval[string](b, `String(getSelection())`); got != secret {
			b.t.Errorf("the button says that the secret is selected, and %q is", got)
		}
	default:
		b.t.Errorf("the button says %q", said)
	}
}

// TestImpatience: whoever clicks twice gets one key, and sees its secret.
func TestImpatience(t *testing.T) {
	s := onSQLite(t).serve()
	b := s.signedIn(t)
	b.firstAccount("double-click")
	account := b.address()
	for name, impatient := range map[string]func(){
		"a double click": func() { b.doubleClick("Create key") },
		"two requests in a row": func() {
			_ = eval[any](b, `(() => { const f = document.querySelector("form.form"); f.requestSubmit(); f.requestSubmit(); })()`)
		},
	} {
		before := len(s.keyIDs("double-click"))
		b.open(account)
		b.follow("Create API key")
		b.fill("Description", name)
		b.tick(scopeRead)
		b.leaving(impatient)
		b.issuedSecret("Key created: " + name)
		if made := len(s.keyIDs("double-click")) - before; made != 1 {
			t.Errorf("%s made %d keys, want one", name, made)
		}
	}
	b.withoutScripts()
	b.open(account)
	b.follow("Create API key")
	b.tick(scopeRead)
	b.leaving(func() { b.doubleClick("Create key") })
	if made := len(s.keyIDs("double-click")); made != 3 {
		t.Errorf("without scripts there are %d keys, want 3", made)
	}
	if b.status() != http.StatusCreated { // the second click overtook the first one's answer
		b.shownOnce()
	}
}

// doubleClick is two clicks as fast as a mouse makes them.
func (b *tab) doubleClick(name string) {
	b.t.Helper()
	p := eval[point](b, js(`(() => {
		const e = controls($)[0];
		e.scrollIntoView({ block: "center" });
		const box = e.getBoundingClientRect();
		return { X: box.x + box.width / 2, Y: box.y + box.height / 2 };
	})()`, name))
	b.do(chromedp.MouseClickXY(p.X, p.Y), chromedp.MouseClickXY(p.X, p.Y, chromedp.ClickCount(2)))
}
