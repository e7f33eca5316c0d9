package store_test

import (
	"sync"
	"testing"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// Of two requests under one key at the same time, one makes something, and the other is told what, whichever commits.
func TestOneOfTwoClaimsHolds(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		processes := []*store.Store{storetest.Open(t, url, store.Options{}), storetest.Open(t, url, store.Options{})}
		results := []string{"first", "second"}
		var mu sync.Mutex
		made, told := []string{}, []string{}
		var both sync.WaitGroup
		for i, s := range processes {
			both.Go(func() {
				var held models.Claim
				var claimed bool
				_, err := s.Write(t.Context(), func(tx *store.Tx) (err error) {
					held, claimed, err = tx.ClaimOnce("person:a", "form-1", "hash-"+results[i], results[i])
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case claimed:
					made = append(made, held.ResultID)
				default:
					told = append(told, held.ResultID)
				}
			})
		}
		both.Wait()
		if len(made) != 1 || len(told) != 1 || told[0] != made[0] {
			t.Errorf("made %v, told %v", made, told)
		}
	})
}

func TestAClaimEndsWithItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		claim := func(actor string, fail error) (models.Claim, bool) {
			var held models.Claim
			var claimed bool
			_, _ = s.Write(t.Context(), func(tx *store.Tx) (err error) {
				if held, claimed, err = tx.ClaimOnce(actor, "form-1", "hash", "result-of-"+actor); err != nil {
					t.Error(err)
				}
				return fail
			})
			return held, claimed
		}
		claim("a", models.Missing("thing"))
		if _, claimed := claim("a", nil); !claimed {
			t.Error("a claim outlived its rollback")
		}
		if held, claimed := claim("a", nil); claimed || held.ResultID != "result-of-a" || held.RequestHash != "hash" {
			t.Errorf("the second claim: %+v, %v", held, claimed)
		}
		if _, claimed := claim("b", nil); !claimed {
			t.Error("another actor met in the key")
		}
	})
}
