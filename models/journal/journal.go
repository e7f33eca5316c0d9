// Package journal keeps the revocation journal: a file outside the database of what gates applied and must not forget, one
// JSON object a line. A database that went back in time is held against it.
//
// Several processes may write one file: each writes whole lines at its end, under the file's lock. A line that a crash cut
// short is taken out by whoever writes next.
package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"keydesk/models"
)

const (
	mode      = 0o600
	lockWait  = time.Second // another process writes for milliseconds
	lockRetry = 5 * time.Millisecond
)

// Journal is a file that facts are appended to. It is safe for concurrent use.
type Journal struct {
	path string

	mu     sync.Mutex
	file   *os.File // nil: it could not be opened so far
	failed error    // of the last Append
	broken error    // since it was opened it was not whole all along
	end    int64    // of the file as it was seen last: it only grows
}

// Open opens or makes the file, and sums up what is in it. Where it cannot be read whole, what can be read is summed up
// beside the error. A file that cannot be opened for writing is an error of the first Append.
func Open(path string) (*Journal, models.Journaled, error) {
	j := &Journal{path: path}
	sum, err := Read(path)
	j.broken = err
	if info, err := os.Stat(path); err == nil {
		j.end = info.Size()
	}
	return j, sum, err
}

// Path is where the file is.
func (j *Journal) Path() string { return j.path }

// Read sums a journal up. A file that is not there is an empty journal. The error names the first line that cannot be read;
// a last line without its end was cut short by a crash, and is none.
func Read(path string) (models.Journaled, error) {
	var sum models.Journaled
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		return sum, nil
	}
	if err != nil {
		return sum, fmt.Errorf("reading the revocation journal: %w", err)
	}
	for n := 1; len(text) > 0; n++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		fact, bad := parse(line)
		if bad == nil {
			sum.Add(fact)
		} else if whole && err == nil {
			err = fmt.Errorf("the revocation journal %s cannot be read at line %d (%w): bring an undamaged copy back, or delete that line by hand", path, n, bad)
		}
		text = rest
	}
	return sum, err
}

func parse(line []byte) (f models.Fact, err error) {
	if err := json.Unmarshal(line, &f); err != nil {
		return f, err
	}
	if f.Kind == "" || f.ID == "" {
		return f, errors.New("it names no fact, or nothing that it is about")
	}
	return f, nil
}

// Append writes the facts behind what is there, in one piece, and returns when they are on the disk. After an error nothing
// of them counts as written: they are to be appended again. After models.ErrJournalAnew all that is known is.
func (j *Journal) Append(facts []models.Fact) error {
	var lines bytes.Buffer
	e := json.NewEncoder(&lines) // which ends each with a new line
	for _, f := range facts {
		if err := e.Encode(f); err != nil {
			return fmt.Errorf("writing the revocation journal: %w", err)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed = j.append(lines.Bytes())
	return j.failed
}

// Intact reports as an error that the journal is failing, or was not whole since it was opened: then it may lack something.
func (j *Journal) Intact() error {
	for since := 0; !j.mu.TryLock(); since++ { // a disk that does not answer holds whoever writes, but not who asks
		if time.Duration(since)*lockRetry > lockWait {
			return errors.New("the revocation journal is being written, and its disk does not answer")
		}
		time.Sleep(lockRetry)
	}
	defer j.mu.Unlock()
	return errors.Join(j.broken, j.failed)
}

func (j *Journal) append(lines []byte) error {
	if err := j.reopen(); errors.Is(err, models.ErrJournalAnew) {
		return err
	} else if err != nil {
		return fmt.Errorf("the revocation journal %s cannot be opened: %w", j.path, err)
	}
	unlock, err := j.lock()
	if err != nil {
		return err
	}
	defer unlock()
	end, err := j.repair()
	if err == nil {
		_, err = j.file.Write(lines)
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err == nil {
		j.end = end + int64(len(lines))
	}
	if err != nil {
		_ = j.file.Truncate(end) // what was written of it; where this fails, whoever writes next repairs it
		return fmt.Errorf("the revocation journal %s cannot be written: %w", j.path, err)
	}
	return nil
}

// reopen makes sure that the path still names the file that is open.
func (j *Journal) reopen() error {
	there, err := os.Stat(j.path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist): // the disk has a moment: nothing says that the file is gone
		return err
	case j.taken(there):
		if j.file != nil {
			_ = j.file.Close()
		}
		j.file, j.end, j.broken = nil, 0, models.ErrJournalAnew
		return models.ErrJournalAnew
	case j.file != nil:
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return err
	}
	j.file, err = os.OpenFile(j.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, mode)
	return err
}

// taken reports whether the file that was written is gone, another, or shorter than it was: something was taken out of it.
// there is what the path names now, nil for nothing.
func (j *Journal) taken(there fs.FileInfo) bool {
	if there == nil {
		return j.file != nil || j.end > 0
	}
	if there.Size() < j.end {
		return true
	}
	if j.file == nil {
		return false
	}
	ours, err := j.file.Stat()
	return err != nil || !os.SameFile(there, ours)
}

// lock keeps other processes from writing at the same time.
func (j *Journal) lock() (func(), error) {
	held := flock.New(j.path, flock.SetPermissions(mode), flock.SetFlag(os.O_RDWR))
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	if _, err := held.TryLockContext(ctx, lockRetry); err != nil {
		return nil, fmt.Errorf("waiting for another process that writes the revocation journal %s: %w", j.path, err)
	}
	return func() { _ = held.Unlock() }, nil
}

// repair takes out a last line that was cut short, and gives where the file ends.
func (j *Journal) repair() (end int64, err error) {
	info, err := j.file.Stat()
	if err != nil || info.Size() == 0 {
		return 0, err
	}
	end = info.Size()
	tail := make([]byte, min(end, longest))
	if _, err := j.file.ReadAt(tail, end-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return end, err
	}
	cut := int64(len(tail) - 1 - bytes.LastIndexByte(tail, '\n'))
	if cut == 0 {
		return end, nil
	}
	if _, err := parse(tail[int64(len(tail))-cut:]); err == nil { // all of it is there but its end
		_, err = j.file.WriteString("\n")
		return end + 1, err
	}
	return end - cut, j.file.Truncate(end - cut)
}

// longest is more than any line has: a fact with all the scopes that a key may have.
const longest = 1 << 20
