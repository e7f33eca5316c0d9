package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, method, target, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryAssetIsServedForEver(t *testing.T) {
	for name, a := range assets {
		t.Run(name, func(t *testing.T) {
			res := get(t, http.MethodGet, URL(name), "")
			if res.StatusCode != http.StatusOK || !bytes.Equal(body(t, res.Body), a.bytes) {
				t.Fatalf("status %d, or not the content", res.StatusCode)
			}
			if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
				t.Errorf("Cache-Control is %q", got)
			}
			if got := res.Header.Get("Content-Type"); got == "" || got != contentTypes[path.Ext(name)] {
				t.Errorf("Content-Type is %q", got)
			}
			if res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Error("a browser may guess the type")
			}
		})
	}
}

func TestNothingElseIsServed(t *testing.T) {
	for name, target := range map[string]string{
		"listing":         Prefix,
		"plain name":      Prefix + "app.css",
		"other hash":      Prefix + "app.0123456789abcdef.css",
		"licence":         Prefix + "vendor/LICENSES/htmx.txt",
		"source":          Prefix + "assets.go",
		"way out":         Prefix + "../assets.go",
		"encoded way out": Prefix + "%2e%2e/assets.go",
	} {
		t.Run(name, func(t *testing.T) {
			if res := get(t, http.MethodGet, target, ""); res.StatusCode != http.StatusNotFound || res.Header.Get("Cache-Control") != "" {
				t.Errorf("status %d, Cache-Control %q", res.StatusCode, res.Header.Get("Cache-Control"))
			}
		})
	}
	if res := get(t, http.MethodPost, URL("app.css"), ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST is answered with %d", res.StatusCode)
	}
}

func TestGzipOnlyWhereItIsAccepted(t *testing.T) {
	for accept, want := range map[string]string{"gzip, br": "gzip", "br, GZIP;q=0.5": "gzip", "": "", "br": "", "gzip;q=0": "", "gzip; q=0": ""} {
		t.Run(accept, func(t *testing.T) {
			res := get(t, http.MethodGet, URL("app.css"), accept)
			if got := res.Header.Get("Content-Encoding"); got != want {
				t.Fatalf("Content-Encoding is %q, want %q", got, want)
			}
			if res.Header.Get("Vary") != "Accept-Encoding" {
				t.Error("a cache may hand the wrong encoding on")
			}
			if want == "" {
				return
			}
			z, err := gzip.NewReader(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(body(t, z), assets["app.css"].bytes) {
				t.Error("the content is another")
			}
		})
	}
}

func TestHeadHasNoBody(t *testing.T) {
	res := get(t, http.MethodHead, URL("app.js"), "")
	if res.StatusCode != http.StatusOK || len(body(t, res.Body)) != 0 || res.Header.Get("Content-Length") == "0" {
		t.Errorf("status %d, Content-Length %s", res.StatusCode, res.Header.Get("Content-Length"))
	}
}

func TestUnknownAssetPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a page may name an asset that is not there")
		}
	}()
	_ = URL("missing.css")
}

// TestStylesNameOnlyOurs: fonts by their hashed names, and nothing from anywhere else.
func TestStylesNameOnlyOurs(t *testing.T) {
	css, err := Bytes("app.css")
	if err != nil {
		t.Fatal(err)
	}
	urls := regexp.MustCompile(`url\(([^)]*)\)`).FindAllSubmatch(css, -1)
	if len(urls) != 4 {
		t.Errorf("%d files are named, want four fonts", len(urls))
	}
	for _, u := range urls {
		if name := strings.Trim(string(u[1]), `"`); get(t, http.MethodGet, Prefix+name, "").StatusCode != http.StatusOK {
			t.Errorf("%s is not served", name)
		}
	}
	if regexp.MustCompile(`@import|https?:`).Match(css) {
		t.Error("the style sheet asks another host")
	}
}

func TestRemarksStayInTheSource(t *testing.T) {
	for _, name := range []string{"app.js", "find.js"} {
		js, err := Bytes(name)
		if err != nil {
			t.Fatal(err)
		}
		if source := read(name); regexp.MustCompile(`(?m)^\s*//`).Match(js) || !regexp.MustCompile(`(?m)^\s*//`).Match(source) || !bytes.Contains(js, []byte("use strict")) {
			t.Errorf("%s is served as it is written, in %d of %d bytes", name, len(js), len(source))
		}
	}
}

// TestScriptIsSmallAndPlain: ten kilobytes at most, nothing that the policy forbids, nothing from anywhere else.
func TestScriptIsSmallAndPlain(t *testing.T) {
	js, err := Bytes("app.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(js) > 10_000 {
		t.Errorf("app.js has %d bytes, at most 10,000 are wanted", len(js))
	}
	if bad := regexp.MustCompile(`\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|https?:|\.style\b`).FindAll(js, -1); bad != nil {
		t.Errorf("app.js has %s", bad)
	}
}
