package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
	"keydesk/views/layout"
	"keydesk/web/console"
	"keydesk/web/session"
)

// demo is a made-up company while it runs. A nil one is none: everything that it would do is left out.
type demo struct {
	callers  []caller
	try      secret.Secret // the key that the terminal offers
	token    string        // of the link
	password string        // of everybody, for where a page asks for it
}

// runDemo serves a made-up company from a directory of its own until the context ends.
func (c *serveCmd) runDemo(ctx context.Context, std stdio, set *Settings) error {
	cfg, err := c.checkDemo(set)
	if err != nil {
		return err
	}
	own := *set
	if own.LogLevel == "info" { // a line a request would carry the link away
		own.LogLevel = "warn"
	}
	if own.DataDir, err = demoDataDir(set.DataDir); err != nil {
		return err
	}
	held, err := takeDemoDir(own.DataDir)
	if err != nil {
		return err
	}
	defer func() { _ = held.Unlock() }()
	h, err := openHost(ctx, &own, std, toServe)
	if err != nil {
		return err
	}
	defer func() { _ = h.Store.Close() }()
	_, _ = fmt.Fprintf(std.Err, "Making up a company in %s …\n", within(own.DataDir))
	if cfg.demo, err = h.foundDemo(ctx, time.Now()); err != nil {
		return err
	}
	if h.journal, err = h.openJournal(ctx, c.journalPath(&own)); err != nil {
		return err
	}
	if cfg, err = cfg.listenNext(ctx); err != nil {
		return err
	}
	defer cfg.close()
	if err := h.rememberPublicURL(ctx, cfg.publicURL); err != nil {
		return err
	}
	return h.serve(ctx, std, cfg)
}

// checkDemo reads the settings of a demo: it is for whoever sits at this machine, and for nobody's real keys.
func (c *serveCmd) checkDemo(set *Settings) (serving, error) {
	var problems []error
	for _, f := range []struct {
		flag  string
		given bool
	}{
		{"--database", set.Database != ""}, {"--pepper-file", set.PepperFile != ""}, {"--token-key-file", set.TokenKeyFile != ""}, {"--services", c.Services != ""},
		{"--revocation-journal", c.RevocationJournal != ""},
		{"--public-url", c.PublicURL != ""}, {"--tls-cert", c.TLSCert != ""}, {"--tls-key", c.TLSKey != ""},
		{"--tls-self-signed", c.TLSSelfSigned},
		{"--trusted-proxy", len(c.TrustedProxy) > 0}, {"--gate-open", c.GateOpen}, {"--insecure-http", c.InsecureHTTP},
	} {
		if f.given {
			problems = append(problems, fmt.Errorf("%s does not go with --demo, which has all of its own: leave it out, in the environment too", f.flag))
		}
	}
	for _, f := range []struct{ flag, addr string }{{"--listen", c.Listen}, {"--gate-listen", c.GateListen}} {
		if local, err := loopback(f.addr); err == nil && !local {
			problems = append(problems, fmt.Errorf("%s %s is beyond loopback: a demo is for this machine alone", f.flag, f.addr))
		}
	}
	if len(problems) > 0 {
		return serving{}, usageError{errors.Join(problems...).Error()}
	}
	cfg, err := c.check()
	// The callers say which host of the company asks; on loopback nobody else says anything.
	cfg.trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	return cfg, err
}

// demoDataDir is the demo's directory: never the one of the product, whichever way that is named.
func demoDataDir(given string) (string, error) {
	product, err := filepath.Abs(dataDir)
	if err != nil || given != product {
		return given, err
	}
	return filepath.Join(filepath.Dir(product), demoDir), nil
}

// foundWithin is far more than a company takes: a second or two.
const foundWithin = time.Minute

// foundDemo makes the company, with months of history, and what it takes to show it.
func (h *host) foundDemo(ctx context.Context, now time.Time) (*demo, error) {
	ctx, cancel := context.WithTimeout(ctx, foundWithin)
	defer cancel()
	now = models.Instant(now)
	d := &demo{password: rand.Text()}
	p, err := newPast(h, d.password)
	if err != nil {
		return nil, err
	}
	if err := p.tell(ctx, demoStory(), now); err != nil {
		return nil, err
	}
	if err := p.use(ctx, h.Store, now); err != nil {
		return nil, fmt.Errorf("the demo's usage: %w", err)
	}
	if err := h.signDemo(ctx); err != nil {
		return nil, err
	}
	d.callers = p.callers()
	d.try = p.keys[demoTryKey].secrets[0]
	d.token, err = h.People.OpenDemo(olga)
	return d, errors.Join(err, h.People.Sweep(ctx)) // the sessions of the past have ended
}

// signDemo signs how far the log goes, as a server does every minute.
func (h *host) signDemo(ctx context.Context) error {
	signer, err := openSigner(ctx, h)
	if err != nil {
		return err
	}
	_, err = h.signHead(ctx, signer)
	return err
}

// portsTried is how many ports a demo tries, one after another, where the usual one is taken.
const portsTried = 100

// listenNext is listen on the next ports that are free.
func (s serving) listenNext(ctx context.Context) (serving, error) {
	asked := s.cmd
	next := *asked
	s.cmd = &next
	for range portsTried {
		got, err := s.listen(ctx)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return got, err
		}
		// A port that is free for one is taken for the other, too, once that listens: both move on together.
		next.Listen, next.GateListen = nextPort(next.Listen), nextPort(next.GateListen)
	}
	return s, fmt.Errorf("no free ports after %s and %s: choose others with --listen and --gate-listen", asked.Listen, asked.GateListen)
}

// nextPort is the same address two ports on: the usual two are neighbours. Port 0 is whichever is free.
func nextPort(addr string) string {
	hostname, port, err := net.SplitHostPort(addr)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n == 0 {
		return addr
	}
	return net.JoinHostPort(hostname, strconv.Itoa(n+2))
}

// announce offers the demo on the terminal, and there alone: the link and the secret go through no logger.
func (d *demo) announce(std stdio, cfg serving) {
	if d == nil {
		return
	}
	gate := "http://" + localName(cfg.gateListener.Addr().String())
	_, _ = fmt.Fprintf(std.Err, `
This is a demo: the company is made up, its programs ask the gate all the time, and nothing is kept after the next start.
Open this link to be its administrator; a banner on every page lets you be the operator, the reviewer or the responder:

  %[1]s/demo/%[2]s

Ask the gate yourself. The first is answered 204, the second 403 and names the scope:

  curl -i -H "Authorization: Api-Key %[3]s" "%[4]s/gate/check?scope=%[5]s"
  curl -i -H "Authorization: Api-Key %[3]s" "%[4]s/gate/check?scope=%[6]s"

Where a page asks for a password, it is %[7]s for everybody.

`, cfg.publicURL, d.token, d.try.Reveal(), gate, demoTryAllowed, demoTryRefused, d.password)
}

// pages is what the console has beside its own in a demo.
func (d *demo) pages(sessions *session.Manager) *console.Demo {
	if d == nil {
		return nil
	}
	return &console.Demo{Sessions: sessions, People: []layout.DemoPerson{
		{Access: models.Administrator, Label: "Administrator", Email: olga},
		{Access: models.Operator, Label: "Operator", Email: tomas},
		{Access: models.Reviewer, Label: "Reviewer", Email: mei},
		{Access: models.Responder, Label: "Responder", Email: sam},
	}}
}
