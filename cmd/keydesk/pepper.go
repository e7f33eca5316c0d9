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
			waiting := []waitingJSON{}
			for _, w := range s.Waiting {
				waiting = append(waiting, waitingJSON(w))
			}
			return printJSON(std.Out, struct {
				Current int            `json:"current"`
				Secrets map[string]int `json:"secrets_by_version"`
				Waiting []waitingJSON  `json:"waiting"`
			}{s.Current, left, waiting})
		}
		_, _ = fmt.Fprintf(std.Out, "Current version: %d\n", s.Current)
		for _, v := range slices.Sorted(maps.Keys(s.Left)) {
			_, _ = fmt.Fprintf(std.Out, "Version %d: %d live secrets and credentials\n", v, s.Left[v])
		}
		if len(s.Waiting) == 0 {
			return nil
		}
		_, _ = fmt.Fprintln(std.Out, "\nThese still need an old version. A key moves at its next use, or by a reissue; a gateway's credential moves when a gate\n"+
			"that demands one sees it, else revoke it and create another.")
		var rows [][]string
		for _, w := range s.Waiting {
			rows = append(rows, []string{w.Kind, w.ID, w.Name, w.Account})
		}
		return table(std.Out, "KIND\tID\tNAME\tACCOUNT", rows)
	})
}

// waitingJSON is a credential that waits for the current pepper.
type waitingJSON struct {
	Kind          string `json:"kind"`
	ID            string `json:"id"`
	Name          string `json:"name"`
	Account       string `json:"service_account"`
	PepperVersion int    `json:"pepper_version"`
}

type pepperReplace struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run begins or ends a replacement.
func (c *pepperReplace) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		finished, forgotten, err := h.Desk.ReplacePepper(ctx, by, set.pepperPath())
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, struct {
				Current   int  `json:"current"`
				Finished  bool `json:"finished"`
				Forgotten int  `json:"forgotten_secrets"`
			}{h.Desk.Peppers.Current(), finished, forgotten})
		}
		if finished {
			_, _ = fmt.Fprintf(std.Out, "The old pepper is dropped. %d retired secrets and secrets of dead keys are refused as unknown from now on, "+
				"and \"key find\" names them no more.\n", forgotten)
			return nil
		}
		_, _ = fmt.Fprintln(std.Out, "New secrets use the new pepper from now on; each old one moves at its next use. "+
			"See \"keydesk pepper status\"; run this again when none is left.")
		return nil
	})
}
