package iamv1

import (
	"regexp"

	"keydesk/models"
)

// nameIs is the one filter of the lists: name="my-robot". What the general guide has beyond it, the lists' own
// documentation does not promise.
var nameIs = regexp.MustCompile(`^\s*name\s*=\s*"([a-z](?:[-_a-z0-9]{0,61}[a-z0-9])?)"\s*$`)

// nameFilter reads the name that a list is to have alone; "" for all.
func nameFilter(filter string) (string, error) {
	if filter == "" {
		return "", nil
	}
	found := nameIs.FindStringSubmatch(filter)
	if found == nil {
		return "", models.FieldProblems(models.Fields{"filter": `Only name="…" filters this list, with a whole name`})
	}
	return found[1], nil
}
