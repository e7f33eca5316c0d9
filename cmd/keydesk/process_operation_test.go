package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// toldOperation is what `key revoke --stdin --json` answers.
type toldOperation struct {
	ID, Action, State, Reason                                  string
	Total, Done, Already, Refused, Failed, Waiting, Duplicates int
	Confirmation                                               told
	Items                                                      []struct{ ID, State, Reason string }
}

// manyKeys puts keys of an account into the database, past the program: as many commands would take long.
func (in *installation) manyKeys(account string, n int) []string {
	in.t.Helper()
	numbers := "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
	id, none := "'ajk' || substr('00000000000000000' || n, -17)", "'0001-01-01 00:00:00+00:00'"
	if !strings.HasPrefix(in.database, "sqlite:") {
		id = "'ajk' || lpad(n::text, 17, '0')"
		numbers = strings.Replace(numbers, "?", "?::int", 1)
	}
	in.alter(int64(n), `INSERT INTO api_keys (id, account_id, folder_id, description, default_scopes, created_at, created_by, created_via, expires_at,
			disabled_at, disabled_until, disabled_reason, disabled_note, disabled_by, disabled_as,
			revoked_at, revoked_until, revoked_reason, revoked_note, revoked_by, revoked_as, replaced_by, version)
		`+numbers+`SELECT `+id+`, a.id, a.folder_id, '', false, a.created_at, 'test', 'cli', `+none+`,
			`+none+`, `+none+`, '', '', '', '', `+none+`, `+none+`, '', '', '', '', '', 1 FROM numbers, service_accounts a WHERE a.name = ?`, n, account)
	in.alter(int64(n), `INSERT INTO key_last_used (key_id, account_id, folder_id, allowed_at, allowed_scope, allowed_address, allowed_agent,
			refused_at, refused_scope, refused_address, refused_agent, refused_reason)
		SELECT id, account_id, folder_id, `+none+`, '', '', '', `+none+`, '', '', '', '' FROM api_keys WHERE id LIKE 'ajk%'`)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("ajk%017d", i+1)
	}
	return ids
}

// TestKillOfAnOperation: an operation that was started from the console goes on after a kill -9 by itself, and each key is
// revoked exactly once, with one event.
func TestKillOfAnOperation(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		const keys = 2000
		s := in.serve()
		in.account("leaky")
		ids := in.manyKeys("leaky", keys)
		v, at := s.confirmsRevoke(ids, "leaky")
		revoked := func() int64 { return in.number("SELECT COUNT(*) FROM api_keys WHERE revoked_reason = 'leaked'") }
		for end := time.Now().Add(startWithin); revoked() == 0; { // no pause: the kill has to come in the middle
			if time.Now().After(end) {
				t.Fatal("the operation does not begin")
			}
		}
		s.kill()
		before := revoked()
		if before == 0 || before == keys || before%100 != 0 {
			t.Errorf("%d keys are revoked when the server is killed, want some hundreds and not all", before)
		}
		s = in.serve()
		eventually(t, startWithin, "the operation goes on and ends", func() bool {
			return in.number("SELECT COUNT(*) FROM operations WHERE state = 'done' AND done = ?", keys) == 1
		})
		if n := revoked(); n != keys {
			t.Errorf("%d keys are revoked, want %d", n, keys)
		}
		in.revokedOnceEach(keys)
		if n := in.number("SELECT COUNT(*) FROM audit_events WHERE action = 'operation.end'"); n != 1 {
			t.Errorf("it ended %d times", n)
		}
		in.done("audit", "head")
		in.verified(t, in.number("SELECT COUNT(*) FROM audit_events"))
		w := s.visitor()
		w.client.Jar, w.base = v.client.Jar, s.console
		w.opens("/signin")
		w.submits("/signin", "email", "resp@example.com", "password", passphrase)
		w.opens(at)
		w.sees(200, "2,000 of 2,000 keys revoked")
	})
}

// confirmsRevoke has a responder paste ids into the console and confirm; it gives their visit and the operation's address.
func (s *server) confirmsRevoke(ids []string, account string) (v *visitor, at string) {
	s.t.Helper()
	v = s.visitor()
	s.done("user", "add", "--email", "resp@example.com", "--access", "responder")
	link := strings.TrimSpace(s.done("user", "reset", "resp@example.com"))
	v.opens(link[strings.Index(link, "/reset/"):])
	v.submits("/reset", "password", passphrase)
	v.opens("/signin")
	v.submits("/signin", "email", "resp@example.com", "password", passphrase)
	v.opens("/operations/new?action=revoke")
	v.sees(200, "Key IDs")
	v.submits("/operations/confirm", "action", "revoke", "ids", strings.Join(ids, "\r\n"))
	v.sees(200, "Revoke 2,000 keys?")
	at = regexp.MustCompile(`/operations/opr[0-9a-z]{17}`).FindString(v.page)
	v.submits(at+"/start", "reason", "leaked", "confirm", account)
	v.sees(200, "keys revoked")
	return v, at
}

const passphrase = "a long enough passphrase"

// revokedOnceEach looks into the database: so many keys, each revoked once, with one event, one row and one change.
func (in *installation) revokedOnceEach(keys int64) {
	in.t.Helper()
	for what, query := range map[string]string{
		"keys with an event":        "SELECT COUNT(DISTINCT object_id) FROM audit_events WHERE action = 'key.revoke' AND actor_name = 'resp@example.com'",
		"events":                    "SELECT COUNT(*) FROM audit_events WHERE action = 'key.revoke'",
		"keys that changed once":    "SELECT COUNT(*) FROM api_keys WHERE id LIKE 'ajk%' AND version = 2",
		"rows that are done":        "SELECT COUNT(*) FROM operation_items WHERE state = 'done'",
		"changes that gates follow": "SELECT COUNT(*) FROM changes WHERE object_id LIKE 'ajk%'",
	} {
		if n := in.number(query); n != keys {
			in.t.Errorf("%d %s, want %d", n, what, keys)
		}
	}
}

// TestManyByStdin: a command revokes what it reads, alone and beside a server, and tells row by row.
func TestManyByStdin(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve() // which knows the services of the tests
		in.account("leaky")
		k := in.key("leaky", "--scope", scopeRead)
		ids := in.manyKeys("leaky", 250)
		s.stop()
		list := "id,name\r\n" + strings.Join(ids[:150], ",x\r\n") + "\r\n" + ids[0] + "\r\n"
		r := in.typed(list, "key", "disable", "--stdin", "--until", "2099-01-01", "--json")
		in.snake(r.out)
		var o toldOperation
		oneValue(t, r.out, &o)
		if r.status != exitDone || o.State != "done" || o.Action != "key.disable" || o.Done != 150 || o.Duplicates != 1 || len(o.Items) != 150 || !strings.Contains(r.err, "150 of 150") {
			t.Errorf("status %d and %+v, it said %q", r.status, o, r.err)
		}

		s = in.serve()
		s.passes("before", k, scopeRead)
		r = in.typed(strings.Join(ids, "\n")+"\n"+k.ID+"\nnonsense\n"+flipped(k.Secret)+"\naje00000000000000000\n", "key", "revoke", "--stdin", "--reason", "leaked", "--json")
		oneValue(t, r.out, &o)
		if r.status != exitRefused || o.State != "done" || o.Done != 251 || o.Refused != 3 || o.Waiting != 0 || !strings.Contains(r.err, "3 of 254 were not changed") {
			t.Errorf("status %d and %+v, it said %q", r.status, o, r.err)
		}
		o.Confirmation.complete(t)
		s.refuses("after", k, scopeRead, 401, "revoked_key")
		if strings.Contains(r.out+r.err, flipped(k.Secret)[:40]) {
			t.Error("what reads like a secret is said back")
		}
		r = in.typed(strings.Join(ids, "\n"), "key", "revoke", "--stdin", "--reason", "unused")
		if r.status != exitDone || !strings.Contains(r.out, "0 done, 250 already") {
			t.Errorf("again: status %d, %q and %q", r.status, r.out, r.err)
		}
		if n := in.number("SELECT COUNT(*) FROM audit_events WHERE action = 'key.revoke' AND result = 'done'"); n != 251 {
			t.Errorf("%d events of revokes, want 251", n)
		}
		in.typed("", "key", "revoke", "--stdin", "--reason", "leaked", "--json").refusedWith(t, exitRefused, "at least one key")
		in.typed(strings.Repeat(k.ID+",a table\n", 17<<20/30), "key", "revoke", "--stdin", "--reason", "leaked").refusedWith(t, exitRefused, "nothing was changed")
		in.typed("nonsense", "key", "revoke", "--stdin", "--reason", "leaked", "--json").refusedWith(t, exitRefused, "nothing to do")
		in.keydesk("key", "revoke", k.ID, "--stdin", "--reason", "leaked").refusedWith(t, exitUsage, "exclude")
		in.keydesk("key", "disable").refusedWith(t, exitUsage, "--stdin")
		if n := in.number("SELECT COUNT(*) FROM operations WHERE state NOT IN ('done')"); n != 0 {
			t.Errorf("%d operations are left behind", n)
		}
	})
}
