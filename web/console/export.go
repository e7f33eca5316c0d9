package console

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/web/render"
	"keydesk/web/session"
)

const (
	exportWithin = time.Hour        // a file that takes longer is read by nobody
	exportAgain  = 10 * time.Second // after which it is asked again whether its reader may
	exportsOfOne = 2                // files that one person is sent at once
)

// fileTime is when a file was made, in its name.
const fileTime = "20060102-150405"

// sheet is a list that leaves as a file.
type sheet struct {
	what    string // of its event: "keys"
	name    string // of the file, without its ending
	format  string // render.CSV or render.JSON
	filter  string // the list's address, for the event
	columns []string
	needs   models.Permission // which whoever reads it must go on holding
}

// rowFunc sends one row: cells of a CSV, or the object that stands for it as JSON.
type rowFunc func(cells func() []string, object func() any) error

// export streams a list as a file. What left is an event, whether or not all of it left; a file that is not whole ends with
// a broken connection, so that nobody takes it for one that is. Whoever is kept out meanwhile is sent no more.
func (h *Handler) export(c echo.Context, s sheet, list func(ctx context.Context, row rowFunc) error) error {
	if c.Request().Method == http.MethodHead { // there is nothing to send, and nothing leaves
		return c.NoContent(http.StatusOK)
	}
	by := session.Actor(c)
	leave, err := h.exports.enter(by.ID)
	if err != nil {
		return h.refuse(c, s.what+".export", s.what, "", err)
	}
	defer leave()
	ctx, cancel := context.WithTimeout(c.Request().Context(), exportWithin)
	defer cancel()
	var x *render.Export
	begin := func() (err error) { // the first byte leaves once it is known that the database answers
		if x == nil {
			x, err = render.NewExport(c, s.name, s.format, s.columns...)
		}
		return err
	}
	asked := h.now()
	err = list(ctx, func(cells func() []string, object func() any) error {
		if err := begin(); err != nil {
			return err
		}
		if h.now().Sub(asked) > exportAgain {
			if err := session.Still(c, s.needs); err != nil {
				return err
			}
			asked = h.now()
		}
		return x.Row(cells, object)
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
		What: s.what, Format: s.format, Filter: s.filter, Rows: x.Rows, SHA256: x.SHA256(), Complete: err == nil,
	})
	if err != nil || recorded != nil {
		h.Desk.Log.WarnContext(ctx, "an export did not come to its end", "what", s.what, "rows", x.Rows, "err", err, "recorded", recorded)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// exports counts the files that are being sent, by who reads them.
type exports struct {
	mu sync.Mutex
	by map[string]int
}

// enter counts one more until leave is called, or refuses it.
func (e *exports) enter(id string) (leave func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.by[id] >= exportsOfOne {
		return nil, models.NewError(models.TooMany, "exports_of_one", "You are being sent two files already. Wait until one of them has ended.")
	}
	if e.by == nil {
		e.by = map[string]int{}
	}
	e.by[id]++
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.by[id]--; e.by[id] == 0 {
			delete(e.by, id)
		}
	}, nil
}
