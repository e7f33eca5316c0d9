package views_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestASecretIsHashedInTheBrowser: what is sent of a secret is its hash; of any other text, the text.
func TestASecretIsHashedInTheBrowser(t *testing.T) {
	base := serve(t, nil)
	ctx, said := tab(t)
	do(ctx, t, chromedp.Navigate(base+"/find"))
	const send = `((text) => {
		const form = document.querySelector("main [data-find]");
		form.addEventListener("submit", (e) => e.preventDefault(), { once: true });
		form.elements.q.value = text;
		form.requestSubmit();
		return form.elements.q.value + "|" + form.elements.digest.value;
	})`
	for text, secret := range map[string]string{
		sampleSecret: sampleSecret, "keydesk_" + strings.Repeat("z", 49): "keydesk_" + strings.Repeat("z", 49), " " + sampleSecret + " ": sampleSecret,
		"Authorization: Api-Key " + sampleSecret: sampleSecret, "SECRET='" + sampleSecret + "'": sampleSecret, sampleSecret + "0": sampleSecret,
	} {
		sum := sha256.Sum256([]byte(secret))
		if got := eval[string](ctx, t, send+"("+quoted(text)+")"); got != "|"+hex.EncodeToString(sum[:]) {
			t.Errorf("of %q is sent %q", text, got)
		}
	}
	for _, text := range []string{"billing", "****a1b2c3", sampleSecret[:20]} {
		if got := eval[string](ctx, t, send+"("+quoted(text)+")"); got != text+"|" {
			t.Errorf("of %q is sent %q", text, got)
		}
	}
	silent(t, said)
}

func quoted(text string) string { return `"` + text + `"` }
