package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// work is something that others made.
type work struct {
	name, version string
	what          string // "" for a module
	testsOnly     bool
	texts         []string // its licence files
	notices       []string // its NOTICE files, which Apache-2.0 wants handed on, and what it says of others' work in it
}

// modules lists what is linked into a package's program, and the standard library with it.
func modules(dir, pkg string) ([]work, error) {
	var stderr bytes.Buffer
	list := exec.Command("go", "list", "-deps", "-json=Module", pkg)
	// One platform, so that the list does not depend on where it is made: the one that the image is built for.
	list.Dir, list.Stderr, list.Env = dir, &stderr, append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	seen := map[string]bool{}
	var found []work
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		switch err := in.Decode(&p); {
		case errors.Is(err, io.EOF):
			std, err := standardLibrary()
			slices.SortFunc(found, func(a, b work) int { return cmp.Compare(a.name, b.name) })
			return append([]work{std}, found...), err
		case err != nil:
			return nil, err
		case p.Module == nil || p.Module.Main || seen[p.Module.Path]:
			continue
		}
		seen[p.Module.Path] = true
		m := work{name: p.Module.Path, version: p.Module.Version}
		if err := m.read(p.Module.Dir); err != nil {
			return nil, err
		}
		found = append(found, m)
	}
}

func standardLibrary() (work, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return work{}, err
	}
	std := work{name: "the Go standard library", version: "as go.mod says"}
	return std, std.read(strings.TrimSpace(string(out)))
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying)([-.].*)?$`)
	noticeFile  = regexp.MustCompile(`(?i)^notice(\..*)?$|3rd-party`)
	logoFile    = regexp.MustCompile(`(?i)-logo$`) // of a picture that is not linked
)

// read takes the licence and notice files at the top of a module.
func (w *work) read(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		is := func(kind *regexp.Regexp) bool { return kind.MatchString(e.Name()) }
		if e.IsDir() || is(logoFile) || !is(licenceFile) && !is(noticeFile) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if is(noticeFile) {
			w.notices = append(w.notices, string(text))
		} else {
			w.texts = append(w.texts, string(text))
		}
	}
	if len(w.texts) == 0 {
		return fmt.Errorf("%s has no licence file: it may not be linked", w.name)
	}
	return nil
}

// shippedAssets says what each npm package that tools/assets.sh fetches is, and where its licence lies.
var shippedAssets = map[string]struct {
	name, what, licence string
	testsOnly           bool
}{
	"htmx.org":                   {"htmx", "script", "static/vendor/LICENSES/htmx.txt", false},
	"@fontsource-variable/inter": {"Inter", "font", "static/vendor/LICENSES/inter.txt", false},
	"@fontsource/ibm-plex-mono":  {"IBM Plex Mono", "font", "static/vendor/LICENSES/ibm-plex-mono.txt", false},
	"lucide-static":              {"Lucide", "icons", "static/vendor/LICENSES/lucide.txt", false},
	"axe-core":                   {"axe-core", "script of the accessibility tests", "views/testdata/axe/LICENSE", true},
}

var fetched = regexp.MustCompile(`(?m)^fetch (\S+) (\S+) `)

// assets lists what tools/assets.sh took over: the versions are there, the licences beside the files.
func assets(dir string) ([]work, error) {
	script, err := os.ReadFile(filepath.Join(dir, "tools/assets.sh"))
	if err != nil {
		return nil, err
	}
	var found []work
	for _, m := range fetched.FindAllStringSubmatch(string(script), -1) {
		a, known := shippedAssets[m[1]]
		if !known {
			return nil, fmt.Errorf("tools/assets.sh fetches %s: say what it is in shippedAssets, in tools/thirdparty", m[1])
		}
		text, err := os.ReadFile(filepath.Join(dir, a.licence))
		if err != nil {
			return nil, err
		}
		found = append(found, work{name: a.name, version: m[2], what: a.what, testsOnly: a.testsOnly, texts: []string{string(text)}})
	}
	return found, nil
}
