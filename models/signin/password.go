package signin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/text/unicode/norm"

	"keydesk/models"
)

// Cost is the work of one argon2id computation.
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// DefaultCost is OWASP's choice for argon2id: 19 MiB, two passes, one lane; some 55 ms on one core.
var DefaultCost = Cost{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1}

const (
	saltBytes = 16
	hashBytes = 32
	// atOnce bounds the memory and the cores that sign-ins may take: whoever comes third waits.
	atOnce = 2
)

// hasher makes and checks argon2id PHC strings, a few at a time.
type hasher struct {
	cost  Cost
	rand  io.Reader
	slots *semaphore.Weighted
	dummy string       // a hash of nobody's password: what an unknown person is checked against
	runs  atomic.Int64 // computations so far: tests count them, where a stopwatch would lie
}

func newHasher(cost Cost, rand io.Reader) (*hasher, error) {
	h := &hasher{cost: cost, rand: rand, slots: semaphore.NewWeighted(atOnce)}
	var err error
	h.dummy, err = h.make(context.Background(), "nobody")
	return h, err
}

// make answers the PHC string of the password under a fresh salt.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("drawing a salt: %w", err)
	}
	sum, err := h.sum(ctx, password, salt, h.cost, hashBytes)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.cost.MemoryKiB, h.cost.Passes, h.cost.Lanes, enc(salt), enc(sum)), nil
}

// verify reports whether the password has this PHC string. With none it computes all the same and says no, so that
// time does not tell who exists or has a password.
func (h *hasher) verify(ctx context.Context, phc, password string) (bool, error) {
	real := phc != ""
	if !real {
		phc = h.dummy
	}
	cost, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	got, err := h.sum(ctx, password, salt, cost, uint32(len(want))) //nolint:gosec // parsePHC bounds it
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && real, nil
}

// sum waits for a slot, as long as ctx allows, and computes. Composed and decomposed letters are the same password.
func (h *hasher) sum(ctx context.Context, password string, salt []byte, cost Cost, size uint32) ([]byte, error) {
	if err := h.slots.Acquire(ctx, 1); err != nil {
		return nil, &models.Error{
			Code: models.Unavailable, Reason: "sign_in_busy", Err: err,
			Text: "Too many people are signing in at this moment. Nothing was changed; try again in a few seconds.",
		}
	}
	defer h.slots.Release(1)
	h.runs.Add(1)
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, cost.Passes, cost.MemoryKiB, cost.Lanes, size), nil
}

var errPHC = errors.New("a stored password hash is not an argon2id PHC string")

// parsePHC reads what make wrote. The bounds keep a damaged row from asking for absurd memory.
func parsePHC(phc string) (cost Cost, salt, sum []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, errPHC
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.MemoryKiB, &cost.Passes, &cost.Lanes); err != nil {
		return cost, nil, nil, fmt.Errorf("%w: %w", errPHC, err)
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.DecodeString(parts[5])
	bad := cost.Passes == 0 || cost.Passes > 100 || cost.Lanes == 0 || cost.MemoryKiB > 1<<20 || len(sum) < 16 || len(sum) > 64
	if bad || saltErr != nil || sumErr != nil {
		return cost, nil, nil, errPHC
	}
	return cost, salt, sum, nil
}
