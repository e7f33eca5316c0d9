package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"keydesk/views/ui"
)

// change is what became of one field. A list says what was added to it and what was removed.
type change struct {
	field          string
	old, now       string
	added, removed []string
}

// isList reports whether the change is one of a list.
func (c change) isList() bool { return len(c.added)+len(c.removed) > 0 }

// none is what an empty field says.
const none = "none"

// fieldNames are fields whose names are no words.
var fieldNames = map[string]string{
	"expires_at": "Expires", "service_account_id": "Service account", "sha256": "SHA-256", "up_to": "Up to event", "from": "From event",
}

// diff compares the facts before and after, field by field; what did not change is left out. Of something that was made, or
// of facts that only say what was done, it lists what there is.
func diff(before, after string) []change {
	was, is := facts(before), facts(after)
	var changes []change
	for _, name := range slices.Sorted(maps.Keys(merged(was, is))) {
		old, now := items(name, was[name]), items(name, is[name])
		if slices.Equal(old, now) {
			continue
		}
		c := change{field: fieldName(name), old: line(old), now: line(now)}
		if len(was) > 0 && isList(name, was[name], is[name]) {
			c.added, c.removed = without(now, old), without(old, now)
		}
		if len(was) == 0 {
			c.old = ""
		}
		changes = append(changes, c)
	}
	return changes
}

// facts reads the JSON of an event. What is none is a fact itself: nothing that was recorded is hidden.
func facts(text string) map[string]any {
	if text == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var f map[string]any
	if d.Decode(&f) != nil {
		return map[string]any{"facts": text}
	}
	return f
}

func merged(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return all
}

func fieldName(name string) string {
	if words := fieldNames[name]; words != "" {
		return words
	}
	return sentence(name)
}

// separators are those of lists that facts keep as one text.
var separators = map[string]string{"scopes": " ", "roles": " ", "secrets": ", "}

func isList(name string, values ...any) bool {
	if separators[name] != "" {
		return true
	}
	return slices.ContainsFunc(values, func(v any) bool {
		switch v.(type) {
		case []any, map[string]any:
			return true
		}
		return false
	})
}

// items are the entries of a value, as they are shown: one of what is no list, none of what is empty.
func items(name string, v any) []string {
	var list []string
	switch v := v.(type) {
	case nil:
	case string:
		list = []string{v}
		if separator := separators[name]; separator != "" {
			list = strings.Split(v, separator)
		}
	case bool:
		list = []string{map[bool]string{true: "yes", false: "no"}[v]}
	case []any:
		for _, item := range v {
			list = append(list, fmt.Sprint(item))
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			list = append(list, k+"="+fmt.Sprint(v[k]))
		}
	default:
		list = []string{fmt.Sprint(v)}
	}
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	for i, item := range list {
		list[i] = instants.ReplaceAllStringFunc(item, exact)
	}
	return list
}

var instants = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`)

func exact(text string) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return ui.Exact(at)
}

func line(list []string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}
