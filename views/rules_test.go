package views_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"keydesk/static"

	"golang.org/x/net/html"
)

// forbidden is what no template has: unescaped output, and what the Content-Security-Policy would block anyway.
var forbidden = map[string]*regexp.Regexp{
	"templ.Raw":          regexp.MustCompile(`templ\.Raw\b`),
	"templ.SafeURL":      regexp.MustCompile(`templ\.SafeURL\b`),
	"style attribute":    regexp.MustCompile(`[\s{]style\s*=`),
	"style element":      regexp.MustCompile(`<style\b`),
	"event attribute":    regexp.MustCompile(`\son[a-z]+\s*=`),
	"htmx script":        regexp.MustCompile(`hx-on|hx-vals|js:`),
	"script element":     regexp.MustCompile(`<script\b(?:[^>{]|\{[^}]*\})*>`),
	"another host":       regexp.MustCompile(`(?:src|href|action)=["']?(?:https?:)?//`),
	"exclamation mark":   regexp.MustCompile(`>[^<{]*[a-z]![^<{]*<`),
	"templ script block": regexp.MustCompile(`(?m)^(script|css) \w+\(`),
}

func TestTemplatesKeepTheRules(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".templ" {
			return err
		}
		seen++
		b, err := os.ReadFile(file)
		for name, rule := range forbidden {
			for _, hit := range rule.FindAllString(string(b), -1) {
				if name == "script element" && strings.Contains(hit, "nonce={ templ.GetNonce(ctx) }") && strings.Contains(hit, "src={") {
					continue
				}
				t.Errorf("%s has a %s: %s", file, name, hit)
			}
		}
		return err
	})
	if err != nil || seen < 20 {
		t.Errorf("%d templates were read: %v", seen, err)
	}
}

// walk calls fn for every element of a page.
func walk(t *testing.T, page string, fn func(*html.Node)) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			fn(n)
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// TestRenderedPagesKeepTheRules looks at what came out, whatever was put in.
func TestRenderedPagesKeepTheRules(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			ids := map[string]bool{}
			walk(t, render(t, s.page), func(n *html.Node) {
				checkElement(t, n, ids)
			})
		})
	}
}

func checkElement(t *testing.T, n *html.Node, ids map[string]bool) {
	t.Helper()
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("<%s> has %s", n.Data, a.Key)
		}
		if a.Key == "id" {
			if ids[a.Val] {
				t.Errorf("the id %q stands twice", a.Val)
			}
			ids[a.Val] = true
		}
	}
	switch n.Data {
	case "script":
		if attr(n, "nonce") != "test-nonce" || !strings.HasPrefix(attr(n, "src"), static.Prefix) {
			t.Errorf("a script without nonce or of another origin: %v", n.Attr)
		}
	case "form":
		if attr(n, "method") == "post" {
			checkForm(t, n)
		}
	case "img", "style", "iframe", "object":
		t.Errorf("the page has <%s>", n.Data)
	}
}

// checkForm: every form that changes something posts to our own origin and carries the session's token.
func checkForm(t *testing.T, form *html.Node) {
	t.Helper()
	if action := attr(form, "action"); !strings.HasPrefix(action, "/") || strings.HasPrefix(action, "//") {
		t.Errorf("a form posts to %q", action)
	}
	for n := range form.Descendants() {
		if n.Type == html.ElementNode && attr(n, "name") == "form_token" && attr(n, "value") == "form-token" {
			return
		}
	}
	t.Errorf("the form to %s has no token", attr(form, "action"))
}

// TestTheSecretStandsInTextAlone: no title, no attribute, no field can keep it, and no script but our own is on the page.
func TestTheSecretStandsInTextAlone(t *testing.T) {
	for _, s := range samples() {
		page := render(t, s.page)
		shows := s.name == "key-issued" || s.name == "key-reissued"
		if got := strings.Contains(page, sampleSecret); got != shows {
			t.Errorf("the page %s has the secret: %v", s.name, got)
		}
		walk(t, page, func(n *html.Node) {
			for _, a := range n.Attr {
				if strings.Contains(a.Val, "keydesk_") {
					t.Errorf("%s: an attribute of <%s> has the secret", s.name, n.Data)
				}
			}
			if n.Data == "title" && strings.Contains(n.FirstChild.Data, "keydesk_") {
				t.Errorf("%s: the title has the secret", s.name)
			}
			if src := attr(n, "src"); shows && n.Data == "script" && !strings.Contains(src, "/app.") && !strings.Contains(src, "/find.") {
				t.Errorf("%s: %s runs beside the secret", s.name, src)
			}
		})
	}
}

// TestAWayInStandsInTextAlone: an IAM token and a private key are on the page that shows them, and in no attribute or title.
func TestAWayInStandsInTextAlone(t *testing.T) {
	shows := map[string]string{
		"api-token-made": sampleToken, "api-token-made-plain": sampleToken, "authorized-key-issued": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
	}
	for _, s := range samples() {
		page := render(t, s.page)
		for name, way := range shows {
			if got, want := strings.Contains(page, way), shows[s.name] == way; got != want {
				t.Errorf("the page %s has what %s shows: %v", s.name, name, got)
			}
			walk(t, page, func(n *html.Node) {
				for _, a := range n.Attr {
					if strings.Contains(a.Val, way) {
						t.Errorf("%s: an attribute of <%s> has it", s.name, n.Data)
					}
				}
				if n.Data == "title" && strings.Contains(n.FirstChild.Data, way) {
					t.Errorf("%s: the title has it", s.name)
				}
			})
		}
	}
}

// TestIconsAreInTheSprite: a name that is not there draws nothing.
func TestIconsAreInTheSprite(t *testing.T) {
	sprite, err := static.Bytes("icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, s := range samples() {
		walk(t, render(t, s.page), func(n *html.Node) {
			if n.Data == "use" {
				_, name, _ := strings.Cut(attr(n, "href"), "#")
				used[name] = true
			}
		})
	}
	for name := range used {
		if !strings.Contains(string(sprite), `id="`+name+`"`) {
			t.Errorf("the sprite has no %q", name)
		}
	}
	if have := strings.Count(string(sprite), "<symbol"); have != len(used) {
		t.Errorf("the sprite has %d icons, %d are used", have, len(used))
	}
}

// TestALinkStandsInTextAlone: a one-time link is a secret too, and nobody follows it by a slip.
func TestALinkStandsInTextAlone(t *testing.T) {
	for _, s := range samples() {
		page := render(t, s.page)
		if got, want := strings.Contains(page, sampleLink), s.name == "person-link" || s.name == "person-link-reset"; got != want {
			t.Errorf("the page %s has the link: %v", s.name, got)
		}
		walk(t, page, func(n *html.Node) {
			for _, a := range n.Attr {
				if strings.Contains(a.Val, "/reset/") {
					t.Errorf("%s: an attribute of <%s> has the link", s.name, n.Data)
				}
			}
			if n.Data == "title" && strings.Contains(n.FirstChild.Data, "/reset/") {
				t.Errorf("%s: the title has the link", s.name)
			}
		})
	}
}
