package verify

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"keydesk/models"
	"keydesk/models/scopes"
)

// TestSecretsWhoseDigestsBeginAlikeAreToldApart: no two real digests will, so these are made up. What the memory finds is
// compared with a plain map while keys come, change and lose their secrets.
func TestSecretsWhoseDigestsBeginAlikeAreToldApart(t *testing.T) {
	c, err := scopes.Build(models.OwnCatalogue{BuiltIn: true})
	if err != nil {
		t.Fatal(err)
	}
	const keys, heads, each = 12, 3, 2
	m, r, has := newMemory(c, newSymbols()), rand.New(rand.NewPCG(1, 1)), map[int]int{}
	for range 2000 {
		key := r.IntN(keys)
		k := models.GateKey{ID: fmt.Sprintf("key%d", key), AccountID: "account"}
		for slot := range each {
			digest := each*key + slot
			if delete(has, digest); r.IntN(3) > 0 {
				has[digest] = key
				k.Secrets = append(k.Secrets, models.GateSecret{ID: fmt.Sprintf("secret%d", digest), Digest: alike(digest, heads)})
			}
		}
		if err := m.putKey(k); err != nil {
			t.Fatal(err)
		}
		for digest := range each * keys {
			at := m.secretOf(alike(digest, heads))
			if want, ok := has[digest]; (at != 0) != ok || ok && m.keys.at(m.secrets.at(at).key).id.String() != fmt.Sprintf("key%d", want) {
				t.Fatalf("digest %d is row %d, want it of key %d: %v", digest, at, want, ok)
			}
		}
		if m.secrets.len() != len(has) || len(m.byHead) > heads {
			t.Fatalf("%d secrets under %d heads, want %d under at most %d", m.secrets.len(), len(m.byHead), len(has), heads)
		}
	}
}

// alike makes digests that differ, of which many begin with the same eight bytes.
func alike(n, heads int) (digest [32]byte) {
	digest[0], digest[31] = byte(n%heads), byte(n)
	return digest
}
