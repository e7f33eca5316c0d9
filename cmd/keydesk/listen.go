package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
)

// serving is what serve was told, checked.
type serving struct {
	gating
	cmd             *serveCmd
	consoleListener net.Listener
	publicURL       string
	apiEndpoint     string // host:port that clients of the management API are sent to
	secure          bool   // browsers reach the console over https
	insecure        bool   // plain http beyond loopback, as the operator insisted
	demo            *demo  // nil in a real installation
}

// check reads the settings and tells every problem at once.
func (c *serveCmd) check() (serving, error) {
	s := serving{cmd: c, publicURL: c.PublicURL, apiEndpoint: c.APIEndpoint}
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	s.gating = c.gateFlags.check(problem)
	if (c.TLSCert == "") != (c.TLSKey == "") {
		problem("--tls-cert and --tls-key go together")
	}
	if c.TLSSelfSigned && c.TLSCert != "" {
		problem("--tls-self-signed makes a certificate, and --tls-cert names one: leave one of them out")
	}
	if c.APIEndpoint != "" && !isHostPort(c.APIEndpoint) {
		problem("--api-endpoint %q: write host:port, such as keydesk.example.com:443", c.APIEndpoint)
	}
	public := publicScheme(c.PublicURL, problem)
	s.secure = c.TLSCert != "" || c.TLSSelfSigned || public == "https"
	local, err := loopback(c.Listen)
	if err != nil {
		problem("--listen: %w", err)
	}
	s.insecure = !local && !s.secure
	if s.insecure && !c.InsecureHTTP {
		problem("--listen %s is beyond loopback: give --tls-cert and --tls-key, or an https --public-url of the proxy before it, or insist with --insecure-http", c.Listen)
	}
	if len(problems) > 0 {
		return s, usageError{errors.Join(problems...).Error()}
	}
	return s, nil
}

// publicScheme checks a public URL and gives its scheme; "" for none.
func publicScheme(text string, problem func(string, ...any)) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		problem("--public-url %q: write https://keydesk.example.com, with nothing behind the name", text)
		return ""
	}
	return u.Scheme
}

// loopback reports whether a listen address is reached from this machine alone.
func loopback(addr string) (bool, error) {
	hostname, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, err
	}
	if hostname == "localhost" {
		return true, nil
	}
	ip, err := netip.ParseAddr(hostname)
	return err == nil && ip.IsLoopback(), nil
}

// listen opens both listeners, so that a port that is taken is told before anything else happens.
func (s serving) listen(ctx context.Context) (serving, error) {
	var err error
	lc := net.ListenConfig{}
	if s.consoleListener, err = lc.Listen(ctx, "tcp", s.cmd.Listen); err != nil {
		return s, fmt.Errorf("the console cannot listen (choose another address with --listen): %w", err)
	}
	if err = s.gating.listen(ctx, s.cmd.GateListen); err != nil {
		s.close()
		return s, err
	}
	if s.publicURL == "" {
		scheme := "http"
		if s.cmd.TLSCert != "" {
			scheme = "https"
		}
		s.publicURL = scheme + "://" + localName(s.consoleListener.Addr().String())
	}
	if s.apiEndpoint == "" {
		s.apiEndpoint = hostPort(s.publicURL)
	}
	return s, nil
}

func isHostPort(text string) bool {
	name, port, err := net.SplitHostPort(text)
	number, perr := strconv.ParseUint(port, 10, 16)
	return err == nil && perr == nil && number > 0 && name != ""
}

// hostPort is where an address leads, with the port that its scheme means where it has none.
func hostPort(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (s serving) close() {
	for _, l := range []net.Listener{s.consoleListener, s.gateListener} {
		if l != nil {
			_ = l.Close()
		}
	}
}

// run serves one listener; the console's over TLS where there is a certificate.
func (s serving) run(l listening) error {
	if console, ok := l.server.(*http.Server); ok && s.cmd.TLSCert != "" {
		return console.ServeTLS(l.listener, s.cmd.TLSCert, s.cmd.TLSKey)
	}
	return runPlain(l)
}

// runPlain serves one listener without TLS.
func runPlain(l listening) error {
	err := l.server.Serve(l.listener)
	if errors.Is(err, net.ErrClosed) {
		return http.ErrServerClosed
	}
	return err
}
