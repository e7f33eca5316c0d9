package storetest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"keydesk/models/store"
)

// template is the migrated database that fresh ones are copies of.
const template = "keydesk_template"

// cluster is this process's Postgres: made at its first use, gone when the process is, however that ends.
var cluster = sync.OnceValues(startCluster)

// making keeps copies of the template apart: Postgres copies a database only while nobody is connected to it.
var making sync.Mutex

// databases counts what was made, for names.
var databases atomic.Int64

// fresh makes a database for the test, and drops it when the test ends.
func fresh(t testing.TB, from string) string {
	t.Helper()
	dir, err := cluster()
	if err != nil {
		t.Fatalf("the tests need a Postgres server, installed as by `apt-get install postgresql`: %v", err)
	}
	name := fmt.Sprintf("t%d", databases.Add(1))
	if err := admin(dir, "CREATE DATABASE "+name+" TEMPLATE "+from+" STRATEGY FILE_COPY"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin(dir, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return address(dir, name)
}

// address is a URL by unix socket: no port is opened.
func address(dir, database string) string {
	return "postgres://postgres@/" + database + "?host=" + dir
}

// admin runs one statement of the harness beside the databases of tests.
func admin(dir, statement string) error {
	making.Lock()
	defer making.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address(dir, "postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}

// place is where the cluster lies: in memory, where a copy of the template takes a tenth of what it takes on a disk. A
// benchmark is about disks too.
func place() string {
	const memory, enough = "/dev/shm", 4 << 30
	var fs syscall.Statfs_t
	if measured() || syscall.Statfs(memory, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < enough { //nolint:gosec // a size of blocks
		return "/tmp"
	}
	return memory
}

// measured reports whether this process runs benchmarks.
func measured() bool {
	f := flag.Lookup("test.bench")
	return f != nil && f.Value.String() != ""
}

// buffers is the memory of the cluster: little for tests, and for benchmarks what a server has that keeps a million keys.
func buffers() string {
	if measured() {
		return " -c shared_buffers=512MB"
	}
	return ""
}

func startCluster() (string, error) {
	bin, dir, as, err := newCluster()
	if err != nil {
		return "", err
	}
	if err := serve(bin, dir, as, careless+buffers(), ""); err != nil {
		return "", err
	}
	return dir, prepare(dir)
}

// newCluster makes an empty cluster that does not run.
func newCluster() (bin, dir string, as *syscall.Credential, err error) {
	if bin, err = binaries(); err != nil {
		return "", "", nil, err
	}
	if as, err = credential(); err != nil {
		return "", "", nil, err
	}
	if dir, err = os.MkdirTemp(place(), "kd"); err != nil { // short: a socket's path has 107 bytes at most
		return "", "", nil, err
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return "", "", nil, err
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", dir+"/data", "-U", "postgres", "-A", "trust", "-N",
		"-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", "", nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return bin, dir, as, nil
}

// guard waits for the server and then removes its directory; one that is to be started again it removes only when this
// process is gone. It outlives this process by a moment: the kernel tells it when the thread that started it is gone, and it
// stops the server then.
const guard = `
"$1" -D "$2/data" -k "$2" -c listen_addresses= -c shared_buffers=64MB -c autovacuum=off $3 >>"$2/log" 2>&1 </dev/null &
server=$!
keep=$4
trap 'kill -QUIT $server; keep=' TERM INT
while kill -0 $server 2>/dev/null; do wait $server; done
[ -n "$keep" ] || rm -rf "$2"
`

// careless are the settings of the cluster that the tests share: nothing of it outlives them. Its log says of which database
// it speaks.
const careless = "-c log_line_prefix=%d: -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300"

func serve(bin, dir string, as *syscall.Credential, options, keep string) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the death signal below is tied to this thread, which must live as long as we do
		cmd := exec.Command("/bin/sh", "-c", guard, "keydesk-test-postgres", filepath.Join(bin, "postgres"), dir, options, keep)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGTERM, Setpgid: true}
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // a server that ends early is noticed by every test that asks it
		}
		select {} // the thread must stay: others that it started before would get its death signal, too
	}()
	return <-started
}

// prepare waits until the server answers, and makes the template.
func prepare(dir string) error {
	if err := answering(dir, "CREATE DATABASE "+template); err != nil {
		return err
	}
	return migrate(context.Background(), address(dir, template))
}

// answering repeats a statement until the server that was started takes it.
func answering(dir, statement string) error {
	deadline := time.Now().Add(30 * time.Second)
	err := admin(dir, statement)
	for ; err != nil && time.Now().Before(deadline); err = admin(dir, statement) {
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		log, _ := os.ReadFile(dir + "/log")
		return fmt.Errorf("starting postgres: %w: %s", err, log)
	}
	return nil
}

// binaries finds the server's programs: the newest that the distribution installed, else those in the PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(newest), nil
	}
	inPath, err := exec.LookPath("initdb")
	return filepath.Dir(inPath), err
}

func version(initdb string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return n
}

// credential is who the server runs as: Postgres refuses root.
func credential() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}
