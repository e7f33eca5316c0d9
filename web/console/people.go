package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/signin"
	"keydesk/views/people"
	"keydesk/web/render"
	"keydesk/web/session"
)

// ownedRows is how many of the accounts that somebody owns stand on their page.
const ownedRows = 20

// People lists everybody who may sign in. Filters and place are in the address.
func (h *Handler) People(c echo.Context) error {
	f, here, err := readPersonFilter(c, "page")
	if err != nil {
		return err
	}
	list, err := h.SignIn.ListPeople(c.Request().Context(), session.Actor(c), f)
	if err != nil {
		return err
	}
	m := people.ListPage{
		Now: h.now(), Query: f.Search, Access: f.Access, State: string(f.State), Total: cappedText(list.Total, list.Capped),
		Pager: pager(list.Page, here, people.ListPath, personQuery(f)), File: people.FilePath,
	}
	if q := personQuery(f); len(q) > 0 {
		m.File += "?" + q.Encode()
	}
	m.Pager.PrevLabel, m.Pager.NextLabel = "Previous", "Next" // sorted by mail address, not by time
	for _, r := range list.Page.Rows {
		m.Rows = append(m.Rows, people.Row{Person: personModel(c, r), Sessions: int64(r.Sessions)})
	}
	return render.Page(c, http.StatusOK, people.List(h.page(c), m))
}

// readPersonFilter reads the list's address; an unknown filter or a forged place is no address of ours.
func readPersonFilter(c echo.Context, more ...string) (f signin.PersonFilter, here place, err error) {
	if err := onlyParams(c, append(more, "q", "access", "state")...); err != nil {
		return f, here, err
	}
	f.Search, f.Access, f.State = strings.TrimSpace(c.QueryParam("q")), c.QueryParam("access"), models.PersonState(c.QueryParam("state"))
	if utf8.RuneCountInString(f.Search) > models.MaxText {
		return f, here, models.NewError(models.Invalid, "search_too_long", fmt.Sprintf("A search has %d characters at most. Shorten it.", models.MaxText))
	}
	switch f.State {
	case "", models.PersonActive, models.PersonInvited, models.PersonDisabled:
	default:
		return f, here, echo.ErrBadRequest
	}
	if f.Access != "" && !slices.Contains(models.AccessNames, f.Access) {
		return f, here, echo.ErrBadRequest
	}
	here, err = readPlace(c.QueryParam("page"))
	f.After, f.Back = here.at, here.back
	return f, here, err
}

func personQuery(f signin.PersonFilter) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Search, "access": f.Access, "state": string(f.State)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// cappedText is a count as pages say it.
func cappedText(n int, more bool) string {
	if more {
		return "1,000+"
	}
	return strconv.Itoa(n)
}

// ExportPeople sends the filtered list as a file.
func (h *Handler) ExportPeople(c echo.Context) error {
	f, _, err := readPersonFilter(c)
	if err != nil {
		return err
	}
	by := session.Actor(c)
	if !by.MayAnywhere(models.Export) { // beside the door's permission: it is a file too
		return h.refuse(c, "people.export", "people", "", forbidden())
	}
	file := sheet{
		what: "people", name: "keydesk-people-" + h.now().Format(fileTime), format: render.CSV, filter: personQuery(f).Encode(),
		columns: personColumns, needs: models.PeopleManage,
	}
	return h.export(c, file, func(ctx context.Context, row rowFunc) error {
		return h.SignIn.EachPerson(ctx, by, f, func(r signin.PersonRow) error {
			return row(func() []string { return personCells(r) }, nil)
		})
	})
}

var personColumns = []string{"id", "email", "access", "state", "locked_until", "created_at", "disabled_at", "last_sign_in_at", "sessions"}

func personCells(r signin.PersonRow) []string {
	return []string{
		r.ID, r.Email, strings.Join(r.Access, " "), string(r.State()), cellTime(r.LockedUntil), cellTime(r.CreatedAt), cellTime(r.DisabledAt),
		cellTime(r.LastSignInAt), strconv.Itoa(r.Sessions),
	}
}

// cellTime is a time in a file; none is "".
func cellTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// person reads whom the path names.
func (h *Handler) person(c echo.Context) (signin.PersonView, error) {
	return h.SignIn.Person(c.Request().Context(), session.Actor(c), c.Param("id"))
}

// personTo reads whom a change is asked for. That nobody is there is an event of the change.
func (h *Handler) personTo(c echo.Context, action string) (signin.PersonView, error) {
	v, err := h.person(c)
	if err != nil {
		return v, h.refuse(c, action, "person", c.Param("id"), err)
	}
	return v, nil
}

// Person shows somebody: what they may do, where they are signed in, what they own, and what happened.
func (h *Handler) Person(c echo.Context) error {
	v, err := h.person(c)
	if err != nil {
		return err
	}
	owned, err := h.owned(c, v, models.Cursor{}, ownedRows)
	if err != nil {
		return err
	}
	m := people.DetailPage{
		Now: h.now(), Person: personModel(c, v.PersonRow), Can: h.mayPerson(c, v), Last: v.Last, LinkUntil: v.LinkUntil,
		Sessions: sessionModels(c, v.Sessions), Owned: owned, Events: eventModels(v),
	}
	if m.Owned.Next != "" {
		m.Owned.Next = people.Path(v.ID, "owner")
	}
	p := h.page(c)
	if text := personSaid(readChange(c).done, v, m.Now); text != "" {
		p.Flash = okFlash(text)
	}
	return render.Page(c, http.StatusOK, people.Detail(p, m))
}
