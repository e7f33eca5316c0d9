package main

import (
	"fmt"
	"io"
	"time"

	"keydesk/models/manage"
)

// confirmation is what the gates said, as JSON. Complete says that every gate which may still answer knows the change; Unknown,
// that the database did not say what they know; Unproven are gates that have not registered since it went back in time. What
// happened around a stop is null where the change stops nothing.
type confirmation struct {
	Complete     bool          `json:"complete"`
	Revision     int64         `json:"revision"`
	Gates        int           `json:"gates"`
	Confirmed    int           `json:"confirmed"`
	TookMS       int64         `json:"took_ms"`
	Pending      []pendingGate `json:"pending"`
	Unproven     []string      `json:"unproven"`
	LastAccepted *string       `json:"last_accepted_at"`
	RefusedSince *int64        `json:"refused_since"`
	Unknown      bool          `json:"unknown"`
}

type pendingGate struct {
	Gate      string  `json:"gate"`
	RefusesBy *string `json:"refuses_by"`
}

// outcome is what a change came to: what the gates said, and of a stop what happened around it.
type outcome struct {
	manage.Confirmation
	around *manage.Aftermath
}

// stopped adds to what the gates said what happened around a stop. The change is done: what cannot be read is left out.
func stopped(c manage.Confirmation, around manage.Aftermath, err error) outcome {
	if err != nil {
		return outcome{Confirmation: c}
	}
	return outcome{c, &around}
}

func confirmed(c manage.Confirmation) confirmation { return outcome{Confirmation: c}.json() }

func (o outcome) json() confirmation {
	out := confirmation{
		Complete: o.Complete(), Revision: o.Revision, Gates: o.Gates, Confirmed: o.Confirmed, TookMS: o.Took.Milliseconds(),
		Pending: []pendingGate{}, Unproven: append([]string{}, o.Unproven...), Unknown: o.Unknown,
	}
	for _, p := range o.Pending {
		out.Pending = append(out.Pending, pendingGate{p.Name, stamp(p.RefusesBy)})
	}
	if o.around != nil {
		out.LastAccepted, out.RefusedSince = stamp(o.around.LastAccepted), &o.around.RefusedSince
	}
	return out
}

// say tells people what the gates said.
func say(w io.Writer, c manage.Confirmation) { outcome{Confirmation: c}.say(w) }

// warn tells people what the gates said where not all have confirmed: beside JSON too, which a script may not look at.
func (o outcome) warn(w io.Writer) {
	if !o.Complete() {
		o.say(w)
	}
}

func warn(w io.Writer, c manage.Confirmation) { outcome{Confirmation: c}.warn(w) }

func (o outcome) say(w io.Writer) {
	switch {
	case o.Revision == 0:
	case o.Unknown:
		_, _ = fmt.Fprintf(w, "NOT confirmed: it is done (revision %d), but the database did not say which gates know it. A gate that does not know it answers nothing once its lease is over%s.\n",
			o.Revision, o.facts())
	case o.Gates == 0 && len(o.Unproven) == 0:
		_, _ = fmt.Fprintf(w, "No gate is running: the next one that starts knows it (revision %d)%s.\n", o.Revision, o.facts())
	case o.Complete():
		_, _ = fmt.Fprintf(w, "Confirmed by %d of %d gates in %d ms (revision %d)%s.\n", o.Confirmed, o.Gates, o.Took.Milliseconds(), o.Revision, o.facts())
	default:
		_, _ = fmt.Fprintf(w, "NOT confirmed yet: by %d of %d gates after %d ms (revision %d)%s.\n", o.Confirmed, o.Gates, o.Took.Milliseconds(), o.Revision, o.facts())
		for _, name := range o.Unproven {
			_, _ = fmt.Fprintf(w, "  Unproven: %s has not registered again since the database was accepted after it went back in time.\n", name)
		}
		for _, p := range o.Pending {
			_, _ = fmt.Fprintf(w, "  %s has not confirmed: it refuses by %s at the latest, whether it can be reached or not.\n", p.Name, toTheMilli(p.RefusesBy))
		}
	}
}

// facts are what happened around a stop, as the end of a sentence.
func (o outcome) facts() string {
	if o.around == nil {
		return ""
	}
	last := "never accepted"
	if !o.around.LastAccepted.IsZero() {
		last = "last accepted " + toTheMilli(o.around.LastAccepted)
	}
	return fmt.Sprintf("; %s; %d refused since", last, o.around.RefusedSince)
}

// toTheMilli is a time for people who compare it with a log.
func toTheMilli(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }
