// Package problem answers every error that a handler returned: as a page where a browser asks, as RFC 9457
// application/problem+json where JSON is asked for.
package problem

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"time"

	"github.com/labstack/echo/v4"

	"keydesk/models"
)

// Answer is an error as it is told to who asked.
type Answer struct {
	Status     int
	Code       models.Code
	Reason     string // a stable word for clients and logs
	Title      string
	Text       string
	Todo       string
	Fields     models.Fields
	RetryAfter time.Duration // zero: no such header
}

// answers is the one table from a code to its status and words. A refusal's own text takes the place of Text.
var answers = map[models.Code]Answer{
	models.Invalid:         {Status: http.StatusUnprocessableEntity, Title: "This cannot be done as asked", Text: "Something in the request is not valid.", Todo: "Go back and check what was entered."},
	models.Unauthenticated: {Status: http.StatusUnauthorized, Title: "Sign in first", Text: "You are not signed in. Nothing was changed.", Todo: "Sign in, then do this again."},
	models.Forbidden:       {Status: http.StatusForbidden, Title: "Not allowed", Text: "Your access does not allow this.", Todo: "An administrator can change what you may do."},
	models.NotFound:        {Status: http.StatusNotFound, Title: "Not found", Text: "There is no such page, or you may not see it.", Todo: "Check the address, or start from the list of service accounts."},
	models.Conflict:        {Status: http.StatusConflict, Title: "Somebody was first", Text: "It was changed in the meantime.", Todo: "Go back, reload the page and look at what it says now."},
	models.Precondition:    {Status: http.StatusConflict, Title: "Not possible in this state", Text: "Its state does not allow this.", Todo: "Go back and reload the page to see its state."},
	models.TooMany:         {Status: http.StatusTooManyRequests, Title: "Too many requests", Text: "There were too many requests from here.", Todo: "Wait a moment and try again.", RetryAfter: time.Minute},
	models.Unavailable:     {Status: http.StatusServiceUnavailable, Title: "Not available", Text: "The database did not answer.", Todo: "Try again in a moment. Checks at the gate refuse rather than guess while this lasts.", RetryAfter: 5 * time.Second},
	models.Internal:        {Status: http.StatusInternalServerError, Title: "Something went wrong", Text: "This is a defect of Keydesk, not of your request.", Todo: "Give the request id to who runs Keydesk: the log has the details under it."},
}

// statuses are answers that the server itself gives, before any handler of ours decides.
var statuses = map[int]Answer{
	http.StatusBadRequest:            {Code: models.Invalid, Reason: "bad_request", Title: "The request is malformed", Text: "The server could not read this request.", Todo: "Go back, reload the page and try again."},
	http.StatusMethodNotAllowed:      {Code: models.Invalid, Reason: "method_not_allowed", Title: "Not done this way", Text: "This address does not answer that kind of request.", Todo: "Start again from the page with the form or link."},
	http.StatusRequestTimeout:        {Code: models.Unavailable, Reason: "request_timeout", Title: "Too slow", Text: "The request did not arrive in time.", Todo: "Try again."},
	http.StatusRequestEntityTooLarge: {Code: models.Invalid, Reason: "too_large", Title: "Too large", Text: "The request is larger than any form of Keydesk.", Todo: "Shorten what was entered and send it again."},
	http.StatusUnsupportedMediaType:  {Code: models.Invalid, Reason: "unsupported_media_type", Title: "Not a form", Text: "This address reads forms (application/x-www-form-urlencoded), not compressed.", Todo: "Send it as a plain form."},
	http.StatusMisdirectedRequest:    {Code: models.Invalid, Reason: "misdirected", Title: "Wrong address", Text: "This server does not answer for the host name of the request.", Todo: "Open Keydesk by the address it prints when it starts, or set --public-url to the one in use."},
}

// codes are the statuses of the server's own that say the same as a refusal of ours.
var codes = map[int]models.Code{
	http.StatusUnauthorized:       models.Unauthenticated,
	http.StatusForbidden:          models.Forbidden,
	http.StatusNotFound:           models.NotFound,
	http.StatusTooManyRequests:    models.TooMany,
	http.StatusServiceUnavailable: models.Unavailable,
}

// Of classifies any error. One that nobody classified is Internal, and none of its text is in the answer.
func Of(err error) Answer {
	var known *models.Error
	var limit *http.MaxBytesError
	var server *echo.HTTPError
	switch {
	case errors.As(err, &known):
		return ofRefusal(known)
	case errors.As(err, &limit):
		return ofStatus(http.StatusRequestEntityTooLarge)
	case errors.As(err, &server):
		return ofStatus(server.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return ofStatus(http.StatusServiceUnavailable)
	}
	return ofCode(models.Internal)
}

func ofCode(code models.Code) Answer {
	a, ok := answers[code]
	if !ok {
		code = models.Internal
		a = answers[code]
	}
	a.Code, a.Reason = code, string(code)
	return a
}

// ofRefusal keeps the table's words for Internal alone: the text of a defect is for the log.
func ofRefusal(e *models.Error) Answer {
	a := ofCode(e.Code)
	if a.Code == models.Internal {
		return a
	}
	a.Fields = e.Fields
	if e.Reason != "" {
		a.Reason = e.Reason
	}
	if e.Text != "" {
		a.Text = e.Text
	}
	if e.RetryAfter > 0 {
		a.RetryAfter = e.RetryAfter
	}
	return a
}

func ofStatus(status int) Answer {
	if a, ok := statuses[status]; ok {
		a.Status = status
		return a
	}
	return ofCode(codes[status]) // a status that nobody foresaw is Internal
}

// deeds are what a form does, by the last part of its address.
var deeds = map[string]string{
	"revoke": "revoked", "revoke-all": "revoked", "disable": "disabled", "enable": "enabled", "suspend": "suspended", "reactivate": "reactivated",
	"reissue": "reissued", "retire": "retired", "delete": "deleted", "new": "created", "start": "started", "cancel": "cancelled", "signout": "signed out",
}

// asks are the forms that change nothing.
var asks = map[string]bool{"find": true, "signin": true, "confirm": true, "verify": true}

// unchanged says of a change that could not be made that it was not, in the words of the form that was sent.
func (a Answer) unchanged(route string) Answer {
	last := path.Base(route)
	if asks[last] {
		return a
	}
	a.Title = "NOT " + cmp.Or(deeds[last], "changed")
	a.Text = a.Title + ": the database did not answer."
	return a
}

// Level is how loud the log is about it: what a person can cause is no error of the server.
func (a Answer) Level() slog.Level {
	switch {
	case a.Status >= http.StatusInternalServerError:
		return slog.LevelError
	case a.Code == models.Forbidden || a.Code == models.TooMany:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
