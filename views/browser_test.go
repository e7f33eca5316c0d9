package views_test

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/static"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "directory for a screenshot of every page in every look")

// policy is the Content-Security-Policy of the console.
const policy = "default-src 'none'; script-src 'nonce-test-nonce'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// look is how a page is looked at.
type look struct {
	name   string
	scheme string // prefers-color-scheme
	width  int64
	tables bool // only the pages with wide tables: between the two others their shape differs
}

var looks = []look{{"light", "light", 1280, false}, {"phone", "dark", 390, false}, {"dark", "dark", 1024, true}, {"tablet", "light", 800, true}}

var wideTables = []string{
	"accounts", "account", "account-hostile", "keys", "keys-hostile", "key", "key-hostile", "people", "person", "own",
	"accounts-folders", "keys-folders", "operation-draft", "operation-running", "audit", "audit-hostile", "settings-scopes", "settings-gates",
}

// answer serves a page or a part of one as the console does.
func answer(c templ.Component) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = c.Render(templ.WithNonce(r.Context(), "test-nonce"), w)
	}
}

// serve answers every sample under its name, the assets, and whatever more a test needs.
func serve(t *testing.T, more map[string]http.Handler) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	for _, s := range samples() {
		mux.Handle("/"+s.name, answer(s.page))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("HX-Request") == "" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent) // a part that asks for itself once a second: it stays as it is
	})
	for pattern, handler := range more {
		mux.Handle(pattern, handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// console collects what a tab's console complains of.
type console struct {
	mu   sync.Mutex
	said []string
}

func (c *console) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := strings.Join(c.said, "\n")
	c.said = nil
	return all
}

// tab opens a browser tab that lives as long as the test.
func tab(t *testing.T) (context.Context, *console) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.DisableGPU))
	t.Cleanup(cancel)
	c := &console{}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			c.mu.Lock()
			c.said = append(c.said, m.String())
			c.mu.Unlock()
		}
	}()
	return ctx, c
}

func do(ctx context.Context, t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](ctx context.Context, t *testing.T, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wear sets width and colour scheme.
func wear(ctx context.Context, t *testing.T, l look) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // no colour is looked at on its way to another
	}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	do(ctx, t, chromedp.EmulateViewport(l.width, 900))
}

// findings runs axe with the rules of WCAG 2.2 AA and best practice, and measures what axe does not: sideways
// scrolling, and controls lower than 32 pixels.
const findings = `(async () => {
  const out = [];
  const how = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"], preload: false };
  let r = await axe.run(document, { ...how, selectors: false }); // to say where costs as much as some rules
  if (r.violations.length) r = await axe.run(document, how);
  for (const v of r.violations) out.push(v.id + ": " + v.help + ": " + v.nodes.map((n) => n.target.join(" ")).join(" | "));
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) out.push("the page is " + wide + " wide in a window of " + innerWidth);
  const controls = "button, .button, select, textarea, .menu-items a, .check, .nav a, input:not([type=checkbox], [type=radio], [type=hidden])";
  for (const e of document.querySelectorAll(controls)) {
    const box = e.getBoundingClientRect();
    if (box.height > 0 && box.height < 31.5) out.push("too low: " + e.outerHTML.slice(0, 120) + " " + box.height);
  }
  return out;
})()`

// TestEveryPageIsAccessible looks at every sample in a real browser under the real policy: no finding, and a silent console.
func TestEveryPageIsAccessible(t *testing.T) {
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, nil)
	ctx, said := tab(t)
	for _, s := range samples() {
		do(ctx, t, chromedp.Navigate(base+"/"+s.name))
		_ = eval[any](ctx, t, string(axe)+";0")
		for _, l := range looks {
			if l.tables && !slices.Contains(wideTables, s.name) {
				continue
			}
			t.Run(s.name+"/"+l.name, func(t *testing.T) {
				wear(ctx, t, l)
				for _, f := range eval[[]string](ctx, t, findings) {
					t.Error(f)
				}
				keep(ctx, t, s.name+"."+l.name)
				if complaints := said.take(); complaints != "" {
					t.Errorf("the console says: %s", complaints)
				}
			})
		}
	}
}

// TestNothingIsOfferedThatNeedsAScript: with scripts off, what only a script could serve is not shown, and nothing complains.
func TestNothingIsOfferedThatNeedsAScript(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	const shown = `[...document.querySelectorAll(".js-only")].filter((e) => e.getClientRects().length).map((e) => e.outerHTML).join()`
	for _, s := range samples() {
		do(ctx, t, chromedp.Navigate(base+"/"+s.name))
		if eval[bool](ctx, t, `document.documentElement.classList.contains("js")`) {
			t.Fatal("the script ran")
		}
		if got := eval[string](ctx, t, shown); got != "" {
			t.Errorf("%s shows %s", s.name, got)
		}
	}
	if complaints := said.take(); complaints != "" {
		t.Errorf("the console says: %s", complaints)
	}
}

// keep writes a screenshot where -shots names a directory.
func keep(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
