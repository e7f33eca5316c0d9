package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
)

type keyDisable struct {
	ID    string `arg:"" optional:"" help:"Key ID."`
	Stdin bool   `help:"Read key IDs from standard input, one a line or in the first column of a table, and disable all of them."`
	stopFlags
	Until moment `help:"When the disable ends by itself."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run disables the key, or all that standard input names.
func (c *keyDisable) Run(ctx context.Context, std stdio, set *Settings) error {
	if err := oneOrMany(c.ID, c.Stdin); err != nil {
		return err
	}
	s := c.stop()
	s.Until = time.Time(c.Until)
	if c.Stdin {
		return stopMany(ctx, std, set, models.OperationDisable, s, c.JSON)
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		k, conf, err := h.Desk.DisableKey(ctx, by, c.ID, s)
		return answerKey(ctx, std, h, by, k, conf, err, c.JSON)
	})
}

type keyRevoke struct {
	ID     string `arg:"" optional:"" help:"Key ID."`
	Stdin  bool   `help:"Read key IDs from standard input, one a line or in the first column of a table, and revoke all of them."`
	Reason string `required:"" enum:"leaked,unused,superseded,owner-left,other" help:"leaked, unused, superseded, owner-left or other."`
	Note   string `help:"A note for those who read this later."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Run revokes the key, or all that standard input names.
func (c *keyRevoke) Run(ctx context.Context, std stdio, set *Settings) error {
	if err := oneOrMany(c.ID, c.Stdin); err != nil {
		return err
	}
	s := manage.Stop{Reason: models.Reason(c.Reason), Note: c.Note}
	if c.Stdin {
		return stopMany(ctx, std, set, models.OperationRevoke, s, c.JSON)
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		k, conf, err := h.Desk.RevokeKey(ctx, by, c.ID, s)
		return answerKey(ctx, std, h, by, k, conf, err, c.JSON)
	})
}

// oneOrMany tells a command that names a key from one that reads several.
func oneOrMany(id string, stdin bool) error {
	switch {
	case id == "" && !stdin:
		return usageError{`expected "<id>", or --stdin to read several`}
	case id != "" && stdin:
		return usageError{"<id> and --stdin exclude each other"}
	}
	return nil
}

// maxIDsInput is more than the longest list of IDs that an operation takes; a table with other columns may have more.
const maxIDsInput = 16 << 20

// stopMany disables or revokes the keys that standard input names, through an operation that is stored first: a server that
// runs beside may carry it out, and goes on with it where this process dies.
func stopMany(ctx context.Context, std stdio, set *Settings, action models.OperationAction, why manage.Stop, asJSON bool) error {
	text, err := io.ReadAll(io.LimitReader(std.In, maxIDsInput+1))
	if err != nil {
		return errors.New("the key IDs could not be read from standard input")
	}
	if len(text) > maxIDsInput {
		return fmt.Errorf("standard input has more than %d MiB: nothing was changed; send the IDs alone, or in parts", maxIDsInput>>20)
	}
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		worker, err := h.Desk.NewWorker()
		if err != nil {
			return err
		}
		id, err := h.startMany(ctx, by, action, manage.KeyIDs(string(text)), why)
		if err != nil {
			return err
		}
		said := -1
		o, err := worker.CarryOut(ctx, id, func(o models.Operation) {
			if decided := o.Total - o.Waiting(); decided != said {
				said = decided
				_, _ = fmt.Fprintf(std.Err, "%d of %d\n", decided, o.Total)
			}
		})
		if err != nil {
			return h.gaveUp(ctx, by, id, o, err)
		}
		return h.answerMany(ctx, std, by, o, asJSON)
	})
}

// startMany stores and starts the operation. Nothing is typed to confirm it: a command that names its keys is deliberate.
func (h *host) startMany(ctx context.Context, by models.Actor, action models.OperationAction, ids []string, why manage.Stop) (string, error) {
	draft, err := h.Desk.DraftOperation(ctx, by, manage.NewOperation{Action: action, Keys: ids})
	if err != nil {
		return "", err
	}
	detail, err := h.Desk.Operation(ctx, by, draft.ID)
	if err == nil {
		_, err = h.Desk.StartOperation(ctx, by, draft.ID, why, detail.Typed)
	}
	if err != nil {
		return "", errors.Join(err, h.Desk.DiscardOperation(ctx, by, draft.ID))
	}
	return draft.ID, nil
}

// gaveUp cancels an operation whose command was interrupted: who stops a command means what it does.
func (h *host) gaveUp(ctx context.Context, by models.Actor, id string, o models.Operation, cause error) error {
	if ctx.Err() == nil {
		return fmt.Errorf("operation %s was started, and a server or the next one goes on with it: %w", id, cause)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := h.Desk.CancelOperation(ctx, by, id); err != nil {
		return fmt.Errorf("interrupted, and operation %s could not be cancelled: %w", id, err)
	}
	return fmt.Errorf("interrupted: operation %s is cancelled, after %d of %d", id, o.Total-o.Waiting(), o.Total)
}

// operationJSON is an operation with what became of each line.
type operationJSON struct {
	ID           string       `json:"id"`
	Action       string       `json:"action"`
	State        string       `json:"state"`
	StopReason   string       `json:"stop_reason,omitempty"`
	Reason       string       `json:"reason"`
	StartedAt    *string      `json:"started_at"`
	EndedAt      *string      `json:"ended_at"`
	Total        int          `json:"total"`
	Done         int          `json:"done"`
	Already      int          `json:"already"`
	Refused      int          `json:"refused"`
	Failed       int          `json:"failed"`
	Waiting      int          `json:"waiting"`
	Duplicates   int          `json:"duplicates"`
	Confirmation confirmation `json:"confirmation"`
	Items        []itemJSON   `json:"items"`
}

type itemJSON struct {
	ID     string  `json:"id"`
	State  string  `json:"state"`
	Reason string  `json:"reason,omitempty"`
	At     *string `json:"at"`
}

// answerMany tells what became of the keys. Where one of them was refused or failed, so did the command.
func (h *host) answerMany(ctx context.Context, std stdio, by models.Actor, o models.Operation, asJSON bool) error {
	detail, err := h.Desk.Operation(ctx, by, o.ID)
	if err != nil {
		return err
	}
	items, bad := []itemJSON{}, [][]string{}
	err = h.Desk.ExportItems(ctx, by, o.ID, func(r manage.ItemRow) error {
		items = append(items, itemJSON{r.Given, string(r.State), r.Reason, stamp(r.At)})
		if r.State != models.ItemDone && r.State != models.ItemAlready {
			bad = append(bad, []string{r.Given, string(r.State), r.Reason})
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case asJSON:
		warn(std.Err, detail.Confirmation)
		err = printJSON(std.Out, operationJSON{
			o.ID, string(o.Action), string(o.State), o.StopReason, string(o.Reason), stamp(o.StartedAt), stamp(o.EndedAt),
			o.Total, o.Done, o.Already, o.Refused, o.Failed, o.Waiting(), o.Duplicates, confirmed(detail.Confirmation), items,
		})
	case len(bad) > 0:
		err = table(std.Err, "NOT DONE\tRESULT\tREASON", bad)
	}
	if err != nil {
		return err
	}
	if !asJSON {
		_, _ = fmt.Fprintf(std.Out, "%s  %s  %d done, %d already, %d refused, %d failed\n", o.ID, o.State, o.Done, o.Already, o.Refused, o.Failed)
		say(std.Err, detail.Confirmation)
	}
	if left := o.Total - o.Done - o.Already; left > 0 {
		return fmt.Errorf("%d of %d were not changed", left, o.Total)
	}
	return nil
}
