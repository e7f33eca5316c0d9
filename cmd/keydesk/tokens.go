package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/models/store"
)

type tokenCmd struct {
	Create     tokenCreate     `cmd:"" help:"Make an IAM token of a person and print it, once."`
	Revoke     tokenRevoke     `cmd:"" help:"End an IAM token, which is read from standard input."`
	ReplaceKey tokenReplaceKey `cmd:"" help:"Sign IAM tokens with a new key from now on."`
}

type tokenCreate struct {
	User string `required:"" help:"The mail address of the person whom it belongs to." placeholder:"EMAIL"`
	TTL  span   `name:"ttl" help:"How long it is good for: up to 12h." default:"12h"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run makes the token. It stands alone on standard output, so that a shell can take it into a variable.
func (c *tokenCreate) Run(ctx context.Context, std stdio, set *Settings) error {
	return withTokens(ctx, set, std, func(h *host, by models.Actor) error {
		p, err := h.personOf(ctx, c.User)
		if err != nil {
			return err
		}
		made, err := h.Desk.CreateToken(ctx, by, "", p.ID, time.Duration(c.TTL))
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, struct {
				ID        string  `json:"id"`
				Token     string  `json:"iam_token"`
				Subject   string  `json:"subject_id"`
				ExpiresAt *string `json:"expires_at"`
			}{made.ID, made.Token, p.ID, stamp(made.ExpiresAt)})
		}
		if _, err := fmt.Fprintln(std.Out, made.Token); err != nil {
			return fmt.Errorf("the token could not be written, and is kept nowhere; make another: %w", err)
		}
		_, _ = fmt.Fprintf(std.Err, "IAM token %s of %s, on standard output this once, is good until %s.\n", made.ID, p.Email, shown(made.ExpiresAt, ""))
		return nil
	})
}

// personOf finds a person by the mail address.
func (h *host) personOf(ctx context.Context, email string) (p models.Person, err error) {
	err = h.Store.Read(ctx, func(tx *store.Tx) error {
		p, err = tx.PersonByEmailKey(signin.EmailKey(email))
		return err
	})
	return p, err
}

type tokenRevoke struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// maxTokenInput bounds what is read for a token.
const maxTokenInput = 8 << 10

// Run ends the token. It is read from standard input: a command's arguments are for every process to see.
func (c *tokenRevoke) Run(ctx context.Context, std stdio, set *Settings) error {
	text, err := io.ReadAll(io.LimitReader(std.In, maxTokenInput))
	if err != nil {
		return errors.New("the token could not be read from standard input")
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return usageError{"write the token to standard input"}
	}
	return withTokens(ctx, set, std, func(h *host, by models.Actor) error {
		subject, err := h.Desk.RevokeToken(ctx, by, token)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, struct {
				Subject string `json:"subject_id"`
			}{subject})
		}
		_, _ = fmt.Fprintf(std.Out, "The IAM token of %s is good no more.\n", subject)
		return nil
	})
}

type tokenReplaceKey struct {
	AtOnce bool `help:"End every token of the keys before, because one of those leaked. Otherwise those of the last one stay good until they end."`
	JSON   bool `name:"json" help:"Print JSON."`
}

// Run replaces the key.
func (c *tokenReplaceKey) Run(ctx context.Context, std stdio, set *Settings) error {
	return withTokens(ctx, set, std, func(h *host, by models.Actor) error {
		version, err := h.Desk.ReplaceTokenKey(ctx, by, set.tokenKeyPath(), c.AtOnce)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, struct {
				Current int  `json:"current"`
				AtOnce  bool `json:"at_once"`
			}{version, c.AtOnce})
		}
		before := "Those of the key before stay good until they end."
		if c.AtOnce {
			before = "All others are refused as soon as a server has read the file again, which takes a few seconds."
		}
		_, _ = fmt.Fprintf(std.Out, "IAM tokens are signed with key %d from now on. %s\n", version, before)
		return nil
	})
}

// withTokens runs a command that makes or reads IAM tokens.
func withTokens(ctx context.Context, set *Settings, std stdio, do func(*host, models.Actor) error) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		if err := h.openTokens(); err != nil {
			return err
		}
		return do(h, by)
	})
}
