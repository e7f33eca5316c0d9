package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// demoDir is where a demo lives, beside where it is started.
const demoDir = "keydesk-demo"

// demoMark is the file by which a demo knows a directory for its own, and which it holds locked while it runs.
const demoMark = "demo.lock"

// demoFiles are what a demo leaves in its directory. Nothing else is ever deleted there.
var demoFiles = []string{
	databaseFile, databaseFile + "-wal", databaseFile + "-shm", databaseFile + "-journal", pepperFile, tokenKeyFile, auditKeyFile, auditHeadFile,
	journalFile,
}

// takeDemoDir makes a directory the demo's: one that is new or empty, or that a demo had before, whose company is deleted.
// The secrets of that one went with its process, so nobody could ask the gate for it. The lock is the caller's to give back.
func takeDemoDir(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the demo's directory: %w", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("the demo's directory: %w", err)
	}
	mark := filepath.Join(dir, demoMark)
	if _, err := os.Lstat(mark); errors.Is(err, os.ErrNotExist) && len(files) > 0 {
		return nil, usageError{fmt.Sprintf("%s holds what no demo made, such as %s: name a directory that is empty or new with --data-dir",
			within(dir), files[0].Name())}
	}
	held, err := lockDemo(mark, dir)
	if err != nil {
		return nil, err
	}
	if err := emptyDemoDir(dir); err != nil {
		return nil, errors.Join(err, held.Unlock())
	}
	return held, os.WriteFile(mark, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o600)
}

// lockDemo takes a lock file, or says who has it.
func lockDemo(path, dir string) (*flock.Flock, error) {
	lock := flock.New(path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", within(path), err)
	}
	if !held {
		pid, _ := os.ReadFile(path) //nolint:gosec // a file of ours; without it the refusal only says less
		return nil, fmt.Errorf("the process %s serves %s already: its link is on its terminal. Stop it first, or name another directory with --data-dir",
			strings.TrimSpace(string(pid)), within(dir))
	}
	return lock, nil
}

// emptyDemoDir deletes the company of the demo before. A server without --demo may serve it at the moment: then it stays.
func emptyDemoDir(dir string) error {
	served, err := lockDemo(filepath.Join(dir, databaseFile+".lock"), dir)
	if err != nil {
		return err
	}
	var problems []error
	for _, name := range demoFiles {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			problems = append(problems, fmt.Errorf("the demo before cannot be deleted: %w", err))
		}
	}
	return errors.Join(append(problems, served.Unlock())...)
}
