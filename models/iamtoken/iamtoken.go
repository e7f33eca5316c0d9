// Package iamtoken makes and reads IAM tokens, the credentials of the management API: t1.<claims>.<signature>. A token is
// kept nowhere. Whoever has the signing keys, which live in a file outside the database, can read one; whether it was given
// back, and what its subject may, the database says.
package iamtoken

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"keydesk/models"
	"keydesk/models/keyfile"
)

// Life is the longest that a token is good for.
const Life = 12 * time.Hour

// skew is how far a token's beginning may lie ahead: clocks of several servers differ.
const skew = time.Minute

// Claims are what a token says.
type Claims struct {
	ID          string           `json:"jti"`
	SubjectType models.ActorType `json:"typ"`
	SubjectID   string           `json:"sub"`
	Key         string           `json:"key,omitempty"` // the authorized key that it was given for
	IssuedAt    int64            `json:"iat"`           // Unix time in microseconds
	ExpiresAt   int64            `json:"exp"`
	SignedBy    int              `json:"kid"`

	By *models.TokenLink `json:"by,omitempty"` // the token by which somebody made it, to act as a service account
}

// Issued is when the token begins to be good.
func (c Claims) Issued() time.Time { return time.UnixMicro(c.IssuedAt).UTC() }

// Expires is when it ends.
func (c Claims) Expires() time.Time { return time.UnixMicro(c.ExpiresAt).UTC() }

// Keys sign tokens: one, or two while one is replaced. Safe for concurrent use.
type Keys struct {
	path string
	set  atomic.Pointer[keySet]
}

type keySet struct {
	current int
	byID    map[int]ed25519.PrivateKey
	file    os.FileInfo // as it was when it was read
}

// kind names the keys in their file.
const kind = "token_key"

// Open reads the file of keys, or makes it with one where there is none.
func Open(path string, rand io.Reader) (*Keys, error) {
	_, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		seed, err := drawSeed(rand)
		if err != nil {
			return nil, err
		}
		if err := keyfile.Create(path, kind, seed); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	k := &Keys{path: path}
	return k, k.Reload()
}

// New holds one key in memory, for tests.
func New(rand io.Reader) (*Keys, error) {
	seed, err := drawSeed(rand)
	if err != nil {
		return nil, err
	}
	k := &Keys{}
	k.set.Store(&keySet{current: 1, byID: map[int]ed25519.PrivateKey{1: ed25519.NewKeyFromSeed(seed)}})
	return k, nil
}

func drawSeed(rand io.Reader) ([]byte, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return nil, fmt.Errorf("drawing a key for tokens: %w", err)
	}
	return seed, nil
}

// Reload reads the file again. Where that fails, the keys in memory stay as they are.
func (k *Keys) Reload() error {
	if k.path == "" {
		return nil
	}
	file, err := os.Stat(k.path) // before it is read: what is written in between is read once more, never missed
	if err != nil {
		return err
	}
	f, err := keyfile.Read(k.path, kind)
	if err != nil {
		return err
	}
	set := &keySet{f.Current, map[int]ed25519.PrivateKey{}, file}
	for v, seed := range f.ByID {
		if v < 1 || len(seed) != ed25519.SeedSize {
			return fmt.Errorf("the file of token keys %s: version %d has %d bytes, want %d", k.path, v, len(seed), ed25519.SeedSize)
		}
		set.byID[v] = ed25519.NewKeyFromSeed(seed)
	}
	if set.byID[set.current] == nil {
		return fmt.Errorf("the file of token keys %s lacks its current version %d", k.path, set.current)
	}
	k.set.Store(set)
	return nil
}

// Replace puts a new key in the file, for all tokens from now on, and takes all but the last one out: tokens of that one
// stay good until they end. At once, tokens of no earlier key are good any more, for when a key leaked.
func Replace(path string, rand io.Reader, atOnce bool) (version int, err error) {
	err = keyfile.Change(path, kind, func(k *keyfile.Keys) error {
		seed, err := drawSeed(rand)
		if err != nil {
			return err
		}
		last := k.Current
		if last < 1 || last == math.MaxInt {
			return fmt.Errorf("its current version is %d, which is none that Keydesk wrote", last)
		}
		k.Current++
		for v := range k.ByID {
			if v != last || atOnce {
				delete(k.ByID, v)
			}
		}
		k.ByID[k.Current] = seed
		version = k.Current
		return nil
	})
	return version, err
}

// prefix begins every token, as the clients expect it: a word without it is taken for another kind of credential.
const prefix = "t1."

// shape of a token; the signature's 64 bytes are 86 characters.
var shape = regexp.MustCompile(`^t1\.[A-Za-z0-9_-]{1,1000}\.[A-Za-z0-9_-]{86}$`)

// Within reports whether a text has a token in it.
func Within(text string) bool { return within.MatchString(text) }

var within = regexp.MustCompile(`t1\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{86}`)

// Sign writes a token, under the current key.
func (k *Keys) Sign(c Claims) (string, error) {
	set := k.now()
	c.SignedBy = set.current
	b, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	said := prefix + base64.RawURLEncoding.EncodeToString(b)
	return said + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(set.byID[set.current], []byte(said))), nil
}

// Reasons for which a token is none, or is none any more.
var (
	ErrShape   = errors.New("this is no IAM token: those begin with t1. and have three parts")
	ErrForeign = errors.New("this IAM token was signed with a key that this server does not have")
	ErrForged  = errors.New("this IAM token's signature is wrong")
	ErrExpired = errors.New("this IAM token has expired")
)

// Read checks a token's signature and its time.
func (k *Keys) Read(token string, now time.Time) (Claims, error) {
	var c Claims
	if !shape.MatchString(token) {
		return c, ErrShape
	}
	dot := strings.LastIndexByte(token, '.')
	said, err := base64.RawURLEncoding.DecodeString(token[len(prefix):dot])
	signature, sigErr := base64.RawURLEncoding.Strict().DecodeString(token[dot+1:])
	if err != nil || sigErr != nil || json.Unmarshal(said, &c) != nil {
		return Claims{}, ErrShape
	}
	key := k.now().byID[c.SignedBy]
	switch {
	case key == nil:
		return Claims{}, ErrForeign
	case !ed25519.Verify(key.Public().(ed25519.PublicKey), []byte(token[:dot]), signature):
		return Claims{}, ErrForged
	case now.Before(c.Issued().Add(-skew)) || c.Expires().Sub(c.Issued()) > Life:
		return Claims{}, ErrForged
	case !now.Before(c.Expires()):
		return c, ErrExpired
	}
	return c, nil
}

// now are the keys that the file has now. Another process may have replaced one, and a key that leaked is to be good for
// nothing from then on: so each use looks whether the file is still the one that was read. A file that cannot be read
// changes nothing.
func (k *Keys) now() *keySet {
	set := k.set.Load()
	if k.path == "" {
		return set
	}
	file, err := os.Stat(k.path)
	if err != nil || same(file, set.file) || k.Reload() != nil {
		return set
	}
	return k.set.Load()
}

// same reports whether a file was not replaced, nor written to.
func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// Derive makes a key for another purpose from each signing key, the current one's first: what was made under one of them is
// recognised for as long as its tokens are.
func (k *Keys) Derive(purpose string) [][]byte {
	set := k.now()
	derived := [][]byte{derive(set.byID[set.current], purpose)}
	for v, key := range set.byID {
		if v != set.current {
			derived = append(derived, derive(key, purpose))
		}
	}
	return derived
}

func derive(key ed25519.PrivateKey, purpose string) []byte {
	m := hmac.New(sha256.New, key.Seed())
	m.Write([]byte("keydesk " + purpose))
	return m.Sum(nil)
}
