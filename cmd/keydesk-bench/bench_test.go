package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const rounds = 5

// roles are what a process of this binary can be instead of a test.
var roles = map[string]func(io.Reader, io.Writer) error{
	"echo": serveEcho, "gate": serveGate, "net/http gate": serveFullGate, "headers": serveHeaders, "load": load,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv("KEYDESK_BENCH_ROLE")]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func setting(name string, def int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return def
}

func keyCount() int        { return setting("KEYDESK_BENCH_KEYS", 100_000) }
func round() time.Duration { return time.Duration(setting("KEYDESK_BENCH_SECONDS", 1)) * time.Second }

// process is a child that answers each line with a line.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(b *testing.B, role string) *process {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), "KEYDESK_BENCH_ROLE="+role), os.Stderr
	in, err := cmd.StdinPipe()
	must(b, err)
	out, err := cmd.StdoutPipe()
	must(b, err)
	must(b, cmd.Start())
	b.Cleanup(func() { // a child ends when its input does
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &process{cmd: cmd, in: in, out: bufio.NewReader(out)}
}

func (p *process) line(b *testing.B) string {
	b.Helper()
	text, err := p.out.ReadString('\n')
	must(b, err)
	return strings.TrimSpace(text)
}

func (p *process) ask(b *testing.B, format string, args ...any) string {
	b.Helper()
	_, err := fmt.Fprintf(p.in, format+"\n", args...)
	must(b, err)
	return p.line(b)
}

func (p *process) number(b *testing.B, format string, args ...any) float64 {
	b.Helper()
	n, err := strconv.ParseFloat(p.ask(b, format, args...), 64)
	must(b, err)
	return n
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// target is a server to measure.
type target struct {
	kind, addr string
	cpu        func() float64 // of the server so far, in µs
	child      *process       // nil for nginx
}

// startAll starts every server, each in a process of its own.
func startAll(b *testing.B) []target {
	b.Helper()
	list := []target{startNginx(b)}
	for _, kind := range []string{"echo", "headers", "net/http gate", "gate"} {
		p := start(b, kind)
		list = append(list, target{kind, p.line(b), func() float64 { return p.number(b, "cpu") }, p})
	}
	return list
}

// figures of one round: requests a second and µs of the server's CPU a request, or µs that paced requests took.
type figures struct{ perSecond, cpu, p50, p99 float64 }

func busy(b *testing.B, t target, client *process, connections int) figures {
	b.Helper()
	before, began := t.cpu(), time.Now()
	requests := client.number(b, "%s %d 0", t.addr, connections)
	took := time.Since(began).Seconds()
	return figures{perSecond: requests / took, cpu: (t.cpu() - before) / requests}
}

func paced(b *testing.B, t target, client *process, perSecond int) (f figures) {
	b.Helper()
	_, err := fmt.Sscan(client.ask(b, "%s 16 %d", t.addr, perSecond), &f.p50, &f.p99)
	must(b, err)
	return f
}

// interleaved measures one server's round after the other's and gives the median of each; a first round warms up.
func interleaved(targets []target, measure func(target) figures) map[string]figures {
	got, median := map[string][]figures{}, map[string]figures{}
	for i := range rounds + 1 {
		for _, t := range targets {
			if f := measure(t); i > 0 {
				got[t.kind] = append(got[t.kind], f)
			}
		}
	}
	for kind, list := range got {
		of := func(get func(figures) float64) float64 {
			values := make([]float64, 0, len(list))
			for _, f := range list {
				values = append(values, get(f))
			}
			slices.Sort(values)
			return values[len(values)/2]
		}
		median[kind] = figures{
			of(func(f figures) float64 { return f.perSecond }), of(func(f figures) float64 { return f.cpu }),
			of(func(f figures) float64 { return f.p50 }), of(func(f figures) float64 { return f.p99 }),
		}
	}
	return median
}

// BenchmarkGate compares a warm /gate/check among many keys with a bare handler of echo that answers 204, and with nginx
// that answers 204 by itself. Two more servers tell where the rest goes: net/http that sets the gate's five headers and
// decides nothing, and the gate's handlers on net/http alone. Kept-alive connections, the same deadlines, as many workers
// of nginx as the others have processors.
func BenchmarkGate(b *testing.B) {
	targets, client := startAll(b), start(b, "load")
	if client.line(b) != "ready" {
		b.Fatal("the load did not start")
	}
	for _, connections := range []int{16, 64} {
		b.Run(fmt.Sprintf("%d connections", connections), func(b *testing.B) {
			compare(b, targets, func(t target) figures { return busy(b, t, client, connections) })
		})
	}
	b.Run("2000 a second", func(b *testing.B) {
		for range b.N {
			got := interleaved(targets, func(t target) figures { return paced(b, t, client, 2000) })
			for _, t := range targets {
				b.Logf("%-13s p50 %4.0f µs, p99 %4.0f µs", t.kind, got[t.kind].p50, got[t.kind].p99)
			}
			b.ReportMetric(got["gate"].p99, "p99-µs")
		}
		gate := targets[len(targets)-1].child
		heap := gate.number(b, "heap") / float64(keyCount())
		b.Logf("the gate keeps %.0f bytes of heap a key, and took %.2f s to load %d beside %.2f s to make them up",
			heap, gate.number(b, "loading"), keyCount(), gate.number(b, "making"))
		b.ReportMetric(heap, "B/key")
	})
}

// compare logs what each server does, and how that stands to echo.
func compare(b *testing.B, targets []target, measure func(target) figures) {
	b.Helper()
	for range b.N {
		got := interleaved(targets, measure)
		b.Logf("%d keys, median of %d rounds of %v; GOMAXPROCS and workers of nginx %d", keyCount(), rounds, round(), runtime.GOMAXPROCS(0))
		for _, t := range targets {
			f, echo := got[t.kind], got["echo"]
			b.Logf("%-13s %7.0f requests/s, %5.2f µs CPU a request; / echo: %.2f of the requests/s, %.2f of the CPU",
				t.kind, f.perSecond, f.cpu, f.perSecond/echo.perSecond, f.cpu/echo.cpu)
		}
		b.ReportMetric(got["gate"].cpu/got["echo"].cpu, "cpu/echo")
		b.ReportMetric(got["gate"].perSecond/got["echo"].perSecond, "rate/echo")
		b.ReportMetric(got["gate"].cpu/got["nginx"].cpu, "cpu/nginx")
	}
}
