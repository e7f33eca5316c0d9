package console

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/views/ui"
)

const day = 24 * time.Hour

// span is a preset of a choice of moments.
type span struct {
	value, label string
	in           time.Duration
}

// lifetimes are the presets of a key's expiry: the policy's default is one of them.
func lifetimes(policy models.KeyPolicy) []span {
	all := []span{{"7d", "7 days", 7 * day}, {"30d", "30 days", 30 * day}, {"90d", "90 days", 90 * day}, {"1y", "1 year", 365 * day}}
	if in := policy.Default(); !slices.ContainsFunc(all, func(s span) bool { return s.in == in }) {
		n := int64(policy.DefaultDays)
		all = append(all, span{strconv.FormatInt(n, 10) + "d", ui.Plural(n, "day"), in})
		slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.in, b.in) })
	}
	return all
}

// defaultLife is the preset that a new key's form starts with.
func defaultLife(policy models.KeyPolicy) string {
	for _, s := range lifetimes(policy) {
		if s.in == policy.Default() {
			return s.value
		}
	}
	return ui.ExpiryDate
}

var overlaps = []span{{"1h", "1 hour", time.Hour}, {"24h", "24 hours", day}, {"7d", "7 days", 7 * day}}

const overlapNow = "now"

// moment reads a choice of moments: one of the spans, a date, or a word of the form's own (never, keep, now), which is
// given back. A choice that is none is a problem beside the field.
func (f *form) moment(name string, spans []span, words ...string) (at manage.Expiry, word string) {
	chosen := f.one(name)
	for _, s := range spans {
		if s.value == chosen {
			return manage.Expiry{In: s.in}, ""
		}
	}
	for _, w := range words {
		if w == chosen {
			return manage.Expiry{Never: w == ui.ExpiryNever}, w
		}
	}
	if chosen != ui.ExpiryDate {
		f.problem(name, "Choose one of these")
		return manage.Expiry{}, ""
	}
	return manage.Expiry{At: f.date(name + "_date")}, ""
}

// date reads a day, meant as its first moment in UTC, or an exact time with its zone.
func (f *form) date(name string) time.Time {
	text := f.one(name)
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1 {
			if at.IsZero() {
				break // the zero time means none, and nobody means it
			}
			return at.UTC()
		}
	}
	f.problem(name, "Enter a day as 2027-02-21")
	return time.Time{}
}

// optionalDate reads a day that may be left out.
func (f *form) optionalDate(name string) time.Time {
	if f.one(name) == "" {
		return time.Time{}
	}
	return f.date(name)
}

// problem keeps the first problem of a field.
func (f *form) problem(name, text string) {
	if f.problems[name] == "" {
		f.problems[name] = text
	}
}

// beside moves a problem with the choice to the date where a date was chosen.
func beside(problems map[string]string, name, selected string) {
	if text := problems[name]; text != "" && selected == ui.ExpiryDate && problems[name+"_date"] == "" {
		delete(problems, name)
		problems[name+"_date"] = text
	}
}

// presets are the moments of the spans, seen from now.
func presets(spans []span, now time.Time) []ui.Moment {
	var out []ui.Moment
	for _, s := range spans {
		out = append(out, ui.Moment{Value: s.value, Label: s.label, At: now.Add(s.in)})
	}
	return out
}

// tomorrow is the first day that a date may name.
func tomorrow(now time.Time) time.Time { return now.Truncate(day).Add(day) }

// lifetime is the choice of an expiry. selected is a value of it; date as typed.
func lifetime(now time.Time, selected, date string, problems map[string]string) ui.ExpiryPicker {
	return ui.ExpiryPicker{
		Name: "expires", Legend: "Expires", Selected: selected, Date: date, Earliest: tomorrow(now),
		Choices: []ui.Moment{{Value: ui.ExpiryDate, Label: "On a date"}},
		Problem: problems["expires"], DateBad: problems["expires_date"],
	}
}

// keyLifetime is the choice of a key's expiry. What the policy does not allow is shown, and says so.
func keyLifetime(policy models.KeyPolicy, now time.Time, selected, date string, problems map[string]string) ui.ExpiryPicker {
	p := lifetime(now, selected, date, problems)
	p.Latest = policy.Latest(now)
	p.Choices = append(presets(lifetimes(policy), now), append(p.Choices, never(noExpiryWarning))...)
	for i, m := range p.Choices {
		switch {
		case m.Value == ui.ExpiryNever && !policy.Never:
			p.Choices[i].Off = "The key policy does not allow keys without expiry"
		case !m.At.IsZero() && !policy.Allows(m.At, now):
			p.Choices[i].Off = "The key policy allows " + ui.Plural(int64(policy.MaxDays), "day") + " at most"
		}
	}
	return p
}

// never offers a life without end, with what speaks against it.
func never(warning string) ui.Moment {
	return ui.Moment{Value: ui.ExpiryNever, Label: "Never", Warning: warning}
}

// keep offers to leave an expiry as it is.
func keep(at time.Time) ui.Moment {
	label := "As it is: no expiry"
	if !at.IsZero() {
		label = "As it is: " + ui.Exact(at)
	}
	return ui.Moment{Value: ui.ExpiryKeep, Label: label, At: at}
}
