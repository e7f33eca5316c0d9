package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"keydesk/models/store"
)

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(std stdio) error {
	_, err := fmt.Fprintln(std.Out, version)
	return err
}

type migrateCmd struct{}

// Run brings the schema up to date.
func (migrateCmd) Run(ctx context.Context, std stdio, set *Settings) error {
	st, err := store.Open(ctx, set.databaseURL(), store.Options{Log: set.logger(std)})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	pending, err := st.Pending(ctx)
	if err != nil {
		return err
	}
	if err := st.Migrate(ctx); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(std.Out, "%d migrations applied; the schema is up to date.\n", pending)
	return nil
}

type healthcheckCmd struct {
	GateListen string `help:"Where the gate listens." default:"127.0.0.1:8081" env:"KEYDESK_GATE_LISTEN"`
}

// healthPatience is shorter than the interval at which containers ask.
const healthPatience = 3 * time.Second

// Run asks the gate's listener whether it is ready.
func (c *healthcheckCmd) Run(ctx context.Context, std stdio) error {
	hostname, port, err := net.SplitHostPort(c.GateListen)
	if err != nil {
		return usageError{"--gate-listen: " + err.Error()}
	}
	if ip := net.ParseIP(hostname); hostname == "" || ip != nil && ip.IsUnspecified() {
		hostname = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(hostname, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		return errors.New("the gate does not answer")
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the gate is not ready (%s)", res.Status)
	}
	_, _ = fmt.Fprintln(std.Out, "ready")
	return nil
}
