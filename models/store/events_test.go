package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

func TestHeads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := models.Head{Number: 3, Hash: digest("3"), SignedAt: noon, KeyID: "aa", Signature: []byte("s")}
		second := models.Head{Number: 9, Hash: digest("9"), SignedAt: noon, KeyID: "aa", Signature: []byte("t")}
		again := first
		again.Hash = digest("something else")
		write(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertHead(second), tx.InsertHead(first), tx.InsertHead(again))
		})
		if last := read(t, s, (*store.Tx).LastHead); !cmp.Equal(last, second) {
			t.Errorf("the last head is %+v", last)
		}
		for _, tc := range []struct {
			from, to int64
			want     []models.Head
		}{{1, 9, []models.Head{first, second}}, {3, 3, []models.Head{first}}, {4, 8, []models.Head{}}} {
			got := read(t, s, func(tx *store.Tx) ([]models.Head, error) { return tx.HeadsFrom(tc.from, tc.to) })
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("%d to %d: %s", tc.from, tc.to, d)
			}
		}
	})
}

func TestSettingsAndCatalogue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if c := read(t, s, (*store.Tx).Catalogue); !c.BuiltIn || len(c.Services) > 0 {
			t.Errorf("the first catalogue = %+v", c)
		}
		own := models.OwnCatalogue{Source: "file", Services: []models.OwnService{{Name: "orders", Scopes: []models.OwnScope{{Name: "orders.read"}}}}}
		for _, value := range []string{"one", "two"} {
			write(t, s, func(tx *store.Tx) error {
				return errors.Join(tx.SetSetting("name", value), tx.PutCatalogue(own), tx.CountRefusal(noon, "no_session", 2))
			})
			own.Version++
		}
		if d := cmp.Diff(own, read(t, s, (*store.Tx).Catalogue)); d != "" {
			t.Error(d)
		}
		if v := read(t, s, func(tx *store.Tx) (string, error) { return tx.Setting("name") }); v != "two" {
			t.Errorf("setting = %q", v)
		}
		if v := read(t, s, func(tx *store.Tx) (string, error) { return tx.Setting("another") }); v != "" {
			t.Errorf("a setting that nobody set = %q", v)
		}
		counts := read(t, s, func(tx *store.Tx) (map[string]int64, error) { return tx.Refusals(noon) })
		if d := cmp.Diff(map[string]int64{"no_session": 4}, counts); d != "" {
			t.Error(d)
		}
	})
}
