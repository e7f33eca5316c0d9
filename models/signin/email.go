package signin

import (
	"crypto/sha256"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"keydesk/models"
)

// maxEmail is the longest mail address that can be delivered to (RFC 5321), in bytes.
const maxEmail = 254

// EmailKey is the spelling of a mail address under which a person is unique and failures are counted: compatibility forms
// folded, lower case, without spaces and invisible characters, the domain in its ASCII form. It answers something for any
// text, so that a misspelt address is counted too.
func EmailKey(text string) string {
	seen := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(strings.ToValidUTF8(text, "")))
	// Composed again after each step: what is dropped may bring together letters that combine, and so may lower case.
	key := norm.NFKC.String(strings.ToLower(norm.NFKC.String(seen)))
	local, domain, found := cutLast(key, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); found && err == nil {
		return local + "@" + ascii
	}
	return key
}

// ParseEmail checks the shape of a new person's address and answers it as typed, trimmed, and its key.
func ParseEmail(text string) (email, key string, err error) {
	email = strings.TrimSpace(text)
	key = EmailKey(email)
	_, domain, _ := cutLast(key, "@")
	addr, err := mail.ParseAddress(email)
	odd := strings.ContainsFunc(email, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`"<>()[],;:\`, r)
	})
	_, domainErr := idna.Lookup.ToASCII(domain)
	if err != nil || odd || domainErr != nil || addr.Address != email || len(key) > maxEmail || len(email) > maxEmail {
		return "", "", models.FieldProblems(models.Fields{"email": "Type one mail address, such as olga@example.com."})
	}
	return email, key, nil
}

// failureKey names a counter of failures. It is a hash: the addresses that strangers type are nobody's to keep.
func failureKey(emailKey string) []byte {
	sum := sha256.Sum256([]byte("keydesk sign-in failures\x00" + emailKey))
	return sum[:]
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
