package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const head = `# Others' work in Keydesk

Written by ` + "`make third-party`" + `; ` + "`make test`" + ` fails when it is out of date. Keydesk itself is under Apache-2.0: see LICENSE.
`

// document writes the whole file: tables first, then every licence text once, with those whose work is under it.
func document(linked, shipped []work) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	b.WriteString("\n## Linked into the program\n\n| Module | Version | Licence |\n| --- | --- | --- |\n")
	for _, w := range linked {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", w.name, w.version, w.kinds())
	}
	b.WriteString("\n## Shipped with it, or used by its tests\n\n| Work | Version | What it is | Licence |\n| --- | --- | --- | --- |\n")
	for _, w := range shipped {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", w.name, w.version, w.what, w.kinds())
	}
	all := append(append([]work{}, linked...), shipped...)
	b.WriteString("\n## Copyrights and notices\n")
	for _, w := range all {
		if w.testsOnly {
			continue // not handed on
		}
		fmt.Fprintf(&b, "\n**%s**\n", w.name)
		for _, c := range w.copyrights() {
			fmt.Fprintf(&b, "- %s\n", c)
		}
		for _, n := range w.notices {
			fmt.Fprintf(&b, "\n~~~~\n%s\n~~~~\n", tidy(n))
		}
	}
	b.WriteString("\n## Licences\n")
	writeTexts(&b, all)
	return b.Bytes()
}

// writeTexts writes each distinct text once, in the order of its first use; copyright lines stand above already.
func writeTexts(b *bytes.Buffer, all []work) {
	users, texts, order := map[string][]string{}, map[string]string{}, []string(nil)
	for _, w := range all {
		if w.testsOnly {
			continue
		}
		for _, text := range w.texts {
			key := essence(text)
			if users[key] == nil {
				order, texts[key] = append(order, key), text
			}
			users[key] = append(users[key], w.name)
		}
	}
	for _, key := range order {
		fmt.Fprintf(b, "\n### %s\n\nOf %s.\n\n~~~~\n%s\n~~~~\n", strings.Join(kindsOf(texts[key]), " and "), strings.Join(users[key], ", "), tidy(copyright.ReplaceAllString(texts[key], "")))
	}
}

// copyright is a line that says whose the work is: with a year, which tells it from the licences' own use of the word.
var copyright = regexp.MustCompile(`(?m)^[ \t/#*]{0,3}(Copyright|\(c\)|©)[^\n]*\d{4}[^\n]*\n?`)

func (w work) copyrights() []string {
	var lines []string
	for _, text := range w.texts {
		for _, line := range copyright.FindAllString(text, -1) {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	return lines
}

func (w work) kinds() string {
	var kinds []string
	for _, text := range w.texts {
		for _, k := range kindsOf(text) {
			if !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	return strings.Join(kinds, " and ")
}

// phrases are what only the text of a licence says, beside its name in SPDX's words. Of lines with one family the first counts.
var phrases = []struct{ family, name, phrase string }{
	{"apache", "Apache-2.0", "apache license version 2.0"},
	{"mpl", "MPL-2.0", "mozilla public license version 2.0"},
	{"mpl", "MPL-2.0", "mozilla public license, version 2.0"},
	{"ofl", "OFL-1.1", "sil open font license"},
	{"bsd", "BSD-3-Clause", "neither the name"},
	{"bsd", "BSD-2-Clause", "redistributions in binary form"},
	{"isc", "ISC", "with or without fee is hereby granted, provided that"},
	{"isc", "0BSD", "with or without fee is hereby granted"},
	{"mit", "MIT", "permission is hereby granted, free of charge"},
	{"pd", "public domain", "dedicated to the public domain"},
}

// kindsOf names the licences that a text holds.
func kindsOf(text string) []string {
	said, seen := essence(text), map[string]bool{}
	var kinds []string
	for _, p := range phrases {
		if strings.Contains(said, p.phrase) && !seen[p.family] {
			seen[p.family], kinds = true, append(kinds, p.name)
		}
	}
	if kinds == nil {
		return []string{"its own, below"}
	}
	return kinds
}

var title = regexp.MustCompile(`(?im)^\s*(#+ )?(the )?(mit|isc|bsd)( \(?mit\)?)?( 3-clause)? licen[cs]e( \(.*\))?\s*$|^\s*license\s*$`)

// essence is a text without copyright lines, titles, line breaks and case, so that like texts are found to be alike.
func essence(text string) string {
	text = title.ReplaceAllString(copyright.ReplaceAllString(text, ""), "")
	text = strings.NewReplacer("“", `"`, "”", `"`, "*", "").Replace(strings.ToLower(text))
	return strings.Join(strings.Fields(text), " ")
}

// tidy takes off what would differ by nothing that is read: line ends and outer blank lines.
func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
