package signin

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"keydesk/models"
)

// cheap is argon2id at its least: tests are about the rules around it.
var cheap = Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}

func TestHashIsAPHCString(t *testing.T) {
	h := newTestHasher(t, DefaultCost)
	phc, err := h.make(t.Context(), "a long walk by the sea")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") || len(strings.Split(phc, "$")) != 6 {
		t.Fatalf("make = %q, %v", phc, err)
	}
	again, _ := h.make(t.Context(), "a long walk by the sea")
	if again == phc {
		t.Error("two hashes of one password are alike: the salt is not fresh")
	}
}

func TestVerify(t *testing.T) {
	h := newTestHasher(t, cheap)
	long := strings.Repeat("0123456789abcdef", 16) // 256 characters
	for name, tc := range map[string]struct {
		set, typed string
		ok         bool
	}{
		"right":               {"a long walk by the sea", "a long walk by the sea", true},
		"other case":          {"a long walk by the sea", "A long walk by the sea", false},
		"a space behind":      {"a long walk by the sea", "a long walk by the sea ", false},
		"decomposed letter":   {"vier gr\u00fcne St\u00fchle", "vier gru\u0308ne Stu\u0308hle", true},
		"nothing truncated":   {long, long[:255] + "x", false},
		"all 256 characters":  {long, long, true},
		"the dummy's own":     {"", "nobody", false},
		"empty against empty": {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			phc := ""
			if tc.set != "" {
				phc, _ = h.make(t.Context(), tc.set)
			}
			if ok, err := h.verify(t.Context(), phc, tc.typed); ok != tc.ok || err != nil {
				t.Errorf("verify = %v, %v; want %v", ok, err, tc.ok)
			}
		})
	}
}

func TestVerifyRefusesADamagedHash(t *testing.T) {
	h := newTestHasher(t, cheap)
	good, _ := h.make(t.Context(), "a long walk by the sea")
	for name, phc := range map[string]string{
		"another algorithm":  strings.Replace(good, "argon2id", "argon2i", 1),
		"absurd memory":      strings.Replace(good, "m=64", "m=99999999", 1),
		"no passes":          strings.Replace(good, "t=1", "t=0", 1),
		"cut":                good[:len(good)-30],
		"a bare text":        "a long walk by the sea",
		"too many passes":    strings.Replace(good, "t=1", "t=5000", 1),
		"salt is no base64":  strings.Replace(good, "p=1$", "p=1$!", 1),
		"parameters missing": strings.Replace(good, ",p=1", "", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if ok, err := h.verify(t.Context(), phc, "a long walk by the sea"); ok || err == nil {
				t.Errorf("verify = %v, %v; want an error", ok, err)
			}
		})
	}
}

func TestHashingIsBounded(t *testing.T) {
	h := newTestHasher(t, cheap)
	for range atOnce {
		if err := h.slots.Acquire(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	var err error
	wait.Go(func() { _, err = h.make(ctx, "a long walk by the sea") })
	cancel()
	wait.Wait()
	if models.CodeOf(err) != models.Unavailable {
		t.Errorf("with all slots taken make = %v, want Unavailable", err)
	}
}

func newTestHasher(t *testing.T, cost Cost) *hasher {
	t.Helper()
	h, err := newHasher(cost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
