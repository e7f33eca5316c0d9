package store_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
)

var token = strings.Repeat("a", 32)

func begin(t *testing.T, s *store.Store, number int64) models.Epoch {
	t.Helper()
	var e models.Epoch
	write(t, s, func(tx *store.Tx) (err error) {
		e, err = tx.InsertEpoch(models.Epoch{Number: number, Token: token, By: "system:keydesk"})
		return err
	})
	return e
}

// An epoch is a revision of the feed, and what answers names itself with every feed and load.
func TestEpochs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		none := read(t, s, (*store.Tx).Standing)
		if none.Epoch != (models.Epoch{}) || none.Last.Revision != 9 {
			t.Errorf("before the first: %+v", none)
		}
		first := begin(t, s, 1)
		f, err := s.Feed(t.Context(), 9)
		if err != nil || f.Last.Kind != models.ChangeEpoch || f.Epoch != first || !f.Origin.Same(first.Origin) {
			t.Errorf("the feed is %+v, want the epoch %+v (%v)", f, first, err)
		}
		var told models.Standing
		_, _, err = s.Load(t.Context(), models.Loaded{
			Standing:  func(s models.Standing) error { told = s; return nil },
			Catalogue: func(models.OwnCatalogue) error { return nil },
			Account:   func(models.GateAccount) error { return nil },
			Key:       func(models.GateKey) error { return nil },
			Gateway:   func(models.Gateway) error { return nil },
		})
		if err != nil || told.Epoch != first || told.Last != f.Last {
			t.Errorf("the load says %+v (%v)", told, err)
		}
		_, err = s.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.InsertEpoch(models.Epoch{Number: 1, Token: token})
			return err
		})
		wantCode(t, err, models.Conflict)
		if n := read(t, s, (*store.Tx).HighestEpoch); n != 1 {
			t.Errorf("the highest is %d", n)
		}
		if _, err := s.Beat(t.Context(), models.Gate{ID: "g", State: models.GateReady, Epoch: 7}); err != nil {
			t.Fatal(err)
		}
		if n := read(t, s, (*store.Tx).HighestEpoch); n != 7 {
			t.Errorf("the highest that a gate knows is %d", n)
		}
	})
}

// An ordinary role, which owns its database and nothing else, may ask where it is; one that may not knows the rest.
func TestOriginOfAnOrdinaryRole(t *testing.T) {
	owner := storetest.Postgres(t)
	name := "role_" + strings.TrimPrefix(mustParse(t, owner).Path, "/")
	storetest.Exec(t, owner, "CREATE ROLE "+name+" LOGIN")
	storetest.Exec(t, owner, "GRANT ALL ON SCHEMA public TO "+name)
	storetest.Exec(t, owner, "GRANT ALL ON ALL TABLES IN SCHEMA public TO "+name)
	t.Cleanup(func() { storetest.Exec(t, owner, "DROP OWNED BY "+name+"; DROP ROLE "+name) })
	theirs := mustParse(t, owner)
	theirs.User = url.User(name)
	s := storetest.Open(t, theirs.String(), store.Options{})
	o := read(t, s, (*store.Tx).Standing).Origin
	if !regexp.MustCompile(`^\d{15,}$`).MatchString(o.SystemID) || o.Timeline != "00000001" {
		t.Errorf("the origin is %+v", o)
	}
	storetest.Exec(t, owner, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	again := storetest.Open(t, theirs.String(), store.Options{})
	if o := read(t, again, (*store.Tx).Standing).Origin; o != (models.Origin{Timeline: "00000001"}) {
		t.Errorf("the origin without a privilege is %+v", o)
	}
	if _, err := s.Feed(t.Context(), 0); err == nil {
		t.Error("a privilege that was taken away is not noticed")
	}
	if _, err := s.Feed(t.Context(), 0); err != nil {
		t.Errorf("after that: %v", err)
	}
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// A gate of another history confirms nothing, whatever its revision.
func TestABeatOfAnotherHistory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		head := read(t, s, (*store.Tx).Standing).Last
		for name, tc := range map[string]struct {
			enforced int64
			token    string
			want     string
		}{
			"its own":         {head.Revision, head.Token, models.GateReady},
			"another token":   {head.Revision, token, models.GateAlarmed},
			"ahead of it":     {head.Revision + 5, head.Token, models.GateAlarmed},
			"nothing, so far": {0, "", models.GateReady},
		} {
			own := models.Gate{ID: "g", State: models.GateReady, Enforced: tc.enforced, Token: tc.token, StaleFor: time.Minute}
			row, err := s.Beat(t.Context(), own)
			if err != nil || row.State != tc.want || tc.want == models.GateAlarmed && row.Enforced != 0 {
				t.Errorf("%s: %+v, %v", name, row, err)
			}
			at, err := s.GatesAt(t.Context(), head.Revision)
			if err != nil || (len(at.Pending) == 0) != (tc.enforced == head.Revision && tc.want == models.GateReady) {
				t.Errorf("%s: behind are %+v (%v)", name, at.Pending, err)
			}
		}
	})
}

// After a promotion the gates that did not come again are told apart, until they come or are forgotten.
func TestGatesOfBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		before := func() int {
			at, err := s.GatesAt(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			return len(at.Before)
		}
		beat := func(id string) {
			if _, err := s.Beat(t.Context(), models.Gate{ID: id, Name: id, State: models.GateReady}); err != nil {
				t.Fatal(err)
			}
		}
		beat("a")
		beat("b")
		time.Sleep(2 * time.Millisecond) // SQLite's clock has milliseconds
		if begin(t, s, 1); before() != 0 {
			t.Error("the first epoch began with nothing lost")
		}
		if begin(t, s, 2); before() != 2 {
			t.Errorf("%d gates are of before, want 2", before())
		}
		if beat("a"); before() != 1 {
			t.Errorf("%d gates are of before, want 1", before())
		}
		if err := s.PurgeGates(t.Context(), time.Hour); err != nil || before() != 1 {
			t.Errorf("a gate was forgotten early (%v)", err)
		}
		if err := s.PurgeGates(t.Context(), -time.Hour); err != nil || before() != 0 {
			t.Errorf("a gate was not forgotten (%v)", err)
		}
	})
}

// What was in the feed before there were epochs is in it after.
func TestTheFeedIsMigrated(t *testing.T) {
	for name, empty := range map[string]func(testing.TB) string{"sqlite": storetest.EmptySQLite, "postgres": storetest.EmptyPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := empty(t)
			s := storetest.Open(t, url, store.Options{})
			if err := s.MigrateTo(t.Context(), 16); err != nil {
				t.Fatal(err)
			}
			storetest.Exec(t, url, "INSERT INTO changes VALUES (3, '"+token+"', 'pepper', '2', '2026-11-23 12:00:00+00:00')")
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			f, err := s.Feed(t.Context(), 2)
			if err != nil || f.Last != (models.Change{Revision: 3, Token: token, Kind: models.ChangePepper, ObjectID: "2", At: noon}) {
				t.Errorf("the feed is %+v (%v)", f, err)
			}
			begin(t, s, 1)
		})
	}
}
