package console

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/web/render"
	"keydesk/web/session"
)

const purposeAccount = "account.create"

var accountFields = fields{"name": once, "description": once, "owner": once, "roles": many, "expires": once, "expires_date": once}

var (
	newAccountFields  = accountFields.and("form_id", "folder")
	editAccountFields = accountFields.and("version")
)

// NewAccount shows the form of a new account.
func (h *Handler) NewAccount(c echo.Context) error {
	if err := onlyParams(c, "folder"); err != nil {
		return err
	}
	m := newAccountForm(session.FormID(c, purposeAccount))
	m.Folder = c.QueryParam("folder") // one that is not offered is not chosen
	return h.accountForm(c, http.StatusOK, models.Account{}, m)
}

// CreateAccount makes an account. A form that comes twice leads to what it made.
func (h *Handler) CreateAccount(c echo.Context) error {
	f, err := readForm(c, newAccountFields)
	if err != nil {
		return err
	}
	if !session.CheckFormID(c, purposeAccount, f.one("form_id")) {
		return h.refuse(c, "account.create", "account", "", foreignForm())
	}
	in := accountInput(f)
	in.FormID, in.FolderID = f.one("form_id"), f.one("folder")
	if err := h.checkFolder(c, f); err != nil {
		return err
	}
	if err := f.err(); err != nil {
		return h.accountAgain(c, models.Account{}, f, h.refuse(c, "account.create", "account", "", err))
	}
	a, conf, err := h.Desk.CreateAccount(c.Request().Context(), session.Actor(c), in)
	var before *manage.AlreadyDone
	switch {
	case errors.As(err, &before):
		return changed(c, accounts.Path(before.ObjectID), doneAgain, manage.Confirmation{})
	case err != nil:
		return h.accountAgain(c, models.Account{}, f, err)
	}
	return changed(c, accounts.Path(a.ID), doneCreated, conf)
}

// checkFolder says beside the field that the folder of a form is none in which the person may make accounts.
func (h *Handler) checkFolder(c echo.Context, f *form) error {
	if f.one("folder") == "" {
		return nil
	}
	folders, err := h.foldersFor(c, models.AccountsCreate)
	if _, known := folderOf(folders, f.one("folder")); err == nil && !known {
		f.problem("folder", "Choose one of the folders")
	}
	return err
}

// EditAccount shows the form of an account as it is.
func (h *Handler) EditAccount(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return err
	}
	if !h.mayAccount(c, a).Edit {
		return forbidden()
	}
	return h.accountForm(c, http.StatusOK, a, editAccountForm(a))
}

// UpdateAccount saves an edit. One of an older version comes back with what somebody else changed meanwhile.
func (h *Handler) UpdateAccount(c echo.Context) error {
	a, err := h.account(c)
	if err != nil {
		return h.refuse(c, "account.update", "account", c.Param("id"), err)
	}
	f, err := readForm(c, editAccountFields)
	if err != nil {
		return err
	}
	in := accountInput(f)
	if f.one("expires") == keepExpiry {
		in.ExpiresAt = a.ExpiresAt
	}
	version := f.version()
	if err := f.err(); err != nil {
		return h.accountAgain(c, a, f, h.refuse(c, "account.update", "account", a.ID, err))
	}
	now, conf, err := h.Desk.UpdateAccount(c.Request().Context(), session.Actor(c), a.ID, manage.AccountEdit{
		Version: version, Name: in.Name, Description: in.Description, Owner: in.Owner, Roles: in.Roles, ExpiresAt: in.ExpiresAt,
	})
	if err != nil {
		return h.accountAgain(c, a, f, err)
	}
	return changed(c, accounts.Path(now.ID), doneSaved, conf)
}

// accountInput reads what both forms have in common.
func accountInput(f *form) manage.NewAccount {
	in := manage.NewAccount{Name: f.one("name"), Description: f.one("description"), Owner: f.one("owner"), Roles: f.all("roles")}
	at, _ := f.moment("expires", nil, neverExpiry, keepExpiry)
	in.ExpiresAt = at.At
	return in
}

// accountAgain answers a refused form as it was typed; what is no problem of the form goes on.
func (h *Handler) accountAgain(c echo.Context, a models.Account, f *form, err error) error {
	m := typedAccountForm(a, f)
	status := http.StatusUnprocessableEntity
	switch problems, ok := fieldsOf(err); {
	case ok:
		m.Problems, a.Version = problems, count(f.one("version")) // still the one it was opened with
		if models.CodeOf(err) == models.Conflict {
			status = http.StatusConflict
		}
	case models.ReasonOf(err) == "changed_meanwhile":
		status, m.Problems = http.StatusConflict, accountChanged(a, f)
	default:
		return err
	}
	return h.accountForm(c, status, a, m)
}

// accountForm fills the roles and sends the form.
func (h *Handler) accountForm(c echo.Context, status int, a models.Account, m accounts.Form) error {
	cat, err := h.Desk.Catalogue(c.Request().Context())
	if err != nil {
		return err
	}
	h.fillAccountForm(cat, a, &m)
	if a.ID == "" {
		if m.Folders, err = h.foldersFor(c, models.AccountsCreate); err != nil {
			return err
		}
		return render.Page(c, status, accounts.NewPage(h.page(c), m))
	}
	return render.Page(c, status, accounts.EditPage(h.page(c), m))
}
