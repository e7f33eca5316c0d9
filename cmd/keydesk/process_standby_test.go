package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postgresServer is a server of a test's own, which can be copied, cut off and promoted. It ends with the test.
type postgresServer struct {
	t   *testing.T
	dir string // the socket's, and above the data
	as  *syscall.Credential
	cmd *exec.Cmd
}

func newPostgresServer(t *testing.T) *postgresServer {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "kd") // short: a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	p := &postgresServer{t: t, dir: dir}
	t.Cleanup(func() {
		p.kill()
		_ = os.RemoveAll(dir)
	})
	if os.Getuid() == 0 { // Postgres refuses root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *postgresServer) run(name string, args ...string) {
	p.t.Helper()
	cmd := exec.Command(postgresProgram(p.t, name), args...)
	cmd.Dir, cmd.SysProcAttr = p.dir, &syscall.SysProcAttr{Credential: p.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v: %s", name, err, out)
	}
}

func (p *postgresServer) start() {
	p.t.Helper()
	p.cmd = exec.Command(postgresProgram(p.t, "postgres"), "-D", p.dir+"/data", "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "shared_buffers=16MB", "-c", "max_connections=60", "-c", "autovacuum=off")
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.dir, log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as, Pdeathsig: syscall.SIGQUIT}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, startWithin, "the database server answers", func() bool {
		return exec.Command(postgresProgram(p.t, "pg_isready"), "-q", "-h", p.dir).Run() == nil
	})
}

// kill ends the server as a power cut does.
func (p *postgresServer) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// ask runs statements, each by itself, and gives what they print.
func (p *postgresServer) ask(statements ...string) string {
	p.t.Helper()
	args := []string{"-h", p.dir, "-U", "postgres", "-d", "postgres", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"}
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	return strings.TrimSpace(ran(p.t, postgresProgram(p.t, "psql"), args...))
}

// TestPromotion: a standby that missed the last revokes is promoted. The gate raises the alarm, accepts nothing that was
// revoked, and heals by itself: what was missed is revoked again. A gate that does not come back leaves changes unproven.
func TestPromotion(t *testing.T) {
	t.Parallel()
	primary, standby := newPostgresServer(t), newPostgresServer(t)
	primary.run("initdb", "-D", primary.dir+"/data", "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
	primary.start()
	primary.ask("CREATE DATABASE keydesk")
	standby.run("pg_basebackup", "-h", primary.dir, "-U", "postgres", "-D", standby.dir+"/data", "-R", "-X", "stream", "-c", "fast")
	standby.start()

	in := install(t, fmt.Sprintf("postgres://postgres@/keydesk?host=%s,%s&port=5432,5432", primary.dir, standby.dir))
	s, other := in.serve(), in.serve("--revocation-journal", filepath.Join(t.TempDir(), "of-the-other.jsonl"))
	in.account("promoted")
	keys := in.keys("promoted", 6)
	alive := keys[5]
	s.passes("a good key", alive, scopeRead)
	s.change("key", "disable", alive.ID)
	s.change("key", "enable", alive.ID)
	caughtUp := primary.ask("SELECT pg_current_wal_lsn()")
	eventually(t, startWithin, "the standby has caught up", func() bool {
		return standby.ask("SELECT pg_last_wal_replay_lsn() >= '"+caughtUp+"'") == "t"
	})
	standby.ask("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()") // the line is cut
	eventually(t, startWithin, "the standby hears nothing", func() bool { return standby.ask("SELECT count(*) FROM pg_stat_wal_receiver") == "0" })
	for _, k := range keys[:5] {
		s.revoke(k)
	}
	other.kill()
	primary.kill()
	standby.ask("SELECT pg_promote(true)")

	eventually(t, startWithin, "the gate raises the alarm", func() bool {
		for _, k := range keys[:5] {
			if a, err := s.tryCheck(k.Secret, scopeRead); err == nil && a.status == http.StatusNoContent {
				t.Fatal("a revoked key passes")
			}
		}
		return strings.Contains(s.said.String(), "ALARM")
	})
	eventually(t, startWithin, "the gate answers again", func() bool {
		for _, k := range keys[:5] {
			if a, err := s.tryCheck(k.Secret, scopeRead); err == nil && a.status == http.StatusNoContent {
				t.Fatal("a revoked key passes")
			}
		}
		a, err := s.tryCheck(alive.Secret, scopeRead)
		return err == nil && a.status == http.StatusNoContent
	})
	for _, k := range keys[:5] {
		s.refuses("a key that was revoked before the promotion", k, scopeRead, http.StatusUnauthorized, "revoked_key")
	}
	if n := in.number("SELECT COUNT(*) FROM api_keys WHERE revoked_by = 'system:keydesk'"); n != 5 {
		t.Errorf("%d keys are revoked again, want 5", n)
	}
	if n := in.number("SELECT COUNT(*) FROM epochs WHERE number = 2 AND timeline = '00000002'"); n != 1 {
		t.Error("the epoch is not of the new timeline")
	}
	in.unproven(t, alive)
}

// unproven checks that a change names the gate that did not come again since the promotion, until it is forgotten.
func (in *installation) unproven(t *testing.T, k madeKey) {
	t.Helper()
	disable := func() (c struct {
		told
		Complete bool
		Unproven []string
	}) {
		var answer struct {
			Confirmation struct {
				told
				Complete bool
				Unproven []string
			}
		}
		in.answer(&answer, "key", "enable", k.ID)
		in.answer(&answer, "key", "disable", k.ID)
		return answer.Confirmation
	}
	in.done("key", "disable", k.ID)
	eventually(t, startWithin, "a change is unproven", func() bool {
		c := disable()
		return !c.Complete && len(c.Unproven) == 1 && len(c.Pending) == 0 && c.Confirmed == 1
	})
	in.alterAny("UPDATE gates SET lease_until = ? WHERE seen_at < (SELECT MAX(at) FROM epochs)", time.Now().Add(-25*time.Hour))
	in.alterAny("DELETE FROM gates WHERE lease_until < ?", time.Now().Add(-gatesGone)) // as the hourly job does
	eventually(t, startWithin, "a change is confirmed", func() bool { c := disable(); return c.Complete && len(c.Unproven) == 0 })
}
