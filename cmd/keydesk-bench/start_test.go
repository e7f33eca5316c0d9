package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"keydesk/models/store/storetest"
)

// BenchmarkGateStart is how long the program takes from its start to ready, with the keys in its database: the median of a
// few starts.
func BenchmarkGateStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "keydesk")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "keydesk/cmd/keydesk")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, dialect := range []string{"sqlite", "postgres"} {
		b.Run(dialect, func(b *testing.B) {
			database, data := storetest.Filled(b, dialect, keyCount()), b.TempDir()
			var took []time.Duration
			for range b.N {
				for range 3 {
					took = append(took, startToReady(b, program, database, data))
				}
			}
			slices.Sort(took)
			b.Logf("%d keys on %s: ready %.2f s after the start", keyCount(), dialect, took[len(took)/2].Seconds())
			b.ReportMetric(took[len(took)/2].Seconds(), "s-to-ready")
		})
	}
}

func startToReady(b *testing.B, program, database, data string) time.Duration {
	b.Helper()
	addr := freeAddr(b)
	cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--gate-listen", addr)
	cmd.Env = append(os.Environ(), "KEYDESK_DATABASE="+database, "KEYDESK_DATA_DIR="+data, "KEYDESK_LOG_LEVEL=error")
	began := time.Now()
	must(b, cmd.Start())
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	for time.Since(began) < 2*time.Minute {
		if r, err := http.Get("http://" + addr + "/readyz"); err == nil { //nolint:noctx // a poll of a server that this test ends
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				took := time.Since(began)
				hasLoaded(b, addr)
				return took
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatal("it does not get ready")
	return 0
}

// hasLoaded makes sure that the gate is not ready for want of keys.
func hasLoaded(b *testing.B, addr string) {
	b.Helper()
	r, err := http.Get("http://" + addr + "/metrics") //nolint:noctx // as above
	must(b, err)
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	must(b, err)
	found := regexp.MustCompile(`(?m)^keydesk_gate_keys (\S+)$`).FindSubmatch(body)
	if n, err := strconv.ParseFloat(string(found[1]), 64); err != nil || int(n) != keyCount() {
		b.Fatalf("%s keys in memory, want %d", found[1], keyCount())
	}
}
