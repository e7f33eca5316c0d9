package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// visitor is a person at the console without JavaScript: cookies, links and forms.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
	page   string // the last page
	status int
	all    strings.Builder // every page and header so far
}

func (s *server) visitor() *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := newClient(s.t)
	client.Jar, client.CheckRedirect = jar, nil
	return &visitor{t: s.t, base: s.console, client: client}
}

func (v *visitor) read(answer *http.Response, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.page, v.status = string(body), answer.StatusCode
	v.all.WriteString(v.page)
	if err := answer.Header.Write(&v.all); err != nil {
		v.t.Fatal(err)
	}
}

// opens follows an address of the console.
func (v *visitor) opens(path string) {
	v.t.Helper()
	v.read(v.client.Get(v.base + path))
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// topBar is the part of the frame whose forms are those of every page.
var topBar = regexp.MustCompile(`(?s)<header class="top-bar".*?</header>`)

// submits sends the form of the page that was opened to an address, with what was typed and what the page hides in it.
func (v *visitor) submits(path string, typed ...string) {
	v.t.Helper()
	v.read(v.client.PostForm(v.base+path, v.filled(typed)))
}

// filled are the fields of the page's form.
func (v *visitor) filled(typed []string) url.Values {
	fields := url.Values{}
	body, _, _ := strings.Cut(topBar.ReplaceAllString(v.page, ""), "<footer") // whose forms find a key and choose a theme
	for _, m := range hiddenInput.FindAllStringSubmatch(body, -1) {
		fields.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(typed); i += 2 {
		fields[typed[i]] = append(fields[typed[i]], typed[i+1])
	}
	return fields
}

// tries opens a page and submits its form, while the server may go away at any time: 0 where nobody knows what became of it.
func (v *visitor) tries(page, path string, typed ...string) (status int, answer string) {
	if !v.gets(v.client.Get(v.base+page)) || v.status != http.StatusOK {
		return 0, ""
	}
	if !v.gets(v.client.PostForm(v.base+path, v.filled(typed))) {
		return 0, ""
	}
	return v.status, v.page
}

func (v *visitor) gets(answer *http.Response, err error) bool {
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	v.page, v.status = string(body), answer.StatusCode
	return err == nil
}

// sees checks the last page.
func (v *visitor) sees(status int, words string) {
	v.t.Helper()
	if v.status != status || !strings.Contains(html.UnescapeString(v.page), words) {
		v.t.Fatalf("the page has status %d, want %d and %q; it is %s", v.status, status, words, v.page)
	}
}

// cookies are the values of the cookies that the console set.
func (v *visitor) cookies() (values []string) {
	v.t.Helper()
	at, err := url.Parse(v.base)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(at) {
		values = append(values, c.Value)
	}
	return values
}
