package keyfile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const kind = "pepper"

// asProcess names a file in which this test program, started again, changes keys, as another process would.
const asProcess = "KEYDESK_TEST_KEYFILE"

const changes = 25

func TestMain(m *testing.M) {
	if path := os.Getenv(asProcess); path != "" {
		for range changes {
			if err := Change(path, kind, addOne); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func addOne(k *Keys) error {
	k.Current++
	k.ByID[k.Current] = []byte(strconv.Itoa(k.Current))
	return nil
}

func made(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := Create(path, kind, []byte("1")); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTwoProcessesLoseNoChange(t *testing.T) {
	path := made(t)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			cmd := exec.Command(os.Args[0]) //nolint:gosec // this program
			cmd.Env = append(os.Environ(), asProcess+"="+path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	k, err := Read(path, kind)
	if err != nil || k.Current != 1+2*changes || len(k.ByID) != 1+2*changes {
		t.Fatalf("current %d of %d versions (%v), want %d", k.Current, len(k.ByID), err, 1+2*changes)
	}
	for v, b := range k.ByID {
		if string(b) != strconv.Itoa(v) {
			t.Errorf("version %d is %q", v, b)
		}
	}
}

// TestAReaderNeverSeesHalfAFile: whoever reads while others change gets one state or the next.
func TestAReaderNeverSeesHalfAFile(t *testing.T) {
	path := made(t)
	done := make(chan error, 1)
	go func() {
		var err error
		for range 100 {
			err = errors.Join(err, Change(path, kind, addOne))
		}
		done <- err
	}()
	for last := 0; ; {
		k, err := Read(path, kind)
		if err != nil || k.Current < last || len(k.ByID) != k.Current {
			t.Fatalf("version %d after %d, %d keys (%v)", k.Current, last, len(k.ByID), err)
		}
		last = k.Current
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := made(t)
	if err := Change(path, kind, addOne); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".lock"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v (%v), want 0600", filepath.Base(name), info.Mode(), err)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestAFileIsNeverOverwritten(t *testing.T) {
	path := made(t)
	before, _ := os.ReadFile(path)
	if err := Create(path, kind, []byte("another")); !errors.Is(err, os.ErrExist) {
		t.Errorf("made once more: %v", err)
	}
	refused := errors.New("no")
	if err := Change(path, kind, func(k *Keys) error { k.Current = 9; return refused }); !errors.Is(err, refused) {
		t.Errorf("a refused change: %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("the file was changed to %s", after)
	}
}

func TestWhatKeydeskDidNotWrite(t *testing.T) {
	const secret = "c2VjcmV0LXBlcHBlci1ieXRlcw"
	whole := `{"current":1,"peppers":{"1":"` + secret + `=="}}`
	for name, text := range map[string]string{
		"nothing":                             "",
		"half of it":                          whole[:len(whole)/2],
		"all but the last byte":               whole[:len(whole)-1],
		"something after it":                  whole + "x",
		"another kind's":                      strings.Replace(whole, "peppers", "token_keys", 1),
		"no current":                          `{"peppers":{"1":"` + secret + `=="}}`,
		"a current that is no number":         strings.Replace(whole, `"current":1`, `"current":"1"`, 1),
		"a version that is none":              strings.Replace(whole, `{"1"`, `{"x`+secret+`"`, 1),
		"a list":                              `[` + whole + `]`,
		"a key that is no base64":             strings.Replace(whole, secret, secret+"!", 1),
		"a number that no machine word holds": strings.Replace(whole, `"current":1`, `"current":99999999999999999999`, 1),
		"keys of another shape":               `{"current":1,"peppers":["` + secret + `=="]}`,
		"zeros":                               strings.Repeat("\x00", 64),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path, kind)
			if err == nil {
				t.Fatal("it was read")
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the refusal quotes a key: %v", err)
			}
			if err := Change(path, kind, addOne); err == nil {
				t.Error("it was changed")
			}
			if after, _ := os.ReadFile(path); string(after) != text {
				t.Errorf("it was overwritten: whoever has the rest of it lost it: %q", after)
			}
		})
	}
}

func TestFilesOfBeforeAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pepper.json")
	// As models/secret wrote it before the room was there.
	old := `{"current":2,"peppers":{"1":"AQIDBAUGBwgBAgMEBQYHCAECAwQFBgcIAQIDBAUGBwg=","2":"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk="}}` + "\n"
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := Read(path, kind)
	if err != nil || k.Current != 2 || len(k.ByID) != 2 || len(k.ByID[1]) != 32 || k.ByID[1][1] != 2 || k.ByID[2][31] != 9 {
		t.Fatalf("%+v (%v)", k, err)
	}
	if err := Change(path, kind, func(*Keys) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if now, _ := os.ReadFile(path); string(now) != old {
		t.Errorf("an older version would read %s", now)
	}
}

func TestWhereNoFileCanBe(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "missing", "keys.json")
	if err := Create(nowhere, kind, []byte("1")); err == nil {
		t.Error("made where no directory is")
	}
	if _, err := Read(nowhere, kind); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("read where none is: %v", err)
	}
	if err := Change(filepath.Join(t.TempDir(), "keys.json"), kind, addOne); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("changed where none is: %v", err)
	}
}
