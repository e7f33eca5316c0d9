package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"keydesk/models/store/storetest"
)

// postgresProgram is a program of the newest Postgres that is installed.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	return found[len(found)-1]
}

// ran runs a program beside the tests that has to succeed, and gives what it said.
func ran(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// backup keeps the database as an operator does; restore puts it back over the one that is there. A SQLite file is
// copied while nobody serves it.
func (in *installation) backup() (restore func()) {
	in.t.Helper()
	kept := filepath.Join(in.t.TempDir(), "backup")
	if path, is := strings.CutPrefix(in.database, "sqlite:"); is {
		text, err := os.ReadFile(path)
		if err != nil {
			in.t.Fatal(err)
		}
		return func() {
			in.t.Helper()
			for _, log := range []string{"-wal", "-shm"} {
				_ = os.Remove(path + log)
			}
			putFile(in.t, path, string(text))
		}
	}
	ran(in.t, postgresProgram(in.t, "pg_dump"), "--clean", "--if-exists", "--file", kept, in.database)
	return func() {
		in.t.Helper()
		// A server that writes meanwhile may lock two tables in the other order; then nothing was restored, and it is tried again.
		eventually(in.t, startWithin, "the backup is put back", func() bool {
			psql := exec.Command(postgresProgram(in.t, "psql"), "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1", "--file", kept, in.database)
			out, err := psql.CombinedOutput()
			if err != nil && !strings.Contains(string(out), "deadlock detected") {
				in.t.Fatalf("psql: %v: %s", err, out)
			}
			return err == nil
		})
	}
}

// keys makes many keys at once.
func (in *installation) keys(account string, n int) []madeKey {
	in.t.Helper()
	made := make([]madeKey, n)
	eachAtOnce(n, func(i int) { made[i] = in.key(account, "--scope", scopeRead) })
	return made
}

// eachAtOnce does something n times, a few at a time.
func eachAtOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	turns := make(chan struct{}, 4)
	for i := range n {
		turns <- struct{}{}
		all.Go(func() { do(i); <-turns })
	}
	all.Wait()
}

// stock are keys in all the states that a backup may forget.
type stock struct {
	revoked                                      []madeKey // by the time that counts
	alive, disabled, halted, reissued, ofDeleted madeKey
}

func (in *installation) stock() stock {
	in.t.Helper()
	for _, name := range []string{"restored", "halted", "deleted"} {
		in.account(name)
	}
	return stock{
		revoked: in.keys("restored", 50), alive: in.key("restored", "--scope", scopeRead), disabled: in.key("restored", "--scope", scopeRead),
		halted: in.key("halted", "--scope", scopeRead), reissued: in.key("restored", "--scope", scopeRead), ofDeleted: in.key("deleted", "--scope", scopeRead),
	}
}

// stopAll does all that a restore is not to undo.
func (s *server) stopAll(c stock) {
	s.t.Helper()
	eachAtOnce(len(c.revoked), func(i int) { s.done("key", "revoke", c.revoked[i].ID, "--reason", "leaked") })
	s.change("key", "disable", c.disabled.ID, "--reason", "unused")
	s.change("account", "suspend", "halted", "--reason", "leaked")
	s.change("account", "delete", "deleted", "--name", "deleted", "--reason", "superseded")
	s.reissue(c.reissued)
}

// stopped checks that none of it passes, and what was not stopped does.
func (s *server) stopped(c stock) {
	s.t.Helper()
	for _, k := range c.revoked {
		s.refuses("a key that was revoked before the restore", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	}
	s.passes("a key that nobody revoked", c.alive, scopeRead)
	s.refuses("a key that was disabled", c.disabled, scopeRead, http.StatusUnauthorized, "disabled_key")
	s.refuses("a key of an account that was suspended", c.halted, scopeRead, http.StatusUnauthorized, "suspended_account")
	s.refuses("a secret that was retired", c.reissued, scopeRead, http.StatusUnauthorized, "retired_secret")
	s.refuses("a key of an account that was deleted", c.ofDeleted, scopeRead, http.StatusUnauthorized, "revoked_key")
}

// tear leaves half a line at the end of the journal, as a machine does that loses its power while it writes.
func (in *installation) tear() {
	in.t.Helper()
	f, err := os.OpenFile(in.path(journalFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		in.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(`{"at":"2026-11-2`); err != nil {
		in.t.Fatal(err)
	}
}

// TestRestore: a backup that is put back brings no revoked key back: what was revoked, retired or deleted since is so again
// at the next start, and what was stopped waits for a person.
func TestRestore(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		c := in.stock()
		s.passes("before the backup", c.revoked[0], scopeRead)
		s.stop()
		restore := in.backup()
		s = in.serve()
		s.stopAll(c)
		in.done("audit", "head")
		s.stop()
		restore()
		in.tear()
		if n := in.number("SELECT COUNT(*) FROM api_keys WHERE revoked_reason <> ''"); n != 0 {
			t.Fatalf("the restored database has %d revoked keys", n)
		}
		s = in.serve()
		s.stopped(c)
		for query, want := range map[string]int64{
			"SELECT COUNT(*) FROM audit_events WHERE action = 'key.revoke' AND note LIKE '%revocation journal%'":              51,
			"SELECT COUNT(*) FROM api_keys WHERE disabled_note LIKE 'On hold:%' AND disabled_by = 'system:keydesk'":           1,
			"SELECT COUNT(*) FROM service_accounts WHERE suspended_note LIKE 'On hold:%' AND suspended_by = 'system:keydesk'": 1,
			"SELECT MAX(number) FROM epochs": 2,
		} {
			if n := in.number(query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		var report auditReport
		if in.answer(&report, "audit", "verify"); !report.OK {
			t.Errorf("the log does not verify: %+v", report)
		}
		in.done("audit", "head") // the head of the log that was lost does not keep it from being signed
		s.change("key", "enable", c.disabled.ID)
		s.passes("a key that somebody looked at", c.disabled, scopeRead)
		if said := in.done("restore", "accept"); !strings.Contains(said, "nothing to accept") {
			t.Errorf("an accepted database is answered %q", said)
		}
		s.stop()
		if s = in.serve(); strings.Contains(s.said.String(), "back in time") {
			t.Errorf("the next start finds something again: %s", s.said)
		}
		s.passes("after the next start", c.disabled, scopeRead)
	})
}

// rewind undoes what was revoked and forgets the end of the feed, as a backup does that is put back in place.
func (in *installation) rewind(revision int64) {
	in.t.Helper()
	const none = "'0001-01-01 00:00:00+00:00'"
	in.run("UPDATE api_keys SET revoked_at = " + none + ", revoked_reason = '', revoked_note = '', revoked_by = ''")
	in.alterAny("DELETE FROM changes WHERE revision > ?", revision)
}

func (in *installation) alterAny(statement string, values ...any) {
	in.t.Helper()
	db := in.open()
	defer db.Close()
	if _, err := db.Exec(in.bound(statement), values...); err != nil {
		in.t.Fatalf("%s: %v", statement, err)
	}
}

// TestRestoreUnderAServer: the database is put back under a running server, which accepts nothing from the moment it can
// know, and heals without a restart.
func TestRestoreUnderAServer(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		s := in.serve()
		in.account("restored")
		keys := in.keys("restored", 6)
		alive := keys[5]
		s.passes("a good key", alive, scopeRead)
		revision := in.number("SELECT MAX(revision) FROM changes")
		restore := func() { in.rewind(revision) }
		if strings.HasPrefix(in.database, "postgres") {
			restore = in.backup()
		}
		for _, k := range keys[:5] {
			s.revoke(k)
		}
		stop := make(chan struct{})
		var asking sync.WaitGroup
		asking.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if a, err := s.tryCheck(keys[i%5].Secret, scopeRead); err == nil && a.status == http.StatusNoContent {
					t.Error("a revoked key passes")
					return
				}
			}
		})
		restore()
		eventually(t, startWithin, "the gate raises the alarm", func() bool { return strings.Contains(s.said.String(), "ALARM") })
		eventually(t, startWithin, "the gate answers again", func() bool {
			a, err := s.tryCheck(alive.Secret, scopeRead)
			return err == nil && a.status == http.StatusNoContent
		})
		close(stop)
		asking.Wait()
		for _, k := range keys[:5] {
			s.refuses("a key that was revoked", k, scopeRead, http.StatusUnauthorized, "revoked_key")
		}
		if n := in.number("SELECT COUNT(*) FROM api_keys WHERE revoked_by = 'system:keydesk'"); n != 5 {
			t.Errorf("%d keys are revoked again, want 5", n)
		}
		if !strings.Contains(s.metrics(), "keydesk_gate_time_travel 0") {
			t.Error("the metric still says that there is an alarm")
		}
		s.revoke(alive)
	})
}

// metrics are the gate's.
func (s *server) metrics() string {
	s.t.Helper()
	a, err := s.send(http.MethodGet, s.gate+"/metrics", "")
	if err != nil {
		s.t.Fatal(err)
	}
	return a.body
}

// TestRestoreWithoutJournal: where another server answers and the journal is lost, a start is refused in words that say what
// to do, until a person accepts the database as it is.
func TestRestoreWithoutJournal(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	s := in.serve()
	in.account("moved")
	k := in.key("moved", "--scope", scopeRead)
	s.stop()
	in.run("UPDATE epochs SET system_id = '7000000000000000001'") // as in a dump that is restored into another cluster
	if err := os.Rename(in.path(journalFile), in.path("journal.kept")); err != nil {
		t.Fatal(err)
	}
	in.keydesk(onFreePorts()...).refusedWith(t, exitRefused, "Bring the journal back", "keydesk restore accept --without-journal")
	in.keydesk("restore", "accept").refusedWith(t, exitRefused, "Bring the journal back")
	in.keydesk("restore", "accept", "--without-journal", "--revocation-journal", in.path("journal.kept")).refusedWith(t, exitUsage, "is lost")
	var merged struct {
		Epoch   int64 `json:"new_epoch"`
		Problem string
	}
	if in.answer(&merged, "restore", "accept", "--without-journal"); merged.Epoch != 2 || !strings.Contains(merged.Problem, "7000000000000000001") {
		t.Errorf("accepted as %+v", merged)
	}
	if n := in.number(`SELECT COUNT(*) FROM audit_events WHERE action = 'database.accept' AND actor_type = 'local' AND after LIKE '%"without_journal":true%'`); n != 1 {
		t.Errorf("%d events say so", n)
	}
	in.serve().passes("after that", k, scopeRead)

	help := in.done("restore", "accept", "--help")
	for _, word := range []string{"promoted", "on hold", "--without-journal", "--revocation-journal", "KEYDESK_REVOCATION_JOURNAL"} {
		if !strings.Contains(help, word) {
			t.Errorf("--help does not speak of %q: %s", word, help)
		}
	}
}

// TestAGateBesideAnAlarm: while a gate says that the database went back in time, none that starts answers by that database,
// and nobody accepts it with a journal that knows nothing.
func TestAGateBesideAnAlarm(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	s := in.serve()
	in.account("restored")
	k := in.key("restored", "--scope", scopeRead)
	s.stop()
	in.run(`INSERT INTO gates (id, name, version, state, enforced, stale_for, started_at, lease_until, seen_at, epoch, warning)
		VALUES ('gatalarmed0000000000', 'edge-1', 'test', 'alarm', 0, 0, now(), now(), now(), 1, '')`)
	nothing := filepath.Join(t.TempDir(), "none.jsonl")
	gate := in.launchAs("gate", "--gate-listen", "127.0.0.1:0", "--revocation-journal", nothing)
	eventually(t, startWithin, "the new gate raises the alarm", func() bool { return strings.Contains(gate.said.String(), "ALARM") })
	gate.refuses("a key while nobody knows", k, scopeRead, http.StatusServiceUnavailable, "unavailable")
	in.keydesk("restore", "accept", "--revocation-journal", nothing).refusedWith(t, exitRefused, "Bring the journal back", "--without-journal")
	in.done("restore", "accept")
	eventually(t, startWithin, "the gate answers after the database was accepted", func() bool {
		a, err := gate.tryCheck(k.Secret, scopeRead)
		return err == nil && a.status == http.StatusNoContent
	})
}

// TestJournalBroughtBack: with its journal the same database is accepted by the start itself, by whatever name it is given.
func TestJournalBroughtBack(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.EmptyPostgres(t))
	s := in.serve()
	in.account("moved")
	s.stop()
	in.run("UPDATE epochs SET timeline = '0000000A'")
	elsewhere := filepath.Join(t.TempDir(), "kept.jsonl")
	if err := os.Rename(in.path(journalFile), elsewhere); err != nil {
		t.Fatal(err)
	}
	in.keydesk(onFreePorts()...).refusedWith(t, exitRefused, "0000000A")
	text, err := os.ReadFile(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	putFile(t, elsewhere, "damage\n"+string(text))
	in.keydesk(onFreePorts("--revocation-journal", elsewhere)...).refusedWith(t, exitRefused, "line 1", "undamaged copy")
	putFile(t, elsewhere, string(text))
	in.with("KEYDESK_REVOCATION_JOURNAL=" + elsewhere).serve()
	if n := in.number("SELECT MAX(number) FROM epochs"); n != 2 {
		t.Errorf("the epoch is %d, want 2", n)
	}
}

// TestJournalCannotBeWritten: it is a warning, and stops nothing; when it can be written again, it has what it missed.
func TestJournalCannotBeWritten(t *testing.T) {
	eachInstallation(t, func(t *testing.T, in *installation) {
		inTheWay := in.path("in-the-way")
		putFile(t, inTheWay, "")
		journal := filepath.Join(inTheWay, "revocations.jsonl")
		s := in.serve("--revocation-journal", journal)
		in.account("warned")
		k := in.key("warned", "--scope", scopeRead)
		s.passes("a good key", k, scopeRead)
		s.revoke(k)
		if !strings.Contains(s.metrics(), "keydesk_gate_journal_failing 1") {
			t.Error("the metric says nothing of it")
		}
		if n := strings.Count(s.said.String(), "journal cannot be written"); n != 1 {
			t.Errorf("the log says it %d times", n)
		}
		if n := in.number("SELECT COUNT(*) FROM gates WHERE warning = 'journal'"); n != 1 {
			t.Error("the gate's row does not say so")
		}
		if err := os.Remove(inTheWay); err != nil {
			t.Fatal(err)
		}
		eventually(t, startWithin, "the journal has what it missed", func() bool {
			text, err := os.ReadFile(journal)
			return err == nil && strings.Contains(string(text), k.ID) && strings.Contains(s.metrics(), "keydesk_gate_journal_failing 0")
		})
		text, err := os.ReadFile(journal)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), k.Secret) || regexp.MustCompile(`[0-9a-f]{64}`).Match(text) {
			t.Errorf("the journal holds a secret or a digest: %s", text)
		}
	})
}

// TestJournalTakenAway: without its journal a running server accepts nothing by itself; a person does, with what they have.
func TestJournalTakenAway(t *testing.T) {
	in := onSQLite(t)
	s := in.serve()
	in.account("restored")
	k, alive := in.key("restored", "--scope", scopeRead), in.key("restored", "--scope", scopeRead)
	revision := in.number("SELECT MAX(revision) FROM changes")
	s.revoke(k)
	kept := in.path("kept.jsonl")
	if err := os.Rename(in.path(journalFile), kept); err != nil {
		t.Fatal(err)
	}
	other := in.key("restored", "--scope", scopeRead)
	s.revoke(other) // the journal is begun anew, with all that the gate knows
	text, err := os.ReadFile(in.path(journalFile))
	if err != nil || !strings.Contains(string(text), k.ID) || !strings.Contains(string(text), other.ID) {
		t.Errorf("the new journal is %s (%v)", text, err)
	}
	in.rewind(revision)
	eventually(t, startWithin, "it says that it does not accept", func() bool { return strings.Contains(s.said.String(), "not accepted by itself") })
	s.refuses("a good key", alive, scopeRead, http.StatusServiceUnavailable, "unavailable")
	if !strings.Contains(s.metrics(), "keydesk_gate_time_travel 1") {
		t.Error("the metric says nothing of it")
	}
	in.done("restore", "accept", "--revocation-journal", kept)
	eventually(t, startWithin, "the gate answers again", func() bool {
		a, err := s.tryCheck(alive.Secret, scopeRead)
		return err == nil && a.status == http.StatusNoContent
	})
	s.refuses("a key of the journal that was given", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	s.refuses("a key that only the gate knew", other, scopeRead, http.StatusUnauthorized, "revoked_key")
}
