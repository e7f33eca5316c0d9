package iamv1

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// BenchmarkListKeys is a page of 1,000 keys of one account, asked for over gRPC, among as many keys as KEYDESK_BENCH_KEYS
// says: the promise is 30 ms among 1,000,000 of 10,000 accounts, on Postgres. The account's keys lie all over the tables, as
// those do that were made one by one among all others.
func BenchmarkListKeys(b *testing.B) {
	keys, err := strconv.Atoi(cmp.Or(os.Getenv("KEYDESK_BENCH_KEYS"), "20000"))
	if err != nil {
		b.Fatal(err)
	}
	for _, dialect := range []string{store.SQLite, store.Postgres} {
		b.Run(dialect, func(b *testing.B) {
			const account = "aje00000000000000007"
			url := storetest.Filled(b, dialect, keys)
			storetest.Exec(b, url, `UPDATE api_keys SET account_id = '`+account+`' WHERE CAST(substr(id, 4) AS bigint) % `+strconv.Itoa(max(keys/1200, 1))+` = 0`)
			if dialect == store.Postgres {
				storetest.Exec(b, url, "VACUUM ANALYZE api_keys")
			}
			s := serve(b, storetest.Open(b, url, store.Options{}))
			viewer := caller{s, overGRPC, asked{token: s.accountToken(s.account("viewer", defaultFolder, models.RoleViewer))}}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				page := viewer.listKeys(&iam.ListApiKeysRequest{ServiceAccountId: account, PageSize: 1000})
				took = append(took, time.Since(began))
				if len(page.GetApiKeys()) != 1000 || page.GetNextPageToken() == "" || len(page.GetApiKeys()[999].GetScopes()) == 0 {
					b.Fatalf("a page has %d keys", len(page.GetApiKeys()))
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}
