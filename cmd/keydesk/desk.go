package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/iamtoken"
	"keydesk/models/manage"
	"keydesk/models/signin"
	"keydesk/models/store"
)

// host is an opened database with all that decides over it.
type host struct {
	Store  *store.Store
	Desk   *manage.Desk
	People *signin.Service
	Log    *slog.Logger
	set    *Settings
	jobs   jobTally

	journal *kept // of a server
}

// how says what opening a database is for.
type how int

const (
	toLook   how = iota // a command that needs what is there already
	toMake              // a command that may be an installation's first
	toServe             // the server: no other process may serve the same file
	toAnswer            // a gate alone: it makes nothing that is not there
)

// openHost opens the database for a command beside a running server, or for the server itself.
func openHost(ctx context.Context, set *Settings, std stdio, why how) (*host, error) {
	log := set.logger(std)
	if err := set.exists(); err != nil && why == toLook {
		return nil, err
	}
	if err := os.MkdirAll(set.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("the data directory: %w", err)
	}
	st, err := store.Open(ctx, set.databaseURL(), store.Options{Log: log, Serve: why == toServe, Rand: rand.Reader})
	if err != nil {
		return nil, err
	}
	h := &host{Store: st, Log: log, set: set}
	if err := h.open(ctx, why); err != nil {
		_ = st.Close()
		return nil, err
	}
	return h, nil
}

// countsFor is how far behind the counts of tabs may be that uses and time alone move.
const countsFor = 5 * time.Second

func (h *host) open(ctx context.Context, why how) error {
	if err := h.migrate(ctx, why); err != nil {
		return err
	}
	peppers, err := manage.OpenPeppers(ctx, h.Store, h.set.pepperPath(), rand.Reader)
	if err != nil {
		return err
	}
	h.Desk = &manage.Desk{Store: h.Store, Peppers: peppers, Now: time.Now, Rand: rand.Reader, Log: h.Log, CountsFor: countsFor}
	h.People, err = signin.New(h.Store, signin.Options{Now: time.Now, Rand: rand.Reader})
	return err
}

// openTokens opens the keys of IAM tokens, or makes them. Only what makes or reads a token needs them: the others may run where
// the directory of the keys cannot be written.
func (h *host) openTokens() (err error) {
	if h.Desk.Tokens, err = iamtoken.Open(h.set.tokenKeyPath(), rand.Reader); err != nil {
		return fmt.Errorf("the keys of IAM tokens (another place for them: --token-key-file): %w", err)
	}
	return nil
}

// migrate brings SQLite and an empty Postgres up to date by itself. A Postgres that others use waits for the operator.
func (h *host) migrate(ctx context.Context, why how) error {
	pending, err := h.Store.Pending(ctx)
	if err != nil || pending == 0 {
		return err
	}
	empty, err := h.Store.Empty(ctx)
	if err != nil {
		return err
	}
	if empty && why == toAnswer {
		return errors.New("this database is empty: start \"keydesk serve\" on it first, which makes what a gate needs")
	}
	if h.Store.Dialect() != "sqlite" && !empty {
		if err := h.Store.Settle(ctx); err != nil { // another process may have found it empty a moment ago
			return err
		}
		if pending, err = h.Store.Pending(ctx); err != nil || pending == 0 {
			return err
		}
		if first, err := h.Store.Unmigrated(ctx); err != nil || first {
			return errors.Join(err, h.Store.Migrate(ctx)) // that process has only begun: this waits for it
		}
		return fmt.Errorf("the database's schema is %d migrations behind: run \"keydesk migrate\" first", pending)
	}
	return h.Store.Migrate(ctx)
}

// localActor is who runs a command: the operating system's user on this host, with full rights.
func localActor() models.Actor {
	name, hostname := "unknown", "localhost"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		hostname = h
	}
	id := name + "@" + hostname
	return models.Actor{Type: models.ActorLocal, ID: id, Name: id, Method: "local"}
}

// exists refuses a SQLite database that is not there: an answer about a new and empty one would be taken for one about the
// installation that somebody meant.
func (s Settings) exists() error {
	path, is := strings.CutPrefix(s.databaseURL(), "sqlite:")
	if !is {
		return nil
	}
	_, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no Keydesk database %s: name its directory with --data-dir, or make one with \"keydesk serve\"", within(path))
	}
	return err
}

// withHost runs a command on a database that is there.
func withHost(ctx context.Context, set *Settings, std stdio, do func(*host, models.Actor) error) error {
	return onHost(ctx, set, std, toLook, do)
}

// makingHost runs a command that may be an installation's first.
func makingHost(ctx context.Context, set *Settings, std stdio, do func(*host, models.Actor) error) error {
	return onHost(ctx, set, std, toMake, do)
}

func onHost(ctx context.Context, set *Settings, std stdio, why how, do func(*host, models.Actor) error) error {
	h, err := openHost(ctx, set, std, why)
	if err != nil {
		return err
	}
	defer func() { _ = h.Store.Close() }()
	return do(h, localActor())
}

// auditKeyPath is beside the pepper: both are keys that must not be in the database or its backups.
func (s Settings) auditKeyPath() string {
	return filepath.Join(filepath.Dir(s.pepperPath()), auditKeyFile)
}

// within shows a path as people type it: relative where that is shorter.
func within(path string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && !strings.HasPrefix(rel, "..") {
			return rel
		}
	}
	return path
}
