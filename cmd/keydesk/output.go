package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"keydesk/models/manage"
)

// printJSON prints one object or array and nothing else.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// stamp is a time in JSON: RFC 3339 in UTC; none is null.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339Nano)
	return &s
}

// shown is a time for people; none has its word.
func shown(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// table prints rows under a heading, in columns.
func table(w io.Writer, heading string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, heading)
	for _, r := range rows {
		for i, cell := range r {
			if i > 0 {
				_, _ = fmt.Fprint(t, "\t")
			}
			_, _ = fmt.Fprint(t, cell)
		}
		_, _ = fmt.Fprintln(t)
	}
	return t.Flush()
}

// confirmation is what the gates said, as JSON. Complete says that every gate which may still answer knows the change.
type confirmation struct {
	Complete  bool          `json:"complete"`
	Revision  int64         `json:"revision"`
	Gates     int           `json:"gates"`
	Confirmed int           `json:"confirmed"`
	Millis    int64         `json:"millis"`
	Pending   []pendingGate `json:"pending"`
}

type pendingGate struct {
	Gate      string  `json:"gate"`
	RefusesBy *string `json:"refuses_by"`
}

func confirmed(c manage.Confirmation) confirmation {
	out := confirmation{
		Complete: c.Complete(), Revision: c.Revision, Gates: c.Gates, Confirmed: c.Confirmed, Millis: c.Took.Milliseconds(), Pending: []pendingGate{},
	}
	for _, p := range c.Pending {
		out.Pending = append(out.Pending, pendingGate{p.Name, stamp(p.RefusesBy)})
	}
	return out
}

// say tells people what the gates said.
func say(w io.Writer, c manage.Confirmation) {
	switch {
	case c.Revision == 0:
	case c.Unknown:
		_, _ = fmt.Fprintf(w, "NOT confirmed: it is done (revision %d), but the database did not say which gates know it. A gate that does not know it answers nothing once its lease is over.\n", c.Revision)
	case c.Gates == 0:
		_, _ = fmt.Fprintln(w, "No gate is running: the next one that starts knows it.")
	case c.Complete():
		_, _ = fmt.Fprintf(w, "Confirmed by %d of %d gates in %d ms (revision %d).\n", c.Confirmed, c.Gates, c.Took.Milliseconds(), c.Revision)
	default:
		_, _ = fmt.Fprintf(w, "Confirmed by %d of %d gates so far (revision %d).\n", c.Confirmed, c.Gates, c.Revision)
		for _, p := range c.Pending {
			_, _ = fmt.Fprintf(w, "  %s has not confirmed: by %s it does, or answers nothing.\n", p.Name, shown(p.RefusesBy, "now"))
		}
	}
}
