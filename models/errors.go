package models

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// Code classifies an error for every protocol: pages, JSON, the command line and gRPC map it in one table each.
type Code string

// The codes. Missing and forbidden objects share NotFound: nobody learns of what they may not see.
const (
	Invalid         Code = "invalid"         // the input is wrong; Fields says where
	Unauthenticated Code = "unauthenticated" // nobody is signed in
	Forbidden       Code = "forbidden"       // signed in, and the *action* is not theirs (it names no object)
	NotFound        Code = "not_found"       // missing, or not theirs to see
	Conflict        Code = "conflict"        // somebody was first: a taken name, a lost race
	Aborted         Code = "aborted"         // another request came under the same Idempotency-Key
	Precondition    Code = "precondition"    // the object's state does not allow it
	TooMany         Code = "too_many"        // limit; RetryAfter says when
	Unavailable     Code = "unavailable"     // the database did not answer; nothing was changed unless said
	Internal        Code = "internal"        // a defect: its text goes to the log alone
)

// Fields maps an input field's name to the problem with it. The empty name stands for the whole form.
type Fields map[string]string

// Error is a refusal that may be shown to who asked. Text says what to do.
type Error struct {
	Code       Code
	Reason     string // a stable word for logs, events and clients: "account_name_taken"
	Text       string
	Fields     Fields
	RetryAfter time.Duration
	Err        error // cause, for the log alone
}

// Error joins text, field problems (sorted, so that the same refusal reads the same) and cause.
func (e *Error) Error() string {
	parts := []string{e.Text}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		if name == "" {
			parts = append(parts, e.Fields[name])
			continue
		}
		parts = append(parts, name+": "+e.Fields[name])
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

func (e *Error) Unwrap() error { return e.Err }

// NewError makes a refusal without fields.
func NewError(code Code, reason, text string) *Error {
	return &Error{Code: code, Reason: reason, Text: text}
}

// FieldProblems makes an Invalid error of the problems, or nil where there are none.
func FieldProblems(f Fields) error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Reason: "invalid_fields", Text: "Some fields need attention", Fields: f}
}

// FieldErrors returns the problems of an error that names fields: invalid ones, or a name that is taken.
func FieldErrors(err error) (Fields, bool) {
	var e *Error
	if errors.As(err, &e) && len(e.Fields) > 0 {
		return e.Fields, true
	}
	return nil, false
}

// CodeOf classifies any error; one that nobody classified is Internal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// ReasonOf returns the stable word of a refusal, or its code.
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Reason != "" {
		return e.Reason
	}
	return string(CodeOf(err))
}

// Missing is the one answer for an object that does not exist or may not be seen.
func Missing(what string) *Error {
	return NewError(NotFound, "not_found", "There is no such "+what+", or you may not see it.")
}
