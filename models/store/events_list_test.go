package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

// logged fills a log of seven: events 2, 4 and 6 are of alice and of account 1, whose name was taken over from a deleted
// account 0; the others are of the command line. Event 5 is refused, and its clock is a minute behind.
func logged(t *testing.T, s *store.Store) {
	t.Helper()
	old, renewed := account(0, "orders-api"), account(1, "orders-api")
	old.DeletedAt = noon
	write(t, s, func(tx *store.Tx) error {
		for _, a := range []models.Account{old, renewed} {
			if err := tx.InsertAccount(a); err != nil {
				return err
			}
		}
		if err := tx.InsertPerson(models.Person{ID: alice.ID, Email: alice.Name, EmailKey: alice.Name, CreatedAt: noon}); err != nil {
			return err
		}
		for n := 1; n <= 7; n++ {
			tx.Record(loggedEvent(n))
		}
		return nil
	})
}

func loggedEvent(n int) models.Event {
	root := models.Actor{Type: models.ActorLocal, ID: "root@desk", Name: "root@desk", Method: "local"}
	e := models.NewEvent(root, noon.Add(time.Duration(n)*time.Second), "account.update", "account", id("aje", 0), "orders-api")
	if n%2 == 0 {
		e = models.NewEvent(alice, e.At, "key.create", "key", id("ajk", n), "prod worker")
	}
	e.FolderID, e.AccountID, e.After = defaultFolder, id("aje", 1-n%2), models.Facts{"n": n, "ж": "<>&"}.Marshal()
	if n == 5 {
		e.Result, e.Reason, e.At = models.EventRefused, "forbidden", e.At.Add(-time.Minute)
	}
	return e
}

func numbers(rows []store.EventRow) []int64 {
	var got []int64
	for _, r := range rows {
		got = append(got, r.Number)
	}
	return got
}

func TestEventsAnswerQuestions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		logged(t, s)
		verifyChain(t, s, 7)
		at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
		for name, tc := range map[string]struct {
			q    store.EventQuery
			want []int64
		}{
			"all, newest first":        {store.EventQuery{}, []int64{7, 6, 5, 4, 3, 2, 1}},
			"of a person":              {store.EventQuery{ActorIDs: []string{alice.ID}}, []int64{6, 4, 2}},
			"of either":                {store.EventQuery{ActorIDs: []string{alice.ID, "root@desk"}}, []int64{7, 6, 5, 4, 3, 2, 1}},
			"of people":                {store.EventQuery{ActorType: models.ActorPerson}, []int64{6, 4, 2}},
			"of the command line":      {store.EventQuery{ActorType: models.ActorLocal}, []int64{7, 5, 3, 1}},
			"of Keydesk itself":        {store.EventQuery{ActorType: models.ActorSystem}, nil},
			"an action":                {store.EventQuery{Action: "key.create"}, []int64{6, 4, 2}},
			"a kind of object":         {store.EventQuery{ObjectType: "account"}, []int64{7, 5, 3, 1}},
			"an object":                {store.EventQuery{ObjectIDs: []string{id("ajk", 4)}}, []int64{4}},
			"a rare kind of object":    {store.EventQuery{ObjectType: "pepper"}, nil},
			"two objects":              {store.EventQuery{ObjectIDs: []string{id("ajk", 4), id("ajk", 6)}}, []int64{6, 4}},
			"an account and its keys":  {store.EventQuery{AccountIDs: []string{id("aje", 1)}}, []int64{6, 4, 2}},
			"two accounts":             {store.EventQuery{AccountIDs: []string{id("aje", 0), id("aje", 1)}}, []int64{7, 6, 5, 4, 3, 2, 1}},
			"what was refused":         {store.EventQuery{Result: models.EventRefused}, []int64{5}},
			"what was done":            {store.EventQuery{Result: models.EventDone, ObjectType: "account"}, []int64{7, 3, 1}},
			"from a time on":           {store.EventQuery{From: at(6)}, []int64{7, 6}},
			"until a time":             {store.EventQuery{To: at(2)}, []int64{1, 5}}, // by time: its clock was behind
			"in between, of an action": {store.EventQuery{From: at(2), To: at(6), Action: "key.create"}, []int64{4, 2}},
			"of nothing":               {store.EventQuery{ObjectIDs: []string{"x"}}, nil},
		} {
			t.Run(name, func(t *testing.T) { asked(t, s, tc.q, tc.want) })
		}
		nobody := read(t, s, func(tx *store.Tx) (models.Page[store.EventRow], error) { return tx.Events(store.EventQuery{Limit: 9}) })
		elsewhere := read(t, s, func(tx *store.Tx) (models.Page[store.EventRow], error) {
			return tx.Events(store.EventQuery{Scope: models.FolderScope{IDs: []string{"b1gother000000000000"}}, Limit: 9})
		})
		if len(nobody.Rows)+len(elsewhere.Rows) > 0 {
			t.Errorf("who may see nothing sees %v and %v", numbers(nobody.Rows), numbers(elsewhere.Rows))
		}
	})
}

// asked pages through the answer two at a time, forwards and back, counts it, and streams it.
func asked(t *testing.T, s *store.Store, q store.EventQuery, want []int64) {
	t.Helper()
	q.Scope, q.Limit = everywhere, 2
	page := func(q store.EventQuery) models.Page[store.EventRow] {
		return read(t, s, func(tx *store.Tx) (models.Page[store.EventRow], error) { return tx.Events(q) })
	}
	var forth, back []int64
	last := page(q)
	for forth = numbers(last.Rows); last.More; forth = append(forth, numbers(last.Rows)...) {
		q.After = last.Next
		last = page(q)
	}
	if d := cmp.Diff(want, forth); d != "" {
		t.Errorf("forwards: %s", d)
	}
	if len(last.Rows) > 0 {
		back = numbers(last.Rows)
		q.Before, q.After = true, last.Rows[0].Cursor()
		for more := true; more; {
			p := page(q)
			if back = append(numbers(p.Rows), back...); p.More {
				q.After = p.Next
			}
			more = p.More
		}
	}
	if d := cmp.Diff(want, back); d != "" {
		t.Errorf("backwards: %s", d)
	}
	if n := read(t, s, func(tx *store.Tx) (int, error) { return tx.CountEvents(q, 6) }); n != min(len(want), 6) {
		t.Errorf("counted %d of %d up to 6", n, len(want))
	}
	streamed(t, s, q, want)
}

func streamed(t *testing.T, s *store.Store, q store.EventQuery, want []int64) {
	t.Helper()
	var got []int64
	err := s.Stream(t.Context(), func(tx *store.Tx) error {
		return tx.EachEvent(q, func(r store.EventRow) error {
			if r.AccountName != "orders-api" || string(r.Digest(r.PrevHash)) != string(r.Hash) {
				t.Errorf("event %d of %q is not what was written", r.Number, r.AccountName)
			}
			got = append([]int64{r.Number}, got...)
			return nil
		})
	})
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("streamed, the newest last: %v %s", err, d)
	}
}

func TestAnEventIsReadAsItWasWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		logged(t, s)
		stored := read(t, s, func(tx *store.Tx) ([]models.Event, error) { return tx.EventsFrom(1, 9) })
		page := read(t, s, func(tx *store.Tx) (models.Page[store.EventRow], error) {
			return tx.Events(store.EventQuery{Scope: everywhere, Limit: 9})
		})
		for i, e := range stored {
			if d := cmp.Diff(store.EventRow{Event: e, AccountName: "orders-api"}, page.Rows[len(stored)-1-i]); d != "" {
				t.Errorf("event %d: %s", e.Number, d)
			}
		}
	})
}

func TestNamesInTheLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		logged(t, s)
		for name, want := range map[string][]string{
			"ALICE@example.org": {alice.ID}, "root@desk": {"root@desk"}, "nobody@example.org": nil, "Root@desk": nil,
		} {
			if got := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.ActorIDs(name) }); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		for name, want := range map[string][]string{
			"orders-api": {id("aje", 0), id("aje", 1)}, "Alice@example.org": {alice.ID}, id("ajk", 4): {id("ajk", 4)}, "orders": nil,
		} {
			got := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.ObjectIDs(name) })
			if slices.Sort(got); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		for name, want := range map[string][]string{"orders-api": {id("aje", 0), id("aje", 1)}, "orders": nil} {
			got := read(t, s, func(tx *store.Tx) ([]string, error) { return tx.AccountIDsNamed(everywhere, name) })
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	})
}

func TestAPlaceThatIsNoNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		logged(t, s)
		for _, text := range []string{"", "x", "1e9", strconv.Itoa(-3)} {
			q := store.EventQuery{Scope: everywhere, After: models.Cursor{At: noon, ID: text}, Limit: 9}
			if p := read(t, s, func(tx *store.Tx) (models.Page[store.EventRow], error) { return tx.Events(q) }); len(p.Rows) > 0 {
				t.Errorf("after %q come %v", text, numbers(p.Rows))
			}
		}
	})
}
