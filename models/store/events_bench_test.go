package store_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// benchEvents is the length of the benchmark's log: 20,000, or what KEYDESK_BENCH_EVENTS says.
func benchEvents(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(os.Getenv("KEYDESK_BENCH_EVENTS"))
	if err != nil {
		return 20_000
	}
	return n
}

// benchLog is a Postgres database with that log, as its vacuum leaves it.
func benchLog(b *testing.B) (string, int) {
	b.Helper()
	url, n := storetest.Postgres(b), benchEvents(b)
	storetest.FillEvents(b, store.Postgres, url, n)
	return url, n
}

// BenchmarkEvents measures a page of 50 and its count, by question. Run it with KEYDESK_BENCH_EVENTS=1000000.
func BenchmarkEvents(b *testing.B) {
	url, n := benchLog(b)
	s := storetest.Open(b, url, store.Options{})
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	old, end := start.Add(time.Duration(n)*10*time.Second), start.Add(time.Duration(n)*20*time.Second)
	questions := map[string]store.EventQuery{
		"everything":               {},
		"deep":                     {After: models.Cursor{At: old, ID: strconv.Itoa(n / 2)}},
		"a person":                 {ActorIDs: []string{id("bfb", 7)}},
		"a person of long ago":     {ActorIDs: []string{id("bfb", 99)}},
		"the command line":         {ActorType: models.ActorLocal},
		"an action":                {Action: "key.revoke"},
		"an action of long ago":    {Action: "pepper.replace"},
		"a kind of long ago":       {ObjectType: "pepper"},
		"an object":                {ObjectIDs: []string{id("ajk", 4711)}},
		"two objects":              {ObjectIDs: []string{id("ajk", 4711), id("ajk", 4712)}},
		"an account":               {AccountIDs: []string{id("aje", 4711)}},
		"refused":                  {Result: models.EventRefused},
		"refused to a person":      {Result: models.EventRefused, ActorIDs: []string{id("bfb", 0)}},
		"refused of long ago":      {Result: models.EventRefused, ActorIDs: []string{id("bfb", 99)}},
		"a day":                    {From: old, To: old.Add(24 * time.Hour)},
		"the older half":           {To: old},
		"the newer half":           {From: old, To: end},
		"a person in the old half": {ActorIDs: []string{id("bfb", 7)}, To: old},
	}
	for name, q := range questions {
		q.Scope, q.Limit = everywhere, 50
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				err := s.Read(b.Context(), func(tx *store.Tx) error {
					if _, err := tx.Events(q); err != nil {
						return err
					}
					_, err := tx.CountEvents(q, 1001)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkAppend measures a commit with one event at the end of that log, with the indexes of its questions and without:
// in turns, so that both meet the same machine.
func BenchmarkAppend(b *testing.B) {
	with, _ := benchLog(b)
	without, _ := benchLog(b)
	for _, index := range []string{"of_actor", "of_action", "at", "refused", "of_no_person", "of_rare_type"} {
		storetest.Exec(b, without, "DROP INDEX audit_events_"+index)
	}
	logs := map[string]*store.Store{"with": storetest.Open(b, with, store.Options{}), "without": storetest.Open(b, without, store.Options{})}
	took := map[string]time.Duration{}
	for i := 0; b.Loop(); i++ {
		for name, s := range logs {
			began := time.Now()
			appendEvents(b, s, i)
			took[name] += time.Since(began)
		}
	}
	for name, d := range took {
		b.ReportMetric(float64(b.N*appended)/d.Seconds(), name+"-commits/s")
	}
}

// appended is how many commits one turn makes, in as many goroutines as a desk has connections.
const appended = 240

func appendEvents(b *testing.B, s *store.Store, turn int) {
	b.Helper()
	var all sync.WaitGroup
	for g := range 12 {
		all.Go(func() {
			for i := range appended / 12 {
				n := turn*appended + g*appended/12 + i
				e := models.NewEvent(alice, noon.Add(time.Duration(n)*time.Millisecond), "key.create", "key", id("ajk", n*7919%50000), fmt.Sprint("key ", n*7919%50000))
				e.AccountID = id("aje", n*7919%10000)
				if _, err := s.Write(b.Context(), func(tx *store.Tx) error { tx.Record(e); return nil }); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkEachEvent measures an export's reading, by event.
func BenchmarkEachEvent(b *testing.B) {
	url, _ := benchLog(b)
	s := storetest.Open(b, url, store.Options{})
	b.ReportAllocs()
	events := 0
	for b.Loop() {
		err := s.Stream(b.Context(), func(tx *store.Tx) error {
			return tx.EachEvent(store.EventQuery{Scope: everywhere}, func(store.EventRow) error { events++; return nil })
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
