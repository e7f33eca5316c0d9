package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a duration on the command line: Go's form, or whole days as in 90d.
type span time.Duration

// UnmarshalText reads "90d", "36h", "30m".
func (s *span) UnmarshalText(text []byte) error {
	t := string(text)
	if days, ok := strings.CutSuffix(t, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n > 36500 || n < -36500 || n == 0 { // zero would be taken for none given
			return fmt.Errorf("%q is no duration: write 90d, 36h or 30m", t)
		}
		*s = span(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(t)
	if err != nil || d == 0 {
		return fmt.Errorf("%q is no duration: write 90d, 36h or 30m", t)
	}
	*s = span(d)
	return nil
}

// moment is a time on the command line: RFC 3339 with its zone, or a date, which means its first moment in UTC, as on the
// console's pages.
type moment time.Time

// UnmarshalText reads "2027-02-21T09:00:00Z" or "2027-02-21".
func (m *moment) UnmarshalText(text []byte) error {
	if t, err := time.Parse(time.RFC3339, string(text)); err == nil && !t.IsZero() {
		*m = moment(t)
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil || t.IsZero() {
		return fmt.Errorf("%q is no time: write 2027-02-21T09:00:00Z, or 2027-02-21 for 00:00 UTC on that day", text)
	}
	*m = moment(t)
	return nil
}
