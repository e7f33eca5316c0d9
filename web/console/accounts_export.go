package console

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/web/render"
	"keydesk/web/session"
)

// accountColumns are the heading of the list as a file. A count that ends in "+" is of the newest keys alone.
var accountColumns = []string{
	"id", "name", "description", "owner", "roles", "state", "keys", "attention", "allowed_14d", "refused_14d", "last_used_at", "created_at",
	"created_by", "expires_at", "folder_id", "folder",
}

// ExportAccounts sends what the filter selects as CSV.
func (h *Handler) ExportAccounts(c echo.Context) error {
	typed, f, err := readAccountFilter(c)
	if err != nil {
		return err
	}
	by, now := session.Actor(c), h.now()
	folders, err := h.allFolderNames(c.Request().Context(), by)
	if err != nil {
		return err
	}
	file := sheet{
		what: "accounts", name: "keydesk-service-accounts-" + now.Format(fileTime), format: render.CSV,
		filter: withQuery(accounts.CSVPath, accountQuery(typed)), columns: accountColumns, needs: models.Export,
	}
	return h.export(c, file, func(ctx context.Context, row rowFunc) error {
		return h.Desk.EachAccount(ctx, by, f, func(r manage.AccountRow, use models.AccountUse) error {
			return row(func() []string { return accountCells(r, folders[r.FolderID], use, now) }, nil)
		})
	})
}

func accountCells(r manage.AccountRow, folder string, use models.AccountUse, now time.Time) []string {
	live := strconv.Itoa(r.LiveKeys)
	if r.MoreKeys {
		live += "+"
	}
	why := make([]string, len(r.Attention))
	for i, a := range r.Attention {
		why[i] = strconv.Itoa(a.Keys) + " " + string(a.Why)
	}
	return []string{
		r.ID, r.Name, r.Description, r.Owner, strings.Join(r.Roles, " "), string(r.State(now)), live, strings.Join(why, ", "),
		strconv.FormatInt(use.Allowed, 10), strconv.FormatInt(use.Refused, 10), cellTime(r.LastUsed), cellTime(r.CreatedAt), r.CreatedBy,
		cellTime(r.ExpiresAt), r.FolderID, folder,
	}
}
