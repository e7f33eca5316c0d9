package signin

import (
	"keydesk/models"
	"keydesk/models/store"
)

// AlreadyDone says that a form was sent before: nothing was made twice. It names whom the first one was about.
type AlreadyDone struct{ PersonID string }

func (e *AlreadyDone) Error() string { return "this form was sent before, for " + e.PersonID }

// claim takes a form's one-time id inside the change's own transaction.
func claim(tx *store.Tx, by models.Actor, formID, personID string) error {
	if formID == "" { // the command line submits nothing twice
		return nil
	}
	first, claimed, err := tx.ClaimOnce(by.Label(), formID, "", personID)
	if err == nil && !claimed {
		return &AlreadyDone{PersonID: first.ResultID}
	}
	return err
}
