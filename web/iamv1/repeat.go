package iamv1

import (
	"errors"

	"keydesk/models/manage"
)

// repeats reports whether a call was made before under its Idempotency-Key, and what the first one made.
func repeats(err error) (made string, repeated bool) {
	var first *manage.AlreadyDone
	if errors.As(err, &first) {
		return first.ObjectID, true
	}
	return "", false
}
