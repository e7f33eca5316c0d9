package console

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/views/settings"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

const purposeFolder = "folder.create"

// settingsRows is the length of a page of folders, and of bindings in one.
const settingsRows = 50

var folderFields = fields{"form_id": once, "name": once, "description": once}

// folderCan shows the section to whoever has got to a page of it.
func folderCan(c echo.Context) settings.Can {
	can := settingsCan(c)
	can.Folders = true
	return can
}

// settingsPager links the pages of a list that is sorted by name, not by time.
func settingsPager[T row](page models.Page[T], here place, path string) ui.PagerProps {
	p := pager(page, here, path, url.Values{})
	p.PrevLabel, p.NextLabel = "Previous", "Next"
	return p
}

// Folders lists the folders.
func (h *Handler) Folders(c echo.Context) error {
	if err := onlyParams(c, "page"); err != nil {
		return err
	}
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return err
	}
	by := session.Actor(c)
	read := h.Desk.Folders
	if here.back {
		read = h.Desk.FoldersBefore
	}
	list, err := read(c.Request().Context(), by, here.at, settingsRows)
	if err != nil {
		return err
	}
	m := settings.FoldersPage{
		Now: h.now(), Can: folderCan(c), Folders: list.Rows, MayCreate: by.MayAnywhere(models.FoldersCreate),
		Pager: settingsPager(list, here, settings.FoldersPath),
	}
	return render.Page(c, http.StatusOK, settings.Folders(h.page(c), m))
}

// NewFolder shows the form of a new folder.
func (h *Handler) NewFolder(c echo.Context) error {
	return h.folderForm(c, http.StatusOK, settings.FolderForm{FormID: session.FormID(c, purposeFolder)})
}

func (h *Handler) folderForm(c echo.Context, status int, m settings.FolderForm) error {
	many, err := h.Desk.ManyFolders(c.Request().Context())
	if err != nil {
		return err
	}
	m.First = !many
	return render.Page(c, status, settings.NewFolder(h.page(c), m))
}

// CreateFolder makes a folder. A form that comes twice leads to what it made.
func (h *Handler) CreateFolder(c echo.Context) error {
	f, err := readForm(c, folderFields)
	if err != nil {
		return err
	}
	if !session.CheckFormID(c, purposeFolder, f.one("form_id")) {
		return h.refuse(c, "folder.create", "folder", "", foreignForm())
	}
	if err := f.err(); err != nil {
		return h.folderAgain(c, f, h.refuse(c, "folder.create", "folder", "", err))
	}
	folder, err := h.Desk.CreateFolder(c.Request().Context(), session.Actor(c), manage.NewFolder{
		FormID: f.one("form_id"), Name: f.one("name"), Description: f.raw("description"),
	})
	var before *manage.AlreadyDone
	switch {
	case errors.As(err, &before):
		return done(c, settings.FolderPath(before.ObjectID), "This form was sent before, and made this folder then. Nothing new was made now.")
	case err != nil:
		return h.folderAgain(c, f, err)
	}
	return done(c, settings.FolderPath(folder.ID), "The folder is created.")
}

func (h *Handler) folderAgain(c echo.Context, f *form, err error) error {
	problems, ok := fieldsOf(err)
	status := http.StatusUnprocessableEntity
	if models.CodeOf(err) == models.Conflict {
		status = http.StatusConflict
		problems, ok = models.Fields{"name": "There is a folder " + f.one("name") + " already: choose another name"}, true
	}
	if !ok {
		return err
	}
	m := settings.FolderForm{FormID: f.one("form_id"), Name: f.one("name"), Description: f.raw("description"), Problems: problems}
	return h.folderForm(c, status, m)
}

// Folder shows a folder, and which service accounts hold roles in it.
func (h *Handler) Folder(c echo.Context) error {
	if err := onlyParams(c, "page"); err != nil {
		return err
	}
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return err
	}
	ctx, by, id := c.Request().Context(), session.Actor(c), c.Param("id")
	if !models.IsID(id) {
		return models.Missing("folder")
	}
	folder, err := h.Desk.Folder(ctx, by, id)
	if err != nil {
		return err
	}
	read := h.Desk.FolderBindings
	if here.back {
		read = h.Desk.FolderBindingsBefore
	}
	page, err := read(ctx, by, id, here.at, settingsRows)
	if err != nil {
		return err
	}
	named, err := h.Desk.Names(ctx, page.Rows)
	if err != nil {
		return err
	}
	m := settings.FolderPage{Now: h.now(), Can: folderCan(c), Folder: folder, Pager: settingsPager(page, here, settings.FolderPath(id))}
	m.MayCreate = by.May(models.AccountsCreate, id)
	for _, b := range named {
		m.Bindings = append(m.Bindings, settings.FolderBinding{AccountID: b.SubjectID, Name: b.Name, Role: b.Role, Manages: accounts.Manages(b.Role)})
	}
	return render.Page(c, http.StatusOK, settings.Folder(h.page(c), m))
}
