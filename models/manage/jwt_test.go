package manage_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestAnAuthorizedKeyGetsAToken(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot", models.RoleEditor)
		pair := b.pair(a)
		p := b.proof(pair)
		made := must(b.ExchangeJWT(t.Context(), from, p.text(t), "https://desk.example"))(t)
		if !made.ExpiresAt.Equal(b.Now().Add(12 * time.Hour)) {
			t.Errorf("it ends at %v", made.ExpiresAt)
		}
		got := b.bearer(made.Token)
		if got.Actor.ID != a.ID || got.Claims.Key != pair.Key.ID || !got.Actor.May(models.KeysCreate, a.FolderID) {
			t.Errorf("%+v", got)
		}
		e := b.lastEvent()
		if e.Action != "token.create" || e.ActorID != a.ID || e.ActorType != models.ActorAccount || e.AuthMethod != "authorized_key" || e.ObjectID != made.ID {
			t.Errorf("%+v", e)
		}
		b.pass(time.Minute)
		p.claims["aud"] = []string{"elsewhere", "https://desk.example"}
		p.claims["iat"], p.claims["exp"] = b.Now().Unix()+59, b.Now().Unix()+3600 // a clock that is ahead
		must(b.ExchangeJWT(t.Context(), from, p.text(t), "https://desk.example"))(t)
		k := must(b.AuthorizedKey(t.Context(), admin, pair.Key.ID))(t)
		if !k.LastUsedAt.Equal(b.Now()) {
			t.Errorf("the key was used last at %v", k.LastUsedAt)
		}
		if seen := must(b.AccountWithUse(t.Context(), admin, a.ID))(t).LastSeen; !seen.Equal(b.Now()) {
			t.Errorf("the account was seen last at %v", seen)
		}
	})
}

// forged are JWTs that prove nothing, each by one change of a good one.
func (b *bench) forged(p proof, other manage.MadeAuthorizedKey) map[string]func(*proof) {
	now := b.Now().Unix()
	public := p.key.(*rsa.PrivateKey).Public()
	der := must(x509.MarshalPKIXPublicKey(public))(b.t)
	claim := func(name string, v any) func(*proof) { return func(p *proof) { p.claims[name] = v } }
	without := func(name string) func(*proof) { return func(p *proof) { delete(p.claims, name) } }
	signed := func(m jwt.SigningMethod, key any) func(*proof) { return func(p *proof) { p.method, p.key = m, key } }
	return map[string]func(*proof){
		"RS256":                          signed(jwt.SigningMethodRS256, p.key),
		"PS384":                          signed(jwt.SigningMethodPS384, p.key),
		"HS256 under the public key":     signed(jwt.SigningMethodHS256, der),
		"no signature":                   signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"another's signature":            signed(jwt.SigningMethodPS256, private(b.t, other)),
		"another audience":               claim("aud", "https://iam.example/tokens"),
		"no audience":                    without("aud"),
		"an empty audience":              claim("aud", ""),
		"another issuer":                 claim("iss", other.Key.AccountID),
		"the key as its issuer":          claim("iss", other.Key.ID),
		"no issuer":                      without("iss"),
		"expired":                        func(p *proof) { p.claims["iat"], p.claims["exp"] = now-3600, now-61 },
		"from the future":                func(p *proof) { p.claims["iat"], p.claims["exp"] = now+120, now+600 },
		"not yet":                        claim("nbf", now+120),
		"a life of two hours":            claim("exp", now+7200),
		"a life without end":             claim("exp", 1e300),
		"a life that began long ago":     claim("iat", now-7200),
		"no end":                         without("exp"),
		"no beginning":                   without("iat"),
		"an end that is no number":       claim("exp", "tomorrow"),
		"an issuer that is no text":      claim("iss", map[string]any{"$ne": ""}),
		"no kid":                         func(p *proof) { delete(p.header, "kid") },
		"a kid that is no text":          func(p *proof) { p.header["kid"] = 7 },
		"a kid that is nobody's":         func(p *proof) { p.header["kid"] = "aje00000000000000000" },
		"a kid of another account":       func(p *proof) { p.header["kid"] = other.Key.ID },
		"a kid with SQL in it":           func(p *proof) { p.header["kid"] = "' OR 1=1 --" },
		"a kid with a path in it":        func(p *proof) { p.header["kid"] = "../../etc/passwd" },
		"another's account, its own kid": claim("iss", []string{p.claims["iss"].(string)}),
		"a key that it brings itself":    func(p *proof) { p.header["jwk"] = "x"; delete(p.header, "kid") },
		"more than a JWT has":            claim("more", strings.Repeat("x", 9000)),
	}
}

func TestJWTsThatProveNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		pair, other := b.pair(b.account("robot")), b.pair(b.account("other"))
		good := b.proof(pair)
		for name, change := range b.forged(good, other) {
			p := good
			p.header, p.claims = maps.Clone(good.header), maps.Clone(good.claims)
			change(&p)
			b.wantNoToken(name, p.text(t))
		}
		whole := good.text(t)
		parts := strings.Split(whole, ".")
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + pair.Key.ID + `"}`))
		for name, text := range map[string]string{
			"nothing":                     "",
			"two parts":                   parts[0] + "." + parts[1],
			"five parts":                  whole + ".x.y",
			"a header of none":            none + "." + parts[1] + ".",
			"a header that changed after": none + "." + parts[1] + "." + parts[2],
			"a signature of nothing":      parts[0] + "." + parts[1] + ".",
			"a cut signature":             whole[:len(whole)-4],
			"an IAM token":                b.tokenOf(pair.Key.AccountID),
			"a header of zeros":           "AAAA." + parts[1] + "." + parts[2],
			"a megabyte":                  strings.Repeat("A", 1<<20),
			"many dots":                   strings.Repeat(".", 5000),
			"deep JSON":                   base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("[", 5000))) + ".e30.AAAA",
		} {
			b.wantNoToken(name, text)
		}
		must(b.ExchangeJWT(t.Context(), from, whole, ""))(t)
	})
}

func (b *bench) wantNoToken(name, text string) {
	b.t.Helper()
	n := len(b.events())
	made, err := b.ExchangeJWT(b.t.Context(), from, text, "")
	var known *models.Error
	if made.Token != "" || !errors.As(err, &known) || known.Code != models.Unauthenticated {
		b.t.Errorf("%s: %q, %v", name, made.Token, err)
		return
	}
	if !strings.HasPrefix(known.Text, "This JWT does not prove who you are") {
		b.t.Errorf("%s: the refusal says which part failed: %s", name, known.Text)
	}
	if len(b.events()) != n { // whoever has no account cannot fill the log
		b.t.Errorf("%s: it left an event", name)
	}
}

func TestAJWTOfAnAccountThatMayNotAct(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		for name, tc := range map[string]struct {
			stop, lift func(id string, pair manage.MadeAuthorizedKey) error
		}{
			"suspended": {
				func(id string, _ manage.MadeAuthorizedKey) error {
					return second(b.SuspendAccount(ctx, admin, id, stop))
				},
				func(id string, _ manage.MadeAuthorizedKey) error { return second(b.ReactivateAccount(ctx, admin, id)) },
			},
			"deleted":          {func(id string, _ manage.MadeAuthorizedKey) error { return second2(b.EraseAccount(ctx, admin, id)) }, nil},
			"without this key": {func(_ string, p manage.MadeAuthorizedKey) error { return b.DeleteAuthorizedKey(ctx, admin, p.Key.ID) }, nil},
		} {
			pair := b.pair(b.account(strings.ReplaceAll(name, " ", "-")))
			text := b.proof(pair).text(t)
			must(b.ExchangeJWT(ctx, from, text, ""))(t)
			if err := tc.stop(pair.Key.AccountID, pair); err != nil {
				t.Fatal(err)
			}
			b.wantNoToken(name, text)
			if tc.lift == nil {
				continue
			}
			if err := tc.lift(pair.Key.AccountID, pair); err != nil {
				t.Fatal(err)
			}
			must(b.ExchangeJWT(ctx, from, text, ""))(t)
		}
	})
}

// TestWithoutADatabaseNobodyIsRefused: what cannot be known is said so, and is no verdict about who asked.
func TestWithoutADatabaseNobodyIsRefused(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		away, err := store.Open(t.Context(), url, store.Options{Rand: &lockedRand{}})
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t, storetest.Open(t, url, store.Options{}))
		pair := b.pair(b.account("robot"))
		token, text := b.tokenOf(pair.Key.AccountID), b.proof(pair).text(t)
		if err := away.Close(); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for name, do := range map[string]func(context.Context) error{
			"a JWT":              func(ctx context.Context) error { return second2(b.ExchangeJWT(ctx, from, text, "")) },
			"a token":            func(ctx context.Context) error { return second2(b.Authenticate(ctx, from, token)) },
			"a token given back": func(ctx context.Context) error { return second2(b.RevokeToken(ctx, from, token)) },
		} {
			if err := do(gone); models.CodeOf(err) != models.Unavailable {
				t.Errorf("%s, no answer in time: %v (%s)", name, err, models.CodeOf(err))
			}
			open := b.Store
			b.Store = away
			if err := do(t.Context()); err == nil || models.CodeOf(err) == models.Unauthenticated {
				t.Errorf("%s, a database that cannot be asked: %v (%s)", name, err, models.CodeOf(err))
			}
			b.Store = open
		}
	})
}
