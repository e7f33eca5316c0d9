package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"keydesk/models/keyfile"
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

// pepperKind names the keys in their file: see keyfile.
const pepperKind = "pepper"

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
	f, err := keyfile.Read(p.path, pepperKind)
	if err != nil {
		return err
	}
	set, err := newPepperSet(f.Current, f.ByID)
	if err != nil {
		return fmt.Errorf("pepper file %s: %w", p.path, err)
	}
	p.set.Store(set)
	return nil
}

// CreatePepperFile writes a new file with one pepper, version 1, readable by its owner alone. It never overwrites: where
// another process was faster, the error is os.ErrExist.
func CreatePepperFile(path string, rand io.Reader) error {
	pepper, err := drawPepper(rand)
	if err != nil {
		return err
	}
	return keyfile.Create(path, pepperKind, pepper)
}

// AddPepper puts a new current version beside the old one in the file. There are never more than two.
func AddPepper(path string, rand io.Reader) (version int, err error) {
	err = keyfile.Change(path, pepperKind, func(k *keyfile.Keys) error {
		if len(k.ByID) > 1 {
			return errors.New("a pepper is being replaced already: two are the most at a time")
		}
		pepper, err := drawPepper(rand)
		if err != nil {
			return err
		}
		k.Current++
		k.ByID[k.Current] = pepper
		version = k.Current
		return nil
	})
	return version, err
}

// DropPepper takes an old version out of the file, when no digest needs it any more.
func DropPepper(path string, version int) error {
	return keyfile.Change(path, pepperKind, func(k *keyfile.Keys) error {
		if version == k.Current {
			return errors.New("the current pepper cannot be dropped")
		}
		delete(k.ByID, version)
		return nil
	})
}

func drawPepper(rand io.Reader) ([]byte, error) {
	b := make([]byte, pepperLen)
	if _, err := io.ReadFull(rand, b); err != nil {
		return nil, fmt.Errorf("drawing a pepper: %w", err)
	}
	return b, nil
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
