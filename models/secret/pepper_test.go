package secret

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func TestDigestIsHMACSHA256(t *testing.T) {
	pepper := bytes.Repeat([]byte{7}, 32)
	p, err := NewPeppers(1, map[int][]byte{1: pepper})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 200 {
				sum := sha256.Sum256([]byte{byte(i), byte(j)})
				m := hmac.New(sha256.New, pepper)
				m.Write(sum[:])
				if got, ok := p.Digest(1, sum); !ok || !bytes.Equal(got[:], m.Sum(nil)) {
					t.Error("digest differs")
				}
			}
		})
	}
	wait.Wait()
	if _, ok := p.Digest(2, [32]byte{}); ok {
		t.Error("a digest under a version that is not there")
	}
}

func TestPepperFileLives(t *testing.T) {
	path, r := filepath.Join(t.TempDir(), "pepper.json"), rand.NewChaCha8([32]byte{})
	if err := CreatePepperFile(path, r); err != nil {
		t.Fatal(err)
	}
	if err := CreatePepperFile(path, r); err == nil {
		t.Error("a pepper was overwritten")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	p, err := LoadPeppers(path)
	if err != nil {
		t.Fatal(err)
	}
	old, _ := p.Digest(1, [32]byte{1})
	check, _ := p.Check(1)
	if v, err := AddPepper(path, r); v != 2 || err != nil {
		t.Fatalf("added version %d: %v", v, err)
	}
	if _, err := AddPepper(path, r); err == nil {
		t.Error("three peppers at a time")
	}
	if err := p.Reload(); err != nil || p.Current() != 2 || !slices.Equal(p.Versions(), []int{2, 1}) {
		t.Fatalf("after reload: %v %v", p.Versions(), err)
	}
	again, _ := p.Digest(1, [32]byte{1})
	checkAgain, _ := p.Check(1)
	if again != old || !bytes.Equal(check, checkAgain) {
		t.Error("the old pepper changed")
	}
	if err := DropPepper(path, 2); err == nil {
		t.Error("the current pepper was dropped")
	}
	if err := DropPepper(path, 1); err != nil || p.Reload() != nil || len(p.Versions()) != 1 {
		t.Errorf("after drop: %v %v", p.Versions(), err)
	}
}

func TestBadPepperFilesAreRefusedWithoutQuotingThem(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":        `{"current":1,"peppers":{"1":c2VjcmV0`,
		"no base64":      `{"current":1,"peppers":{"1":"c2VjcmV0!"}}`,
		"short":          `{"current":1,"peppers":{"1":"c2VjcmV0"}}`,
		"empty":          `{}`,
		"old is current": `{"current":1,"peppers":{"1":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","2":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pepper.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadPeppers(path)
			if err == nil || bytes.Contains([]byte(err.Error()), []byte("c2VjcmV0")) {
				t.Errorf("err = %v", err)
			}
		})
	}
}
