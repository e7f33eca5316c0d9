package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keydesk/models"
	"keydesk/models/verify"
	"keydesk/web/gate"
)

// gateFlags are what every process is told that has a gate.
type gateFlags struct {
	GateListen   string        `help:"Where the gate listens." default:"127.0.0.1:8081" env:"KEYDESK_GATE_LISTEN"`
	StaleFor     time.Duration `help:"How long a gate that lost the database still answers: 1s to 300s; 0s has it ask the database at every check." default:"10s" env:"KEYDESK_STALE_FOR"`
	TrustedProxy []string      `help:"A network whose X-Forwarded-For is believed, such as 127.0.0.1/32; may be given several times." env:"KEYDESK_TRUSTED_PROXY" placeholder:"CIDR"`
	GateOpen     bool          `help:"Let everybody who reaches a gate beyond loopback ask it; otherwise a gateway needs a credential." env:"KEYDESK_GATE_OPEN"`
	JournalFlag
}

// gating is what a gate was told, checked.
type gating struct {
	gateListener    net.Listener
	gatewayRequired bool
	trusted         []netip.Prefix
	staleFor        time.Duration // 0: the database is asked at every check
}

func (f gateFlags) check(problem func(string, ...any)) gating {
	g := gating{staleFor: f.StaleFor}
	for _, text := range f.TrustedProxy {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			problem("--trusted-proxy %q is no network: write 127.0.0.1/32 or 10.0.0.0/8", text)
		}
		g.trusted = append(g.trusted, p)
	}
	local, err := loopback(f.GateListen)
	if err != nil {
		problem("--gate-listen: %w", err)
	}
	g.gatewayRequired = !local && !f.GateOpen
	if f.StaleFor != 0 && (f.StaleFor < time.Second || f.StaleFor > 300*time.Second) {
		problem("--stale-for is %v: want 1s to 300s, or 0s", f.StaleFor)
	}
	return g
}

func (g *gating) listen(ctx context.Context, addr string) (err error) {
	if g.gateListener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", addr); err != nil {
		return fmt.Errorf("the gate cannot listen (choose another address with --gate-listen): %w", err)
	}
	return nil
}

// newGate makes the process's gate. Its id is new at every start: nobody can tell what another process counted from it. travel
// is told when the database went back in time, and may be nil.
func (h *host) newGate(cfg gating, travel func(models.Epoch)) (*verify.Gate, error) {
	id, err := models.NewID(models.PrefixGate, rand.Reader)
	if err != nil {
		return nil, err
	}
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost"
	}
	return verify.New(verify.Config{
		ID: id, Name: hostname + " " + cfg.gateListener.Addr().String(), Version: version, Source: h.Store, Peppers: h.Desk.Peppers,
		StaleFor: cfg.staleFor, AskEach: cfg.staleFor == 0, Now: time.Now, Log: h.Log,
		Journal: h.journal, Journaled: h.journal.said, TimeTravel: travel,
	})
}

// gateServer answers what comes to the gate's listener. Its metrics are the gate's, and also those.
func (h *host) gateServer(g *verify.Gate, cfg gating, also ...prometheus.Collector) *gate.Server {
	handlers := gate.New(gate.Config{Gate: g, GatewayRequired: cfg.gatewayRequired, Trusted: cfg.trusted, Now: time.Now, Also: also})
	return gate.NewServer(handlers, h.Log)
}

type gateCmd struct {
	gateFlags
}

// Run answers checks until the context ends: a gate alone, beside those who ask it. There may be any number of them.
func (c *gateCmd) Run(ctx context.Context, std stdio, set *Settings) error {
	var problems []error
	cfg := c.check(func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) })
	if err := errors.Join(problems...); err != nil {
		return usageError{err.Error()}
	}
	if strings.HasPrefix(set.databaseURL(), "sqlite:") {
		return usageError{"a gate alone needs Postgres (--database postgres://…): a SQLite database is served by one process, which has its gate (keydesk serve)"}
	}
	if _, err := os.Stat(set.pepperPath()); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the pepper file %s is missing: give the gate the one that \"keydesk serve\" uses (--pepper-file)", within(set.pepperPath()))
	}
	h, err := openHost(ctx, set, std, toAnswer)
	if err != nil {
		return err
	}
	defer func() { _ = h.Store.Close() }()
	h.journal, _ = h.readJournal(c.journalPath(set)) // damage was told
	if err := cfg.listen(ctx, c.GateListen); err != nil {
		return err
	}
	defer func() { _ = cfg.gateListener.Close() }()
	return h.answer(ctx, std, cfg)
}

// answer runs the gate and its server until the context ends or one of them fails.
func (h *host) answer(ctx context.Context, std stdio, cfg gating) error {
	g, err := h.newGate(cfg, nil) // who accepts such a database is a server, or a person
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(std.Err, "Keydesk %s\n  Gate     http://%s/gate/check\n  Database %s\n",
		version, localName(cfg.gateListener.Addr().String()), h.describeDatabase())
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // what the last answers counted is flushed after them
	var all sync.WaitGroup
	all.Go(func() { g.Run(running) })
	all.Go(func() { h.Store.Listen(running, h.Log, g.Wake) })
	err = serveUntil(ctx, []listening{{cfg.gateListener, h.gateServer(g, cfg)}}, runPlain)
	stop()
	all.Wait()
	h.Log.Info("stopped")
	return err
}
