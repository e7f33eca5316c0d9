package console

import (
	"maps"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/views/layout"
	"keydesk/views/ui"
	"keydesk/web/session"
)

func (h *Handler) accountModel(a models.Account) accounts.Account {
	m := accounts.Account{
		ID: a.ID, Name: a.Name, Description: a.Description, Owner: a.Owner, Roles: a.Roles, State: a.State(h.now()), Suspended: a.Suspended,
		CreatedAt: a.CreatedAt, CreatedBy: a.CreatedBy, ExpiresAt: a.ExpiresAt, DeletedAt: a.DeletedAt, DeletedBy: a.DeletedBy, Version: a.Version,
	}
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		m.Labels = append(m.Labels, accounts.Label{Name: name, Value: a.Labels[name]})
	}
	return m
}

// mayAccount says which controls would not be refused: by the person's access, and by the account's state.
func (h *Handler) mayAccount(c echo.Context, a models.Account) accounts.Can {
	by := session.Actor(c)
	if !a.DeletedAt.IsZero() {
		return accounts.Can{}
	}
	may := func(p models.Permission) bool { return h.Desk.May(by, p, a.FolderID) }
	held := a.Suspended.Holds(h.now())
	return accounts.Can{
		Create: may(models.AccountsCreate), Edit: may(models.AccountsUpdate), Delete: may(models.AccountsDelete),
		Suspend:    may(models.AccountsSuspend) && !held,
		Reactivate: held && h.Desk.MayLift(by, a.Suspended, models.AccountsReactivate, a.FolderID),
		RevokeAll:  may(models.KeysRevoke),
		Note:       may(models.AccountsSuspend) && held,
		CreateKey:  may(models.KeysCreate) && a.State(h.now()) == models.AccountActive,
		Authorize:  may(models.AuthorizedKeysManage),
	}
}

// What a change of an account came to. Each holds only as long as the account bears it out.
const (
	doneCreated     = "created"
	doneSaved       = "saved"
	doneAgain       = "again"
	doneSuspended   = "suspended"
	doneReactivated = "reactivated"
	doneDeleted     = "deleted"
	doneRevokedAll  = "revoked_all"
)

// accountSaid is what a change came to, "" where the account does not bear it out.
func accountSaid(done string, a models.Account, state models.AccountState) string {
	said := map[string]struct {
		holds bool
		text  string
	}{
		doneCreated:     {a.Version == 1, "The service account is created."},
		doneSaved:       {a.Version > 1, "The changes are saved."},
		doneNoted:       {a.Version > 1, "The note is saved."},
		doneAgain:       {true, "This form was sent before, and made this service account then. Nothing new was made now."},
		doneSuspended:   {state == models.AccountSuspended, "The service account is suspended: all its keys are refused."},
		doneReactivated: {state == models.AccountActive, "The service account is active again."},
		doneDeleted:     {state == models.AccountDeleted, "The service account is deleted, and its keys are revoked."},
	}[done]
	if !said.holds {
		return ""
	}
	return said.text
}

// accountFlash puts the outcome of the change that the address names on the page.
func (h *Handler) accountFlash(c echo.Context, p *layout.Page, a models.Account) error {
	ref := readChange(c)
	var undo *ui.UndoProps
	if ref.done == doneSuspended && h.mayAccount(c, a).Reactivate {
		undo = &ui.UndoProps{Action: accounts.Path(a.ID, "reactivate"), Label: "Undo"}
	}
	said, left := accountSaid(ref.done, a, a.State(h.now())), false
	if ref.done == doneRevokedAll {
		var err error
		if said, left, err = h.revokedSaid(c, a); err != nil {
			return err
		}
	}
	f, err := h.flash(c, ofAccount(a), ref, said, undo)
	if f != nil {
		p.Flash = f
		if left && f.Kind == ui.KindOK {
			f.Kind = ui.KindWarn
		}
	}
	if err != nil || f == nil || f.Confirmation == nil || !slices.Contains(accountStops, ref.done) {
		return err
	}
	// What cannot be read is left out: the change is done, and the page says so.
	if around, err := h.Desk.AccountAftermath(c.Request().Context(), session.Actor(c), a.ID); err == nil {
		f.Confirmation.Stops, f.Confirmation.LastAccepted, f.Confirmation.RefusedSince = true, around.LastAccepted, around.RefusedSince
	}
	return nil
}

// accountStops are the changes that stop keys of an account.
var accountStops = []string{doneSuspended, doneDeleted, doneRevokedAll}

// revokedSaid is what a revoke of all keys came to, by what is left.
func (h *Handler) revokedSaid(c echo.Context, a models.Account) (said string, left bool, err error) {
	n, capped, err := h.Desk.StandingKeys(c.Request().Context(), session.Actor(c), a.ID)
	switch {
	case err != nil:
		return "", false, err
	case n == 0:
		return "All keys of the service account are revoked: every request with one is refused.", false, nil
	case capped:
		return "Not all keys are revoked: more than 1,000 are left. Revoke all keys again.", true, nil
	}
	return "Not all keys are revoked: " + ui.Plural(int64(n), "key") + " left. Revoke all keys again.", true, nil
}

// usedKeys looks through an account's live keys: how many there are, and the last use of any.
func usedKeys(rows []keys.Row) (n int64, last keys.Sighting) {
	for _, r := range rows {
		n++
		if r.LastUsed.At.After(last.At) {
			last = r.LastUsed
		}
	}
	return n, last
}
