package main

import (
	"context"
	"database/sql"
	"net/http"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// TestNoConnectionIsLeft: where Postgres takes no more connections, who has lost theirs says 503, and heals when there are
// some again.
func TestNoConnectionIsLeft(t *testing.T) {
	t.Parallel()
	own := storetest.OwnPostgres(t)
	in := install(t, own.URL())
	s := in.serve("--stale-for", "1s")
	v := s.administrator()
	in.account("shop")
	k := in.key("shop", "--scope", scopeRead)
	s.passes("a key", k, scopeRead)
	revoke := "/keys/" + k.ID + "/revoke"
	v.opens(revoke)

	release := in.takesAllConnections()
	eventually(t, startWithin, "the gate says that it cannot know", func() bool { return s.check(k.Secret, scopeRead).reason == "unavailable" })
	v.submits(revoke, "reason", "leaked")
	v.sees(http.StatusServiceUnavailable, "NOT revoked: the database did not answer")
	release()
	eventually(t, startWithin, "the gate accepts again", func() bool { return s.check(k.Secret, scopeRead).status == http.StatusNoContent })
	v.opens(revoke)
	v.submits(revoke, "reason", "leaked")
	v.sees(http.StatusOK, "1 of 1 gate")
}

// takesAllConnections holds all that the server has, and ends those of everybody else. What it gives lets them go.
func (in *installation) takesAllConnections() (release func()) {
	in.t.Helper()
	db := in.open()
	db.SetMaxIdleConns(1000)
	first, err := db.Conn(context.Background())
	if err != nil {
		in.t.Fatal(err)
	}
	taken, held := 0, []*sql.Conn{first}
	for deadline := time.Now().Add(startWithin); taken < 5; { // until several tries in a row find none left
		_, _ = first.ExecContext(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'keydesk'")
		c, err := db.Conn(context.Background())
		if err != nil {
			taken++
			continue
		}
		held = append(held, c)
		if taken = 0; time.Now().After(deadline) {
			in.t.Fatal("there is no end of connections")
		}
	}
	return func() {
		for _, c := range held {
			_ = c.Close()
		}
		_ = db.Close()
	}
}

// TestTheDiskIsFull: a change that the database has no room for is not made, the page says so, and nothing is half done.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	s := in.serve()
	v := s.administrator()
	in.account("shop")
	k := in.key("shop", "--scope", scopeRead)
	revoke := "/keys/" + k.ID + "/revoke"
	v.opens(revoke)
	events := in.number("SELECT COUNT(*) FROM audit_events")
	in.run("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$")
	in.run("CREATE TRIGGER full_disk BEFORE INSERT ON changes EXECUTE FUNCTION full_disk()")
	v.submits(revoke, "reason", "leaked")
	v.sees(http.StatusServiceUnavailable, "NOT revoked: the database did not answer")
	in.keydesk("key", "revoke", k.ID, "--reason", "leaked").refusedWith(t, exitRefused, "did not answer")
	s.passes("a key whose revoke had no room", k, scopeRead)
	in.run("DROP TRIGGER full_disk ON changes")
	if n := in.number("SELECT COUNT(*) FROM audit_events WHERE action = 'key.revoke' AND result = 'done'"); n != 0 {
		t.Errorf("%d revokes are in the log, of %d events before", n, events)
	}
	v.opens(revoke)
	v.submits(revoke, "reason", "leaked")
	v.sees(http.StatusOK, "1 of 1 gate")
	s.refuses("a revoked key", k, scopeRead, http.StatusUnauthorized, "revoked_key")
}
