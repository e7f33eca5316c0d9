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
		Note:       may(models.AccountsSuspend) && held,
		CreateKey:  may(models.KeysCreate) && a.State(h.now()) == models.AccountActive,
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
)

// accountFlash puts the outcome of the change that the address names on the page.
func (h *Handler) accountFlash(c echo.Context, p *layout.Page, a models.Account) error {
	ref := readChange(c)
	state := a.State(h.now())
	said, undo := "", (*ui.UndoProps)(nil)
	switch {
	case ref.done == doneCreated && a.Version == 1:
		said = "The service account is created."
	case ref.done == doneSaved && a.Version > 1:
		said = "The changes are saved."
	case ref.done == doneAgain:
		said = "This form was sent before, and made this service account then. Nothing new was made now."
	case ref.done == doneSuspended && state == models.AccountSuspended:
		said = "The service account is suspended: all its keys are refused."
		if h.mayAccount(c, a).Reactivate {
			undo = &ui.UndoProps{Action: accounts.Path(a.ID, "reactivate"), Label: "Undo"}
		}
	case ref.done == doneNoted && a.Version > 1:
		said = "The note is saved."
	case ref.done == doneReactivated && state == models.AccountActive:
		said = "The service account is active again."
	case ref.done == doneDeleted && state == models.AccountDeleted:
		said = "The service account is deleted, and its keys are revoked."
	}
	f, err := h.flash(c, ref, said, undo)
	if f != nil {
		p.Flash = f
	}
	return err
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
