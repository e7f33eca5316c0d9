package console

import (
	"net/http"
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
	"created_by", "expires_at",
}

// ExportAccounts sends what the filter selects as CSV. What left is an event, whether or not all of it left; a file that is not
// whole ends with a broken connection, so that nobody takes it for one that is.
func (h *Handler) ExportAccounts(c echo.Context) error {
	typed, f, err := readAccountFilter(c)
	if err != nil {
		return err
	}
	if c.Request().Method == http.MethodHead { // there is nothing to send, and nothing leaves
		return c.NoContent(http.StatusOK)
	}
	ctx, by, now := c.Request().Context(), session.Actor(c), h.now()
	var x *render.Export
	begin := func() (err error) { // the first byte leaves once it is known that there are bytes
		if x == nil {
			x, err = render.NewExport(c, "keydesk-service-accounts-"+now.Format("20060102-150405"), render.CSV, accountColumns...)
		}
		return err
	}
	err = h.Desk.EachAccount(ctx, by, f, func(r manage.AccountRow, use models.AccountUse) error {
		if err := begin(); err != nil {
			return err
		}
		return x.Row(func() []string { return accountCells(r, use, now) }, nil)
	})
	if x == nil && err != nil {
		return err
	}
	if err == nil {
		err = begin()
	}
	if err == nil {
		err = x.Close()
	}
	recorded := h.Desk.RecordExport(ctx, by, manage.Exported{
		What: "accounts", Format: render.CSV, Filter: withQuery(accounts.CSVPath, accountQuery(typed)), Rows: x.Rows, SHA256: x.SHA256(), Complete: err == nil,
	})
	if err != nil || recorded != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

func accountCells(r manage.AccountRow, use models.AccountUse, now time.Time) []string {
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
		cellTime(r.ExpiresAt),
	}
}
