package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"keydesk/models"
)

type pepperCmd struct {
	Status  pepperStatus  `cmd:"" help:"Show which secrets still need an old pepper."`
	Replace pepperReplace `cmd:"" help:"Begin to replace the pepper; when no secret needs the old one, again to drop it."`
}

type pepperStatus struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run shows the state of the peppers.
func (c *pepperStatus) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, _ models.Actor) error {
		s, err := h.Desk.PepperStatus(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			left := map[string]int{}
			for v, n := range s.Left {
				left[strconv.Itoa(v)] = n
			}
			return printJSON(std.Out, struct {
				Current int            `json:"current"`
				Secrets map[string]int `json:"secrets_by_version"`
			}{s.Current, left})
		}
		_, _ = fmt.Fprintf(std.Out, "Current version: %d\n", s.Current)
		for _, v := range slices.Sorted(maps.Keys(s.Left)) {
			_, _ = fmt.Fprintf(std.Out, "Version %d: %d live secrets\n", v, s.Left[v])
		}
		return nil
	})
}

type pepperReplace struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run begins or ends a replacement.
func (c *pepperReplace) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		finished, err := h.Desk.ReplacePepper(ctx, by, set.pepperPath())
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, struct {
				Current  int  `json:"current"`
				Finished bool `json:"finished"`
			}{h.Desk.Peppers.Current(), finished})
		}
		if finished {
			_, _ = fmt.Fprintln(std.Out, "The old pepper is dropped.")
			return nil
		}
		_, _ = fmt.Fprintln(std.Out, "New secrets use the new pepper from now on; each old one moves at its next use. "+
			"See \"keydesk pepper status\"; run this again when none is left.")
		return nil
	})
}
