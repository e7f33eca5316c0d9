package ui

import (
	"slices"

	"keydesk/models"
)

func summaryTitle(n int) string {
	if n == 1 {
		return "Nothing was saved. One thing needs attention:"
	}
	return "Nothing was saved. " + Count(int64(n)) + " things need attention:"
}

// problemOrder is the form's order first, then what the form did not expect, so that no problem goes unsaid.
func problemOrder(problems models.Fields, order []string) []string {
	var names []string
	for name := range problems {
		names = append(names, name)
	}
	place := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		if name == "" {
			return -1
		}
		return len(order)
	}
	slices.Sort(names)
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	return names
}
