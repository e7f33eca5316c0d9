package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/operations"
	"keydesk/views/ui"
	"keydesk/web/render"
	"keydesk/web/session"
)

var (
	confirmFields = fields{"action": once, "key": manyPasted, "ids": pasted, "all": once, "list": once}
	startFields   = disableFields.and("confirm")
)

// draftRows is how many lines a draft shows of those that it is about.
const draftRows = 50

// repeatMost is how much of a pasted list a form gives back that was refused: a page stays a page.
const repeatMost = 32 << 10

// actionOf is what a form means by the word in its field.
var actionOf = map[string]models.OperationAction{
	operations.ActionDisable: models.OperationDisable, operations.ActionRevoke: models.OperationRevoke,
}

// NewOperation asks for a list of keys.
func (h *Handler) NewOperation(c echo.Context) error {
	if err := onlyParams(c, "action"); err != nil {
		return err
	}
	action := c.QueryParam("action")
	if action != "" && actionOf[action] == "" {
		return echo.ErrBadRequest
	}
	return h.newOperationForm(c, http.StatusOK, operations.Form{Action: action})
}

func (h *Handler) newOperationForm(c echo.Context, status int, m operations.Form) error {
	by := session.Actor(c)
	m.MayDisable, m.MayRevoke, m.Most = by.MayAnywhere(models.KeysDisable), by.MayAnywhere(models.KeysRevoke), manage.MostItems
	return render.Page(c, status, operations.New(h.page(c), m))
}

// ConfirmOperation stores which keys were selected or pasted, and leads to the page that asks whether to start. The list that
// they were selected in may say something else by then: exactly these are meant.
func (h *Handler) ConfirmOperation(c echo.Context) error {
	f, err := readForm(c, confirmFields)
	if err != nil {
		return err
	}
	if err = f.err(); err != nil {
		err = h.refuse(c, "operation.draft", "operation", "", err)
	} else {
		var draft models.Operation
		selected := f.all("key")
		if f.one("all") != "" {
			if selected, err = h.allOfList(c, f.one("list")); err != nil {
				err = h.refuse(c, "operation.draft", "operation", "", err)
			}
		}
		if err == nil {
			draft, err = h.Desk.DraftOperation(c.Request().Context(), session.Actor(c), manage.NewOperation{
				Action: actionOf[f.one("action")], Keys: slices.Concat(selected, manage.KeyIDs(f.raw("ids"))),
			})
		}
		if err == nil {
			return c.Redirect(http.StatusSeeOther, operations.Path(draft.ID))
		}
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	m := operations.Form{Action: f.one("action"), Problems: problems}
	if typed := f.raw("ids"); len(typed) <= repeatMost && !manage.HoldsSecret(typed) {
		m.IDs = typed
	}
	return h.newOperationForm(c, http.StatusUnprocessableEntity, m)
}

// allOfList are the keys of a list of which all were selected, as it is now.
func (h *Handler) allOfList(c echo.Context, list string) ([]string, error) {
	search, err := readSelection(list)
	if err != nil {
		return nil, err
	}
	ids, more, err := h.Desk.MatchingKeyIDs(c.Request().Context(), session.Actor(c), search, manage.MostItems)
	if more {
		return nil, models.FieldProblems(models.Fields{"ids": fmt.Sprintf(
			"More than %d keys match, which is the most that one operation takes: narrow the list with a filter", manage.MostItems)})
	}
	return ids, err
}

// draftForm is the question with the likeliest reason chosen: many keys of which none is used are not needed.
func (h *Handler) draftForm(o manage.OperationDetail) ui.RestrictionForm {
	likely := models.ReasonUnused
	if o.Action == models.OperationRevoke && o.Summary.Used > 0 {
		likely = models.ReasonLeaked
	}
	return stopForm(h.now(), likely, o.Action == models.OperationDisable)
}

func (h *Handler) draftPage(c echo.Context, status int, o manage.OperationDetail, form ui.RestrictionForm, typed string) error {
	list, err := h.Desk.OperationItems(c.Request().Context(), session.Actor(c), o.ID, manage.ItemFilter{InOrder: true, Limit: draftRows})
	if err != nil {
		return err
	}
	m := operations.DraftPage{
		Now: h.now(), Op: o.Operation, Revoked: int64(o.Summary.Revoked), Expired: int64(o.Summary.Expired), Disabled: int64(o.Summary.Disabled),
		Used: int64(o.Summary.Used), Accounts: int64(o.Summary.Accounts), Rows: h.operationRows(list.Rows),
		Typed: o.Typed, Confirm: typed, Form: form,
	}
	for _, a := range o.Accounts {
		m.Shares = append(m.Shares, operations.Share{ID: a.ID, Name: a.Name, Keys: int64(a.Keys)})
	}
	return render.Page(c, status, operations.Draft(h.page(c), m))
}

// StartOperation starts a draft. One that was started already is shown as it is: a form that is sent twice does nothing twice.
func (h *Handler) StartOperation(c echo.Context) error {
	f, err := readForm(c, startFields)
	if err != nil {
		return err
	}
	id, why := c.Param("id"), f.stop()
	if err = f.err(); err != nil {
		err = h.refuse(c, "operation.start", "operation", id, err)
	} else {
		_, err = h.Desk.StartOperation(c.Request().Context(), session.Actor(c), id, why, f.one("confirm"))
	}
	if err = again(err); err == nil {
		return c.Redirect(http.StatusSeeOther, operations.Path(id))
	}
	problems, ok := fieldsOf(err)
	if !ok {
		return err
	}
	o, err := h.operation(c)
	if err != nil {
		return err
	}
	form := typedStop(h.now(), f, o.Action == models.OperationDisable, problems)
	return h.draftPage(c, http.StatusUnprocessableEntity, o, form, f.one("confirm"))
}

// again takes what was done before for done.
func again(err error) error {
	var before *manage.AlreadyDone
	if errors.As(err, &before) {
		return nil
	}
	return err
}
