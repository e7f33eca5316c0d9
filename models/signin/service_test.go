package signin

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

const goodPassword = "plover anvil tundra mosaic"

var local = models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}

// clock stands still until it is moved. It is safe for several goroutines.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// bench is a service on a database, with a clock in hand.
type bench struct {
	*Service
	*testing.T
	clock *clock
	calls int
}

func newBench(t *testing.T, db *store.Store) *bench {
	t.Helper()
	c := &clock{at: noon}
	s, err := New(db, Options{Now: c.now, Rand: rand.Reader, Cost: cheap})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{Service: s, T: t, clock: c}
}

// meta is a request from an address of its own, so that the rate of one address is no part of the test.
func (b *bench) meta() Meta {
	b.calls++
	return Meta{RequestID: "req1", Address: fmt.Sprintf("198.51.%d.%d", b.calls/250, b.calls%250), Agent: "test"}
}

func (b *bench) add(email string, access ...string) models.Person {
	b.Helper()
	p, token, err := b.AddPerson(b.Context(), local, email, access, goodPassword)
	if err != nil || token != "" {
		b.Fatalf("AddPerson(%s) = %q, %v", email, token, err)
	}
	return p
}

func (b *bench) signIn(email string) Granted {
	b.Helper()
	g, err := b.SignIn(b.Context(), b.meta(), email, goodPassword)
	if err != nil {
		b.Fatalf("SignIn(%s): %v", email, err)
	}
	return g
}

// signedIn reports whether the token opens a session.
func (b *bench) signedIn(token string) bool {
	b.Helper()
	_, _, _, err := b.Session(b.Context(), token)
	if err != nil && models.CodeOf(err) != models.Unauthenticated {
		b.Fatalf("Session: %v", err)
	}
	return err == nil
}

// wrong tries a wrong password and answers the refusal.
func (b *bench) wrong(email string) error {
	b.Helper()
	_, err := b.SignIn(b.Context(), b.meta(), email, "not the password of anybody")
	if err == nil {
		b.Fatal("a wrong password signs in")
	}
	return err
}

// events answers the audit log's "action result reason" lines about an object, oldest first; "" is every object.
func (b *bench) events(objectID string) []string {
	b.Helper()
	var lines []string
	err := b.store.Read(b.Context(), func(tx *store.Tx) error {
		q := store.EventQuery{Scope: models.FolderScope{All: true}, Limit: 1000}
		if objectID != "" {
			q.ObjectIDs = []string{objectID}
		}
		page, err := tx.Events(q)
		for _, e := range page.Rows {
			line := e.Action + " " + e.Result
			if e.Reason != "" {
				line += " " + e.Reason
			}
			lines = append([]string{line}, lines...)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return lines
}
