package gate

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keydesk/models"
)

const scheme = "Api-Key"

// sessionCookies are the console's: with an API key beside one, two credentials came.
var sessionCookies = []string{"__Host-keydesk", "keydesk_local"}

// presented takes the text of the key out of the one Authorization header. Another scheme is no credential here; after the
// scheme nothing but blanks is taken off.
func presented(authorization once, session bool) (text string, f *refusal) {
	if authorization.times > 1 {
		return "", twoCredentials
	}
	v := authorization.value
	if len(v) <= len(scheme) || !strings.EqualFold(v[:len(scheme)], scheme) || v[len(scheme)] != ' ' && v[len(scheme)] != '\t' {
		return "", decided[models.NoCredential]
	}
	text = strings.TrimLeft(v[len(scheme):], " \t")
	if text == "" {
		return "", decided[models.NoCredential]
	}
	if session {
		return "", withSession
	}
	return text, nil
}

func hasSession(r *http.Request) bool {
	if _, ok := r.Header["Cookie"]; !ok {
		return false
	}
	for _, name := range sessionCookies {
		if len(r.CookiesNamed(name)) > 0 {
			return true
		}
	}
	return false
}

// maxScopes is how many scopes one question may name.
const maxScopes = 100

// askedScopes takes the gateway's scopes out of the query, else the header; into gives the first few a place.
func askedScopes(query string, named, into []string) (scopes []string, f *refusal) {
	scopes, f = queryScopes(query, into)
	if f != nil {
		return nil, f
	}
	switch {
	case len(scopes) == 0 && len(named) == 0:
		return nil, noScope
	case len(scopes) == 0:
		scopes = append(scopes, named...)
	case len(named) > 0 && !slices.Equal(scopes, named):
		return nil, twoScopes
	}
	if len(scopes) > maxScopes {
		return nil, manyScopes
	}
	return scopes, nil
}

// queryScopes reads scope=… as often as it is there, in its order. An empty one is a scope that no catalogue has. Any other
// parameter is refused: it may be a key.
func queryScopes(raw string, into []string) ([]string, *refusal) {
	if one, ok := strings.CutPrefix(raw, "scope="); ok && unescaped(one) {
		return append(into, one), nil
	}
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(pair, "=")
		scope, err := url.QueryUnescape(value)
		if name != "scope" || err != nil || len(into) > maxScopes {
			return nil, badQuery
		}
		into = append(into, scope)
	}
	return into, nil
}

func unescaped(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
