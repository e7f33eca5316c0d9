// Package static holds the bytes that go out as they are: styles, script, fonts and icons, embedded in the binary and
// named by their content, so that a browser keeps each for ever and never shows an old one.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Prefix is where Handler is mounted.
const Prefix = "/static/"

//go:embed css/*.css app.js find.js favicon.svg icons.svg vendor/*.js vendor/*.woff2
var files embed.FS

// asset is one file under its content-hash name.
type asset struct {
	name  string // "app.3f2a….css"
	bytes []byte
	gzip  []byte // nil where it would not be smaller
}

// assets maps a plain name ("app.css") to its asset. It is built once and never changes.
var assets = build()

// URL is the address of an asset by its plain name: "app.css", "icons.svg". An unknown name is a defect of the page.
func URL(name string) string {
	a, ok := assets[name]
	if !ok {
		panic("static: no asset is named " + name)
	}
	return Prefix + a.name
}

// Bytes returns an asset as it is served, for tests of what it says and weighs.
func Bytes(name string) ([]byte, error) {
	a, ok := assets[name]
	if !ok {
		return nil, fmt.Errorf("static: no asset is named %q", name)
	}
	return bytes.Clone(a.bytes), nil
}

func build() map[string]asset {
	made := map[string]asset{}
	for _, pattern := range []string{"vendor/*", "*.svg"} {
		for _, file := range match(pattern) {
			add(made, path.Base(file), read(file))
		}
	}
	for _, file := range match("*.js") {
		add(made, file, remarks.ReplaceAll(read(file), nil))
	}
	add(made, "app.css", styles(made)) // last: it names the fonts by their hashed names
	return made
}

// remarks are lines of our scripts that say why. Who reads the source needs them; a phone does not.
var remarks = regexp.MustCompile(`(?m)^[ \t]*//.*\n`)

func add(made map[string]asset, name string, content []byte) {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:8]) + ext
	made[name] = asset{name: hashed, bytes: content, gzip: compress(ext, content)}
}

var fontURL = regexp.MustCompile(`url\("([^"]+\.woff2)"\)`)

// styles joins the style sheets in the order of their names and points them at the hashed fonts.
func styles(made map[string]asset) []byte {
	var all bytes.Buffer
	for _, file := range match("css/*.css") {
		all.Write(read(file))
	}
	return fontURL.ReplaceAllFunc(all.Bytes(), func(m []byte) []byte {
		font := string(fontURL.FindSubmatch(m)[1])
		a, ok := made[font]
		if !ok {
			panic("static: the style sheet names no vendored font: " + font)
		}
		return []byte(`url("` + a.name + `")`)
	})
}

func match(pattern string) []string {
	names, err := fs.Glob(files, pattern) // sorted
	if err != nil {
		panic("static: " + err.Error())
	}
	return names
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("static: " + err.Error())
	}
	return b
}
