package ui

import (
	"testing"
	"time"
)

var now = time.Date(2026, 11, 23, 14, 3, 7, 0, time.UTC)

func TestAgo(t *testing.T) {
	for name, tc := range map[string]struct {
		at   time.Time
		want string
	}{
		"never":                   {time.Time{}, ""},
		"ahead, by another clock": {now.Add(2 * time.Second), "just now"},
		"this moment":             {now, "just now"},
		"seconds":                 {now.Add(-10 * time.Second), "10 s ago"},
		"almost a minute":         {now.Add(-59 * time.Second), "59 s ago"},
		"a minute":                {now.Add(-time.Minute), "1 min ago"},
		"almost an hour":          {now.Add(-time.Hour + time.Second), "59 min ago"},
		"hours":                   {now.Add(-23 * time.Hour), "23 h ago"},
		"a day":                   {now.Add(-24 * time.Hour), "1 day ago"},
		"a month":                 {now.Add(-30 * 24 * time.Hour), "30 days ago"},
		"longer":                  {now.Add(-31 * 24 * time.Hour), "2026-10-23"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Ago(tc.at, now); got != tc.want {
				t.Errorf("Ago = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for name, tc := range map[string]struct {
		at   time.Time
		want string
	}{
		"none":           {time.Time{}, ""},
		"this moment":    {now, "less than a second ago"},
		"seconds ahead":  {now.Add(8 * time.Second), "in 8 s"},
		"a day ahead":    {now.Add(24 * time.Hour), "in 24 h"},
		"days ahead":     {now.Add(90 * 24 * time.Hour), "in 90 days"},
		"just made":      {now.Add(90*24*time.Hour - time.Minute), "in 90 days"},
		"half used":      {now.Add(7*24*time.Hour - 13*time.Hour), "in 6 days"},
		"made for a day": {now.Add(24*time.Hour - 10*time.Second), "in 24 h"},
		"less than that": {now.Add(24*time.Hour - 10*time.Minute), "in 23 h"},
		"days behind":    {now.Add(-2 * 24 * time.Hour), "2 days ago"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Distance(tc.at, now); got != tc.want {
				t.Errorf("Distance = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTimesArePrintedInUTC(t *testing.T) {
	there := now.In(time.FixedZone("there", 5*3600))
	for got, want := range map[string]string{
		Date(there): "2026-11-23", Exact(there): "2026-11-23 14:03:07 UTC", Long(there): "Monday 23 November 2026, 14:03 UTC", Exact(time.Time{}): "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 31204: "31,204", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestBarsAreSeenAndFit(t *testing.T) {
	for name, tc := range map[string]struct{ n, top, want int64 }{
		"nothing":        {0, 10, 0},
		"nothing at all": {0, 0, 0},
		"one of many":    {1, 1_000_000, 1},
		"the highest":    {7, 7, barHeight},
		"half":           {5, 10, barHeight / 2},
	} {
		t.Run(name, func(t *testing.T) {
			if got := height(tc.n, tc.top); got != tc.want {
				t.Errorf("height(%d, %d) = %d, want %d", tc.n, tc.top, got, tc.want)
			}
		})
	}
}

// TestProblemsAreAllSaid, also one that the form did not expect: first those of the whole form, then in the form's order.
func TestProblemsAreAllSaid(t *testing.T) {
	got := problemOrder(map[string]string{"zeta": "z", "expires": "e", "name": "n", "": "whole", "alpha": "a"}, []string{"name", "expires"})
	want := []string{"", "name", "expires", "alpha", "zeta"}
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%q, want %q", got, want)
		}
	}
}

func TestConfirmationIsDoneWhenEveryGateIs(t *testing.T) {
	for name, tc := range map[string]struct {
		c    Confirmation
		want bool
	}{
		"all":            {Confirmation{Gates: 3, Confirmed: 3}, true},
		"no gate runs":   {Confirmation{}, true},
		"one is missing": {Confirmation{Gates: 3, Confirmed: 2}, false},
		"one pending":    {Confirmation{Gates: 3, Confirmed: 3, Pending: []PendingGate{{Gate: "g"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.c.Done(); got != tc.want {
				t.Errorf("Done = %v, want %v", got, tc.want)
			}
		})
	}
}
