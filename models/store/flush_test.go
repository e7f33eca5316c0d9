package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// drawFlush makes a flush of a few uses that often meet in the same rows, and whose times are in no order.
func drawFlush(r *rand.Rand, gate string, sequence int64, keys []models.Key) models.Flush {
	f := models.Flush{GateID: gate, Sequence: sequence}
	for range 1 + r.IntN(6) {
		k := keys[r.IntN(len(keys))]
		outcome := []models.Outcome{models.Allowed, models.RevokedKey, models.InsufficientScope}[r.IntN(3)]
		at := noon.Add(time.Duration(r.IntN(3600_000)) * time.Millisecond)
		sighting := models.Sighting{At: at, Scope: fmt.Sprint("scope at ", at), Address: fmt.Sprint("address at ", at), Agent: "agent", Reason: outcome}
		last := models.LastUsed{KeyID: k.ID, AccountID: k.AccountID, FolderID: k.FolderID, Allowed: sighting}
		if outcome != models.Allowed {
			last.Allowed, last.Refused = models.Sighting{}, sighting
		}
		f.Last = append(f.Last, last)
		f.Uses = append(f.Uses, models.Use{
			KeyID: k.ID, AccountID: k.AccountID, SecretID: k.Secrets[0].ID, Bucket: at.Truncate(30 * time.Minute), Requested: "orders.read",
			Outcome: outcome, Network: fmt.Sprintf("10.0.%d.0/24", r.IntN(2)), Count: 1 + r.Int64N(9), LastAt: at,
		})
		f.Unknown = append(f.Unknown, models.UnknownUse{Network: "10.9.0.0/24", Bucket: noon, Count: 1})
	}
	return f
}

// tally is what a flush should leave, computed the plain way.
type tally struct {
	uses map[models.Use]int64 // by row
	at   map[models.Use]time.Time
	last map[string]models.LastUsed
}

func (m tally) add(f models.Flush) {
	for _, u := range f.Uses {
		n, at := u.Count, u.LastAt
		u.Count, u.LastAt, u.AccountID, u.SecretID = 0, time.Time{}, "", ""
		u.Bucket = time.Time{}
		m.uses[u] += n
		if at.After(m.at[u]) {
			m.at[u] = at
		}
	}
	for _, l := range f.Last {
		have := m.last[l.KeyID]
		have.KeyID, have.AccountID, have.FolderID = l.KeyID, l.AccountID, l.FolderID
		if l.Allowed.At.After(have.Allowed.At) {
			have.Allowed = l.Allowed
		}
		if l.Refused.At.After(have.Refused.At) {
			have.Refused = l.Refused
		}
		m.last[l.KeyID] = have
	}
}

// Flushes of several gates, in any order, at the same time and each sent again and again, count each use once, and leave
// the latest sighting of each kind, whole.
func TestFlushesInAnyOrder(t *testing.T) {
	for seed := range uint64(6) {
		storetest.Each(t, func(t *testing.T, s *store.Store) {
			_, keys := made(t, s, 4)
			r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test's
			want := tally{map[models.Use]int64{}, map[models.Use]time.Time{}, map[string]models.LastUsed{}}
			var sent []models.Flush
			for n := range int64(12) {
				for _, gate := range []string{"gate-1", "gate-2"} {
					f := drawFlush(r, gate, n, keys)
					want.add(f)
					sent = append(sent, f, f)
				}
			}
			r.Shuffle(len(sent), func(i, j int) { sent[i], sent[j] = sent[j], sent[i] })
			sendAll(t, s, sent)
			compareTally(t, s, keys, want)
		})
	}
}

// sendAll sends from three goroutines, as gates do that know nothing of each other.
func sendAll(t *testing.T, s *store.Store, sent []models.Flush) {
	t.Helper()
	var all sync.WaitGroup
	for part := range slices.Chunk(sent, (len(sent)+2)/3) {
		all.Go(func() {
			for _, f := range part {
				if err := s.Flush(t.Context(), f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func compareTally(t *testing.T, s *store.Store, keys []models.Key, want tally) {
	t.Helper()
	for _, k := range keys {
		last := read(t, s, func(tx *store.Tx) (models.LastUsed, error) { return tx.LastUsed(k.ID) })
		if expected, used := want.last[k.ID]; used {
			if d := gocmp.Diff(expected, last); d != "" {
				t.Errorf("last use of %s: %s", k.ID, d)
			}
		}
		for _, u := range read(t, s, func(tx *store.Tx) ([]models.Use, error) { return tx.Usage(k.ID, noon) }) {
			n, at := u.Count, u.LastAt
			u.Count, u.LastAt = 0, time.Time{}
			want.uses[u] -= n
			if !at.Equal(want.at[u]) {
				t.Errorf("last of %+v at %v, want %v", u, at, want.at[u])
			}
		}
	}
	for u, left := range want.uses {
		if left != 0 {
			t.Errorf("%d too few of %+v", left, u)
		}
	}
}

func TestARefusalIsNoUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 1)
		flush := func(sequence int64, l models.LastUsed) {
			l.KeyID = keys[0].ID
			if err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: sequence, Last: []models.LastUsed{l}}); err != nil {
				t.Fatal(err)
			}
		}
		used := func() models.LastUsed {
			return read(t, s, func(tx *store.Tx) (models.LastUsed, error) { return tx.LastUsed(keys[0].ID) })
		}
		if l := used(); !l.Allowed.At.IsZero() || !l.Refused.At.IsZero() || l.AccountID != keys[0].AccountID {
			t.Errorf("a new key's last use = %+v", l)
		}
		refused := models.Sighting{At: noon, Scope: "s", Address: "192.0.2.1", Agent: "curl", Reason: models.ExpiredKey}
		flush(1, models.LastUsed{Refused: refused})
		if l := used(); !l.Allowed.At.IsZero() || l.Refused != refused {
			t.Errorf("after a refusal: %+v", l)
		}
		allowed := models.Sighting{At: noon.Add(time.Second), Scope: "t", Address: "192.0.2.2", Agent: "go", Reason: models.Allowed}
		flush(2, models.LastUsed{Allowed: allowed})
		flush(3, models.LastUsed{Allowed: models.Sighting{At: noon, Scope: "older"}})
		if l := used(); l.Allowed != allowed || l.Refused != refused {
			t.Errorf("after a use: %+v", l)
		}
	})
}

// A digest moves to a newer pepper once, and other gates learn it by the feed.
func TestRedigest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 1)
		moved := models.Redigest{KeyID: keys[0].ID, SecretID: keys[0].Secrets[0].ID, PepperVersion: 2, Digest: [32]byte(digest("under 2"))}
		older := moved
		older.PepperVersion, older.Digest = 1, [32]byte(digest("under 1 again"))
		for i, m := range []models.Redigest{moved, moved, older} {
			if err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: int64(i), Redigest: []models.Redigest{m}}); err != nil {
				t.Fatal(err)
			}
		}
		feed, err := s.Feed(t.Context(), 0)
		if err != nil || feed.Last.Revision != 1 || len(feed.Keys) != 1 {
			t.Fatalf("feed = %+v, %v", feed, err)
		}
		if got := feed.Keys[0].Secrets[0]; got.Digest != moved.Digest || got.PepperVersion != 2 {
			t.Errorf("secret = %+v", got)
		}
	})
}

func TestCompact(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, keys := made(t, s, 2)
		old, ancient := noon.AddDate(0, 0, -40), noon.AddDate(0, 0, -401)
		var uses []models.Use
		for _, k := range keys {
			for hour := range 4 {
				for _, at := range []time.Time{noon, old, ancient} {
					at = at.Truncate(24 * time.Hour).Add(time.Duration(hour) * time.Hour)
					uses = append(uses, models.Use{KeyID: k.ID, AccountID: k.AccountID, Bucket: at, Outcome: models.Allowed, Count: 1, LastAt: at})
				}
			}
		}
		strangers := []models.UnknownUse{{Network: "n", Bucket: old, Count: 2}, {Network: "n", Bucket: ancient, Count: 2}}
		if err := s.Flush(t.Context(), models.Flush{GateID: "g", Sequence: 1, Uses: uses, Unknown: strangers}); err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{}
		for hour := range 4 {
			want[noon.Truncate(24*time.Hour).Add(time.Duration(hour)*time.Hour).Format(time.DateTime)] = 1
		}
		want[old.Truncate(24*time.Hour).Format(time.DateTime)] = 4
		for range 2 { // the second has nothing to do
			if err := s.Compact(t.Context(), noon); err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				got := map[string]int64{}
				for _, u := range read(t, s, func(tx *store.Tx) ([]models.Use, error) { return tx.UsageByBucket(k.ID, time.Time{}) }) {
					got[u.Bucket.Format(time.DateTime)] += u.Count
					if u.LastAt.Before(u.Bucket) {
						t.Errorf("bucket %v ends at %v", u.Bucket, u.LastAt)
					}
				}
				if d := gocmp.Diff(want, got); d != "" {
					t.Errorf("buckets, in order %v: %s", slices.SortedFunc(maps.Keys(got), cmp.Compare), d)
				}
			}
		}
	})
}
