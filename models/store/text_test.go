package store_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// What Postgres cannot store is refused as the input that it is, on both databases and wherever it comes in.
func TestTextThatIsNoTextIsRefused(t *testing.T) {
	doors := map[string]func(tx *store.Tx, text string) error{
		"a record's field": func(tx *store.Tx, text string) error {
			a := account(1, "orders-api")
			a.Description = text
			return tx.InsertAccount(a)
		},
		"an embedded, typed field": func(tx *store.Tx, text string) error {
			a := account(1, "orders-api")
			a.Suspended.Reason = models.Reason(text)
			return tx.InsertAccount(a)
		},
		"a condition":   func(tx *store.Tx, text string) error { _, err := tx.Account(everywhere, text); return err },
		"a list of ids": func(tx *store.Tx, text string) error { _, err := tx.RolesOf("a", text); return err },
		"raw SQL":       func(tx *store.Tx, text string) error { return tx.SetSetting("name", text) },
		"a scope": func(tx *store.Tx, text string) error {
			_, err := tx.Account(models.FolderScope{IDs: []string{text}}, "a")
			return err
		},
		"a search": func(tx *store.Tx, text string) error {
			_, err := tx.Accounts(store.AccountQuery{Scope: everywhere, Search: text})
			return err
		},
		"an event's note": func(tx *store.Tx, text string) error { e := record(1); e.Note = text; tx.Record(e); return nil },
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, door := range doors {
			for _, text := range []string{"a\x00b", "a\xffb", "\xed\xa0\x80"} {
				_, err := s.Write(t.Context(), func(tx *store.Tx) error { return door(tx, text) })
				if models.CodeOf(err) != models.Invalid {
					t.Errorf("%s, %q: error = %v, want invalid", name, text, err)
				}
			}
		}
		err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Uses: []models.Use{{KeyID: "k", Requested: "a\x00", Outcome: "x", Count: 1}}})
		wantCode(t, err, models.Invalid)
	})
}

// Text that looks like something else is kept as it is.
func TestHostileTextIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i, text := range []string{
			`'; DROP TABLE service_accounts; --`, `" OR 1=1`, `$1 ? :name @name`, `%s%n`, "line\r\nbreak", "\u202eRTL", `\`, "𝕌𝕟𝕚", "2026-01-02 03:04:05+00:00",
		} {
			a := account(i, "orders-api")
			a.Description, a.DeletedAt = text, noon
			write(t, s, func(tx *store.Tx) error { return tx.InsertAccount(a) })
			got := read(t, s, func(tx *store.Tx) (models.Account, error) { return tx.Account(everywhere, a.ID) })
			if got.Description != text {
				t.Errorf("kept %q as %q", text, got.Description)
			}
		}
	})
}

// Statements that fail or are slow reach the log without their values: those may be digests. A name that is taken is no
// failure, but a refusal which its caller tells.
func TestTheLogHasNoValues(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := storetest.Open(t, url, store.Options{Log: log})
		person := models.Person{ID: "canary-id", Email: "canary-email", EmailKey: "canary-key", PasswordHash: "canary-hash"}
		write(t, s, func(tx *store.Tx) error { return tx.InsertPerson(person) })
		_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertPerson(person) })
		wantCode(t, err, models.Conflict)
		if out.Len() > 0 {
			t.Errorf("a taken name is logged: %s", out.String())
		}
		person.ID = "" // which the table's own rule refuses
		if _, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertPerson(person) }); err == nil {
			t.Fatal("a person without an id is kept")
		}
		if !strings.Contains(out.String(), "INSERT INTO") {
			t.Errorf("the failed statement is not logged: %s", out.String())
		}
		if strings.Contains(out.String(), "canary") {
			t.Errorf("values are logged: %s", out.String())
		}
	})
}
