package manage_test

import (
	"fmt"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
)

// An account has up to so many bindings, and one more changes nothing.
func TestAnAccountHasSoManyBindings(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		on := b.account("robot")
		var deltas []models.BindingDelta
		for i := range 50 {
			holder := b.account(fmt.Sprint("holder-", i))
			for j, role := range must(b.Catalogue(t.Context()))(t).Roles() {
				if j < 20 {
					deltas = append(deltas, models.BindingDelta{Binding: models.Binding{Role: role.Name, SubjectType: models.ActorAccount, SubjectID: holder.ID}})
				}
			}
		}
		last := models.BindingDelta{Binding: models.Binding{Role: models.RoleViewer, SubjectType: models.ActorAccount, SubjectID: b.account("last").ID}}
		bind := func(deltas ...models.BindingDelta) (int, error) {
			done, _, err := b.BindOnAccount(t.Context(), admin, on.ID, manage.TheseDeltas(deltas))
			return len(done), err
		}
		if n, err := bind(deltas...); err != nil || n != manage.MaxBindings {
			t.Fatalf("%d were bound: %v", n, err)
		}
		_, err := bind(last)
		wantCode(t, err, models.Precondition)
		last.Remove = true
		if n, err := bind(last, deltas[0]); err != nil || n != 0 {
			t.Errorf("%d were changed by what is so already: %v", n, err)
		}
	})
}

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
