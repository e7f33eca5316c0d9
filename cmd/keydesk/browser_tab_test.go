package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a tab of a real browser. What goes wrong in it, the test fails with: whatever its console says, what its policy
// blocks, what does not load, what asks in a dialog.
type tab struct {
	t   *testing.T
	ctx context.Context
	*heard
}

// heard is what happened in a tab.
type heard struct {
	marks int // that were left on pages

	mu         sync.Mutex
	complaints []string
	document   *network.Response // of the last page
	loader     cdp.LoaderID      // of the last page; what an earlier one still receives is not its own
	asked      map[network.RequestID]string
	parts      []part // what came of the last page until it was there
	there      bool   // what comes now is what it keeps itself current with
}

// part is something that a page is made of.
type part struct {
	url   string
	bytes float64
}

// hear keeps what the browser tells of the tab.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var said []string
		for _, arg := range e.Args {
			said = append(said, string(arg.Value)+arg.Description)
		}
		b.complain("the console says: %s %s", e.Type, strings.Join(said, " "))
	case *runtime.EventExceptionThrown:
		b.complain("a script failed: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description)
	case *log.EventEntryAdded:
		worth := e.Entry.Level == log.EntryLevelWarning || e.Entry.Level == log.EntryLevelError
		if worth && e.Entry.Source != log.EntrySourceNetwork { // that one is told below, and a page may be a refusal
			b.complain("the browser says: %s %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		b.complain("a dialog asks: %s", e.Message)
		go func() {
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			b.loader, b.asked, b.parts, b.there = e.LoaderID, map[network.RequestID]string{}, nil, false
		}
		if e.LoaderID == b.loader {
			b.asked[e.RequestID] = e.Request.URL
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			b.document = e.Response
		} else if e.Response.Status >= 400 {
			b.complain("%s was answered with %d", e.Response.URL, e.Response.Status)
		}
	case *page.EventLoadEventFired:
		b.there = true
	case *network.EventLoadingFinished:
		if url, own := b.asked[e.RequestID]; own && !b.there {
			b.parts = append(b.parts, part{url, e.EncodedDataLength})
		}
	case *network.EventLoadingFailed:
		if !e.Canceled && e.Type != network.ResourceTypeDocument {
			b.complain("a %s did not load: %s %s", e.Type, e.ErrorText, e.BlockedReason)
		}
	}
}

func (b *tab) complain(format string, args ...any) {
	b.complaints = append(b.complaints, fmt.Sprintf(format, args...))
}

// in is the same tab in a part of the test.
func (b *tab) in(t *testing.T) *tab { return &tab{t, b.ctx, b.heard} }

// quiet fails the test with everything that went wrong so far.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.t.Error(c)
	}
	b.complaints = nil
}

// status is that of the last page.
func (b *tab) status() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.document == nil {
		return 0
	}
	return b.document.Status
}

// weight is what the last page weighs, in bytes, and what of it is how heavy.
func (b *tab) weight() (float64, []part) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sum := 0.0
	for _, p := range b.parts {
		sum += p.bytes
	}
	return sum, slices.Clone(b.parts)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	answer, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return answer
}

// eval is what an expression is worth in the page, also where the page may run no scripts.
func eval[T any](b *tab, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// pageWithin is far more than any page takes.
const pageWithin = 20 * time.Second

// until waits until a condition holds in the page. A page that is being left does not answer: it is asked again.
func (b *tab) until(js string) {
	b.t.Helper()
	ask := `(() => { try { return Boolean(` + js + `); } catch { return false; } })()`
	for end := time.Now().Add(pageWithin); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](ask)); err == nil && holds {
			return
		}
	}
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	b.t.Fatalf("it never held: %s\non the page %s", js, text)
}

// leaving does what leads to another page, and waits until that is there whole.
func (b *tab) leaving(step func()) {
	b.t.Helper()
	b.marks++
	mark := strconv.Itoa(b.marks)
	_ = eval[string](b, `window.left = "`+mark+`"`)
	step()
	b.until(`window.left !== "` + mark + `" && document.readyState === "complete"`)
	b.quiet()
}

// open types an address.
func (b *tab) open(address string) {
	b.t.Helper()
	b.leaving(func() { call(b, page.Navigate, page.NavigateParams{URL: address}) })
}

// reload is the button of that name. A page that answered a form is asked for by sending the form again.
func (b *tab) reload() {
	b.t.Helper()
	b.leaving(func() { call(b, page.Reload, page.ReloadParams{}) })
}

// travel goes back (-1) or forth (1) in the history.
func (b *tab) travel(steps int64) {
	b.t.Helper()
	h := call(b, page.GetNavigationHistory, cdp.Empty{})
	b.leaving(func() {
		call(b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: h.Entries[h.CurrentIndex+steps].ID})
	})
}
