package signin

import (
	"strings"
	"testing"
)

func TestSpellingsShareAKey(t *testing.T) {
	for name, tc := range map[string]struct{ key, typed string }{
		"case":              {"olga@example.com", "OLGA@Example.COM"},
		"spaces around":     {"olga@example.com", "  olga@example.com\t"},
		"spaces inside":     {"olga@example.com", "ol ga@ example.com"},
		"no-break space":    {"olga@example.com", "\u00a0olga@example.com"},
		"zero width":        {"olga@example.com", "ol\u200bga@exam\ufeffple.com"},
		"full width":        {"olga@example.com", "ｏｌｇａ＠ｅｘａｍｐｌｅ．ｃｏｍ"},
		"ligature":          {"fiona@example.com", "ﬁona@example.com"},
		"decomposed":        {"jos\u00e9@example.com", "jose\u0301@example.com"},
		"unicode domain":    {"olga@xn--bcher-kva.example", "olga@bücher.example"},
		"upper unicode":     {"ольга@xn--e1afmkfd.xn--p1ai", "ОЛЬГА@ПРИМЕР.РФ"},
		"Kelvin sign":       {"kate@example.com", "\u212aate@example.com"},
		"invalid bytes":     {"olga@example.com", "olga\xff@example.com"},
		"no address at all": {"olga", " OLGA "},
		"nothing":           {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := EmailKey(tc.typed); got != tc.key {
				t.Errorf("EmailKey(%q) = %q, want %q", tc.typed, got, tc.key)
			}
			if again := EmailKey(EmailKey(tc.typed)); again != tc.key {
				t.Errorf("the key of the key is %q, want %q", again, tc.key)
			}
		})
	}
}

func FuzzEmailKey(f *testing.F) {
	for _, s := range []string{"Olga@Example.com", "İ@İ.example", "ﬁ@ß.de", "\u0345@x", "a@b@c", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key := EmailKey(text)
		if again := EmailKey(key); again != key {
			t.Errorf("EmailKey(%q) = %q, whose key is %q", text, key, again)
		}
	})
}

func TestParseEmail(t *testing.T) {
	for text, ok := range map[string]bool{
		"olga@example.com":                   true,
		" olga+keys@example.com ":            true,
		"olga@localhost":                     true,
		"ольга@пример.рф":                    true,
		"":                                   false,
		"olga":                               false,
		"@example.com":                       false,
		"olga@":                              false,
		"olga@example.com, ivan@example.com": false,
		"Olga <olga@example.com>":            false,
		`"olga smith"@example.com`:           false,
		"olga@[127.0.0.1]":                   false,
		"ol ga@example.com":                  false,
		"olga@example.com\r\nBcc: ivan@example.com": false,
		"olga\x00@example.com":                      false,
		"ol\u200bga@example.com":                    false,
		"olga@exa_mple..com":                        false,
		"olga(comment)@example.com":                 false,
		strings.Repeat("a", 60) + "@" + strings.Repeat("b.", 100) + "example": false,
	} {
		email, key, err := ParseEmail(text)
		if (err == nil) != ok {
			t.Errorf("ParseEmail(%q) = %q, %q, %v; want ok = %v", text, email, key, err, ok)
		}
		if ok && (email != strings.TrimSpace(text) || key != EmailKey(text)) {
			t.Errorf("ParseEmail(%q) = %q, %q", text, email, key)
		}
	}
}
