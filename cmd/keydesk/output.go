package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
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

// listing prints a long list as it comes, so that memory stays flat: a JSON array element by element, or a table whose columns
// are as wide as a part of it needs.
type listing struct {
	json  bool
	out   *bufio.Writer
	table *tabwriter.Writer
	n     int
}

// listingPart is how many lines of a table are laid out together.
const listingPart = 1000

func newListing(w io.Writer, asJSON bool, heading string) *listing {
	out := bufio.NewWriter(w)
	l := &listing{json: asJSON, out: out, table: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	if !asJSON {
		_, _ = fmt.Fprintln(l.table, heading)
	}
	return l
}

// row prints one row: the object as JSON, or the cells.
func (l *listing) row(object any, cells ...string) error {
	l.n++
	if !l.json {
		_, _ = fmt.Fprintln(l.table, strings.Join(cells, "\t"))
		if l.n%listingPart == 0 {
			return l.table.Flush()
		}
		return nil
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("  ", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(object); err != nil {
		return err
	}
	before := ",\n  "
	if l.n == 1 {
		before = "[\n  "
	}
	_, err := fmt.Fprint(l.out, before, strings.TrimSuffix(text.String(), "\n"))
	return err
}

func (l *listing) close() error {
	switch {
	case !l.json:
		_ = l.table.Flush()
	case l.n == 0:
		_, _ = l.out.WriteString("[]\n")
	default:
		_, _ = l.out.WriteString("\n]\n")
	}
	return l.out.Flush()
}

// confirmation is what the gates said, as JSON. Complete says that every gate which may still answer knows the change.
type confirmation struct {
	Complete  bool          `json:"complete"`
	Revision  int64         `json:"revision"`
	Gates     int           `json:"gates"`
	Confirmed int           `json:"confirmed"`
	Millis    int64         `json:"millis"`
	Pending   []pendingGate `json:"pending"`
	Unproven  []string      `json:"unproven"`
}

type pendingGate struct {
	Gate      string  `json:"gate"`
	RefusesBy *string `json:"refuses_by"`
}

func confirmed(c manage.Confirmation) confirmation {
	out := confirmation{
		Complete: c.Complete(), Revision: c.Revision, Gates: c.Gates, Confirmed: c.Confirmed, Millis: c.Took.Milliseconds(), Pending: []pendingGate{},
		Unproven: append([]string{}, c.Unproven...),
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
	case c.Gates == 0 && len(c.Unproven) == 0:
		_, _ = fmt.Fprintln(w, "No gate is running: the next one that starts knows it.")
	case c.Complete():
		_, _ = fmt.Fprintf(w, "Confirmed by %d of %d gates in %d ms (revision %d).\n", c.Confirmed, c.Gates, c.Took.Milliseconds(), c.Revision)
	default:
		_, _ = fmt.Fprintf(w, "Confirmed by %d of %d gates so far (revision %d).\n", c.Confirmed, c.Gates, c.Revision)
		for _, name := range c.Unproven {
			_, _ = fmt.Fprintf(w, "  Unproven: %s has not registered again since the database was accepted after it went back in time.\n", name)
		}
		for _, p := range c.Pending {
			_, _ = fmt.Fprintf(w, "  %s has not confirmed: by %s it does, or answers nothing.\n", p.Name, shown(p.RefusesBy, "now"))
		}
	}
}
