package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	rounds      = 5
	connections = 64
)

// roles are what a process of this binary can be instead of a test.
var roles = map[string]func(io.Reader, io.Writer) error{"echo": serveEcho, "gate": serveGate, "headers": serveHeaders, "load": load}

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
func round() time.Duration { return time.Duration(setting("KEYDESK_BENCH_SECONDS", 2)) * time.Second }

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

func (p *process) ask(b *testing.B, line string) string {
	b.Helper()
	_, err := fmt.Fprintln(p.in, line)
	must(b, err)
	return p.line(b)
}

func (p *process) number(b *testing.B, line string) float64 {
	b.Helper()
	n, err := strconv.ParseFloat(p.ask(b, line), 64)
	must(b, err)
	return n
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// figures of one round.
type figures struct{ perSecond, cpu float64 } // requests a second; CPU of the server in µs a request

func measure(b *testing.B, server, load *process, addr, kind string) figures {
	b.Helper()
	before := server.number(b, "cpu")
	began := time.Now()
	requests := load.number(b, addr+" "+kind)
	took := time.Since(began).Seconds()
	return figures{requests / took, (server.number(b, "cpu") - before) / requests}
}

// BenchmarkGate compares a warm /gate/check among many keys with a bare handler of echo that answers 204: the same listener
// settings, kept-alive connections, one server's round after the other's, and the median of all rounds. The third server
// tells what of the difference is the answer's headers, and what the decision.
func BenchmarkGate(b *testing.B) {
	kinds := []string{"echo", "headers", "gate"}
	servers, addrs, got := map[string]*process{}, map[string]string{}, map[string][]figures{}
	for _, kind := range kinds {
		servers[kind] = start(b, kind)
		addrs[kind] = servers[kind].line(b)
	}
	client := start(b, "load")
	if client.line(b) != "ready" {
		b.Fatal("the load did not start")
	}
	for range b.N {
		for i := range rounds + 1 {
			for _, kind := range kinds {
				f := measure(b, servers[kind], client, addrs[kind], kind)
				if i > 0 { // the first warms up
					got[kind] = append(got[kind], f)
				}
			}
		}
	}
	report(b, median(got["echo"]), median(got["headers"]), median(got["gate"]))
}

func median(rounds []figures) figures {
	speed, cpu := make([]float64, len(rounds)), make([]float64, len(rounds))
	for i, f := range rounds {
		speed[i], cpu[i] = f.perSecond, f.cpu
	}
	slices.Sort(speed)
	slices.Sort(cpu)
	return figures{speed[len(speed)/2], cpu[len(cpu)/2]}
}

func report(b *testing.B, echo, headers, gate figures) {
	b.Logf("%d keys, %d connections, median of %d rounds of %v", keyCount(), connections, rounds, round())
	b.Logf("echo: %7.0f requests/s, %5.2f µs CPU a request", echo.perSecond, echo.cpu)
	b.Logf("headers: %7.0f requests/s, %5.2f µs CPU a request (net/http with the gate's five headers, deciding nothing)", headers.perSecond, headers.cpu)
	b.Logf("gate: %7.0f requests/s, %5.2f µs CPU a request", gate.perSecond, gate.cpu)
	b.Logf("gate / echo: %.2f of the requests/s, %.2f of the CPU", gate.perSecond/echo.perSecond, gate.cpu/echo.cpu)
	b.Logf("gate / headers: %.2f of the requests/s, %.2f of the CPU", gate.perSecond/headers.perSecond, gate.cpu/headers.cpu)
	b.ReportMetric(echo.cpu, "echo-µs")
	b.ReportMetric(gate.cpu, "gate-µs")
	b.ReportMetric(gate.cpu/echo.cpu, "cpu-ratio")
	b.ReportMetric(gate.cpu/headers.cpu, "cpu-ratio-headers")
	b.ReportMetric(gate.perSecond/echo.perSecond, "rate-ratio")
}
