package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
)

// vault knows texts that must be nowhere, in every form in which they might be somewhere. Safe for reading by many.
type vault struct {
	forms  []form
	begins [1 << 16]bool // the first two bytes of some form
}

type form struct {
	what string
	text []byte
}

// shortest is below the length of every form: anything shorter would be found by chance.
const shortest = 8

func (v *vault) add(what string, text []byte) {
	if len(text) < shortest {
		panic("a form of " + what + " is too short to be looked for")
	}
	v.forms = append(v.forms, form{what, text})
	v.begins[uint16(text[0])<<8|uint16(text[1])] = true
}

// hide puts a text under watch: as it is, escaped, and in encodings that can begin anywhere in it.
func (v *vault) hide(what, text string) {
	escaped, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	for _, t := range []string{text, url.QueryEscape(text), url.PathEscape(text), strings.Trim(string(escaped), `"`), html.EscapeString(text)} {
		v.add(what, []byte(t))
	}
	v.hideBytes(what, []byte(text))
}

// hideBytes puts bytes under watch, raw, as hex and as base64 in each of its three alignments.
func (v *vault) hideBytes(what string, b []byte) {
	v.add(what, b)
	v.add(what+" as hex", []byte(hex.EncodeToString(b)))
	v.add(what+" as hex", []byte(strings.ToUpper(hex.EncodeToString(b))))
	for skip := range 3 {
		part := b[skip:]
		part = part[:len(part)/3*3]
		v.add(what+" as base64", []byte(base64.StdEncoding.EncodeToString(part)))
		v.add(what+" as base64", []byte(base64.URLEncoding.EncodeToString(part)))
	}
}

// hideSecret puts a secret under watch, its random characters alone, and its SHA-256: only under the pepper it may be kept.
func (v *vault) hideSecret(what, secret string) {
	const random, checksum = 43, 6
	v.hide(what, secret)
	v.hide("the random part of "+what, secret[len(secret)-checksum-random:len(secret)-checksum])
	sum := sha256.Sum256([]byte(secret))
	v.hideBytes("the SHA-256 of "+what, sum[:])
}

// found lists what of the vault is in some bytes.
func (v *vault) found(in []byte) (what []string) {
	for i := 0; i+1 < len(in); i++ {
		if !v.begins[uint16(in[i])<<8|uint16(in[i+1])] {
			continue
		}
		for _, f := range v.forms {
			if bytes.HasPrefix(in[i:], f.text) {
				what = append(what, f.what)
			}
		}
	}
	return what
}

// absent fails the test where a place holds something of the vault, or does not hold what it is known by: then it is not
// the place that was meant.
func (v *vault) absent(t *testing.T, place string, in []byte, knownBy string) {
	t.Helper()
	if !bytes.Contains(in, []byte(knownBy)) {
		t.Errorf("%s does not hold %q: the test looks in the wrong place", place, knownBy)
	}
	seen := map[string]bool{}
	for _, what := range v.found(in) {
		if !seen[what] {
			t.Errorf("%s holds %s", place, what)
		}
		seen[what] = true
	}
}

// TestVault shows that each form is found, wherever it stands.
func TestVault(t *testing.T) {
	const secret = "keydesk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg123456"
	v := &vault{}
	v.hideSecret("it", secret)
	sum := sha256.Sum256([]byte(secret))
	for name, text := range map[string]string{
		"itself":                 secret,
		"its random part":        secret[8:51],
		"hex":                    hex.EncodeToString([]byte("a" + secret)),
		"base64 after none":      base64.StdEncoding.EncodeToString([]byte(secret + "!")),
		"base64 after one":       base64.StdEncoding.EncodeToString([]byte("a" + secret)),
		"base64 after two":       base64.RawURLEncoding.EncodeToString([]byte("ab" + secret + "!")),
		"base64 of another part": base64.StdEncoding.EncodeToString([]byte("api_key=x" + secret[8:])),
		"its digest":             string(sum[:]),
		"its digest as hex":      hex.EncodeToString(sum[:]),
	} {
		t.Run(name, func(t *testing.T) {
			if len(v.found([]byte("before "+text+" after"))) == 0 {
				t.Error("it is not found")
			}
		})
	}
	if what := v.found([]byte("keydesk_ is what they begin with, ****123456 is a mask")); what != nil {
		t.Errorf("found %v where nothing is", what)
	}
}
