package console

import (
	"context"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/operations"
	"keydesk/web/render"
	"keydesk/web/session"
)

var itemColumns = []string{"line", "key_id", "result", "reason", "at", "service_account_id", "service_account", "description", "key_state"}

// ExportOperation streams what became of each line of an operation.
func (h *Handler) ExportOperation(c echo.Context) error {
	if err := onlyParams(c); err != nil {
		return err
	}
	o, err := h.operation(c)
	if err != nil {
		return err
	}
	by := session.Actor(c)
	file := sheet{
		what: "operation", name: "operation-" + o.ID, format: render.CSV, filter: operations.Path(o.ID), columns: itemColumns, needs: models.Export,
	}
	return h.export(c, file, func(ctx context.Context, row rowFunc) error {
		return h.Desk.ExportItems(ctx, by, o.ID, func(r manage.ItemRow) error {
			return row(func() []string { return h.itemCells(r) }, nil)
		})
	})
}

func (h *Handler) itemCells(r manage.ItemRow) []string {
	cells := []string{strconv.Itoa(r.Position), r.Given, string(r.State), r.Reason, "", "", "", "", ""}
	if !r.At.IsZero() {
		cells[4] = r.At.UTC().Format(time.RFC3339Nano)
	}
	if r.Key.ID != "" {
		cells[5], cells[6], cells[7], cells[8] = r.Account.ID, r.Account.Name, r.Key.Description, string(r.Key.State(h.now()))
	}
	return cells
}
