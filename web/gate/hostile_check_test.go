package gate

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"keydesk/models"
	"keydesk/models/secret"
)

const bearer = "Authorization: "

// flip changes the case of the first letter of the random part: the checksum no longer holds.
func flip(key string) string {
	b := []byte(key)
	for i := len("keydesk_"); i < len(b); i++ {
		if r := rune(b[i]); unicode.IsLetter(r) {
			b[i] ^= 0x20
			return string(b)
		}
	}
	return key
}

// TestCredentials holds what is a credential: items 1 to 12, 14 and 15 of the list of hostile input.
func TestCredentials(t *testing.T) { both(t, credentials) }

func credentials(t *testing.T) {
	s := prepare(t).start(t)
	key := s.key
	for name, tc := range map[string]struct {
		headers []string
		status  int
		code    models.Outcome
	}{
		"1 none":                     {nil, 401, models.NoCredential},
		"2 no key":                   {[]string{bearer + "Api-Key"}, 401, models.NoCredential},
		"2 blanks for a key":         {[]string{bearer + "Api-Key    "}, 401, models.NoCredential},
		"3 lower-case scheme":        {[]string{bearer + "api-key " + key}, 204, ""},
		"3 upper-case scheme":        {[]string{bearer + "API-KEY " + key}, 204, ""},
		"3 blanks after the scheme":  {[]string{bearer + "Api-Key  \t " + key}, 204, ""},
		"3 upper-case key":           {[]string{bearer + "Api-Key " + strings.ToUpper(key)}, 401, models.MalformedKey},
		"4 one letter's case":        {[]string{bearer + "Api-Key " + flip(key)}, 401, models.MalformedKey},
		"5 bearer":                   {[]string{bearer + "Bearer " + key}, 401, models.NoCredential},
		"6 basic, key as user":       {[]string{bearer + "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))}, 401, models.NoCredential},
		"6 basic, key as password":   {[]string{bearer + "Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+key))}, 401, models.NoCredential},
		"7 good and bad":             {[]string{s.auth(), s.auth() + "x"}, 400, models.InvalidRequest},
		"7 bad and good":             {[]string{s.auth() + "x", s.auth()}, 400, models.InvalidRequest},
		"7 the same twice":           {[]string{s.auth(), s.auth()}, 400, models.InvalidRequest},
		"7 another scheme beside it": {[]string{s.auth(), bearer + "Basic eDp5"}, 400, models.InvalidRequest},
		"8 two in one header":        {[]string{s.auth() + ", Api-Key " + key}, 401, models.MalformedKey},
		"9 no-break space":           {[]string{s.auth() + "\u00a0"}, 401, models.MalformedKey},
		"9 zero-width space":         {[]string{s.auth() + "\u200b"}, 401, models.MalformedKey},
		"9 quotes":                   {[]string{bearer + `Api-Key "` + key + `"`}, 401, models.MalformedKey},
		"9 escaped blank":            {[]string{s.auth() + "%20"}, 401, models.MalformedKey},
		"9 escaped newline":          {[]string{s.auth() + "%0a"}, 401, models.MalformedKey},
		"11 8 kB":                    {[]string{bearer + "Api-Key " + strings.Repeat("k", 8<<10)}, 401, models.MalformedKey},
		"12 wrong checksum":          {[]string{bearer + "Api-Key " + key[:len(key)-1] + "!"}, 401, models.MalformedKey},
		"14 X-Api-Key":               {[]string{"X-Api-Key: " + key}, 401, models.NoCredential},
		"14 cookie":                  {[]string{"Cookie: api_key=" + key}, 401, models.NoCredential},
		"15 session beside it":       {[]string{s.auth(), "Cookie: a=b; __Host-keydesk=x"}, 400, models.InvalidRequest},
		"15 local session beside it": {[]string{s.auth(), "Cookie: keydesk_local=x"}, 400, models.InvalidRequest},
		"15 somebody else's cookie":  {[]string{s.auth(), "Cookie: theme=dark"}, 204, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.check(t, tc.headers...)
			expect(t, r, tc.status, tc.code)
			challenge := r.Header.Get("Www-Authenticate")
			if tc.code == models.NoCredential && challenge != `Api-Key realm="keydesk"` {
				t.Errorf("the challenge to nobody is %q", challenge)
			}
			if tc.code == models.MalformedKey && challenge != `Api-Key realm="keydesk", error="malformed_key"` {
				t.Errorf("the challenge is %q", challenge)
			}
			if body := read(r); strings.Contains(body, key) {
				t.Error("the answer repeats the key")
			}
		})
	}
	for _, query := range []string{"api_key=", "token=", "key=", "scope=yc.postbox.send&api_key="} {
		t.Run("14 query "+query, func(t *testing.T) {
			expect(t, s.ask(t, "GET /gate/check?"+query+s.key), 400, models.InvalidRequest)
		})
	}
}

func read(r *http.Response) string {
	body, _ := io.ReadAll(r.Body)
	return string(body)
}

// TestDeadKeysAreNamed: item 13, and 20 in models/verify.
func TestDeadKeysAreNamed(t *testing.T) { both(t, deadKeysAreNamed) }

func deadKeysAreNamed(t *testing.T) {
	s := prepare(t)
	past := time.Now().Add(-time.Second)
	dead := map[models.Outcome]string{
		models.RevokedKey:       s.addKey(t, func(k *models.GateKey) { k.Revoked = true }),
		models.ExpiredKey:       s.addKey(t, func(k *models.GateKey) { k.ExpiresAt = past }),
		models.DisabledKey:      s.addKey(t, func(k *models.GateKey) { k.Disabled = true }),
		models.RetiredSecret:    s.addKey(t, func(k *models.GateKey) { k.Secrets[0].Retired = true }),
		models.SuspendedAccount: s.addKey(t, func(k *models.GateKey) { k.AccountID = "aje-suspended" }),
	}
	s.feed.Accounts = append(s.feed.Accounts, models.GateAccount{ID: "aje-suspended", Suspended: true})
	s.start(t)
	dead[models.UnknownKey] = unissued(t, s)
	for code, key := range dead {
		t.Run(string(code), func(t *testing.T) {
			r := s.check(t, "Authorization: Api-Key "+key)
			expect(t, r, 401, code)
			if got, want := r.Header.Get("Www-Authenticate"), `Api-Key realm="keydesk", error="`+string(code)+`"`; got != want {
				t.Errorf("challenge %q, want %q", got, want)
			}
		})
	}
}

// TestScopes: items 16 to 18.
func TestScopes(t *testing.T) { both(t, scopes) }

func scopes(t *testing.T) {
	s := prepare(t).start(t)
	const good = "yc.postbox.send"
	for name, tc := range map[string]struct {
		query   string
		headers []string
		status  int
		code    models.Outcome
		scope   string // in the challenge, or in Keydesk-Scope of a 204
	}{
		"16 missing":            {"", nil, 400, models.InvalidRequest, ""},
		"16 empty":              {"?scope=", nil, 403, models.InsufficientScope, ""},
		"16 unknown":            {"?scope=nope", nil, 403, models.InsufficientScope, "nope"},
		"16 star":               {"?scope=*", nil, 403, models.InsufficientScope, "*"},
		"16 percent":            {"?scope=%25", nil, 403, models.InsufficientScope, "%"},
		"16 pattern":            {"?scope=yc.postbox.*", nil, 403, models.InsufficientScope, "yc.postbox.*"},
		"16 prefix":             {"?scope=yc.postbox", nil, 403, models.InsufficientScope, "yc.postbox"},
		"16 upper case":         {"?scope=YC.POSTBOX.SEND", nil, 403, models.InsufficientScope, "YC.POSTBOX.SEND"},
		"16 trailing dot":       {"?scope=yc.postbox.send.", nil, 403, models.InsufficientScope, "yc.postbox.send."},
		"16 blank inside":       {"?scope=yc.postbox.send+yc.logging.write", nil, 403, models.InsufficientScope, ""},
		"16 quotes and newline": {"?scope=%22%0d%0aX:y", nil, 403, models.InsufficientScope, ""},
		"16 bad escape":         {"?scope=%zz", nil, 400, models.InvalidRequest, ""},
		"16 not held":           {"?scope=yc.ydb.topics.manage", nil, 403, models.InsufficientScope, "yc.ydb.topics.manage"},
		"16 no role permits":    {"?scope=yc.logging.write", nil, 403, models.PermissionDenied, "yc.logging.write"},
		"17 both hold":          {"?scope=yc.postbox.send&scope=yc.search-api.execute", nil, 204, "", good + " yc.search-api.execute"},
		"17 the second fails":   {"?scope=yc.postbox.send&scope=nope", nil, 403, models.InsufficientScope, "nope"},
		"17 the first fails":    {"?scope=nope&scope=yc.postbox.send", nil, 403, models.InsufficientScope, "nope"},
		"17 twice the same":     {"?scope=yc.postbox.send&scope=yc.postbox.send", nil, 204, "", good + " " + good},
		"17 a hundred and one":  {"?scope=a" + strings.Repeat("&scope=a", 100), nil, 400, models.InvalidRequest, ""},
		"17 a thousand":         {"?scope=a" + strings.Repeat("&scope=a", 1000), nil, 400, models.InvalidRequest, ""},
		"18 a client's header":  {"?scope=yc.logging.write", []string{"X-Required-Scope: " + good}, 403, models.PermissionDenied, "yc.logging.write"},
		"18 the gateway's":      {"", []string{"Keydesk-Scope: " + good}, 204, "", good},
		"18 they agree":         {"?scope=" + good, []string{"Keydesk-Scope: " + good}, 204, "", good},
		"18 they differ":        {"?scope=yc.logging.write", []string{"Keydesk-Scope: " + good}, 400, models.InvalidRequest, ""},
		"18 added by a client":  {"", []string{"Keydesk-Scope: nope", "Keydesk-Scope: " + good}, 403, models.InsufficientScope, "nope"},
		"14 another parameter":  {"?scope=yc.postbox.send&debug=1", nil, 400, models.InvalidRequest, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.ask(t, "GET /gate/check"+tc.query, append(tc.headers, s.auth())...)
			expect(t, r, tc.status, tc.code)
			if tc.status == 204 && r.Header.Get("Keydesk-Scope") != tc.scope {
				t.Errorf("Keydesk-Scope %q, want %q", r.Header.Get("Keydesk-Scope"), tc.scope)
			}
			want := `Api-Key realm="keydesk", error="` + string(tc.code) + `"`
			if tc.scope != "" {
				want += `, scope="` + tc.scope + `"`
			}
			if got := r.Header.Get("Www-Authenticate"); tc.status == 403 && got != want {
				t.Errorf("challenge %q, want %q", got, want)
			}
		})
	}
}

func TestWhoItIs(t *testing.T) { both(t, whoItIs) }

func whoItIs(t *testing.T) {
	s := prepare(t).start(t)
	for _, method := range checkMethods {
		r := s.ask(t, method+" /gate/check?scope=yc.postbox.send", s.auth())
		expect(t, r, 204, "")
		if h := r.Header; h.Get("Keydesk-Key-Id") != s.feed.Keys[0].ID || h.Get("Keydesk-Service-Account-Id") != s.account.ID ||
			h.Get("Keydesk-Folder-Id") != s.account.FolderID || h.Get("Keydesk-Scope") != "yc.postbox.send" {
			t.Errorf("%s: %v", method, h)
		}
	}
}

// unissued is a whole, well-formed secret that no key has.
func unissued(t testing.TB, s *service) string {
	plain, err := secret.New(s.rand)
	must(t, err)
	return plain.Reveal()
}
