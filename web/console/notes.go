package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/web/render"
	"keydesk/web/session"
)

var noteFields = fields{"version": once, "note": once}

// KeyNote shows the note of a key's revoke or disable, to be edited.
func (h *Handler) KeyNote(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return err
	}
	switch {
	case !h.Desk.May(session.Actor(c), models.KeysDisable, k.Key.FolderID):
		return forbidden()
	case !h.mayKey(c, k.Key, k.Account).Note:
		return stateError("nothing_to_note", "This key is neither disabled nor revoked.")
	}
	return render.Page(c, http.StatusOK, keys.Note(h.page(c), keys.NotePage{Key: h.keyModel(k.Key, k.Account), Note: keyNote(k.Key)}))
}

// keyNote is the note of what stopped the key last.
func keyNote(k models.Key) string {
	if !k.Revoked.At.IsZero() {
		return k.Revoked.Note
	}
	return k.Disabled.Note
}

// EditKeyNote saves it.
func (h *Handler) EditKeyNote(c echo.Context) error {
	k, err := h.key(c)
	if err != nil {
		return h.refuse(c, "key.note", "key", c.Param("id"), err)
	}
	in, f, err := h.noteEdit(c, "key.note", "key")
	if f == nil {
		return err
	}
	if err == nil {
		if _, err = h.Desk.EditNote(c.Request().Context(), session.Actor(c), k.Key.ID, in); err == nil {
			return changed(c, keys.Path(k.Key.ID), doneNoted, manage.Confirmation{})
		}
	}
	status, problems := noteProblems(err, f, keyNote(k.Key))
	if problems == nil {
		return err
	}
	if status != http.StatusConflict {
		k.Key.Version = in.Version // still the one it was opened with
	}
	m := keys.NotePage{Key: h.keyModel(k.Key, k.Account), Note: f.raw("note"), Problems: problems}
	return render.Page(c, status, keys.Note(h.page(c), m))
}

// AccountNote shows the note of an account's suspension, to be edited.
func (h *Handler) AccountNote(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).Note {
		return h.refusedState(c, a, models.AccountsSuspend, "nothing_to_note", "This service account is not suspended.")
	}
	return render.Page(c, http.StatusOK, accounts.Note(h.page(c), accounts.NotePage{Account: h.accountModel(a), Note: a.Suspended.Note}))
}

// EditAccountNote saves it.
func (h *Handler) EditAccountNote(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return h.refuse(c, "account.note", "account", c.Param("id"), err)
	}
	in, f, err := h.noteEdit(c, "account.note", "account")
	if f == nil {
		return err
	}
	if err == nil {
		if _, err = h.Desk.EditAccountNote(c.Request().Context(), session.Actor(c), a.ID, in); err == nil {
			return changed(c, accounts.Path(a.ID), doneNoted, manage.Confirmation{})
		}
	}
	status, problems := noteProblems(err, f, a.Suspended.Note)
	if problems == nil {
		return err
	}
	if status != http.StatusConflict {
		a.Version = in.Version // still the one it was opened with
	}
	m := accounts.NotePage{Account: h.accountModel(a), Note: f.raw("note"), Problems: problems}
	return render.Page(c, status, accounts.Note(h.page(c), m))
}

// noteEdit reads the form of a note. The form is nil where there is none to show again.
func (h *Handler) noteEdit(c echo.Context, action, objectType string) (manage.NoteEdit, *form, error) {
	f, err := readForm(c, noteFields)
	if err != nil {
		return manage.NoteEdit{}, nil, err
	}
	in := manage.NoteEdit{Version: f.version(), Note: f.one("note")}
	if err := f.err(); err != nil {
		return in, f, h.refuse(c, action, objectType, c.Param("id"), err)
	}
	return in, f, nil
}

// noteProblems are what stands beside the note as it was typed; none where the refusal is no matter of the form.
func noteProblems(err error, f *form, now string) (int, models.Fields) {
	if models.ReasonOf(err) != "changed_meanwhile" {
		problems, _ := fieldsOf(err)
		return http.StatusUnprocessableEntity, problems
	}
	problems := models.Fields{"": changedMeanwhile}
	if f.one("note") != now {
		problems["note"] = "It says now: " + orNone(now)
	}
	return http.StatusConflict, problems
}
