package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// A page of an account's keys is found by index, each table of it too, wherever somebody may see the account.
func TestStandingKeysAreReadByIndex(t *testing.T) {
	const account = "aje00000000000000007"
	for dialect, bad := range map[string]string{store.Postgres: "Seq Scan", store.SQLite: "SCAN api_"} {
		t.Run(dialect, func(t *testing.T) {
			s := storetest.Open(t, storetest.Filled(t, dialect, 20_000), store.Options{})
			for name, scope := range map[string]models.FolderScope{
				"everywhere": everywhere, "a folder": {IDs: []string{"b1gdefault0000000000"}}, "the account": {Accounts: []string{account}},
			} {
				for _, after := range []models.Cursor{{}, {At: noon.Add(-24 * time.Hour), ID: "ajk00000000000010000"}} {
					plan := read(t, s, func(tx *store.Tx) (string, error) { return tx.StandingPlan(scope, account, after, 1000) })
					if strings.Contains(plan, bad) || !strings.Contains(plan, "api_keys_standing") {
						t.Errorf("%s:\n%s", name, plan)
					}
				}
			}
		})
	}
}

// The page says of a key what the key itself says, as far as the API tells. A revoked key is not on it.
func TestStandingPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		acct, keys := made(t, s, 5)
		write(t, s, func(tx *store.Tx) error {
			for i, k := range keys {
				k.Version, k.ExpiresAt, k.Description = 1, noon.Add(time.Duration(i)*time.Hour), fmt.Sprint("key ", i)
				if i == 2 {
					k.Revoked.At = noon
				}
				if err := tx.UpdateKey(everywhere, k); err != nil {
					return err
				}
			}
			return tx.SetKeyScopes(keys[0].ID, []string{"orders.write", "orders.read"}, false, "orders.read")
		})
		var got []string
		after := models.Cursor{}
		for more := true; more; {
			page := read(t, s, func(tx *store.Tx) (models.Page[models.KeyWithUse], error) {
				return tx.StandingPage(everywhere, acct.ID, after, 2)
			})
			for _, row := range page.Rows {
				k := read(t, s, func(tx *store.Tx) (models.Key, error) { return tx.Key(everywhere, row.ID) })
				if row.Mask() != k.Mask() || !slices.Equal(row.Scopes, k.Scopes) || !row.CreatedAt.Equal(k.CreatedAt) || !row.ExpiresAt.Equal(k.ExpiresAt) ||
					row.Description != k.Description || row.OneScope != k.OneScope || row.AccountID != k.AccountID || !row.LastUsed.Allowed.At.IsZero() {
					t.Errorf("listed as %+v, is %+v", row, k)
				}
				got = append(got, row.ID)
			}
			after, more = page.Next, page.More
		}
		want := []string{keys[4].ID, keys[3].ID, keys[1].ID, keys[0].ID}
		if !slices.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
	})
}
