package store_test

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// ownSorts are the lists that an index holds in their order: every tab in its own, and all keys in each.
func ownSorts() []store.KeySearch {
	var all []store.KeySearch
	for _, tab := range models.KeyTabs {
		all = append(all, store.KeySearch{Scope: everywhere, Tab: tab, Now: noon, Limit: 50})
	}
	for _, sort := range everySort[1:] {
		all = append(all, store.KeySearch{Scope: everywhere, Sort: sort, Now: noon, Limit: 50})
	}
	return all
}

func searchName(q store.KeySearch) string {
	name := cmp.Or(string(q.Tab), "all")
	if q.Sort.By != models.TabOrder {
		name += "-by-" + string(q.Sort.By)
	}
	if q.Sort.Down {
		name += "-down"
	}
	return name
}

// No list reads a table from end to end, nor sorts: each is a run of an index.
func TestTabsAreReadByIndex(t *testing.T) {
	for dialect, bad := range map[string][]string{
		store.Postgres: {"Seq Scan", "Sort"},
		store.SQLite:   {"SCAN l\n", "TEMP B-TREE"}, // SCAN … USING INDEX is a walk along it
	} {
		t.Run(dialect, func(t *testing.T) {
			s := storetest.Open(t, storetest.Filled(t, dialect, 20_000), store.Options{})
			for _, q := range ownSorts() {
				plans := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.Plans(q) })
				for _, plan := range plans {
					for _, word := range bad {
						if strings.Contains(plan+"\n", word) {
							t.Errorf("%s:\n%s", searchName(q), plan)
						}
					}
				}
			}
		})
	}
}

// benchKeys is how many keys the benchmark fills each database with: KEYDESK_BENCH_KEYS says another number than what is
// quick. The promise is for 1,000,000 on Postgres and 100,000 on SQLite.
func benchKeys(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("KEYDESK_BENCH_KEYS"), "20000"))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkKeyList measures the page and the capped count of every tab and sort, each as a request reads it, by its median
// and its 99th percentile.
func BenchmarkKeyList(b *testing.B) {
	for _, dialect := range []string{store.SQLite, store.Postgres} {
		b.Run(dialect, func(b *testing.B) {
			s := storetest.Open(b, storetest.Filled(b, dialect, benchKeys(b)), store.Options{})
			for _, q := range append(ownSorts(), otherSorts()...) {
				measure(b, s, searchName(q)+"/page", func(tx *store.Tx) error {
					page, err := tx.SearchKeys(q)
					if err == nil && len(page.Rows) == 0 {
						b.Error("the page is empty")
					}
					return err
				})
				measure(b, s, searchName(q)+"/count", func(tx *store.Tx) error {
					_, err := tx.CountSearch(q, 1001)
					return err
				})
			}
			for name, q := range filteredSearches() {
				measure(b, s, name+"/page", func(tx *store.Tx) error { _, err := tx.SearchKeys(q); return err })
				measure(b, s, name+"/count", func(tx *store.Tx) error { _, err := tx.CountSearch(q, 1001); return err })
			}
			measureStream(b, s)
		})
	}
}

// otherSorts have no index that holds the tab in their order.
func otherSorts() []store.KeySearch {
	var all []store.KeySearch
	for _, tab := range models.KeyTabs[1:] {
		for _, sort := range everySort[1:] {
			if own := (models.KeySort{}).Resolved(tab); own.By != sort.By {
				all = append(all, store.KeySearch{Scope: everywhere, Tab: tab, Sort: sort, Now: noon, Limit: 50})
			}
		}
	}
	return all
}

func filteredSearches() map[string]store.KeySearch {
	all := map[string]store.KeySearch{
		"of-an-account":           {AccountID: id("aje", 7)},
		"of-an-owner":             {Owner: "team-7@example.org"},
		"with-a-scope":            {HasScope: "orders.scope6"},
		"from-a-network":          {Network: "10.7.0.0/24"},
		"unused-since":            {UnusedSince: noon.AddDate(0, 0, -100)},
		"expiring-before":         {ExpiringBefore: noon.AddDate(0, 0, 30)},
		"active":                  {State: models.KeyActive},
		"state-disabled":          {State: models.KeyDisabled},
		"revoked":                 {State: models.KeyRevoked},
		"expired":                 {State: models.KeyExpired},
		"attention-of-an-account": {Tab: models.AttentionKeys, AccountID: id("aje", 7)},
	}
	for name, q := range all {
		q.Scope, q.Now, q.Limit = everywhere, noon, 50
		all[name] = q
	}
	return all
}

func measure(b *testing.B, s *store.Store, name string, do func(*store.Tx) error) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			began := time.Now()
			if err := s.Read(b.Context(), do); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		at := func(part float64) float64 {
			return float64(took[int(part*float64(len(took)-1))].Microseconds()) / 1000
		}
		b.ReportMetric(at(0.5), "p50-ms")
		b.ReportMetric(at(0.99), "p99-ms")
		b.ReportMetric(0, "ns/op")
	})
}

// measureStream reads everything, as an export does.
func measureStream(b *testing.B, s *store.Store) {
	b.Helper()
	b.Run("stream", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			err := s.Stream(b.Context(), func(tx *store.Tx) error {
				return tx.StreamKeys(store.KeySearch{Scope: everywhere, Now: noon}, func(*store.ListedKey) error { rows++; return nil })
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(0, "ns/op")
	})
}
