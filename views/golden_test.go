package views_test

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"keydesk/static"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t testing.TB, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(templ.WithNonce(t.Context(), "test-nonce"), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var hashed = regexp.MustCompile(`(/static/[a-z-]+(?:\.min)?)\.[0-9a-f]{16}(\.[a-z0-9]+)`)

// legible breaks a page at its tags, so that a difference is a line, and leaves out the hashes of assets, so that a new
// colour does not change every page.
func legible(html string) string {
	html = hashed.ReplaceAllString(html, "$1$2")
	return string(bytes.ReplaceAll([]byte(html), []byte("><"), []byte(">\n<"))) + "\n"
}

// TestGolden holds every page in every shape to its file under testdata/golden; -update writes them.
func TestGolden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			file, got := filepath.Join("testdata", "golden", s.name+".html"), legible(render(t, s.page))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the page differs from %s (run with -update if it should):\n%s", file, diff)
			}
		})
	}
}

// TestPageWeighsLittle adds up what the heaviest honest pages bring with them on a first visit, as a browser that takes
// gzip is sent it.
func TestPageWeighsLittle(t *testing.T) {
	const limit = 150_000
	assets := 0
	for _, name := range []string{"app.css", "app.js", "htmx.min.js", "icons.svg", "favicon.svg", "inter-latin.woff2", "plex-mono-latin.woff2"} {
		r := httptest.NewRequest(http.MethodGet, static.URL(name), nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		static.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Fatalf("%s: %d, %d bytes", name, w.Code, w.Body.Len())
		}
		assets += w.Body.Len()
	}
	for _, s := range samples() {
		if s.name != "key" && s.name != "account" && s.name != "key-new" && s.name != "audit" {
			continue
		}
		if got := assets + len(render(t, s.page)); got > limit {
			t.Errorf("the page %s brings %d bytes, at most %d are wanted", s.name, got, limit)
		}
	}
}
