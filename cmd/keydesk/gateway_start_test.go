package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The shipped configurations are started as they are, but for their addresses.
const (
	shippedGate     = "127.0.0.1:8081"
	shippedUpstream = "127.0.0.1:9000"
	shippedNginx    = "127.0.0.1:8088"
	shippedCaddy    = "http://localhost:8088"
)

// startNginx starts the real nginx with the shipped example and gives its address. It protects /mail/ with the scope
// yc.postbox.send and /logs/ with yc.logging.write. gateAddr and upstreamAddr are host:port.
func startNginx(t *testing.T, gateAddr, upstreamAddr string) string {
	t.Helper()
	addr := freeAddr(t)
	runNginx(t, addr, "example.conf", shippedGate, gateAddr, shippedUpstream, upstreamAddr, shippedNginx, addr)
	return addr
}

// runNginx starts nginx with one of the shipped files included in http { }, once every old text in it gave way to the new.
func runNginx(t *testing.T, addr, include string, oldNew ...string) {
	t.Helper()
	dir := t.TempDir()
	shipped, err := filepath.Glob("gateway/*/*.conf")
	if err != nil || len(shipped) == 0 {
		t.Fatal("the shipped nginx configuration is missing", err)
	}
	for _, file := range shipped {
		renderConfig(t, file, filepath.Join(dir, filepath.Base(file)), oldNew...)
	}
	write(t, filepath.Join(dir, "nginx.conf"), nginxMain+"include "+include+";\n}\n")
	// -p: relative paths, of includes and of what it keeps on disk, are below dir; -e: also before the file is read.
	startProcess(t, addr, exec.Command("/usr/sbin/nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr"))
}

// nginxMain is what a distribution's nginx.conf does around the shipped files, in one process that this test ends.
const nginxMain = `daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {}
http {
access_log off;
client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
client_max_body_size 64m;
`

// startCaddy does with the real Caddy what startNginx does with nginx.
func startCaddy(t *testing.T, gateAddr, upstreamAddr string) string {
	t.Helper()
	dir, addr := t.TempDir(), freeAddr(t)
	file := filepath.Join(dir, "Caddyfile")
	renderConfig(t, "gateway/Caddyfile", file, shippedGate, gateAddr, shippedUpstream, upstreamAddr, shippedCaddy, "http://"+addr)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, "{\nadmin off\nauto_https off\n}\n"+string(text))
	cmd := exec.Command("caddy", "run", "--config", file, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	startProcess(t, addr, cmd)
	return addr
}

// startProcess runs a server until the test ends, and returns once it takes connections.
func startProcess(t *testing.T, addr string, cmd *exec.Cmd) {
	t.Helper()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd.Path, output.String())
		}
	})
	for range 1000 {
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended before it answered on %s", cmd.Path, addr)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("%s does not answer on %s", cmd.Path, addr)
}

// renderConfig copies a file with each old text replaced by the new one that follows it.
func renderConfig(t *testing.T, from, to string, oldNew ...string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, strings.NewReplacer(oldNew...).Replace(string(text)))
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freeAddr is a loopback address that nothing listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
