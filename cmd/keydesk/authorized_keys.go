package main

import (
	"context"
	"fmt"

	"keydesk/models"
	"keydesk/models/manage"
)

type authorizedKeyCmd struct {
	Create authorizedKeyCreate `cmd:"" help:"Create a key pair and print its key file, once."`
	List   authorizedKeyList   `cmd:"" help:"List the keys of an account."`
	Delete authorizedKeyDelete `cmd:"" help:"End a key, and every IAM token that was made with it."`
}

type authorizedKeyCreate struct {
	Account     string `arg:"" help:"ID or name of the service account."`
	Description string `help:"Where the key will live."`
	Algorithm   string `enum:"RSA_2048,RSA_4096" default:"RSA_2048" help:"RSA_2048 or RSA_4096."`
}

// Run creates the key. Its file is JSON already, and stands alone on standard output, so that it can be written to a file.
func (c *authorizedKeyCreate) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		a, err := h.Desk.Account(ctx, by, c.Account)
		if err != nil {
			return err
		}
		made, err := h.Desk.CreateAuthorizedKey(ctx, by, manage.NewAuthorizedKey{AccountID: a.ID, Description: c.Description, Algorithm: c.Algorithm})
		if err != nil {
			return err
		}
		file, _, err := made.File()
		if err == nil {
			_, err = fmt.Fprint(std.Out, file)
		}
		if err != nil {
			return fmt.Errorf("the key could not be written, and its private half is kept nowhere; delete %s and create another: %w", made.Key.ID, err)
		}
		_, _ = fmt.Fprintf(std.Err, "Authorized key %s of %s. Its file, with the private half, is on standard output this once.\n", made.Key.ID, a.Name)
		return nil
	})
}

type authorizedKeyList struct {
	Account string `arg:"" help:"ID or name of the service account."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

type authorizedKeyJSON struct {
	ID               string  `json:"id"`
	ServiceAccountID string  `json:"service_account_id"`
	Description      string  `json:"description"`
	Algorithm        string  `json:"key_algorithm"`
	CreatedAt        *string `json:"created_at"`
	CreatedBy        string  `json:"created_by"`
	LastUsedAt       *string `json:"last_used_at"`
}

// Run lists the keys, newest first.
func (c *authorizedKeyList) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		a, err := h.Desk.Account(ctx, by, c.Account)
		if err != nil {
			return err
		}
		list := newListing(std.Out, c.JSON, "ID\tDESCRIPTION\tALGORITHM\tCREATED\tBY\tLAST USED")
		for after, more := (models.Cursor{}), true; more; {
			page, err := h.Desk.AuthorizedKeys(ctx, by, a.ID, after, rowsAtATime)
			if err != nil {
				return err
			}
			for _, k := range page.Rows {
				row := authorizedKeyJSON{k.ID, k.AccountID, k.Description, k.Algorithm, stamp(k.CreatedAt), k.CreatedBy, stamp(k.LastUsedAt)}
				if err := list.row(row, k.ID, k.Description, k.Algorithm, shown(k.CreatedAt, ""), k.CreatedBy, shown(k.LastUsedAt, "never used")); err != nil {
					return err
				}
			}
			after, more = page.Next, page.More
		}
		return list.close()
	})
}

type authorizedKeyDelete struct {
	ID string `arg:"" help:"ID of the key."`
}

// Run deletes the key.
func (c *authorizedKeyDelete) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		if err := h.Desk.DeleteAuthorizedKey(ctx, by, c.ID); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(std.Err, "Authorized key %s is deleted, and every IAM token that was made with it is refused.\n", c.ID)
		return nil
	})
}
