// Package ui holds the parts that pages are made of. They know no nouns: a part takes what it prints.
package ui

import (
	"fmt"
	"time"
)

// Layouts of times. Pages are UTC throughout, and say so wherever an hour is shown.
const (
	dateLayout  = time.DateOnly
	exactLayout = "2006-01-02 15:04:05 UTC"
	longLayout  = "Monday 2 January 2006, 15:04 UTC"
	titleLayout = "2 January 2006, 15:04:05 UTC"
)

// Date prints a day: "2027-02-21". The zero time prints nothing.
func Date(at time.Time) string { return format(at, dateLayout) }

// Exact prints to the second: "2026-11-23 09:05:07 UTC".
func Exact(at time.Time) string { return format(at, exactLayout) }

// Long prints what people read aloud: "Sunday 21 February 2027, 09:05 UTC".
func Long(at time.Time) string { return format(at, longLayout) }

func format(at time.Time, layout string) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(layout)
}

// Ago says how long ago at was: "just now", "4 min ago", "2 h ago", "3 days ago", and beyond a month the date, because
// nobody counts in weeks which month that was. A time ahead of now reads as now: clocks differ by a little.
func Ago(at, now time.Time) string {
	d := now.Sub(at)
	switch {
	case at.IsZero():
		return ""
	case d < 10*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	case d < 31*24*time.Hour:
		return plural(int(d.Hours()/24), "day") + " ago"
	}
	return Date(at)
}

// Distance says how far at lies ahead or behind: "in 12 days", "in 3 h", "2 days ago". What was made a moment ago to last
// 90 days ends in 90 days, not in 89: days ahead are rounded to the nearest, and less than a minute is not missed of an hour.
func Distance(at, now time.Time) string {
	d := at.Sub(now)
	switch {
	case at.IsZero():
		return ""
	case d <= 0:
		return Away(-d) + " ago"
	case d >= 48*time.Hour:
		return "in " + Away(d.Round(24*time.Hour))
	case d >= time.Hour-time.Minute:
		return "in " + Away(d+time.Minute-1)
	}
	return "in " + Away(d)
}

// Away is a length of time in one unit, rounded down: "12 days", "3 h", "8 s".
func Away(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than a second"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return plural(int(d.Hours()/24), "day")
}

// Count prints a number with its thousands set apart: "31,204".
func Count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural prints a number with its noun: "1 key", "3 keys".
func Plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

func plural(n int, noun string) string { return Plural(int64(n), noun) }
