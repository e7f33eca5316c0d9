package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

var (
	noon       = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	everywhere = models.FolderScope{All: true}
	alice      = models.Actor{Type: models.ActorPerson, ID: "bfb00000000000000000", Name: "alice@example.org", Method: "session"}
)

const defaultFolder = "b1gdefault0000000000"

// id makes an identifier of the prefix and number.
func id(prefix string, n int) string { return fmt.Sprintf("%s%017d", prefix, n) }

func account(n int, name string) models.Account {
	return models.Account{
		ID: id("aje", n), FolderID: defaultFolder, Name: name, Owner: "team@example.org", CreatedAt: noon, CreatedBy: alice.Label(),
		Roles: []string{"orders.user"},
	}
}

// key makes a key of the account with one secret, whose digest is that of the key's id.
func key(n int, of models.Account) models.Key {
	k := models.Key{
		ID: id("ajk", n), AccountID: of.ID, FolderID: of.FolderID, CreatedAt: noon, CreatedBy: alice.Label(), CreatedVia: "console",
		Scopes: []string{"orders.read", "orders.write"},
	}
	k.Secrets = []models.KeySecret{{
		ID: id("sec", n), KeyID: k.ID, Digest: digest(k.ID), Tail: "abcdef", PepperVersion: 1, CreatedAt: noon,
	}}
	return k
}

func digest(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

func write(t *testing.T, s *store.Store, fn func(*store.Tx) error) store.Commit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // many rows, under the race detector, on a loaded machine
	defer cancel()
	done, err := s.Write(ctx, fn)
	if err != nil {
		t.Fatalf("writing: %v", err)
	}
	return done
}

// read returns what fn reads in a snapshot.
func read[T any](t *testing.T, s *store.Store, fn func(*store.Tx) (T, error)) T {
	t.Helper()
	var v T
	err := s.Read(t.Context(), func(tx *store.Tx) (err error) {
		v, err = fn(tx)
		return err
	})
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	return v
}

// made keeps an account with n keys.
func made(t *testing.T, s *store.Store, n int) (models.Account, []models.Key) {
	t.Helper()
	acct := account(1, "orders-api")
	keys := make([]models.Key, n)
	write(t, s, func(tx *store.Tx) error {
		err := tx.InsertAccount(acct)
		for i := range keys {
			keys[i] = key(i+1, acct)
			err = errors.Join(err, tx.InsertKey(keys[i]))
		}
		return err
	})
	return acct, keys
}

func wantCode(t *testing.T, err error, code models.Code) {
	t.Helper()
	if err == nil || models.CodeOf(err) != code {
		t.Errorf("error = %v, want the code %s", err, code)
	}
}
