package main

import (
	"context"
	"fmt"

	"keydesk/models"
	"keydesk/models/manage"
)

type folderCmd struct {
	Create folderCreate `cmd:"" help:"Create a folder: a place for accounts that other folders' accounts do not manage."`
	List   folderList   `cmd:"" help:"List folders."`
}

type folderCreate struct {
	Name        string `required:"" help:"Up to 63 characters: a-z, 0-9, - and _."`
	Description string `help:"Whose accounts are in it."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

type folderJSON struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	CreatedAt   *string `json:"created_at"`
}

// Run creates the folder.
func (c *folderCreate) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		f, err := h.Desk.CreateFolder(ctx, by, manage.NewFolder{Name: c.Name, Description: c.Description})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, folderJSON{f.ID, f.Name, f.Description, stamp(f.CreatedAt)})
		}
		_, _ = fmt.Fprintf(std.Out, "%s  %s\n", f.ID, f.Name)
		return nil
	})
}

type folderList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the folders by name.
func (c *folderList) Run(ctx context.Context, std stdio, set *Settings) error {
	return withHost(ctx, set, std, func(h *host, by models.Actor) error {
		list := newListing(std.Out, c.JSON, "ID\tNAME\tDESCRIPTION\tCREATED")
		for after, more := (models.Cursor{}), true; more; {
			page, err := h.Desk.Folders(ctx, by, after, rowsAtATime)
			if err != nil {
				return err
			}
			for _, f := range page.Rows {
				row := folderJSON{f.ID, f.Name, f.Description, stamp(f.CreatedAt)}
				if err := list.row(row, f.ID, f.Name, f.Description, shown(f.CreatedAt, "")); err != nil {
					return err
				}
			}
			after, more = page.Next, page.More
		}
		return list.close()
	})
}
