package iamv1

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"keydesk/models"
)

// maskField is what every request of a change calls its mask.
const maskField = "update_mask"

// readMask tells which fields a change sets. Without a mask that is all of them: what the request leaves out is set to
// nothing. With one it is those that the mask names, each once and each of those that can be changed; a mask that names
// none is a mistake, as it would change nothing.
func readMask(m *fieldmaskpb.FieldMask, allowed ...string) ([]string, error) {
	if m == nil {
		return allowed, nil
	}
	problem := func(text string) ([]string, error) {
		return nil, models.FieldProblems(models.Fields{maskField: text + ". It can name " + strings.Join(allowed, ", ")})
	}
	if len(m.GetPaths()) == 0 {
		return problem("The mask names no field, so nothing would be changed; leave it out to set every field")
	}
	for i, path := range m.GetPaths() {
		switch {
		case !slices.Contains(allowed, path):
			return problem("The mask names a field that cannot be changed") // it is not repeated: it may be anything
		case slices.Contains(m.GetPaths()[:i], path):
			return problem("The mask names " + path + " twice")
		}
	}
	return m.GetPaths(), nil
}
