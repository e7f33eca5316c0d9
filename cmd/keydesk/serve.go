package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"keydesk/models"
	"keydesk/models/store"
)

type serveCmd struct {
	Demo          bool   `help:"Show a made-up company instead, in keydesk-demo beside where it is started: made anew at every start, on this machine alone, on the next free ports." env:"KEYDESK_DEMO"`
	Listen        string `help:"Where the console listens." default:"127.0.0.1:8080" env:"KEYDESK_LISTEN"`
	PublicURL     string `help:"The address under which people reach the console, such as https://keydesk.example.com." env:"KEYDESK_PUBLIC_URL" placeholder:"URL"`
	TLSCert       string `help:"The console's certificate, PEM." env:"KEYDESK_TLS_CERT" placeholder:"FILE" type:"path"`
	TLSKey        string `help:"Its key, PEM." env:"KEYDESK_TLS_KEY" placeholder:"FILE" type:"path"`
	APIEndpoint   string `name:"api-endpoint" help:"The host:port at which the list of endpoints sends clients of the management API (default: that of the public URL)." env:"KEYDESK_API_ENDPOINT" placeholder:"HOST:PORT"`
	TLSSelfSigned bool   `name:"tls-self-signed" help:"Make a certificate for this machine's names in the data directory, for trying TLS out; clients trust it where SSL_CERT_FILE names it." env:"KEYDESK_TLS_SELF_SIGNED"`
	InsecureHTTP  bool   `name:"insecure-http" help:"Serve the console over plain HTTP beyond loopback. Every page says so." env:"KEYDESK_INSECURE_HTTP"`
	Services      string `help:"A YAML file of the installation's own services and scopes (default: <data-dir>/services.yaml, where it exists)." env:"KEYDESK_SERVICES" placeholder:"FILE" type:"path"`
	gateFlags
}

// shutdownWithin is how long requests under way may take when the process is told to stop.
const shutdownWithin = 10 * time.Second

// Run serves until the context ends, then stops answering, drains and flushes.
func (c *serveCmd) Run(ctx context.Context, std stdio, set *Settings) error {
	if c.Demo {
		return c.runDemo(ctx, std, set)
	}
	cfg, err := c.check()
	if err != nil {
		return err
	}
	own, err := c.services(set)
	if err != nil {
		return err
	}
	h, err := openHost(ctx, set, std, toServe)
	if err != nil {
		return err
	}
	defer func() { _ = h.Store.Close() }()
	if h.journal, err = h.openJournal(ctx, c.journalPath(set)); err != nil {
		return err
	}
	if err := h.takeCatalogue(ctx, own); err != nil {
		return c.ofServices(set, err)
	}
	if err := c.selfSign(set.DataDir); err != nil {
		return err
	}
	if cfg, err = cfg.listen(ctx); err != nil {
		return err
	}
	defer cfg.close()
	if err := h.rememberPublicURL(ctx, cfg.publicURL); err != nil {
		return err
	}
	return h.serve(ctx, std, cfg)
}

// systemActor is Keydesk itself.
func systemActor() models.Actor {
	return models.Actor{Type: models.ActorSystem, ID: "keydesk", Name: "keydesk", Method: "start"}
}

// takeCatalogue puts a file's catalogue in place of what is stored. Without a file the catalogue is the console's: as it was
// edited there, or as the last file left it.
func (h *host) takeCatalogue(ctx context.Context, own models.OwnCatalogue) error {
	if own.Source == models.SourceFile {
		changed, err := h.Desk.SetCatalogue(ctx, systemActor(), own)
		if changed {
			h.Log.Info("the scope catalogue is taken from a file", "file", own.File)
		}
		return err
	}
	released, err := h.Desk.ReleaseCatalogue(ctx, systemActor())
	if released {
		h.Log.Info("the file of the scope catalogue is gone: the console may edit what it said")
	}
	return err
}

func (c *serveCmd) services(set *Settings) (models.OwnCatalogue, error) {
	return readServices(c.servicesPath(set), c.Services != "")
}

func (c *serveCmd) servicesPath(set *Settings) string {
	if c.Services != "" {
		return c.Services
	}
	return filepath.Join(set.DataDir, servicesFile)
}

// ofServices names the file beside what the catalogue says is wrong in it.
func (c *serveCmd) ofServices(set *Settings, err error) error {
	if models.CodeOf(err) != models.Invalid {
		return err
	}
	return fmt.Errorf("the services file %s: %w", within(c.servicesPath(set)), err)
}

// rememberPublicURL leaves the address for commands that print links.
func (h *host) rememberPublicURL(ctx context.Context, base string) error {
	_, err := h.Store.Write(ctx, func(tx *store.Tx) error { return tx.SetSetting(publicURLSetting, base) })
	return err
}

// serve runs the gate, both servers and the regular jobs until the context ends or one of them fails.
func (h *host) serve(ctx context.Context, std stdio, cfg serving) error {
	heal := newHealer(h, h.journal)
	g, err := h.newGate(cfg.gating, heal.raise)
	if err != nil {
		return err
	}
	worker, err := h.Desk.NewWorker()
	if err != nil {
		return err
	}
	h.Desk.Wake, h.Desk.Work = g.Wake, worker.Wake
	heal.gate, h.journal.said = g.Stats, models.Journaled{} // the gate has taken it over
	metrics := &deskMetrics{h: h, started: time.Now()}
	signer, err := openSigner(ctx, h)
	if err != nil {
		return err
	}
	if err := h.openTokens(); err != nil {
		return err
	}
	console, err := h.newConsole(cfg, signer)
	if err != nil {
		return err
	}
	h.announce(ctx, std, cfg)
	cfg.demo.announce(std, cfg)

	// The gate outlives the servers: what their last requests counted is flushed after them.
	gateCtx, stopGate := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { g.Run(gateCtx) })
	running.Go(func() { h.Store.Listen(gateCtx, h.Log, g.Wake) })
	jobs, stopJobs := context.WithCancel(ctx)
	running.Go(func() { h.runJobs(jobs, signer) })
	running.Go(func() { h.watchTokenKeys(jobs) })
	running.Go(func() { metrics.figures.watch(jobs, h) })
	running.Go(func() { cfg.demo.ask(jobs, "http://"+cfg.gateListener.Addr().String()) })
	running.Go(func() { worker.Run(jobs) })
	running.Go(func() { heal.run(jobs) })

	err = serveUntil(ctx, []listening{
		{cfg.consoleListener, console}, {cfg.gateListener, h.gateServer(g, cfg.gating, metrics)},
	}, cfg.run)
	stopJobs()
	stopGate()
	running.Wait()
	h.Log.Info("stopped")
	return err
}

// listening is a server and the listener that it gets.
type listening struct {
	listener net.Listener
	server   interface {
		Serve(net.Listener) error
		Shutdown(context.Context) error
		Close() error
	}
}

// serveUntil runs the servers until the context ends or one fails, then lets the requests under way finish.
func serveUntil(ctx context.Context, all []listening, run func(listening) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, l := range all {
		go func() {
			err := run(l)
			if !errors.Is(err, http.ErrServerClosed) {
				cancel(err)
			}
		}()
	}
	<-ctx.Done()
	failed := context.Cause(ctx)
	if errors.Is(failed, context.Canceled) {
		failed = nil
	}
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownWithin)
	defer done()
	var wait sync.WaitGroup
	for _, l := range all {
		wait.Go(func() {
			if l.server.Shutdown(drain) != nil {
				_ = l.server.Close()
			}
		})
	}
	wait.Wait()
	return failed
}

// announce tells the one at the terminal where things are, and the way in where nobody can sign in yet. The link goes to
// the terminal and never through the logger.
func (h *host) announce(ctx context.Context, std stdio, cfg serving) {
	_, _ = fmt.Fprintf(std.Err, "Keydesk %s\n  Console  %s\n  API      %s\n  Gate     http://%s/gate/check\n  Database %s\n",
		version, cfg.publicURL, cfg.apiEndpoint, localName(cfg.gateListener.Addr().String()), h.describeDatabase())
	if cfg.cmd.TLSSelfSigned {
		_, _ = fmt.Fprintf(std.Err, "  TLS      %s (self-signed: clients trust it where SSL_CERT_FILE names it)\n", cfg.cmd.TLSCert)
	}
	token, err := h.People.SetupLink(ctx)
	switch {
	case err != nil:
		h.Log.Error("the setup link could not be made: start again for another", "err", err)
	case token != "": // nobody is there yet
		_, _ = fmt.Fprintf(std.Err, "\nNobody can sign in yet. Create the first administrator with this link (once, within 24 hours):\n  %s/setup/%s\n\n",
			cfg.publicURL, token)
	}
	if cfg.insecure {
		h.Log.Warn("the console is served over plain HTTP beyond loopback: passwords and secrets can be read on the way")
	}
}

func (h *host) describeDatabase() string {
	if path, ok := strings.CutPrefix(h.set.databaseURL(), "sqlite:"); ok {
		return within(path) + " (SQLite)"
	}
	return "Postgres"
}

// localName says localhost for a loopback address, which is what browsers treat as this machine.
func localName(addr string) string {
	hostname, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(hostname); err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		hostname = "localhost"
	}
	return net.JoinHostPort(hostname, port)
}
