package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/operations"
	"keydesk/web/render"
	"keydesk/web/session"
)

// Operations lists the operations, newest first.
func (h *Handler) Operations(c echo.Context) error {
	if err := onlyParams(c, "page"); err != nil {
		return err
	}
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return err
	}
	list, err := h.Desk.Operations(c.Request().Context(), session.Actor(c), here.at, here.back)
	if err != nil {
		return err
	}
	return render.Page(c, http.StatusOK, operations.List(h.page(c), operations.ListPage{
		Now: h.now(), Rows: list.Rows, Pager: pager(list, here, operations.ListPath, url.Values{}),
		Can: operations.Can{New: session.Actor(c).MayAnywhere(models.KeysDisable)},
	}))
}

// Operation shows one operation: a draft asks whether to start, any other says how far it is.
func (h *Handler) Operation(c echo.Context) error {
	if err := onlyParams(c, "state", "page"); err != nil {
		return err
	}
	o, err := h.operation(c)
	if err != nil {
		return err
	}
	if o.State == models.OperationDraft {
		return h.draftPage(c, http.StatusOK, o, h.draftForm(o), "")
	}
	m, err := h.operationPage(c, o)
	if err != nil {
		return err
	}
	if fragment(c) {
		return render.Page(c, http.StatusOK, operations.Progress(session.FormToken(c), m))
	}
	return render.Page(c, http.StatusOK, operations.Detail(h.page(c), m))
}

// operation reads the operation that the path names.
func (h *Handler) operation(c echo.Context) (manage.OperationDetail, error) {
	return h.Desk.Operation(c.Request().Context(), session.Actor(c), c.Param("id"))
}

func (h *Handler) operationPage(c echo.Context, o manage.OperationDetail) (m operations.Page, err error) {
	by := session.Actor(c)
	m = operations.Page{Now: h.now(), Op: o.Operation, State: models.ItemState(c.QueryParam("state")), Self: operations.Path(o.ID)}
	if m.State != "" && !slices.Contains(models.ItemStates, m.State) {
		return m, echo.ErrBadRequest
	}
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return m, err
	}
	list, err := h.Desk.OperationItems(c.Request().Context(), by, o.ID, manage.ItemFilter{State: m.State, After: here.at, Back: here.back})
	if err != nil {
		return m, err
	}
	query := url.Values{}
	if m.State != "" {
		query.Set("state", string(m.State))
	}
	m.Pager = pager(list, here, m.Self, query)
	m.Pager.PrevLabel, m.Pager.NextLabel = "Later", "Earlier"
	if here != (place{}) {
		query.Set("page", here.String())
	}
	if len(query) > 0 {
		m.Self += "?" + query.Encode()
	}
	m.Rows = h.operationRows(list.Rows)
	if o.Confirmation.Revision > 0 {
		conf := confirmation(o.Confirmation)
		conf.Now = m.Now
		m.Confirmation = &conf
	}
	may := by.MayAnywhere(o.Action.Permission())
	m.Can = operations.Can{Cancel: may, Retry: may, Export: by.MayAnywhere(models.Export)}
	return m, nil
}

func (h *Handler) operationRows(list []manage.ItemRow) []operations.Row {
	rows := make([]operations.Row, len(list))
	for i, r := range list {
		rows[i] = operations.Row{Given: r.Given, State: r.State, Reason: r.Reason, At: r.At}
		if r.Key.ID != "" {
			rows[i].Key, rows[i].LastUsed = h.keyModel(r.Key.Key, r.Account), sighting(r.Key.LastUsed.Allowed)
		}
	}
	return rows
}

// CancelOperation ends an operation after the batch that is under way.
func (h *Handler) CancelOperation(c echo.Context) error {
	return h.onOperation(c, "operation.cancel", func(id string) (string, error) {
		return operations.Path(id), again(h.Desk.CancelOperation(c.Request().Context(), session.Actor(c), id))
	})
}

// RetryOperation makes a draft of what is left of an operation.
func (h *Handler) RetryOperation(c echo.Context) error {
	return h.onOperation(c, "operation.draft", func(id string) (string, error) {
		draft, err := h.Desk.RetryOperation(c.Request().Context(), session.Actor(c), id)
		return operations.Path(draft.ID), err
	})
}

// DiscardOperation deletes a draft.
func (h *Handler) DiscardOperation(c echo.Context) error {
	return h.onOperation(c, "operation.discard", func(id string) (string, error) {
		return operations.ListPath, h.Desk.DiscardOperation(c.Request().Context(), session.Actor(c), id)
	})
}

// onOperation answers a form without fields, and goes where do leads.
func (h *Handler) onOperation(c echo.Context, action string, do func(id string) (to string, err error)) error {
	if err := h.plain(c, action, "operation"); err != nil {
		return err
	}
	to, err := do(c.Param("id"))
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}
