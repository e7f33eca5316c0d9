package iamtoken

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func claims(from, until time.Time) Claims {
	return Claims{
		ID: "tkn00000000000000001", SubjectType: models.ActorAccount, SubjectID: "aje00000000000000001", Key: "aje00000000000000002",
		IssuedAt: from.UnixMicro(), ExpiresAt: until.UnixMicro(),
	}
}

func sign(t *testing.T, k *Keys, c Claims) string {
	t.Helper()
	token, err := k.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func inMemory(t *testing.T, seed byte) *Keys {
	t.Helper()
	k, err := New(mathrand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func opened(t *testing.T, path string) *Keys {
	t.Helper()
	k, err := Open(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestATokenSaysWhatWasSigned(t *testing.T) {
	k := inMemory(t, 1)
	want := claims(noon, noon.Add(Life))
	token := sign(t, k, want)
	if !regexp.MustCompile(`^t1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$`).MatchString(token) {
		t.Errorf("a token of the shape %q", token)
	}
	if !Within("Bearer "+token+", she wrote") || Within(token[:len(token)-1]) {
		t.Error("a token in a text is not told from what is none")
	}
	want.SignedBy = 1
	for name, at := range map[string]time.Time{
		"when it begins":                  noon,
		"where the clock is a bit behind": noon.Add(-skew),
		"just before it ends":             noon.Add(Life - time.Microsecond),
	} {
		if got, err := k.Read(token, at); err != nil || got != want {
			t.Errorf("%s: %+v (%v)", name, got, err)
		}
	}
}

func TestTokensThatAreNone(t *testing.T) {
	k := inMemory(t, 1)
	good := sign(t, k, claims(noon, noon.Add(Life)))
	for name, tc := range map[string]struct {
		token string
		at    time.Time
		want  error
	}{
		"expired":                     {good, noon.Add(Life), ErrExpired},
		"not yet":                     {good, noon.Add(-skew - time.Microsecond), ErrForged},
		"a life beyond the longest":   {sign(t, k, claims(noon, noon.Add(Life+time.Microsecond))), noon, ErrForged},
		"an end before its beginning": {sign(t, k, claims(noon, noon.Add(-time.Hour))), noon, ErrExpired},
		"a life that overflows":       {sign(t, k, claims(time.UnixMicro(-1<<62), time.UnixMicro(1<<62))), noon, ErrForged},
		"another server's":            {sign(t, inMemory(t, 2), claims(noon, noon.Add(Life))), noon, ErrForged},
		"a key that is not there":     {resigned(t, good, func(c *Claims) { c.SignedBy = 2 }), noon, ErrForeign},
		"no key":                      {resigned(t, good, func(c *Claims) { c.SignedBy = 0 }), noon, ErrForeign},
		"another subject":             {resigned(t, good, func(c *Claims) { c.SubjectID = "aje00000000000000003" }), noon, ErrForged},
		"nothing":                     {"", noon, ErrShape},
		"two parts":                   {good[:strings.LastIndexByte(good, '.')], noon, ErrShape},
		"four parts":                  {good + ".x", noon, ErrShape},
		"a JWT":                       {strings.Replace(good, "t1.", "eyJhbGciOiJub25lIn0.", 1), noon, ErrShape},
		"a newline after it":          {good + "\n", noon, ErrShape},
		"padding":                     {good + "==", noon, ErrShape},
		"no JSON in it":               {"t1." + base64.RawURLEncoding.EncodeToString([]byte("hello")) + good[strings.LastIndexByte(good, '.'):], noon, ErrShape},
		"far too long":                {"t1." + strings.Repeat("A", 1<<20) + good[strings.LastIndexByte(good, '.'):], noon, ErrShape},
	} {
		if got, err := k.Read(tc.token, tc.at); !errors.Is(err, tc.want) {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, tc.want)
		}
	}
}

// resigned changes what a token says and keeps its signature.
func resigned(t *testing.T, token string, change func(*Claims)) string {
	t.Helper()
	parts := strings.Split(token, ".")
	said, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c Claims
	if err = errors.Join(err, json.Unmarshal(said, &c)); err != nil {
		t.Fatal(err)
	}
	change(&c)
	said, err = json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return "t1." + base64.RawURLEncoding.EncodeToString(said) + "." + parts[2]
}

// TestNoOtherTextIsTheSameToken: whatever one character is changed to, it is another token, and none. Else a token that was
// revoked would have twins.
func TestNoOtherTextIsTheSameToken(t *testing.T) {
	k := inMemory(t, 1)
	token := sign(t, k, claims(noon, noon.Add(Life)))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	tried := 0
	for i := len("t1."); i < len(token); i++ {
		for _, c := range []byte(alphabet) {
			if token[i] == c {
				continue
			}
			tried++
			if _, err := k.Read(token[:i]+string(c)+token[i+1:], noon); err == nil {
				t.Fatalf("character %d may be %q as well as %q", i, c, token[i])
			}
		}
	}
	if tried < 10_000 {
		t.Fatalf("%d were tried", tried)
	}
}

func TestNoErrorQuotesAToken(t *testing.T) {
	k := inMemory(t, 1)
	token := sign(t, inMemory(t, 2), claims(noon, noon.Add(Life)))
	for _, text := range []string{token, token + "x", token[:40], "t1." + token} {
		if _, err := k.Read(text, noon); err == nil || strings.Contains(err.Error(), token[3:20]) {
			t.Errorf("%v", err)
		}
	}
}

func TestAReplacedKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token-keys.json")
	here, there := opened(t, path), opened(t, path)
	until := noon.Add(time.Hour)
	first := sign(t, here, claims(noon, until))
	if v, err := Replace(path, rand.Reader, false); err != nil || v != 2 {
		t.Fatalf("version %d (%v)", v, err)
	}
	second := sign(t, there, claims(noon, until))
	for name, k := range map[string]*Keys{"here": here, "there": there} {
		for which, token := range map[string]string{"first": first, "second": second} {
			if _, err := k.Read(token, noon); err != nil {
				t.Errorf("%s, the %s: %v", name, which, err)
			}
		}
	}
	if c, err := here.Read(second, noon); err != nil || c.SignedBy != 2 {
		t.Errorf("signed by %d (%v) after the key was replaced, want 2", c.SignedBy, err)
	}
	if _, err := Replace(path, rand.Reader, false); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Read(first, noon); !errors.Is(err, ErrForeign) {
		t.Errorf("a token of the last key but one: %v", err)
	}
	if _, err := there.Read(second, noon); err != nil {
		t.Errorf("a token of the last key: %v", err)
	}
}

// TestAKeyThatLeakedIsGoodForNothingAtOnce: in every process, though none gets to see a token of the new one.
func TestAKeyThatLeakedIsGoodForNothingAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token-keys.json")
	here, there, thief := opened(t, path), opened(t, path), opened(t, path)
	thief.path = "" // who has a copy of the key
	if _, err := Replace(path, rand.Reader, true); err != nil {
		t.Fatal(err)
	}
	stolen := sign(t, thief, claims(noon, noon.Add(time.Hour)))
	if _, err := here.Read(stolen, noon); !errors.Is(err, ErrForeign) {
		t.Errorf("a token of the leaked key: %v", err)
	}
	if got := there.Derive("pages")[0]; bytes.Equal(got, thief.Derive("pages")[0]) {
		t.Error("what is derived is still derived from the leaked key")
	}
	if n := len(there.Derive("pages")); n != 1 {
		t.Errorf("%d derived keys, want that of the new one alone", n)
	}
	fresh := sign(t, there, claims(noon, noon.Add(time.Hour)))
	if _, err := here.Read(fresh, noon); err != nil {
		t.Errorf("a token of the new key: %v", err)
	}
}

func TestAFileThatCannotBeReadChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token-keys.json")
	k := opened(t, path)
	token := sign(t, k, claims(noon, noon.Add(time.Hour)))
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func() error{
		"gone":        func() error { return os.Remove(path) },
		"half":        func() error { return os.WriteFile(path, kept[:len(kept)/2], 0o600) },
		"a short key": func() error { return os.WriteFile(path, []byte(`{"current":1,"token_keys":{"1":"AQID"}}`), 0o600) },
		"no current": func() error {
			return os.WriteFile(path, bytes.Replace(kept, []byte(`"current":1`), []byte(`"current":7`), 1), 0o600)
		},
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Read(token, noon); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "gone" {
			continue
		}
		if other, err := Open(path, rand.Reader); err == nil {
			t.Errorf("%s: a start took it for a file of keys: %v", name, other.set.Load().current)
		}
		if err := os.WriteFile(path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTwoProcessesHaveOneFile(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "token-keys.json")
		all := make([]*Keys, 8)
		var started sync.WaitGroup
		for i := range all {
			started.Go(func() { all[i], _ = Open(path, rand.Reader) })
		}
		started.Wait()
		for _, k := range all {
			if k == nil {
				t.Fatal("a process did not get its keys")
			}
			if _, err := all[0].Read(sign(t, k, claims(noon, noon.Add(time.Hour))), noon); err != nil {
				t.Fatalf("a token of another process: %v", err)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v (%v), want 0600", info.Mode(), err)
		}
	}
}

func TestAVersionThatCannotBeFollowedIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token-keys.json")
	text := `{"current":9223372036854775807,"token_keys":{"9223372036854775807":"` + base64.StdEncoding.EncodeToString(make([]byte, 32)) + `"}}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := Replace(path, rand.Reader, false); err == nil {
		t.Fatalf("replaced by version %d", v)
	}
	if after, _ := os.ReadFile(path); string(after) != text {
		t.Errorf("the file is now %s", after)
	}
}

// FuzzRead: whatever comes, nothing that was not signed is read, and nothing panics.
func FuzzRead(f *testing.F) {
	k, err := New(mathrand.NewChaCha8([32]byte{1}))
	if err != nil {
		f.Fatal(err)
	}
	token, err := k.Sign(claims(noon, noon.Add(time.Hour)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("t1.e30." + strings.Repeat("A", 86))
	f.Add("t1..")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := k.Read(text, noon); err == nil && text != token {
			t.Errorf("%q was read", text)
		}
	})
}
