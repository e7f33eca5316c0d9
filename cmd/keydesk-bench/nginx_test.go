package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const nginxConfig = `daemon off; user root; worker_processes %d; pid nginx.pid; error_log stderr warn;
events { worker_connections 1024; }
http {
	access_log off; keepalive_requests 1000000000; keepalive_timeout 120s;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	server { listen %s; location = /gate/check { return 204; } }
}
`

// startNginx starts the nginx of this machine with an answer of 204 that needs nobody.
func startNginx(b *testing.B) target {
	b.Helper()
	dir, addr := b.TempDir(), freeAddr(b)
	file := filepath.Join(dir, "nginx.conf")
	must(b, os.WriteFile(file, fmt.Appendf(nil, nginxConfig, runtime.GOMAXPROCS(0), addr), 0o600))
	cmd := exec.Command("/usr/sbin/nginx", "-p", dir, "-c", file, "-e", "stderr")
	cmd.Stderr = os.Stderr
	must(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // the master ends its workers
		_ = cmd.Wait()
	})
	listens(b, addr)
	return target{kind: "nginx", addr: addr, cpu: func() float64 { return cpuOfChildren(b, cmd.Process.Pid) }}
}

func freeAddr(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func listens(b *testing.B, addr string) {
	b.Helper()
	for range 500 {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatalf("nothing listens at %s", addr)
}

// cpuOfChildren is what a process's children have used, in µs: a tick of the kernel's clock is a hundredth of a second.
func cpuOfChildren(b *testing.B, pid int) (used float64) {
	b.Helper()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	must(b, err)
	for _, child := range strings.Fields(string(children)) {
		stat, err := os.ReadFile("/proc/" + child + "/stat")
		must(b, err)
		var user, system float64
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after) // from the third on, as proc(5) counts them
		_, err = fmt.Sscan(fields[11]+" "+fields[12], &user, &system)
		must(b, err)
		used += (user + system) * 10_000
	}
	return used
}
