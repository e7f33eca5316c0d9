package console

import (
	"context"
	"encoding/hex"
	"strconv"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/audit"
	"keydesk/web/render"
	"keydesk/web/session"
)

// AuditCSV sends what the filter selects as CSV.
func (h *Handler) AuditCSV(c echo.Context) error { return h.exportAudit(c, render.CSV, audit.CSVPath) }

// AuditJSON sends what the filter selects as JSON lines, each in the envelope of Yandex's Audit Trails.
func (h *Handler) AuditJSON(c echo.Context) error {
	return h.exportAudit(c, render.JSON, audit.JSONPath)
}

// auditColumns are the fields of an event: all that its hash is made of, and what people read beside them.
var auditColumns = []string{
	"number", "time", "result", "action", "event_type", "actor_type", "actor_id", "actor_name", "auth_method", "object_type", "object_id",
	"object_name", "folder_id", "account_id", "account_name", "reason", "note", "address", "request_id", "before", "after", "encoding",
	"prev_hash", "hash",
}

// exportAudit streams the filtered log, oldest first.
func (h *Handler) exportAudit(c echo.Context, format, path string) error {
	if err := onlyParams(c, auditParams...); err != nil {
		return err
	}
	f, err := auditFilter(auditTyped(c))
	if err != nil {
		return err
	}
	by := session.Actor(c)
	file := sheet{
		what: "audit", name: "keydesk-audit-" + h.now().Format(fileTime), format: format, filter: withQuery(path, auditQuery(c)), columns: auditColumns,
		needs: models.AuditView,
	}
	return h.export(c, file, func(ctx context.Context, row rowFunc) error {
		return h.Desk.EachEvent(ctx, by, f, func(r manage.EventRow) error {
			return row(func() []string { return auditCells(r) }, func() any { return trailOf(r) })
		})
	})
}

// instantLayout is RFC 3339 to the microsecond, which is what an event keeps: the same time is the same text.
const instantLayout = "2006-01-02T15:04:05.000000Z07:00"

func auditCells(r manage.EventRow) []string {
	a, _ := models.ActionOf(r.Action)
	return []string{
		strconv.FormatInt(r.Number, 10), r.At.Format(instantLayout), r.Result, r.Action, a.EventType(), string(r.ActorType), r.ActorID, r.ActorName,
		r.AuthMethod, r.ObjectType, r.ObjectID, r.ObjectName, r.FolderID, r.AccountID, r.AccountName, r.Reason, r.Note, r.Address, r.RequestID,
		r.Before, r.After, strconv.Itoa(r.Encoding), hex.EncodeToString(r.PrevHash), hex.EncodeToString(r.Hash),
	}
}
