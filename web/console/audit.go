package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/audit"
	"keydesk/web/render"
	"keydesk/web/session"
)

// auditParams are the filters of the log. The place of the page is beside them.
var auditParams = []string{"actor_type", "actor", "action", "object_type", "object", "account", "result", "from", "to"}

// Audit lists the audit log. Filters and place are in the address, so that a ticket can hold the answer to a question.
func (h *Handler) Audit(c echo.Context) error {
	if err := onlyParams(c, append([]string{"page"}, auditParams...)...); err != nil {
		return err
	}
	m := audit.ListPage{Now: h.now(), Filter: auditTyped(c)}
	f, err := auditFilter(m.Filter)
	status := http.StatusOK
	if problems, ok := fieldsOf(err); ok {
		status, m.Filter.Problems = http.StatusUnprocessableEntity, problems
	} else if err != nil {
		return err
	} else if err := h.auditRows(c, f, &m); err != nil {
		return err
	}
	p := h.page(c)
	if m.Verified, err = h.verified(c, p.FormToken); err != nil {
		return err
	}
	return render.Page(c, status, audit.List(p, m))
}

// auditRows reads the page of the log that the address names.
func (h *Handler) auditRows(c echo.Context, f manage.EventFilter, m *audit.ListPage) error {
	here, err := readPlace(c.QueryParam("page"))
	if err != nil {
		return err
	}
	if number, err := strconv.ParseInt(here.at.ID, 10, 64); here != (place{}) && (err != nil || number < 1) {
		return echo.ErrBadRequest
	}
	f.After, f.Back = here.at, here.back
	list, err := h.Desk.Events(c.Request().Context(), session.Actor(c), f)
	if err != nil {
		return err
	}
	query := auditQuery(c)
	m.Total, m.Pager = auditTotal(list), pager(list.Page, here, audit.ListPath, query)
	for _, r := range list.Page.Rows {
		m.Rows = append(m.Rows, h.auditEvent(c, r))
	}
	if session.Actor(c).MayAnywhere(models.Export) {
		m.CSV, m.JSON = withQuery(audit.CSVPath, query), withQuery(audit.JSONPath, query)
	}
	return nil
}

func auditTotal(l manage.EventList) string {
	if l.Capped {
		return "1,000+"
	}
	return strconv.Itoa(l.Total)
}

// auditTyped is the filter as it was typed.
func auditTyped(c echo.Context) audit.Filter {
	q := func(name string) string { return strings.TrimSpace(c.QueryParam(name)) }
	return audit.Filter{
		ActorType: q("actor_type"), Actor: q("actor"), Action: q("action"), ObjectType: q("object_type"), Object: q("object"),
		Account: q("account"), Result: q("result"), From: q("from"), To: q("to"),
	}
}

// auditQuery is the filter as an address carries it on, without what is empty.
func auditQuery(c echo.Context) url.Values {
	q := url.Values{}
	for _, name := range auditParams {
		if v := strings.TrimSpace(c.QueryParam(name)); v != "" {
			q.Set(name, v)
		}
	}
	return q
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// word is the shape of an action or of a kind of object. One that is not in use any more may be asked for: the log is old.
var word = regexp.MustCompile(`^([a-z_]{1,40}(\.[a-zA-Z_]{1,40})?)?$`)

// auditFilter reads the filter. What no form of ours sends is no address of ours; what may be mistyped is a problem beside it.
func auditFilter(in audit.Filter) (manage.EventFilter, error) {
	f := manage.EventFilter{
		ActorType: models.ActorType(in.ActorType), Actor: in.Actor, Action: in.Action, ObjectType: in.ObjectType, Object: in.Object,
		Account: in.Account, Result: in.Result,
	}
	switch f.ActorType {
	case "", models.ActorPerson, models.ActorAccount, models.ActorLocal, models.ActorSystem:
	default:
		return f, echo.ErrBadRequest
	}
	switch f.Result {
	case "", models.EventDone, models.EventRefused:
	default:
		return f, echo.ErrBadRequest
	}
	if !word.MatchString(f.Action) || !word.MatchString(f.ObjectType) {
		return f, echo.ErrBadRequest
	}
	for _, text := range []string{f.Actor, f.Object, f.Account} {
		if utf8.RuneCountInString(text) > models.MaxText {
			return f, echo.ErrBadRequest
		}
	}
	problems := models.Fields{}
	f.From = auditMoment(problems, "from", in.From, 0)
	f.To = auditMoment(problems, "to", in.To, day) // a day that is named last is part of the answer
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		problems["to"] = "This is before the beginning: choose a later day"
	}
	return f, models.FieldProblems(problems)
}

// Years that a moment of the log may have: beyond them the databases write times in other ways.
const (
	firstYear = 1970
	lastYear  = 9998
)

// auditMoment reads a day or an instant; of a day it is the beginning, moved by what is added.
func auditMoment(problems models.Fields, field, text string, add time.Duration) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.DateOnly, text)
	if err == nil {
		at = at.Add(add)
	} else {
		at, err = time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "+", 1)) // what + in an address becomes
	}
	if err != nil || at.Year() < firstYear || at.Year() > lastYear {
		problems[field] = "Type a day, such as 2026-11-23, or an instant, such as 2026-11-23T14:03:00Z"
		return time.Time{}
	}
	return at.UTC()
}
