package signin

import (
	"strings"
	"testing"
	"time"
)

func TestCheckPassword(t *testing.T) {
	for password, want := range map[string]string{
		"a long walk by the sea":       "",
		"vier grüne Stühle im Hof":     "",
		"Зима в лесу была холодной":    "",
		"xk3!vQ9#mz72Lp0":              "",
		"plover anvil tundra mosaic":   "",
		"😀🚀🌊🎻🍋🧭🪁🦉🌵🪐🧊🎲🪶🛶🧵":              "",
		"   spaces  at   both ends   ": "",

		"":               "at least 15",
		"fourteen chars": "at least 15",
		"😀🚀🌊🎻🍋🧭🪁🦉🌵🪐🧊🎲🪶🛶":                  "at least 15", // 56 bytes, 14 characters
		strings.Repeat("xk3!", 64) + "q":  "at most 256",
		"bytes \xff\xfe that are no text": "no text",

		"passwordpassword":             "easy to guess",
		"PasswordPassword1!":           "easy to guess",
		"P@ssw0rdP@ssw0rd1!":           "easy to guess",
		"aaaaaaaaaaaaaaaaaaaa":         "easy to guess",
		"abcabcabcabcabcabc":           "easy to guess",
		"abcdefghijklmnopqrst":         "easy to guess",
		"12345678901234567":            "easy to guess",
		"98765432109876543":            "easy to guess",
		"qwertyuiopasdfgh":             "easy to guess",
		"1q2w3e4r5t6y7u8i":             "easy to guess",
		"1qaz2wsx3edc4rfv":             "easy to guess",
		"letmeinletmein123":            "easy to guess",
		"iloveyouforever1":             "easy to guess",
		"Summer2026!Summer2026!":       "easy to guess",
		"administrator123":             "easy to guess",
		"keydeskkeydesk1":              "easy to guess",
		"olga.ivanova@corp.example":    "easy to guess", // the mail address below
		"ivanova-olga-2026!!":          "easy to guess",
		"correct horse battery staple": "easy to guess",
		"CorrectHorseBatteryStaple1":   "easy to guess",
		"йцукенгшщзхъфывапролдж":       "easy to guess",
	} {
		t.Run(password, func(t *testing.T) {
			got := CheckPassword(password, "olga.ivanova@corp.example")
			if want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("CheckPassword(%q) = %q, want %q", password, got, want)
			}
		})
	}
}

// A refusal says what to do, and never repeats the password.
func TestPasswordRefusalsHelp(t *testing.T) {
	for _, password := range []string{"short", "passwordpassword", strings.Repeat("xk3!", 70)} {
		got := CheckPassword(password, "olga@example.com")
		if !strings.Contains(got, "Use ") || strings.Contains(got, password) {
			t.Errorf("CheckPassword(%q) = %q", password, got)
		}
	}
}

// The longest password allowed, and the worst for this search, is checked in no time worth waiting for.
func TestCheckPasswordIsQuick(t *testing.T) {
	began := time.Now()
	CheckPassword(strings.Repeat("ab", MaxPassword/2), strings.Repeat("a", 200)+"@example.com")
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("checking took %v", took)
	}
}
