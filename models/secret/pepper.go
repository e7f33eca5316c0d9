package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// pepperLen is the length of a pepper in bytes.
const pepperLen = 32

// Peppers are the keys under which digests are made: one, or two while one is replaced. They live outside the database,
// so that who reads only the database can neither find a known secret in it nor make digests. Safe for concurrent use.
type Peppers struct {
	path string
	set  atomic.Pointer[pepperSet]
}

type pepperSet struct {
	versions []int // newest first
	macs     map[int]*sync.Pool
	raw      map[int][]byte
}

// pepperFile is how peppers are kept: {"current":2,"peppers":{"1":"base64","2":"base64"}}.
type pepperFile struct {
	Current int            `json:"current"`
	Peppers map[int]string `json:"peppers"`
}

// NewPeppers makes a set in memory. Each pepper has 32 bytes; current is one of them.
func NewPeppers(current int, byVersion map[int][]byte) (*Peppers, error) {
	set, err := newPepperSet(current, byVersion)
	if err != nil {
		return nil, err
	}
	p := &Peppers{}
	p.set.Store(set)
	return p, nil
}

func newPepperSet(current int, byVersion map[int][]byte) (*pepperSet, error) {
	s := &pepperSet{macs: map[int]*sync.Pool{}, raw: map[int][]byte{}}
	for v, pepper := range byVersion {
		if v < 1 || len(pepper) != pepperLen {
			return nil, fmt.Errorf("pepper version %d: want a version from 1 on and %d bytes, have %d", v, pepperLen, len(pepper))
		}
		s.versions = append(s.versions, v)
		s.raw[v] = pepper
		s.macs[v] = &sync.Pool{New: func() any { return &mac{h: hmac.New(sha256.New, pepper)} }}
	}
	slices.SortFunc(s.versions, func(a, b int) int { return b - a })
	if len(s.versions) == 0 || s.versions[0] != current {
		return nil, fmt.Errorf("the current pepper has to be the newest: current is %d of %v", current, s.versions)
	}
	return s, nil
}

// LoadPeppers reads a file that CreatePepperFile or AddPepper wrote.
func LoadPeppers(path string) (*Peppers, error) {
	p := &Peppers{path: path}
	return p, p.Reload()
}

// Reload reads the file again: another process may have added a version. A set made in memory stays as it is.
func (p *Peppers) Reload() error {
	if p.path == "" {
		return nil
	}
	f, err := readPepperFile(p.path)
	if err != nil {
		return err
	}
	set, err := newPepperSet(f.current, f.peppers)
	if err != nil {
		return fmt.Errorf("pepper file %s: %w", p.path, err)
	}
	p.set.Store(set)
	return nil
}

type pepperData struct {
	current int
	peppers map[int][]byte
}

func readPepperFile(path string) (pepperData, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return pepperData{}, fmt.Errorf("reading the pepper: %w", err)
	}
	var f pepperFile
	if err := json.Unmarshal(b, &f); err != nil {
		return pepperData{}, fmt.Errorf("pepper file %s is not what Keydesk wrote", path) // the cause may quote a pepper
	}
	d := pepperData{current: f.Current, peppers: map[int][]byte{}}
	for v, text := range f.Peppers {
		if d.peppers[v], err = base64.StdEncoding.DecodeString(text); err != nil {
			return pepperData{}, fmt.Errorf("pepper file %s: version %d is no base64", path, v)
		}
	}
	return d, nil
}

// CreatePepperFile writes a new file with one pepper, version 1, readable by its owner alone. It never overwrites: where
// another process was faster, the error is os.ErrExist.
func CreatePepperFile(path string, rand io.Reader) error {
	pepper, err := drawPepper(rand)
	if err != nil {
		return err
	}
	err = writePepperFile(path, pepperData{1, map[int][]byte{1: pepper}}, os.Link) // which, unlike a rename, never overwrites
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("pepper file %s: %w", path, os.ErrExist)
	}
	return err
}

// AddPepper puts a new current version beside the old one in the file. There are never more than two.
func AddPepper(path string, rand io.Reader) (version int, err error) {
	unlock, err := lockPepperFile(path)
	if err != nil {
		return 0, err
	}
	defer unlock()
	d, err := readPepperFile(path)
	if err != nil {
		return 0, err
	}
	if len(d.peppers) > 1 {
		return 0, errors.New("a pepper is being replaced already: two are the most at a time")
	}
	pepper, err := drawPepper(rand)
	if err != nil {
		return 0, err
	}
	d.current++
	d.peppers[d.current] = pepper
	return d.current, writePepperFile(path, d, os.Rename)
}

// DropPepper takes an old version out of the file, when no digest needs it any more.
func DropPepper(path string, version int) error {
	unlock, err := lockPepperFile(path)
	if err != nil {
		return err
	}
	defer unlock()
	d, err := readPepperFile(path)
	if err != nil {
		return err
	}
	if version == d.current {
		return errors.New("the current pepper cannot be dropped")
	}
	delete(d.peppers, version)
	return writePepperFile(path, d, os.Rename)
}

func drawPepper(rand io.Reader) ([]byte, error) {
	b := make([]byte, pepperLen)
	if _, err := io.ReadFull(rand, b); err != nil {
		return nil, fmt.Errorf("drawing a pepper: %w", err)
	}
	return b, nil
}

// lockPepperFile keeps other processes from changing the file between reading and writing it. The lock is a file beside it,
// as the file itself is replaced.
func lockPepperFile(path string) (unlock func(), err error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("locking the pepper file: %w", err)
	}
	return func() { _ = lock.Unlock() }, nil // the system lets it go with the process at the latest
}

// writePepperFile puts the file in its place in one step, synced: half a pepper file would be the loss of every key.
func writePepperFile(path string, d pepperData, place func(from, to string) error) error {
	f := pepperFile{Current: d.current, Peppers: map[int]string{}}
	for v, b := range d.peppers {
		f.Peppers[v] = base64.StdEncoding.EncodeToString(b)
	}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".pepper-*") // 0600
	if err != nil {
		return fmt.Errorf("writing the pepper: %w", err)
	}
	_, err = tmp.Write(append(b, '\n'))
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = place(tmp.Name(), path)
	}
	_ = os.Remove(tmp.Name()) // gone already where it was renamed
	if err != nil {
		return fmt.Errorf("writing the pepper: %w", err)
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

// Current is the version under which new digests are made.
func (p *Peppers) Current() int { return p.set.Load().versions[0] }

// Versions lists the active versions, newest first. The slice is not to be changed.
func (p *Peppers) Versions() []int { return p.set.Load().versions }

// Digest is HMAC-SHA-256 of a secret's sum under a pepper; false where there is no such version.
func (p *Peppers) Digest(version int, sum [32]byte) (digest [32]byte, ok bool) {
	pool, ok := p.set.Load().macs[version]
	if !ok {
		return digest, false
	}
	m := pool.Get().(*mac)
	m.h.Reset()
	m.in = sum
	m.h.Write(m.in[:])
	m.h.Sum(m.out[:0])
	digest = m.out
	pool.Put(m)
	return digest, true
}

// mac keeps a hash and its buffers together, so that a digest allocates nothing.
type mac struct {
	h       hash.Hash
	in, out [32]byte
}

// checkLabel separates the check value from any digest of a secret.
const checkLabel = "keydesk pepper check v1"

// Check is a value that says whether a pepper is the one a database was made with, and gives nothing of it away.
func (p *Peppers) Check(version int) ([]byte, bool) {
	pepper, ok := p.set.Load().raw[version]
	if !ok {
		return nil, false
	}
	m := hmac.New(sha256.New, pepper)
	m.Write([]byte(checkLabel))
	return m.Sum(nil), true
}
