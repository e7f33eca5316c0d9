package verify

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// agentRunes is how much of a User-Agent is kept.
const agentRunes = 256

// cleanAgent cuts a User-Agent and takes out what is not text, so that it can be stored and shown anywhere. One that is
// fine already is given back as it is.
func cleanAgent(agent string) string {
	if len(agent) <= agentRunes && plain(agent) {
		return agent
	}
	var b strings.Builder
	runes := 0
	for _, r := range agent {
		if runes == agentRunes {
			break
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		b.WriteRune(r)
		runes++
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
