package static

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
)

// pair is a text or an edge on what it is seen on, and the contrast that WCAG 2.2 AA asks of it.
type pair struct {
	fore, back string
	least      float64
}

const (
	text = 4.5 // 1.4.3
	edge = 3   // 1.4.11: controls and focus
)

// pairs lists every combination that the style sheets make; each is held in both themes.
var pairs = []pair{
	{"text", "canvas", text}, {"text", "surface", text}, {"text", "sunken", text},
	{"text", "ok-soft", text}, {"text", "warn-soft", text}, {"text", "danger-soft", text}, {"text", "accent-soft", text},
	{"muted", "canvas", text}, {"muted", "surface", text}, {"muted", "sunken", text},
	{"accent", "canvas", text}, {"accent", "surface", text}, {"accent", "sunken", text}, {"accent", "accent-soft", text},
	{"danger", "canvas", text}, {"danger", "surface", text}, {"danger", "danger-soft", text},
	{"warn", "canvas", text}, {"warn", "surface", text}, {"warn", "warn-soft", text},
	{"ok", "ok-soft", text},
	{"on-fill", "accent-fill", text}, {"on-fill", "danger-fill", text},
	{"edge", "surface", edge}, {"edge", "canvas", edge},
	{"focus", "canvas", edge}, {"focus", "surface", edge}, {"focus", "sunken", edge},
}

var token = regexp.MustCompile(`--([a-z-]+): light-dark\(#([0-9A-F]{6}), #([0-9A-F]{6})\);`)

// tokens reads the colours of both themes from the style sheet itself.
func tokens(t *testing.T) [2]map[string]uint64 {
	t.Helper()
	css, err := Bytes("app.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := [2]map[string]uint64{{}, {}}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		for i := range themes {
			if themes[i][m[1]], err = strconv.ParseUint(m[2+i], 16, 32); err != nil {
				t.Fatal(err)
			}
		}
	}
	return themes
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(rgb uint64) float64 {
	linear := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

func contrast(a, b uint64) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastOfKnownColours(t *testing.T) {
	if got := contrast(0x000000, 0xFFFFFF); math.Abs(got-21) > 0.001 {
		t.Errorf("black on white has contrast %v, want 21", got)
	}
	if got := contrast(0x767676, 0xFFFFFF); math.Abs(got-4.54) > 0.01 {
		t.Errorf("#767676 on white has contrast %v, want 4.54", got)
	}
}

func TestEveryPairIsReadable(t *testing.T) {
	for i, colours := range tokens(t) {
		theme := []string{"light", "dark"}[i]
		for _, p := range pairs {
			t.Run(fmt.Sprintf("%s/%s on %s", theme, p.fore, p.back), func(t *testing.T) {
				fore, ok := colours[p.fore]
				back, ok2 := colours[p.back]
				if !ok || !ok2 {
					t.Fatal("the style sheet has no such token")
				}
				if got := contrast(fore, back); got < p.least {
					t.Errorf("contrast %.2f, want at least %v", got, p.least)
				}
			})
		}
	}
}

// TestColoursAreTokens keeps literal colours out of the rules: what is not a token is in no pair above. Print is paper.
func TestColoursAreTokens(t *testing.T) {
	literal := regexp.MustCompile(`#[0-9A-Fa-f]{3,8}\b`)
	for _, name := range match("css/*.css") {
		if name == "css/10-tokens.css" || name == "css/80-print.css" {
			continue
		}
		if found := literal.FindAll(read(name), -1); len(found) > 0 {
			t.Errorf("%s has the literal colours %s", name, found)
		}
	}
}
