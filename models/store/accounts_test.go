package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestAccountIsReadAsWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		want := account(1, "orders-api")
		want.Description, want.Labels = "Заказы ✓", map[string]string{"team": "a"}
		want.ExpiresAt = noon.Add(time.Hour + 123456*time.Microsecond)
		want.Suspended = models.Restriction{At: noon, Until: noon.Add(time.Minute), Reason: models.ReasonLeaked, Note: "n", By: "b", As: "responder"}
		want.Roles = []string{"b.user", "a.user"}
		write(t, s, func(tx *store.Tx) error { return tx.InsertAccount(want) })
		got := read(t, s, func(tx *store.Tx) (models.Account, error) { return tx.Account(everywhere, want.ID) })
		want.Version, want.Roles = 1, []string{"a.user", "b.user"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestAccountNamesAreFreeAgainAfterDeletion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		old := account(1, "orders-api")
		write(t, s, func(tx *store.Tx) error { return tx.InsertAccount(old) })
		_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertAccount(account(2, "orders-api")) })
		wantCode(t, err, models.Conflict)
		if models.ReasonOf(err) != "account_name_taken" {
			t.Errorf("reason = %q", models.ReasonOf(err))
		}
		old.Version, old.DeletedAt = 1, noon
		write(t, s, func(tx *store.Tx) error { return tx.UpdateAccount(everywhere, old) })
		write(t, s, func(tx *store.Tx) error { return tx.InsertAccount(account(2, "orders-api")) })
		got := read(t, s, func(tx *store.Tx) (models.Account, error) { return tx.AccountByName(everywhere, "orders-api") })
		if got.ID != id("aje", 2) {
			t.Errorf("by name = %s, want the new one", got.ID)
		}
	})
}

// Zero values are written (a struct update of gorm leaves them out), and an update that meets no row says so.
func TestUpdateAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct := account(1, "orders-api")
		acct.Suspended = models.Restriction{At: noon, Reason: models.ReasonOther}
		write(t, s, func(tx *store.Tx) error { return tx.InsertAccount(acct) })
		acct.Version = 1
		acct.Suspended, acct.Owner = models.Restriction{}, ""
		write(t, s, func(tx *store.Tx) error { return tx.UpdateAccount(everywhere, acct) })
		got := read(t, s, func(tx *store.Tx) (models.Account, error) { return tx.LockAccount(everywhere, acct.ID) })
		if got.Owner != "" || !got.Suspended.At.IsZero() || got.Version != 2 {
			t.Errorf("after the update: %+v", got)
		}
		update := func(scope models.FolderScope, a models.Account) error {
			_, err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateAccount(scope, a) })
			return err
		}
		wantCode(t, update(everywhere, acct), models.Conflict) // version 1 is gone
		acct.Version = 2
		wantCode(t, update(models.FolderScope{IDs: []string{"b1gother000000000000"}}, acct), models.NotFound)
		stranger := account(7, "nobody")
		stranger.Version = 1
		wantCode(t, update(everywhere, stranger), models.NotFound)
		forged := acct
		forged.FolderID = "b1gother000000000000"
		wantCode(t, update(models.FolderScope{IDs: []string{"b1gother000000000000"}}, forged), models.NotFound)
	})
}

// The empty scope, the zero value of a forgotten check, finds nothing: it never turns into "no condition".
func TestNoFolderFindsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 1)
		for name, scope := range map[string]models.FolderScope{
			"none": {}, "an empty folder": {IDs: []string{""}}, "another": {IDs: []string{"b1gother000000000000"}},
		} {
			t.Run(name, func(t *testing.T) {
				err := s.Read(t.Context(), func(tx *store.Tx) error {
					_, byID := tx.Account(scope, acct.ID)
					_, byName := tx.AccountByName(scope, acct.Name)
					_, byKey := tx.Key(scope, keys[0].ID)
					for _, err := range []error{byID, byName, byKey} {
						wantCode(t, err, models.NotFound)
					}
					accounts, err := tx.Accounts(store.AccountQuery{Scope: scope, Limit: 10, Now: noon})
					list, err2 := tx.Keys(store.KeyQuery{Scope: scope, Limit: 10, Now: noon})
					n, err3 := tx.CountAccounts(store.AccountQuery{Scope: scope, Now: noon}, 10)
					if len(accounts.Rows)+len(list.Rows)+n > 0 {
						t.Errorf("found %d accounts, %d keys, counted %d", len(accounts.Rows), len(list.Rows), n)
					}
					return errors.Join(err, err2, err3)
				})
				if err != nil {
					t.Error(err)
				}
				write(t, s, func(tx *store.Tx) error {
					ids, err := tx.StandingKeys(scope, acct.ID, 10)
					if len(ids) > 0 {
						t.Errorf("found %v", ids)
					}
					return err
				})
			})
		}
	})
}

// Names repeat, as with deleted accounts, and pages of every size still show each account once, in both directions.
func TestAccountPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var want []string
		write(t, s, func(tx *store.Tx) error {
			var err error
			for i := range 9 {
				a := account(i, fmt.Sprintf("name-%d", i/3))
				a.DeletedAt = noon
				want = append(want, a.ID)
				err = errors.Join(err, tx.InsertAccount(a))
			}
			return err
		})
		for size := 1; size <= 10; size++ {
			q := store.AccountQuery{Scope: everywhere, State: models.AccountDeleted, Now: noon, Limit: size}
			forwards, last := walkAccounts(t, s, q)
			if d := cmp.Diff(want, forwards); d != "" {
				t.Errorf("pages of %d: %s", size, d)
			}
			q.Before, q.After = true, last
			backwards, _ := walkAccounts(t, s, q)
			slices.Reverse(backwards)
			if d := cmp.Diff(want[:8], backwards); d != "" {
				t.Errorf("pages of %d backwards: %s", size, d)
			}
		}
	})
}

// walkAccounts reads page after page, and returns the ids in the order in which they were met, and the last row's cursor.
func walkAccounts(t *testing.T, s *store.Store, q store.AccountQuery) ([]string, models.Cursor) {
	t.Helper()
	var met []string
	var last models.Cursor
	for {
		page := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) { return tx.Accounts(q) })
		ids := make([]string, len(page.Rows))
		for i, r := range page.Rows {
			ids[i], last = r.ID, r.Cursor()
		}
		if q.Before {
			slices.Reverse(ids)
		}
		met = append(met, ids...)
		if !page.More {
			return met, last
		}
		q.After = page.Next
	}
}

func TestAccountsByStateAndSearch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		later, before := noon.Add(time.Hour), noon.Add(-time.Hour)
		active, suspended, lifted, expired, deleted := account(1, "active"), account(2, "suspended"), account(3, "lifted"), account(4, "expired"), account(5, "deleted")
		active.ExpiresAt, expired.ExpiresAt = later, noon
		suspended.Suspended = models.Restriction{At: before, Until: later}
		suspended.ExpiresAt = before
		lifted.Suspended = models.Restriction{At: before, Until: noon}
		deleted.DeletedAt = before
		all := []models.Account{active, suspended, lifted, expired, deleted}
		write(t, s, func(tx *store.Tx) error {
			var err error
			for _, a := range all {
				err = errors.Join(err, tx.InsertAccount(a))
			}
			return errors.Join(err, tx.InsertKey(key(1, active)))
		})
		for name, tc := range map[string]struct {
			q    store.AccountQuery
			want []string
		}{
			"all":             {store.AccountQuery{}, []string{"active", "expired", "lifted", "suspended"}},
			"active":          {store.AccountQuery{State: models.AccountActive}, []string{"active", "lifted"}},
			"suspended":       {store.AccountQuery{State: models.AccountSuspended}, []string{"suspended"}},
			"expired":         {store.AccountQuery{State: models.AccountExpired}, []string{"expired"}},
			"deleted":         {store.AccountQuery{State: models.AccountDeleted}, []string{"deleted"}},
			"part of a name":  {store.AccountQuery{Search: "PEND"}, []string{"suspended"}},
			"an account's id": {store.AccountQuery{Search: lifted.ID}, []string{"lifted"}},
			"a key's id":      {store.AccountQuery{Search: id("ajk", 1)}, []string{"active"}},
			"a wildcard":      {store.AccountQuery{Search: "%"}, nil},
			"one character":   {store.AccountQuery{Search: "_ctive"}, nil},
			"SQL":             {store.AccountQuery{Search: "' OR 1=1 --"}, nil},
			"a role":          {store.AccountQuery{Role: "other.user"}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				tc.q.Scope, tc.q.Now, tc.q.Limit = everywhere, noon, 10
				page := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) { return tx.Accounts(tc.q) })
				var got []string
				for _, r := range page.Rows {
					got = append(got, r.Name)
					if r.State(noon) != tc.q.State && tc.q.State != "" {
						t.Errorf("%s is %s", r.Name, r.State(noon))
					}
				}
				if d := cmp.Diff(tc.want, got); d != "" {
					t.Error(d)
				}
				n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountAccounts(tc.q, 3) })
				if n != min(3, len(tc.want)) {
					t.Errorf("counted %d, want %d capped at 3", n, len(tc.want))
				}
			})
		}
	})
}

func TestAccountRowsKnowTheirKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 3)
		write(t, s, func(tx *store.Tx) error {
			dead := keys[2]
			dead.Version, dead.ExpiresAt = 1, noon
			return errors.Join(tx.UpdateKey(everywhere, dead), tx.InsertAccount(account(9, "without-keys")))
		})
		used := noon.Add(-time.Minute)
		err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Last: []models.LastUsed{
			{KeyID: keys[0].ID, Allowed: models.Sighting{At: used}}, {KeyID: keys[1].ID, Refused: models.Sighting{At: noon}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		page := read(t, s, func(tx *store.Tx) (models.Page[store.AccountRow], error) {
			return tx.Accounts(store.AccountQuery{Scope: everywhere, Now: noon, Limit: 10})
		})
		with, without := page.Rows[0], page.Rows[1]
		if with.ID != acct.ID || with.LiveKeys != 2 || !with.LastUsed.Equal(used) || !slices.Equal(with.Roles, acct.Roles) {
			t.Errorf("row = %+v", with)
		}
		if without.LiveKeys != 0 || !without.LastUsed.IsZero() {
			t.Errorf("row without keys = %+v", without)
		}
	})
}
