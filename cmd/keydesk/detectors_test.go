package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"keydesk/models/secret"
)

// TestDetectors: the patterns that ship for gitleaks and TruffleHog find real secrets, and nothing shorter or longer.
func TestDetectors(t *testing.T) {
	random := rand.NewChaCha8([32]byte{7})
	key, err := secret.New(random)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := secret.NewGateway(random)
	if err != nil {
		t.Fatal(err)
	}
	for file, quoted := range map[string]string{
		"detectors/gitleaks.toml":   `(?m)^regex = '''(.+)'''$`,
		"detectors/trufflehog.yaml": `(?m)^ +secret: '(.+)'$`,
	} {
		t.Run(file, func(t *testing.T) {
			patterns := patternsOf(t, file, quoted)
			if len(patterns) != 2 {
				t.Fatalf("%d patterns, want one for keys and one for gateways", len(patterns))
			}
			finds(t, patterns[0], key.Reveal())
			finds(t, patterns[1], credential.Reveal())
			if patterns[0].MatchString(credential.Reveal()) || patterns[1].MatchString(key.Reveal()) {
				t.Error("one pattern takes the other's secrets")
			}
		})
	}
}

// finds checks that a pattern finds a secret where secrets leak, and only a whole one.
func finds(t *testing.T, pattern *regexp.Regexp, text string) {
	t.Helper()
	for _, place := range []string{"%", "KEY=%", `{"api_key":"%"}`, "Authorization: Api-Key %\r\n", "https://host/?k=%&b=1", "key: '%',"} {
		if got := pattern.FindString(strings.ReplaceAll(place, "%", text)); got != text {
			t.Errorf("in %s it finds %d characters of %d", place, len(got), len(text))
		}
	}
	for name, other := range map[string]string{
		"one character less":  text[:len(text)-1],
		"one character more":  text + "a",
		"another prefix":      "x" + text,
		"a foreign character": text[:20] + "-" + text[21:],
	} {
		if pattern.MatchString(other) {
			t.Errorf("it takes a text with %s", name)
		}
	}
}

func patternsOf(t *testing.T, file, quoted string) []*regexp.Regexp {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var patterns []*regexp.Regexp
	for _, m := range regexp.MustCompile(quoted).FindAllSubmatch(bytes.ReplaceAll(text, []byte("\r"), nil), -1) {
		patterns = append(patterns, regexp.MustCompile(string(m[1])))
	}
	return patterns
}
