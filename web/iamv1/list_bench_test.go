package iamv1

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// benchKeys is how many keys there are, of a hundredth as many accounts: KEYDESK_BENCH_KEYS says another number than what is
// quick.
func benchKeys(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("KEYDESK_BENCH_KEYS"), "20000"))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// measure reports the median and the 99th percentile of what ask takes.
func measure(b *testing.B, ask func()) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		ask()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}

// BenchmarkList is a page of 1,000 keys of one account, and of 1,000 accounts, asked for over gRPC. The promise is 30 ms among
// 1,000,000 keys of 10,000 accounts, on Postgres. The account's keys lie all over the tables, as those do that were made one
// by one among all others.
func BenchmarkList(b *testing.B) {
	const account = "aje00000000000000007"
	for _, dialect := range []string{store.SQLite, store.Postgres} {
		b.Run(dialect, func(b *testing.B) {
			keys := benchKeys(b)
			url := storetest.Filled(b, dialect, keys)
			storetest.Exec(b, url, `UPDATE api_keys SET account_id = '`+account+`' WHERE CAST(substr(id, 4) AS bigint) % `+strconv.Itoa(max(keys/1200, 1))+` = 0`)
			if dialect == store.Postgres {
				storetest.Exec(b, url, "VACUUM ANALYZE api_keys")
			}
			s := serve(b, storetest.Open(b, url, store.Options{}))
			viewer := caller{s, overGRPC, asked{token: s.accountToken(s.account("viewer", defaultFolder, models.RoleViewer))}}
			b.Run("keys", func(b *testing.B) {
				viewer := viewer.within(b)
				measure(b, func() {
					page := viewer.listKeys(&iam.ListApiKeysRequest{ServiceAccountId: account, PageSize: 1000}).GetApiKeys()
					if len(page) != 1000 || len(page[999].GetScopes()) == 0 || page[999].GetMaskedSecret() == "" {
						b.Fatalf("a page has %d keys", len(page))
					}
				})
			})
			b.Run("accounts", func(b *testing.B) {
				viewer := viewer.within(b)
				measure(b, func() {
					page := call(viewer, iam.ServiceAccountService_List_FullMethodName,
						&iam.ListServiceAccountsRequest{FolderId: defaultFolder, PageSize: 1000}, &iam.ListServiceAccountsResponse{})
					if n := len(page.GetServiceAccounts()); n != min(1000, keys/100+1) {
						b.Fatalf("a page has %d accounts", n)
					}
				})
			})
		})
	}
}

// BenchmarkCreateKey is how many keys a second are made over gRPC by many at once, each with its event and its revision.
func BenchmarkCreateKey(b *testing.B) {
	for _, dialect := range []string{store.SQLite, store.Postgres} {
		b.Run(dialect, func(b *testing.B) {
			url := storetest.SQLite(b)
			if dialect == store.Postgres {
				url = storetest.Postgres(b)
			}
			s := serve(b, storetest.Open(b, url, store.Options{}))
			admin := s.admin(b, overGRPC)
			var accounts []models.Account
			for i := range 100 {
				accounts = append(accounts, s.account(fmt.Sprint("robot-", i), defaultFolder))
			}
			var made atomic.Int64
			b.ResetTimer() // else a slow beginning is all that is measured
			began := time.Now()
			b.SetParallelism(16)
			b.RunParallel(func(next *testing.PB) {
				for next.Next() {
					n := made.Add(1)
					admin.createKey(&iam.CreateApiKeyRequest{ServiceAccountId: accounts[n%100].ID, Scopes: twoScopes})
				}
			})
			b.ReportMetric(float64(made.Load())/time.Since(began).Seconds(), "keys/s")
		})
	}
}
