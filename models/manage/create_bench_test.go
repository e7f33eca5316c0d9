package manage_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// BenchmarkCreateKey measures how many keys are made in a second through the API's own path, each with its event, its
// revision and its Idempotency-Key, by several writers at once on Postgres; the same with an operation of the API beside, which
// is written under the lock; and in turns with them, so that all meet the same machine, how many transactions of a bare INSERT
// the same pool commits. Nothing waits for a disk: what is compared is work.
func BenchmarkCreateKey(b *testing.B) {
	for _, writers := range []int{1, 8, 16} {
		b.Run(fmt.Sprint(writers, "-writers"), func(b *testing.B) {
			s := storetest.Open(b, storetest.Postgres(b), store.Options{})
			d := newDesk(b, s)
			accounts := make([]models.Account, writers)
			for i := range accounts {
				a, _, err := d.CreateAccount(b.Context(), admin, manage.NewAccount{Name: fmt.Sprint("robot-", i)})
				if err != nil {
					b.Fatal(err)
				}
				accounts[i] = a
			}
			jobs := map[string]func(w int, n int64) error{
				"keys":       func(w int, n int64) error { return makeKey(b, d, accounts[w], "", n) },
				"with-calls": func(w int, n int64) error { return makeKey(b, d, accounts[w], fmt.Sprintf("aje%017d", n), n) },
				"inserts":    func(_ int, n int64) error { return insertOne(b, s, n) },
			}
			done, took := map[string]int64{}, map[string]time.Duration{}
			for b.Loop() {
				for name, job := range jobs {
					n, t := counted(b, writers, job)
					done[name], took[name] = done[name]+n, took[name]+t
				}
			}
			perSecond := func(name string) float64 { return float64(done[name]) / took[name].Seconds() }
			for name := range jobs {
				b.ReportMetric(perSecond(name), name+"/s")
			}
			b.ReportMetric(perSecond("inserts")/perSecond("keys"), "inserts/key")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// counted lets the writers do something for a second.
func counted(b *testing.B, writers int, do func(writer int, n int64) error) (int64, time.Duration) {
	b.Helper()
	var all sync.WaitGroup
	var total atomic.Int64
	began := time.Now()
	for w := range writers {
		all.Go(func() {
			for time.Since(began) < time.Second {
				if err := do(w, serial.Add(1)); err != nil {
					b.Error(err)
					return
				}
				total.Add(1)
			}
		})
	}
	all.Wait()
	return total.Load(), time.Since(began)
}

// serial makes each Idempotency-Key another.
var serial atomic.Int64

func makeKey(b *testing.B, d *manage.Desk, a models.Account, operation string, n int64) error {
	by := operator
	by.Call = &models.Call{
		Key: fmt.Sprint("key-", n), Hash: "hash", OperationID: operation, Description: "Create API key",
		Answer: func(string, any) (metadata, response models.Message, err error) {
			return models.Message{Type: "m", Body: make([]byte, 40)}, models.Message{Type: "r", Body: make([]byte, 300)}, nil
		},
	}
	_, err := d.CreateKey(b.Context(), by, manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: manage.ViaAPI})
	return err
}

func insertOne(b *testing.B, s *store.Store, n int64) error {
	_, err := s.Write(b.Context(), func(tx *store.Tx) error {
		_, _, err := tx.ClaimOnce("bench", fmt.Sprint("bare-", n), "", "")
		return err
	})
	return err
}
