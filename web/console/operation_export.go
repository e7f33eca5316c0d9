package console

import (
	"errors"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models/manage"
	"keydesk/views/operations"
	"keydesk/web/render"
	"keydesk/web/session"
)

// ExportOperation streams what became of each line of an operation.
func (h *Handler) ExportOperation(c echo.Context) error {
	if err := onlyParams(c); err != nil {
		return err
	}
	o, err := h.operation(c)
	if err != nil {
		return err
	}
	x, err := render.NewExport(c, "operation-"+o.ID, render.CSV,
		"line", "key_id", "result", "reason", "at", "service_account_id", "service_account", "description", "key_state")
	if err == nil {
		err = h.Desk.ExportItems(c.Request().Context(), session.Actor(c), o.ID, func(r manage.ItemRow) error {
			return x.Row(func() []string { return h.itemCells(r) }, nil)
		})
		err = errors.Join(err, x.Close())
	}
	return errors.Join(err, h.Desk.RecordExport(c.Request().Context(), session.Actor(c), manage.Exported{
		What: "operation", Format: render.CSV, Filter: operations.Path(o.ID), Rows: x.Rows, SHA256: x.SHA256(), Complete: err == nil,
	}))
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
