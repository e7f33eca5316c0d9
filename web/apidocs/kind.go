package apidocs

import (
	"strconv"
	"strings"

	"keydesk/web/openapi"
)

// kind says in words what a value looks like.
func kind(d *openapi.Document, s *openapi.Schema) string {
	s, name := resolve(d, s)
	switch {
	case s.Type == "array":
		return "list of " + kind(d, s.Items) + limits(s.MinItems, s.MaxItems, "entries") + when(s.UniqueItems, ", each once")
	case len(s.Enum) > 0:
		return "one of " + strings.Join(s.Enum, ", ")
	case s.Const != nil:
		if text, ok := s.Const.(string); ok {
			return text
		}
		return "fixed"
	case s.Format == "date-time":
		return "time"
	case s.Type == "string":
		return "text" + limits(s.MinLength, s.MaxLength, "characters") + when(s.Pattern != "", ", as "+strings.TrimSuffix(strings.TrimPrefix(s.Pattern, "^(?:"), ")$"))
	case s.Type == "integer":
		return "number" + limits(s.Minimum, s.Maximum, "")
	case s.Type == "boolean":
		return "true or false"
	case s.Type == "object" && s.Additional != nil && s.Additional != false:
		return "map of text to text" + limits(nil, s.MaxProperties, "entries")
	case name != "":
		return name
	}
	return "object"
}

func limits(least, most *int, of string) string {
	var text string
	switch {
	case least != nil && most != nil:
		text = strconv.Itoa(*least) + " to " + strconv.Itoa(*most)
	case most != nil:
		text = "at most " + strconv.Itoa(*most)
	case least != nil:
		text = "at least " + strconv.Itoa(*least)
	default:
		return ""
	}
	return strings.TrimRight(", "+text+" "+of, " ")
}

func when(is bool, text string) string {
	if is {
		return text
	}
	return ""
}
