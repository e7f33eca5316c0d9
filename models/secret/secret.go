// Package secret makes, parses, digests and masks the secrets of API keys and gateway credentials.
//
// A secret is a prefix, 43 random characters of [0-9A-Za-z] (256 bits) and 6 characters that are the CRC-32 of all that
// stands before them. The checksum lets a gate and any scanner refuse a typo without looking anything up; it is also all
// that the mask shows, so a mask gives no random character away.
package secret

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"math/big"
	"regexp"
)

// Prefixes of the two kinds of secrets.
const (
	Prefix        = "keydesk_"
	GatewayPrefix = "keydeskgw_"
)

const (
	alphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomLen = 43
	tailLen   = 6
)

// ErrMalformed says that a text has not the exact shape of a secret, or that its checksum fails: a typo, or something else.
var ErrMalformed = errors.New("not a Keydesk secret: the shape or the checksum is wrong")

// Secret is a secret in clear text. Every way of printing or encoding it gives the mask; only Reveal gives the text.
type Secret struct{ text string }

// New draws the secret of an API key.
func New(rand io.Reader) (Secret, error) { return draw(Prefix, rand) }

// NewGateway draws the credential of a gateway.
func NewGateway(rand io.Reader) (Secret, error) { return draw(GatewayPrefix, rand) }

// draw writes 256 random bits as one number in base 62, which has no modulo bias: 62^43 is more than 2^256.
func draw(prefix string, rand io.Reader) (Secret, error) {
	var raw [32]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return Secret{}, fmt.Errorf("drawing a secret: %w", err)
	}
	body := make([]byte, randomLen)
	n, base, digit := new(big.Int).SetBytes(raw[:]), big.NewInt(62), new(big.Int)
	for i := randomLen - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		body[i] = alphabet[digit.Int64()]
	}
	head := prefix + string(body)
	tail := checksum(head)
	return Secret{head + string(tail[:])}, nil
}

// checksum is the CRC-32 (IEEE) of head in six characters of base 62. It walks the table itself: what crc32.ChecksumIEEE is
// handed escapes to the heap, and every check of every key comes by here.
func checksum(head string) (tail [tailLen]byte) {
	sum := ^uint32(0)
	for i := range len(head) {
		sum = crc32.IEEETable[byte(sum&0xff)^head[i]] ^ sum>>8
	}
	sum = ^sum
	for i := tailLen - 1; i >= 0; i-- {
		tail[i] = alphabet[sum%62]
		sum /= 62
	}
	return tail
}

// Parse takes a text that is exactly the secret of an API key: nothing is trimmed, decoded or guessed.
func Parse(text string) (Secret, error) { return parse(Prefix, text) }

// ParseGateway takes a text that is exactly a gateway's credential.
func ParseGateway(text string) (Secret, error) { return parse(GatewayPrefix, text) }

func parse(prefix, text string) (Secret, error) {
	if !wellFormed(prefix, text) {
		return Secret{}, ErrMalformed
	}
	return Secret{text}, nil
}

// Sum hashes the secret of an API key with SHA-256; false says that it is malformed. It allocates nothing.
func Sum(text string) ([32]byte, bool) { return sum(Prefix, text) }

// SumGateway does for a gateway's credential what Sum does for a key's secret.
func SumGateway(text string) ([32]byte, bool) { return sum(GatewayPrefix, text) }

// maxLen is the length of the longest secret: a hash over a buffer of that size stays on the stack.
const maxLen = len(GatewayPrefix) + randomLen + tailLen

func sum(prefix, text string) ([32]byte, bool) {
	if !wellFormed(prefix, text) {
		return [32]byte{}, false
	}
	var buf [maxLen]byte
	return sha256.Sum256(buf[:copy(buf[:], text)]), true
}

func wellFormed(prefix, text string) bool {
	if len(text) != len(prefix)+randomLen+tailLen || text[:len(prefix)] != prefix {
		return false
	}
	for i := len(prefix); i < len(text); i++ {
		if !alphanumeric(text[i]) {
			return false
		}
	}
	tail := checksum(text[:len(text)-tailLen])
	return string(tail[:]) == text[len(text)-tailLen:]
}

// shape is what a secret looks like, whatever stands around it.
var shape = regexp.MustCompile(`keydesk(gw)?_[0-9A-Za-z]{49}`)

// Within reports whether a text that people typed has the secret of a key or a gateway in it.
func Within(text string) bool { return shape.MatchString(text) }

// FirstSum is SHA-256 of the first secret of a key or a gateway in a text; false says that none in it is well-formed.
func FirstSum(text string) ([32]byte, bool) {
	for _, found := range shape.FindAllString(text, -1) {
		if sum, ok := Sum(found); ok {
			return sum, true
		}
		if sum, ok := SumGateway(found); ok {
			return sum, true
		}
	}
	return [32]byte{}, false
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// Reveal gives the clear text. It is called once in a secret's life: by the answer to the request that made it.
func (s Secret) Reveal() string { return s.text }

// Sum is SHA-256 of the whole text, which is what a pepper is applied to.
func (s Secret) Sum() [32]byte { return sha256.Sum256([]byte(s.text)) }

// Tail is the checksum, the last six characters: what is kept of a secret for people to recognise it by.
func (s Secret) Tail() string {
	if len(s.text) < tailLen {
		return ""
	}
	return s.text[len(s.text)-tailLen:]
}

// Mask is "****" and the tail.
func (s Secret) Mask() string { return "****" + s.Tail() }

// String gives the mask.
func (s Secret) String() string { return s.Mask() }

// GoString gives the mask.
func (s Secret) GoString() string { return s.Mask() }

// Format gives the mask for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Mask()) }

// MarshalText gives the mask, in JSON as elsewhere.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.Mask()), nil }

// LogValue gives the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Mask()) }
