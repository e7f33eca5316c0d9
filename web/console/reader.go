package console

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/web/session"
)

// arity says how often a form may carry a field.
type arity int

const (
	once arity = iota + 1
	many
	pasted     // once, and may hold a secret, as people paste one there: it is said back nowhere
	manyPasted // the same, often
)

// fields are the names that a form knows. What it does not know was not sent by our page: nothing of it is used.
type fields map[string]arity

// form is a submitted form, read strictly. Its values are what was typed, made printable; problems are beside them.
type form struct {
	values   map[string][]string
	problems models.Fields
}

// readForm reads the body of a POST, never the query. The error is for what is no form at all.
func readForm(c echo.Context, known fields) (*form, error) {
	r := c.Request()
	if err := r.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	f := &form{values: map[string][]string{}, problems: models.Fields{}}
	for name, values := range r.PostForm {
		f.take(name, values, known)
	}
	return f, nil
}

// take reads one field.
func (f *form) take(name string, values []string, known fields) {
	if name == session.FormField {
		return
	}
	switch known[name] {
	case many, manyPasted:
	case once, pasted:
		if len(values) > 1 {
			f.problems[name] = "This was sent more than once: send it one time"
		}
	default:
		f.problems[""] = "The form came with a field that it does not have. Nothing was changed: reload the page and fill it in again"
		return
	}
	for _, v := range values {
		if known[name] < pasted && manage.HoldsSecret(v) { // it would come back in the page
			f.problems[name] = "This holds a secret, and was taken out: a secret belongs in no field of a form"
			v = ""
		}
		if !printable(v) {
			f.problems[name] = "Remove control characters and text that is not valid UTF-8"
			v = clean(v)
		}
		f.values[name] = append(f.values[name], v)
	}
}

// printable reports whether a value can be stored and shown. Line ends are for the field's own rule to judge.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

func control(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if control(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// one is a field's only value, without the blanks around it.
func (f *form) one(name string) string { return strings.TrimSpace(f.raw(name)) }

// raw is a field's only value as it was typed: a password may begin with a blank.
func (f *form) raw(name string) string {
	if len(f.values[name]) == 0 {
		return ""
	}
	return f.values[name][0]
}

// all are a field's values that say something.
func (f *form) all(name string) []string {
	var out []string
	for _, v := range f.values[name] {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// err is the refusal of a form that was not read without problems.
func (f *form) err() error { return models.FieldProblems(f.problems) }

// bodyError tells a form that is too long, which the listener's limit says, from one that is malformed.
func bodyError(err error) error {
	if tooLarge(err) {
		return err
	}
	return echo.ErrBadRequest.WithInternal(err)
}

func tooLarge(err error) bool {
	var limit *http.MaxBytesError
	return errors.As(err, &limit)
}
