package manage

import (
	"maps"
	"slices"

	"keydesk/models"
	"keydesk/models/store"
)

// heldRoles are the accounts whose roles in a folder are being changed. Those of this folder are accounts whose keys pass or
// not by what is changed, and whose page shows it: they are locked as by an edit of their own, and count a version.
type heldRoles struct {
	folderID string
	byID     map[string]models.Account
	did      map[string]bool
}

// lock locks the accounts, in one order, whatever that of the deltas.
func (h *heldRoles) lock(tx *store.Tx, deltas []models.BindingDelta) error {
	h.byID, h.did = map[string]models.Account{}, map[string]bool{} // anew: a transaction may run again
	ids := map[string]bool{}
	for _, d := range deltas {
		if d.SubjectType == models.ActorAccount && models.IsID(d.SubjectID) {
			ids[d.SubjectID] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		a, err := tx.LockAccount(models.FolderScope{All: true}, id)
		switch {
		case models.CodeOf(err) == models.NotFound:
		case err != nil:
			return err
		default:
			h.byID[id] = a
		}
	}
	return nil
}

// stands reports whether the subject is there: what a deleted account held is a record, and stays.
func (h *heldRoles) stands(b models.Binding) bool {
	a, is := h.byID[b.SubjectID]
	return is && a.DeletedAt.IsZero()
}

// note takes down whose role changed, from what adding or removing it answers.
func (h *heldRoles) note(b models.Binding) func(did bool, err error) (bool, error) {
	return func(did bool, err error) (bool, error) {
		if did && err == nil && h.byID[b.SubjectID].FolderID == h.folderID {
			h.did[b.SubjectID] = true
		}
		return did, err
	}
}

// changed tells gates, and whoever has a form of such an account open.
func (h *heldRoles) changed(tx *store.Tx) error {
	for _, id := range slices.Sorted(maps.Keys(h.did)) {
		tx.Change(models.ChangeAccount, id)
		if err := tx.UpdateAccount(models.FolderScope{All: true}, h.byID[id]); err != nil {
			return err
		}
	}
	return nil
}
