package console

import (
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/accounts"
	"keydesk/views/audit"
	"keydesk/views/keys"
	"keydesk/web/session"
)

// auditOf is the address of the events that one parameter selects; "" for who may not see the log.
func auditOf(c echo.Context, param, value string) string {
	if value == "" || !session.Actor(c).MayAnywhere(models.AuditView) {
		return ""
	}
	return audit.ListPath + "?" + url.Values{param: {value}}.Encode()
}

// auditEvent is an event as a page shows it, with the links that would not be refused.
func (h *Handler) auditEvent(c echo.Context, r manage.EventRow) audit.Event {
	by := models.Actor{Type: r.ActorType, ID: r.ActorID, Name: r.ActorName}
	e := audit.Event{
		Number: r.Number, At: r.At, Actor: by.Label(), ActorType: r.ActorType, ActorHref: auditOf(c, "actor", r.ActorID),
		Action: r.Action, Refused: r.Result == models.EventRefused, Reason: r.Reason,
		ObjectType: r.ObjectType, ObjectID: r.ObjectID, ObjectName: r.ObjectName, EventsHref: auditOf(c, "object", r.ObjectID),
		Note: r.Note, Before: r.Before, After: r.After, Address: r.Address, RequestID: r.RequestID, Method: r.AuthMethod,
		Hash: hex.EncodeToString(r.Hash),
	}
	if r.ActorType == models.ActorAccount {
		e.ActorPage = accounts.Path(r.ActorID)
		if r.ActorName != "" {
			e.Actor = r.ActorName // what it was called then
		}
	}
	if !models.IsID(r.ObjectID) {
		e.EventsHref = ""
		return e
	}
	if e.Refused && (strings.HasSuffix(r.Action, ".create") || r.Reason == string(models.NotFound)) {
		return e // an object that was not made, or is not there, has no page
	}
	switch r.ObjectType {
	case "key":
		e.ObjectHref = keys.Path(r.ObjectID)
		ofItsAccount(&e, r)
	case "authorized_key":
		ofItsAccount(&e, r)
	case "account":
		e.ObjectHref = accounts.Path(r.ObjectID)
	}
	return e
}

// ofItsAccount names the account that the object belongs to.
func ofItsAccount(e *audit.Event, r manage.EventRow) {
	if r.AccountName != "" {
		e.AccountName, e.AccountHref = r.AccountName, accounts.Path(r.AccountID)
	}
}

// Timeline is what happened to one object, for its own page. all is the address of the same in the log: see auditOf.
func (h *Handler) Timeline(
	c echo.Context, page models.Page[manage.EventRow], here place, path string, query url.Values, self, all string,
) audit.Timeline {
	t := audit.Timeline{Self: self, Audit: all, Pager: pager(page, here, path, query)}
	for _, r := range page.Rows {
		t.Rows = append(t.Rows, h.auditEvent(c, r))
	}
	return t
}
