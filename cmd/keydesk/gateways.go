package main

import (
	"context"
	"fmt"

	"keydesk/models"
	"keydesk/models/manage"
)

type gatewayCmd struct {
	Create gatewayCreate `cmd:"" help:"Create a credential and print it, once."`
	List   gatewayList   `cmd:"" help:"List credentials."`
	Revoke gatewayRevoke `cmd:"" help:"End a credential for good."`
}

type gatewayCreate struct {
	Name string `required:"" help:"Which gateway it is for."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run creates the credential.
func (c *gatewayCreate) Run(ctx context.Context, std stdio, set *Settings) error {
	return makingHost(ctx, set, std, func(h *host, by models.Actor) error {
		g, plain, conf, err := h.Desk.CreateGateway(ctx, by, manage.NewGateway{Name: c.Name})
		if err != nil {
			return err
		}
		if c.JSON {
			warn(std.Err, conf)
			return printJSON(std.Out, struct {
				ID           string       `json:"id"`
				Name         string       `json:"name"`
				Secret       string       `json:"secret"`
				Confirmation confirmation `json:"confirmation"`
			}{g.ID, g.Name, plain.Reveal(), confirmed(conf)})
		}
		if _, err := fmt.Fprintln(std.Out, plain.Reveal()); err != nil {
			return fmt.Errorf("the credential could not be written, and is kept nowhere; revoke %s and create another: %w", g.ID, err)
		}
		_, _ = fmt.Fprintf(std.Err, "Gateway %s (%s). Its credential is on standard output, this once, for the header Keydesk-Gateway.\n", g.ID, g.Name)
		say(std.Err, conf)
		return nil
	})
}

type gatewayList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

type gatewayJSON struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Mask      string  `json:"masked_secret"`
	CreatedAt *string `json:"created_at"`
	CreatedBy string  `json:"created_by"`
	RevokedAt *string `json:"revoked_at"`
}

// Run lists the credentials.
func (c *gatewayList) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		gs, err := h.Desk.Gateways(ctx, by)
		if err != nil {
			return err
		}
		out, rows := []gatewayJSON{}, [][]string{}
		for _, g := range gs {
			out = append(out, gatewayJSON{g.ID, g.Name, g.Mask(), stamp(g.CreatedAt), g.CreatedBy, stamp(g.RevokedAt)})
			rows = append(rows, []string{g.ID, g.Name, g.Mask(), shown(g.CreatedAt, ""), g.CreatedBy, shown(g.RevokedAt, "-")})
		}
		if c.JSON {
			return printJSON(std.Out, out)
		}
		return table(std.Out, "ID\tNAME\tMASK\tCREATED\tBY\tREVOKED", rows)
	})
}

type gatewayRevoke struct {
	ID   string `arg:"" help:"Gateway ID."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run revokes the credential.
func (c *gatewayRevoke) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		conf, err := h.Desk.RevokeGateway(ctx, by, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			warn(std.Err, conf)
			return printJSON(std.Out, struct {
				ID           string       `json:"id"`
				Confirmation confirmation `json:"confirmation"`
			}{c.ID, confirmed(conf)})
		}
		_, _ = fmt.Fprintf(std.Out, "%s  revoked\n", c.ID)
		say(std.Err, conf)
		return nil
	})
}
