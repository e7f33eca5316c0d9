// Package keyfile keeps keys that must not be in the database or its backups: versions of one kind in a file of its own,
// which its owner alone may read, and which is replaced in one step.
package keyfile

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Keys are the versions that a file has, from 1 on. Current is the one for what is made from now on.
type Keys struct {
	Current int
	ByID    map[int][]byte
}

// kept is the form on disk, beside a member that is named after what the keys are, "peppers" say:
// {"current":2,"peppers":{"1":"base64","2":"base64"}}.
type kept map[string]json.RawMessage

// Read reads a file that Create or Change wrote. What is the kind of its keys in the singular.
func Read(path, what string) (Keys, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return Keys{}, fmt.Errorf("reading the %s: %w", what, err)
	}
	var file kept
	k := Keys{ByID: map[int][]byte{}}
	texts := map[int]string{}
	if json.Unmarshal(b, &file) != nil || json.Unmarshal(file["current"], &k.Current) != nil || json.Unmarshal(file[what+"s"], &texts) != nil {
		return Keys{}, fmt.Errorf("%s file %s is not what Keydesk wrote", what, path) // the cause may quote a key
	}
	for v, text := range texts {
		if k.ByID[v], err = base64.StdEncoding.DecodeString(text); err != nil {
			return Keys{}, fmt.Errorf("%s file %s: version %d is no base64", what, path, v)
		}
	}
	return k, nil
}

// Create writes a new file with one key, version 1. It never overwrites: where another process was faster, the error is
// os.ErrExist.
func Create(path, what string, key []byte) error {
	err := write(path, what, Keys{1, map[int][]byte{1: key}}, os.Link) // which, unlike a rename, never overwrites
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s file %s: %w", what, path, os.ErrExist)
	}
	return err
}

// Change reads a file, lets fn change its keys, and writes it, while no other process does.
func Change(path, what string, fn func(*Keys) error) error {
	// The lock is a file beside it, as the file itself is replaced.
	lock := flock.New(path+".lock", flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("locking the %s file: %w", what, err)
	}
	defer func() { _ = lock.Unlock() }() // the system lets it go with the process at the latest
	k, err := Read(path, what)
	if err != nil {
		return err
	}
	if err := fn(&k); err != nil {
		return err
	}
	return write(path, what, k, os.Rename)
}

// write puts the file in its place in one step, synced: half a file would be the loss of every key.
func write(path, what string, k Keys, place func(from, to string) error) error {
	texts := make(map[int]string, len(k.ByID))
	for v, b := range k.ByID {
		texts[v] = base64.StdEncoding.EncodeToString(b)
	}
	b, err := json.Marshal(map[string]any{"current": k.Current, what + "s": texts})
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // 0600
	if err != nil {
		return fmt.Errorf("writing the %s: %w", what, err)
	}
	_, err = tmp.Write(append(b, '\n'))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = place(tmp.Name(), path)
	}
	_ = os.Remove(tmp.Name()) //nolint:gosec // its own; gone already where it was renamed
	if err != nil {
		return fmt.Errorf("writing the %s: %w", what, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
