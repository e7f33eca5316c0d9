package signin

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func setupLink(b *bench) string {
	b.Helper()
	token, err := b.SetupLink(b.Context())
	if err != nil || !IsToken(token) {
		b.Fatalf("SetupLink = %q, %v", token, err)
	}
	return token
}

func TestSetup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		token := setupLink(b)
		g, err := b.Setup(t.Context(), b.meta(), token, "olga@example.com", goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		_, _, by, err := b.Session(t.Context(), g.Token)
		if err != nil || !by.MayAnywhere(models.PeopleManage) || by.Name != "olga@example.com" {
			t.Errorf("the first person is %+v, %v", by, err)
		}
		if got, want := b.events(""), []string{"person.create done", "session.create done"}; !slices.Equal(got, want) {
			t.Errorf("events = %q, want %q", got, want)
		}
		if _, err := b.Setup(t.Context(), b.meta(), token, "ivan@example.com", goodPassword); !errors.Is(err, ErrLinkDead) {
			t.Errorf("the link used again: %v", err)
		}
		if later, err := b.SetupLink(t.Context()); later != "" || err != nil {
			t.Errorf("a link once somebody exists: %q, %v", later, err)
		}
		b.signIn("olga@example.com")
	})
}

func TestSetupRefusals(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		token := setupLink(b)
		for field, in := range map[string][2]string{
			"email":    {"olga", goodPassword},
			"password": {"olga@example.com", "passwordpassword"},
		} {
			_, err := b.Setup(t.Context(), b.meta(), token, in[0], in[1])
			if f, ok := models.FieldErrors(err); !ok || len(f) != 1 || f[field] == "" {
				t.Errorf("a bad %s: %v", field, err)
			}
		}
		if _, err := b.Setup(t.Context(), b.meta(), token, "olga@example.com", ""); models.CodeOf(err) != models.Invalid {
			t.Errorf("no password: %v", err)
		}
		if _, err := b.Link(t.Context(), models.LinkSetup, token); err != nil {
			t.Errorf("a refused form used the link up: %v", err)
		}
	})
}

// Without a link that works, nothing is computed and nothing is made.
func TestDeadLinks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		replaced := setupLink(b)
		expired := setupLink(b)
		before := b.hash.runs.Load()
		dead := func(name, kind, token string) {
			t.Helper()
			_, linkErr := b.Link(t.Context(), kind, token)
			_, setupErr := b.Setup(t.Context(), b.meta(), token, "olga@example.com", goodPassword)
			resetErr := b.Reset(t.Context(), b.meta(), token, goodPassword)
			if !errors.Is(linkErr, ErrLinkDead) || !errors.Is(resetErr, ErrLinkDead) || kind == models.LinkSetup && !errors.Is(setupErr, ErrLinkDead) {
				t.Errorf("%s: Link %v, Setup %v, Reset %v", name, linkErr, setupErr, resetErr)
			}
		}
		dead("replaced", models.LinkSetup, replaced)
		dead("empty", models.LinkSetup, "")
		dead("made up", models.LinkSetup, strings.Repeat("A", 43))
		dead("cut", models.LinkSetup, expired[:42])
		dead("not text", models.LinkSetup, "\x00\xff")
		b.clock.pass(linkLife)
		dead("expired", models.LinkSetup, expired)
		if n := b.hash.runs.Load() - before; n != 0 {
			t.Errorf("%d hashes were computed for dead links", n)
		}
	})
}

func TestALinkIsForOnePurpose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		setup := setupLink(b)
		if err := b.Reset(t.Context(), b.meta(), setup, goodPassword); !errors.Is(err, ErrLinkDead) {
			t.Errorf("a set-up link resets a password: %v", err)
		}
		b.add("olga@example.com", models.Reviewer)
		token, err := b.ResetLink(t.Context(), local, "olga@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Setup(t.Context(), b.meta(), token, "ivan@example.com", goodPassword); !errors.Is(err, ErrLinkDead) {
			t.Errorf("a reset link sets up: %v", err)
		}
		if _, err := b.Setup(t.Context(), b.meta(), setup, "ivan@example.com", goodPassword); !errors.Is(err, ErrLinkDead) {
			t.Errorf("a set-up link works although somebody exists: %v", err)
		}
	})
}

// Two browsers with one link, at the same moment: one administrator.
func TestOneBrowserWinsTheSetup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		token := setupLink(b)
		raceSetup(t, b, []string{token, token, token, token, token, token, token, token})
	})
}

// Two processes that start at the same moment may each print a link; still one administrator.
func TestOneProcessWinsTheSetup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		tokens := make([]string, 4)
		_, err := b.store.Write(t.Context(), func(tx *store.Tx) error {
			for i := range tokens {
				token, digest, err := newToken(b.rand)
				if err != nil {
					return err
				}
				tokens[i] = token
				link := models.SignInLink{Digest: digest, Kind: models.LinkSetup, CreatedAt: noon, ExpiresAt: noon.Add(linkLife)}
				if err := tx.InsertLink(link); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		raceSetup(t, b, tokens)
	})
}

func raceSetup(t *testing.T, b *bench, tokens []string) {
	t.Helper()
	var won atomic.Int64
	var all sync.WaitGroup
	for i, token := range tokens {
		email := string(rune('a'+i)) + "@example.com"
		all.Go(func() {
			_, err := b.Setup(t.Context(), Meta{}, token, email, goodPassword)
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ErrLinkDead):
				t.Errorf("a loser of the race is told %v", err)
			}
		})
	}
	all.Wait()
	people, err := b.People(t.Context(), local)
	if err != nil || won.Load() != 1 || len(people) != 1 {
		t.Errorf("%d won and %d people exist (%v), want 1 and 1", won.Load(), len(people), err)
	}
}

func TestReset(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		b := newBench(t, db)
		p := b.add("olga@example.com", models.Reviewer)
		for range failuresAllowed {
			_ = b.wrong("olga@example.com")
		}
		older, err := b.ResetLink(t.Context(), local, "OLGA@example.com")
		if err != nil {
			t.Fatal(err)
		}
		token, err := b.ResetLink(t.Context(), local, "olga@example.com")
		if err != nil {
			t.Fatal(err)
		}
		const other = "glacier pocket violin thimble"
		if err := b.Reset(t.Context(), b.meta(), older, other); !errors.Is(err, ErrLinkDead) {
			t.Errorf("the older link: %v", err)
		}
		if _, ok := models.FieldErrors(b.Reset(t.Context(), b.meta(), token, "olga@example.com")); !ok {
			t.Error("a weak password is taken")
		}
		if err := b.Reset(t.Context(), b.meta(), token, other); err != nil {
			t.Fatal(err)
		}
		if err := b.Reset(t.Context(), b.meta(), token, goodPassword); !errors.Is(err, ErrLinkDead) {
			t.Errorf("the link used again: %v", err)
		}
		if _, err := b.SignIn(t.Context(), b.meta(), "olga@example.com", other); err != nil {
			t.Errorf("the new password, after a lock-out: %v", err)
		}
		if err := b.wrong("olga@example.com"); models.CodeOf(err) != models.Unauthenticated {
			t.Error(err)
		}
		want := []string{"person.create done", "person.lock done", "person.reset_link done", "person.reset_link done", "person.reset_password done"}
		if got := b.events(p.ID); !slices.Equal(got, want) {
			t.Errorf("events = %q, want %q", got, want)
		}
	})
}
