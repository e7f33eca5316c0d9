package console

import (
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/web/session"
)

// folderRows is how many folders a form or a filter offers.
const folderRows = 1000

// folders are those that the person may view; nil where there is one alone, of which no page speaks.
func (h *Handler) folders(c echo.Context) ([]models.Folder, error) {
	ctx, by := c.Request().Context(), session.Actor(c)
	if many, err := h.Desk.ManyFolders(ctx); err != nil || !many {
		return nil, err
	}
	page, err := h.Desk.Folders(ctx, by, models.Cursor{}, folderRows)
	return page.Rows, err
}

// foldersFor are those of them in which the person holds a permission.
func (h *Handler) foldersFor(c echo.Context, p models.Permission) ([]models.Folder, error) {
	list, err := h.folders(c)
	by := session.Actor(c)
	return slices.DeleteFunc(list, func(f models.Folder) bool { return !by.May(p, f.ID) }), err
}

// folderOf finds a folder among others.
func folderOf(list []models.Folder, id string) (models.Folder, bool) {
	i := slices.IndexFunc(list, func(f models.Folder) bool { return f.ID == id })
	if i < 0 {
		return models.Folder{}, false
	}
	return list[i], true
}

// allFolderNames are the names, by id, of every folder that the actor may view.
func (h *Handler) allFolderNames(ctx context.Context, by models.Actor) (map[string]string, error) {
	names := map[string]string{}
	for at, more := (models.Cursor{}), true; more; {
		page, err := h.Desk.Folders(ctx, by, at, folderRows)
		if err != nil {
			return nil, err
		}
		for _, f := range page.Rows {
			names[f.ID] = f.Name
		}
		at, more = page.Next, page.More
	}
	return names, nil
}

func folderNames(list []models.Folder) map[string]string {
	if len(list) == 0 {
		return nil
	}
	names := make(map[string]string, len(list))
	for _, f := range list {
		names[f.ID] = f.Name
	}
	return names
}
