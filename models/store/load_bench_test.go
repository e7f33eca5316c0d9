package store_test

import (
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// Keys of the benchmark: 100 accounts, each key with two scopes and one secret.
const (
	fillAccountsPostgres = `INSERT INTO service_accounts SELECT 'aje' || lpad(i::text, 17, '0'), 'b1gdefault0000000000', 'name-' || i, '', '', '{}',
			now(), '', '0001-01-01 00:00:00+00:00', '0001-01-01 00:00:00+00:00', '0001-01-01 00:00:00+00:00', '', '', '', '',
			'0001-01-01 00:00:00+00:00', '', 1 FROM generate_series(0, 99) i`
	fillKeysPostgres = `INSERT INTO api_keys SELECT 'ajk' || lpad(i::text, 17, '0'), 'aje' || lpad((i % 100)::text, 17, '0'), 'b1gdefault0000000000',
			'', false, now(), '', '', z, z, z, '', '', '', '', z, z, '', '', '', '', '', 1
		FROM generate_series(1, 100000) i, (SELECT '0001-01-01 00:00:00+00:00'::timestamptz AS z) z`
	fillScopesPostgres  = `INSERT INTO api_key_scopes SELECT id, p, 'yc.service.scope' || p, 'allow' FROM api_keys, generate_series(0, 1) p`
	fillSecretsPostgres = `INSERT INTO api_key_secrets SELECT 'sec' || substr(id, 4), id, sha256(id::bytea), 'abcdef', 1, now(), z, z
		FROM api_keys, (SELECT '0001-01-01 00:00:00+00:00'::timestamptz AS z) z`
	fillLastPostgres = `INSERT INTO key_last_used SELECT id, account_id, folder_id, z, '', '', '', z, '', '', '', ''
		FROM api_keys, (SELECT '0001-01-01 00:00:00+00:00'::timestamptz AS z) z`
)

// BenchmarkLoad measures a gate's first load on Postgres, by key.
func BenchmarkLoad(b *testing.B) {
	url := storetest.Postgres(b)
	for _, fill := range []string{fillAccountsPostgres, fillKeysPostgres, fillScopesPostgres, fillSecretsPostgres, fillLastPostgres, "ANALYZE"} {
		storetest.Exec(b, url, fill)
	}
	s := storetest.Open(b, url, store.Options{})
	b.ReportAllocs()
	keys := 0
	for b.Loop() {
		_, _, err := s.Load(b.Context(), models.Loaded{
			Catalogue: func(models.OwnCatalogue) error { return nil },
			Account:   func(models.GateAccount) error { return nil },
			Key:       func(models.GateKey) error { keys++; return nil },
			Gateway:   func(models.Gateway) error { return nil },
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(keys), "ns/key")
}
