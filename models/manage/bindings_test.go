package manage_test

import (
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
)

// A role in a folder that changes nothing is told to no gate, and one that does is told.
func TestBindingsAreToldToGates(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.account("robot")
		deltas := manage.TheseDeltas([]models.BindingDelta{{Binding: models.Binding{Role: "postbox.sender", SubjectType: models.ActorAccount, SubjectID: a.ID}}})
		for _, told := range []bool{true, false} {
			_, c, err := b.BindInFolder(t.Context(), admin, a.FolderID, deltas)
			if err != nil || c.Revision > 0 != told {
				t.Errorf("revision %d (%v), told must be %v", c.Revision, err, told)
			}
		}
	})
}

// A refused change names no folder that is not an id: it may be a secret in the wrong place.
func TestARefusalNamesNoFolderAsTyped(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		_, _, err := b.BindInFolder(t.Context(), admin, "not an id", manage.TheseDeltas(nil))
		wantCode(t, err, models.NotFound)
		if e := b.lastEvent(); e.FolderID != "" || e.ObjectID != "" || e.Result != models.EventRefused {
			t.Errorf("the event is %+v", e)
		}
	})
}
