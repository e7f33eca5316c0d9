package console

import (
	"errors"
	"maps"

	"keydesk/models"
)

// and is these fields and more single ones.
func (known fields) and(names ...string) fields {
	all := maps.Clone(known)
	for _, name := range names {
		all[name] = once
	}
	return all
}

// fieldsOf returns a refusal's problems with fields, whatever its code: a taken name stands beside the name.
func fieldsOf(err error) (models.Fields, bool) {
	var e *models.Error
	if errors.As(err, &e) && len(e.Fields) > 0 {
		return maps.Clone(e.Fields), true
	}
	return nil, false
}

// foreignForm refuses a one-time form id that this session was not given for this purpose.
func foreignForm() error {
	return models.NewError(models.Forbidden, "form_id",
		"This form was not made for you, or not for this. Nothing was made. Open the page with the form again and fill it in there.")
}
