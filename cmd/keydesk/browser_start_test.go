package main

import (
	"context"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// chromium is the browser of all tests that run at the moment: started with the first, stopped with the last.
var chromium struct {
	sync.Mutex
	users int
	ctx   context.Context
	stop  context.CancelFunc
}

// withChromium gives a context of the browser, for as long as the test runs.
func withChromium(t *testing.T) context.Context {
	t.Helper()
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.users == 0 {
		ctx, stop := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.DisableGPU))
		if err := chromedp.Do(ctx); err != nil {
			stop()
			t.Fatalf("the tests need Chromium, installed as by `apt-get install chromium`: %v", err)
		}
		chromium.ctx, chromium.stop = ctx, stop
	}
	chromium.users++
	t.Cleanup(func() {
		chromium.Lock()
		defer chromium.Unlock()
		if chromium.users--; chromium.users == 0 {
			chromium.stop()
		}
	})
	return chromium.ctx
}

// browse opens a tab of a browser that knows nothing: no cookies, no history, no cache.
func browse(t *testing.T) *tab {
	t.Helper()
	return openTab(t, withChromium(t), chromedp.WithNewBrowserContext())
}

// beside opens another tab of the same person's browser.
func (b *tab) beside() *tab {
	b.t.Helper()
	return openTab(b.t, b.ctx)
}

func openTab(t *testing.T, parent context.Context, opt ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, heard: &heard{}}
	var stop context.CancelFunc
	b.ctx, stop = chromedp.NewContext(parent, append(opt, chromedp.WithListener(b.hear))...)
	t.Cleanup(func() {
		b.quiet()
		stop()
	})
	b.do(chromedp.EmulateViewport(1280, 900))
	// A tab in the background behaves as one that is looked at: tests run side by side.
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return b
}

// withoutScripts is the person who switched JavaScript off.
func (b *tab) withoutScripts() {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}
