package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"keydesk/models"
)

// perSecond is how many requests for one page come in a second, whatever becomes of those before.
const perSecond = 50

// lists are the pages that are measured, by their addresses, and the bare page that each stands beside.
func lists() (all [][2]string) {
	for _, tab := range models.KeyTabs {
		all = append(all, [2]string{"/keys?tab=" + string(tab), "/keys"})
	}
	for _, query := range []string{
		"sort=created", "sort=used", "sort=-used", "sort=expires", "account=name-7", "owner=team-7@example.org", "scope=orders.scope6", "network=10.7.0.0/24",
		"unused_since=2026-08-15", "expiring_before=2026-12-23", "state=active", "state=disabled", "state=revoked", "state=expired", "tab=attention&owner=team-7@example.org",
	} {
		all = append(all, [2]string{"/keys?" + query, "/keys"})
	}
	for _, query := range []string{
		"", "sort=-name", "sort=used", "sort=-used", "sort=created", "sort=-created", "q=name-77", "owner=team-7@example.org", "scope=orders.scope6", "unused=30", "expiring=30",
		"state=suspended", "q=ajk00000000000000077",
	} {
		all = append(all, [2]string{"/service-accounts?" + query, "/service-accounts"})
	}
	const key, account = "/keys/ajk00000000000000077", "/service-accounts/aje00000000000000007"
	return append(all, [][2]string{
		{key, "/key"}, {account, "/keys"}, {account + "?tab=activity", "/key"}, {account + "?tab=roles", "/key"},
		{"/audit", "/keys"}, {"/audit?action=key.revoke", "/keys"}, {"/audit?result=refused", "/keys"}, {"/audit?object=ajk00000000000004711", "/keys"},
		{finding + "ajk00000000000000077", "/key"}, {finding + "key number 77", "/keys"}, {finding + "name-77", "/key"}, {finding + "****000077", "/key"},
		{"/operations", "/key"}, {"/people", "/key"}, {"/settings/scopes", "/keys"},
	}...)
}

// chosen are those of the pages whose address has the text of KEYDESK_BENCH_PAGES in it.
func chosen() [][2]string {
	return slices.DeleteFunc(lists(), func(page [2]string) bool { return !strings.Contains(page[0], os.Getenv("KEYDESK_BENCH_PAGES")) })
}

// BenchmarkPages measures the console's pages at 50 requests a second each, beside bare ones that echo and templ make of
// 50 rows, in one run. The promise is for 1,000,000 keys of 10,000 accounts on Postgres and 100,000 on SQLite:
//
//	KEYDESK_BENCH_KEYS=1000000 go test ./cmd/keydesk-bench -run '^$' -bench Pages/postgres -benchtime 1x -timeout 1h
func BenchmarkPages(b *testing.B) {
	for dialect, n := range databases() {
		b.Run(dialect, func(b *testing.B) {
			d, beside := openDesk(b, dialect, n), bare(b)
			base, lines := map[string]time.Duration{}, []string{"99th percentiles at 50 requests a second:"} // go test shows ten lines of a benchmark's log
			for _, page := range []string{"/keys", "/service-accounts", "/key"} {
				base[page] = beside.measure(b, page)
				lines = append(lines, fmt.Sprintf("%-60s %8.2f ms (echo and templ alone)", page, ms(base[page])))
			}
			slowest := time.Duration(0)
			for _, page := range chosen() {
				p99 := d.measure(b, page[0])
				lines = append(lines, fmt.Sprintf("%-60s %8.2f ms, %5.1f times the bare page", page[0], ms(p99), float64(p99)/float64(base[page[1]])))
				slowest = max(slowest, p99)
			}
			_, _ = fmt.Fprintln(os.Stdout, strings.Join(lines, "\n"))
			b.ReportMetric(ms(slowest), "slowest-p99-ms")
			b.ReportMetric(ms(base["/keys"]), "bare-p99-ms")
		})
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// measure asks for a page at a steady pace, and answers the 99th percentile of the time until it was read whole.
func (d *desk) measure(b *testing.B, path string) time.Duration {
	b.Helper()
	for range 3 { // warm
		d.get(b, path)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	pace := time.NewTicker(time.Second / perSecond)
	defer pace.Stop()
	for end := time.Now().Add(round()); time.Now().Before(end); {
		<-pace.C
		all.Go(func() {
			t := d.get(b, path)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, t)
		})
	}
	all.Wait()
	slices.Sort(took)
	return took[len(took)*99/100]
}

func (d *desk) get(b *testing.B, path string) time.Duration {
	b.Helper()
	began := time.Now()
	status, body, err := d.answer(b.Context(), path)
	if err != nil || status != http.StatusOK {
		b.Errorf("%s: %d, %v, %d bytes", path, status, err, len(body))
	}
	return time.Since(began)
}

// BenchmarkExports reads the lists as files: how many rows a second, how much memory grows meanwhile, and that the reading
// ends with its reader.
func BenchmarkExports(b *testing.B) {
	for dialect, n := range databases() {
		b.Run(dialect, func(b *testing.B) {
			d := openDesk(b, dialect, n)
			paths := map[string]string{
				"keys.csv": "/keys.csv", "keys.jsonl": "/keys.jsonl", "accounts.csv": "/service-accounts.csv", "audit.csv": "/audit.csv", "audit.jsonl": "/audit.jsonl",
			}
			for _, name := range slices.Sorted(maps.Keys(paths)) {
				f := d.export(b, paths[name])
				b.Logf("%-13s %8d rows at %7.0f rows/s, heap at most %.0f MB above before", name, f.rows, f.perSecond, f.grown/(1<<20))
				b.ReportMetric(f.perSecond, name+"-rows/s")
			}
			d.leave(b, "/keys.csv")
		})
	}
}

// file is what an export came to.
type file struct {
	rows             int
	perSecond, grown float64
}

func (d *desk) export(b *testing.B, path string) (f file) {
	b.Helper()
	before := heap(true)
	stop, most := make(chan struct{}), make(chan float64)
	go func() {
		grown := 0.0
		for {
			select {
			case <-stop:
				most <- grown
				return
			case <-time.After(50 * time.Millisecond):
				grown = max(grown, heap(false)-before)
			}
		}
	}()
	began := time.Now()
	r, err := d.request(b.Context(), path)
	must(b, err)
	res, err := http.DefaultClient.Do(r)
	must(b, err)
	defer func() { _ = res.Body.Close() }()
	part := make([]byte, 64<<10)
	for err == nil {
		var n int
		n, err = res.Body.Read(part)
		f.rows += bytes.Count(part[:n], []byte("\n"))
	}
	if res.StatusCode != http.StatusOK || err != io.EOF { //nolint:errorlint // a reader's end is told by this value
		b.Fatalf("%s: %d, %v", path, res.StatusCode, err)
	}
	f.perSecond = float64(f.rows) / time.Since(began).Seconds()
	close(stop)
	f.grown = <-most
	return f
}

// heap is how much of it is in use, in bytes.
func heap(collected bool) float64 {
	if collected {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse)
}

// leave reads the beginning of a file and goes away; the server's goroutines are gone soon after.
func (d *desk) leave(b *testing.B, path string) {
	b.Helper()
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(b.Context())
	r, err := d.request(ctx, path)
	must(b, err)
	res, err := http.DefaultClient.Do(r)
	must(b, err)
	_, err = io.ReadFull(res.Body, make([]byte, 4096))
	must(b, err)
	left := time.Now()
	cancel()
	_ = res.Body.Close()
	for runtime.NumGoroutine() > before {
		if time.Since(left) > 10*time.Second {
			b.Fatal(fmt.Errorf("%s is still read, 10 s after its reader left", path))
		}
		time.Sleep(time.Millisecond)
	}
	b.Logf("%s ended %v after its reader left", path, time.Since(left).Round(time.Millisecond))
}
