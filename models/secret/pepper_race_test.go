package secret

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestPeppersAreMadeOnce: of several processes that make or add a pepper at the same time one does, and what it wrote stays.
func TestPeppersAreMadeOnce(t *testing.T) {
	const at = 8
	for range 50 {
		path := filepath.Join(t.TempDir(), "pepper.json")
		if n := succeed(t, at, os.ErrExist, func() error { return CreatePepperFile(path, rand.Reader) }); n != 1 {
			t.Fatalf("%d of %d made the file", n, at)
		}
		first, err := LoadPeppers(path)
		if err != nil {
			t.Fatal(err)
		}
		check, _ := first.Check(1)
		if n := succeed(t, at, nil, func() error { _, err := AddPepper(path, rand.Reader); return err }); n != 1 {
			t.Fatalf("%d of %d added a pepper", n, at)
		}
		both, err := LoadPeppers(path)
		if err != nil || both.Current() != 2 {
			t.Fatalf("current is %d (%v)", both.Current(), err)
		}
		if again, _ := both.Check(1); string(again) != string(check) {
			t.Fatal("the first pepper was lost")
		}
	}
}

// succeed runs do at once and counts who succeeds; the others fail with want, where that is not nil.
func succeed(t *testing.T, at int, want error, do func() error) (n int) {
	t.Helper()
	results := make([]error, at)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = do() })
	}
	all.Wait()
	for _, err := range results {
		if err == nil {
			n++
		} else if want != nil && !errors.Is(err, want) {
			t.Errorf("another error: %v", err)
		}
	}
	return n
}
