package views_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"keydesk/views/accounts"
	"keydesk/views/keys"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// find looks a sample up by its name.
func find(t *testing.T, name string) sample {
	t.Helper()
	for _, s := range samples() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no sample is named %s", name)
	return sample{}
}

// until asks the page until a condition holds. A page that is being left does not answer: it is asked again.
func until(ctx context.Context, t *testing.T, js string) {
	t.Helper()
	ask := `(() => { try { return Boolean(` + js + `); } catch { return false; } })()`
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](ask)); err == nil && holds {
			return
		}
	}
	t.Fatalf("it never held: %s", js)
}

func expect(ctx context.Context, t *testing.T, js, want string) {
	t.Helper()
	if got := eval[string](ctx, t, js); got != want {
		t.Errorf("%s is %q, want %q", js, got, want)
	}
}

func silent(t *testing.T, said *console) {
	t.Helper()
	if complaints := said.take(); complaints != "" {
		t.Errorf("the console says: %s", complaints)
	}
}

func TestPickerFiltersAndCounts(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key-new"))
	const visible = `[...document.querySelectorAll("[data-choice]")].filter((e) => e.offsetHeight).map((e) => e.querySelector("input").value).join()`
	const filter = `(() => { const f = document.querySelector("[data-filter]"); f.value = `
	const fire = `; f.dispatchEvent(new Event("input", {bubbles: true})); return ""; })()`
	expect(ctx, t, `document.querySelector("[data-count]").textContent`, "2 selected")
	_ = eval[string](ctx, t, filter+`"POSTBOX send"`+fire)
	expect(ctx, t, visible, "yc.postbox.send")
	_ = eval[string](ctx, t, filter+`"nothing like it"`+fire)
	expect(ctx, t, `document.querySelector("[data-none]").hidden ? "" : "said"`, "said")
	_ = eval[any](ctx, t, `document.querySelector("[data-filter-clear]").click()`)
	expect(ctx, t, `String(document.querySelectorAll("[data-choice]").length === [...document.querySelectorAll("[data-choice]")].filter((e) => e.offsetHeight).length)`, "true")
	_ = eval[any](ctx, t, `document.querySelector("[data-picked] button").click()`)
	expect(ctx, t, `document.querySelector("[data-count]").textContent`, "1 selected")
	expect(ctx, t, `new FormData(document.querySelector("form.form")).getAll("scopes").join()`, "yc.postbox.send")
	silent(t, said)
}

func TestExpirySaysWhatItMeans(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key-new"))
	const shown = `document.querySelector("[data-expiry-result]").textContent`
	expect(ctx, t, shown, "→ Sunday 21 February 2027, 14:03 UTC")
	_ = eval[any](ctx, t, `(() => { const d = document.querySelector("[data-date]"); d.value = "2027-03-01"; d.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	expect(ctx, t, shown, "→ Monday 1 March 2027, 00:00 UTC")
	expect(ctx, t, `new FormData(document.querySelector("form.form")).get("expires")`, "date")
	silent(t, said)
}

func TestCopySaysWhetherItWorked(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	for name, tc := range map[string]struct{ clipboard, word string }{
		"allowed": {`(text) => { window.copied = text; return Promise.resolve(); }`, "Copied"},
		"refused": {`() => Promise.reject(new Error("denied"))`, "Selected, press Ctrl+C"},
	} {
		t.Run(name, func(t *testing.T) {
			do(ctx, t, chromedp.Navigate(base+"/key-issued"))
			_ = eval[any](ctx, t, `navigator.clipboard.writeText = `+tc.clipboard+`; document.querySelector('[data-copy="secret"]').click()`)
			until(ctx, t, `document.querySelector('[data-copy="secret"] .copy-word').textContent === `+strconv.Quote(tc.word))
			expect(ctx, t, `window.copied ?? String(getSelection())`, sampleSecret)
		})
	}
	silent(t, said)
}

func TestTheSecretLeavesWithThePage(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key-issued"))
	if !strings.Contains(eval[string](ctx, t, `document.documentElement.outerHTML`), sampleSecret) {
		t.Fatal("the page does not show the secret")
	}
	_ = eval[bool](ctx, t, `dispatchEvent(new PageTransitionEvent("pagehide", {persisted: true}))`)
	if strings.Contains(eval[string](ctx, t, `document.documentElement.outerHTML`), "keydesk_") {
		t.Error("a page that is kept for Back still has the secret")
	}
	silent(t, said)
}

func TestErrorSummaryHasTheFocusAndLeadsToTheFields(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	for _, name := range []string{"key-new-problems", "account-new-problems", "setup-problems", "account-delete"} {
		do(ctx, t, chromedp.Navigate(base+"/"+name))
		expect(ctx, t, `String(document.activeElement.hasAttribute("data-error-summary"))`, "true")
		const dead = `[...document.querySelectorAll("[data-error-summary] a")].filter((a) => !document.getElementById(a.hash.slice(1))).map((a) => a.hash).join()`
		expect(ctx, t, dead, "")
	}
	silent(t, said)
}

// TestRecentUseComesBesideTheButton: the confirm page is there before what it would hit is, on its own and as a dialog.
func TestRecentUseComesBesideTheButton(t *testing.T) {
	base := serve(t, map[string]http.Handler{
		"/keys/{id}/revoke": answer(find(t, "key-revoke").page),
		"/keys/{id}/recent": answer(keys.RecentFragment(recent())),
	})
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key-revoke"))
	until(ctx, t, `document.querySelector("#recent table") && document.querySelector("#recent").textContent.includes("8,412")`)
	do(ctx, t, chromedp.Navigate(base+"/key"))
	_ = eval[any](ctx, t, `document.querySelector('a[href$="/revoke"]').click()`)
	until(ctx, t, `document.querySelector("dialog[open] #recent table")`)
	expect(ctx, t, `String(document.querySelectorAll("dialog button.button-danger").length)`, "1")
	silent(t, said)
}

// TestFoldedServicesAreFound: the live filter looks into what is folded away, and folds it back.
func TestFoldedServicesAreFound(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key-new-folded"))
	const filter = `(() => { const f = document.querySelector("[data-filter]"); f.value = `
	const fire = `; f.dispatchEvent(new Event("input", {bubbles: true})); return ""; })()`
	expect(ctx, t, `String(document.querySelector("[data-fold]").open)`, "false")
	_ = eval[string](ctx, t, filter+`"orders"`+fire)
	expect(ctx, t, `String(document.querySelector("[data-fold]").open)`, "true")
	_ = eval[string](ctx, t, filter+`"postbox"`+fire)
	expect(ctx, t, `String(document.querySelector("[data-fold]").hidden)`, "true")
	_ = eval[string](ctx, t, filter+`""`+fire)
	expect(ctx, t, `document.querySelector("[data-fold]").hidden + " " + document.querySelector("[data-fold]").open`, "false false")
	expect(ctx, t, `document.querySelector("[data-count]").textContent`, "2 selected")
	silent(t, said)
}

func TestConfirmPageOpensInPlace(t *testing.T) {
	base := serve(t, map[string]http.Handler{"/keys/{id}/revoke": answer(find(t, "key-revoke").page)})
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key"))
	_ = eval[any](ctx, t, `document.querySelector('a[href$="/revoke"]').click()`)
	until(ctx, t, `document.querySelector("dialog[open] form[action$='/revoke'] input[value=leaked]:checked")`)
	expect(ctx, t, `location.pathname`, "/key")
	_ = eval[any](ctx, t, `document.querySelector("dialog [data-close]").click()`)
	until(ctx, t, `!document.querySelector("dialog")`)
	expect(ctx, t, `document.activeElement.textContent`, "Revoke")
	silent(t, said)
	_ = eval[any](ctx, t, `document.querySelector('a[href$="/disable"]').click()`) // no such page: the link is followed instead
	until(ctx, t, `location.pathname.endsWith("/disable")`)
}

func TestPartsKeepThemselvesCurrent(t *testing.T) {
	fresh := use()
	fresh.LastUsed.At, fresh.LastUsed.Address = now, "203.0.113.9"
	base := serve(t, map[string]http.Handler{
		"/keys/{id}/use":     answer(keys.UseFragment(fresh)),
		"/keys/{id}/revoked": http.RedirectHandler("/signin", http.StatusSeeOther), // the session ended
		"/service-accounts/{id}/keys": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the database did not answer", http.StatusServiceUnavailable)
		}),
	})
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key"))
	_ = eval[any](ctx, t, `document.querySelector("#use details").open = true; document.querySelector("#use summary").focus()`)
	until(ctx, t, `document.querySelector("#use").textContent.includes("203.0.113.9")`)
	expect(ctx, t, `document.activeElement.textContent + document.querySelector("#use details").open`, "Per daytrue")
	expect(ctx, t, `String(document.querySelectorAll("#use").length)`, "1")
	silent(t, said)

	do(ctx, t, chromedp.Navigate(base+"/key-revoked-proof"))
	_ = eval[any](ctx, t, `window.first = true`)
	until(ctx, t, `!window.first && document.querySelector("h1").textContent.includes("Revoked")`) // loaded anew, no sign-in page inside
	expect(ctx, t, `String(document.querySelectorAll("h1").length)`, "1")

	do(ctx, t, chromedp.Navigate(base+"/account"))
	_ = eval[any](ctx, t, `document.addEventListener("htmx:response:error", () => { window.refused = true; })`)
	until(ctx, t, `window.refused`)
	expect(ctx, t, `document.querySelector("#keys h2").textContent`, "API keys 3")
}

// TestRowsStayThemselves: a key made meanwhile comes in above, and what was folded open stays with its own key.
func TestRowsStayThemselves(t *testing.T) {
	extra := keyRow()
	extra.Key.ID, extra.Key.Description = "ajew1vb0q1s2d4f5g6h7", "made meanwhile"
	table := accounts.KeysTable{Now: now, Self: "/service-accounts/ajek3vb0q1s2d4f5g6h7/keys", AccountID: account().ID, Live: append([]keys.Row{extra}, liveRows()...)}
	base := serve(t, map[string]http.Handler{"/service-accounts/{id}/keys": answer(accounts.KeysFragment(table))})
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/account"))
	_ = eval[any](ctx, t, `document.querySelector("#key-ajeq7vb0q1s2d4f5g6h7 .more").open = true`)
	until(ctx, t, `document.querySelector("#key-ajew1vb0q1s2d4f5g6h7")`)
	expect(ctx, t, `[...document.querySelectorAll("#keys .more[open]")].map((e) => e.closest("tr").id).join()`, "key-ajeq7vb0q1s2d4f5g6h7")
	expect(ctx, t, `document.querySelector("#keys tbody tr a").textContent`, "made meanwhile")
	silent(t, said)
}

func TestListFiltersAsOneTypes(t *testing.T) {
	base := serve(t, map[string]http.Handler{
		accounts.ListPath: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			name := "accounts"
			if r.URL.Query().Get("q") != "" {
				name = "accounts-no-match"
			}
			answer(find(t, name).page)(w, r)
		}),
	})
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+accounts.ListPath), chromedp.SendKeys(chromedp.ID("f-q"), "zzz"))
	until(ctx, t, `document.querySelector("#accounts h2").textContent === "No service account matches"`)
	expect(ctx, t, `location.search`, "?q=zzz&state=&unused=&expiring=&scope=&owner=&sort=-used")
	expect(ctx, t, `document.activeElement.id + document.activeElement.value`, "f-qzzz")
	expect(ctx, t, `document.querySelector("#count").textContent + document.querySelector("#clear").textContent.trim()`, "Clear")
	silent(t, said)
}

func TestTheSecretIsNotPrinted(t *testing.T) {
	base := serve(t, nil)
	ctx, _ := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/key-issued"))
	const seen = `[...document.querySelectorAll("[data-secret]")].filter((e) => e.checkVisibility({visibilityProperty: true})).length`
	if got := eval[int](ctx, t, seen); got != 4 {
		t.Fatalf("%d of four places are on the screen", got)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	if got := eval[int](ctx, t, seen); got != 0 {
		t.Errorf("%d places are on paper", got)
	}
}

func TestThemeOfTheCookieWins(t *testing.T) {
	p := page()
	p.Theme = "dark"
	base := serve(t, map[string]http.Handler{"/forced": answer(accounts.List(p, accounts.ListPage{Now: now}))})
	ctx, _ := tab(t)
	wear(ctx, t, look{scheme: "light", width: 1280})
	for path, want := range map[string]string{"/forced": "rgb(15, 19, 24)", "/accounts-empty": "rgb(245, 246, 248)"} {
		do(ctx, t, chromedp.Navigate(base+path))
		expect(ctx, t, `getComputedStyle(document.body).backgroundColor`, want)
	}
}
