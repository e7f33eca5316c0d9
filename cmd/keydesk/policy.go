package main

import (
	"context"
	"fmt"
	"time"

	"keydesk/models"
)

type policyCmd struct {
	Show policyShow `cmd:"" help:"Print how long new keys may live."`
	Set  policySet  `cmd:"" help:"Change how long new keys may live. Keys that are there already stay as they are."`
}

// days is a life in whole days on the command line; "none" is no limit.
type days struct {
	n     int
	given bool
}

// UnmarshalText reads "90d" and "none".
func (d *days) UnmarshalText(text []byte) error {
	if string(text) == "none" {
		*d = days{given: true}
		return nil
	}
	var s span
	err := s.UnmarshalText(text)
	const aDay = 24 * time.Hour
	if err != nil || time.Duration(s) < aDay || time.Duration(s)%aDay != 0 {
		return fmt.Errorf("%q is no number of days: write 90d, or none", text)
	}
	*d = days{n: int(time.Duration(s) / aDay), given: true}
	return nil
}

type policyJSON struct {
	DefaultDays int  `json:"default_days"`
	MaxDays     *int `json:"max_days"` // null: no maximum
	Never       bool `json:"never"`
}

func printPolicy(std stdio, p models.KeyPolicy, asJSON bool) error {
	out, limit := policyJSON{DefaultDays: p.DefaultDays, Never: p.Never}, "none"
	if p.MaxDays > 0 {
		out.MaxDays, limit = &p.MaxDays, fmt.Sprintf("%dd", p.MaxDays)
	}
	if asJSON {
		return printJSON(std.Out, out)
	}
	never := "refused"
	if p.Never {
		never = "allowed"
	}
	_, err := fmt.Fprintf(std.Out, "default  %dd\nmax      %s\nnever    %s\n", p.DefaultDays, limit, never)
	return err
}

type policyShow struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints the policy.
func (c *policyShow) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, _ models.Actor) error {
		p, err := h.Desk.KeyPolicy(ctx)
		if err != nil {
			return err
		}
		return printPolicy(std, p, c.JSON)
	})
}

type policySet struct {
	Default days   `help:"Life of a key for which nobody says how long." placeholder:"90d"`
	Max     days   `help:"Longest life, counted from when an expiry is set; none lifts it." placeholder:"365d"`
	Never   string `help:"Whether a key without expiry may be made: allowed or refused." enum:",allowed,refused" default:""`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run changes what was named, and leaves the rest as it is.
func (c *policySet) Run(ctx context.Context, std stdio, set *Settings) error {
	if !c.Default.given && !c.Max.given && c.Never == "" {
		return usageError{"policy set: say what to change with --default, --max or --never"}
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		p, err := h.Desk.KeyPolicy(ctx)
		if err != nil {
			return err
		}
		if c.Default.given {
			p.DefaultDays = c.Default.n
		}
		if c.Max.given {
			p.MaxDays = c.Max.n
		}
		if c.Never != "" {
			p.Never = c.Never == "allowed"
		}
		if p, err = h.Desk.SetKeyPolicy(ctx, by, p); err != nil {
			return err
		}
		return printPolicy(std, p, c.JSON)
	})
}
