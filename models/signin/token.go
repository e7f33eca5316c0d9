package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
)

// tokenBytes are the random bytes of a session id, of a one-time link, and of a session's form key.
const tokenBytes = 32

// newToken draws 256 bits: what leaves, and the digest that is kept.
func newToken(rand io.Reader) (token string, digest []byte, err error) {
	raw := make([]byte, tokenBytes)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return "", nil, fmt.Errorf("drawing a token: %w", err)
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, digestOf(token), nil
}

// digestOf is what is kept of a token. No slow hash: a token has 256 random bits.
func digestOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// IsToken reports whether text has a token's shape, so that anything else is refused without asking the database.
func IsToken(text string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(raw) == tokenBytes
}
