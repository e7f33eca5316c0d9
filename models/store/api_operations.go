package store

import (
	"keydesk/models"
)

// Keep leaves an operation of the API to be written with this transaction, and with the revision of its last change.
func (tx *Tx) Keep(o models.APIOperation) { tx.calls = append(tx.calls, o) }

// sealCalls writes what was kept. The revision is known only under the lock.
func (tx *Tx) sealCalls(revision int64) error {
	for _, o := range tx.calls {
		o.Revision = revision
		if err := tx.db.Create(&o).Error; err != nil {
			return translate(err)
		}
	}
	return nil
}

// APIOperation returns the operation, or Missing.
func (tx *Tx) APIOperation(id string) (models.APIOperation, error) {
	var o models.APIOperation
	err := tx.db.Where("id = ?", id).Take(&o).Error
	return o, missing(err, "operation")
}

// APIOperationsOf pages over the operations of an object, newest first.
func (tx *Tx) APIOperationsOf(objectID string, after models.Cursor, limit int) (models.Page[models.APIOperation], error) {
	db := tx.db.Where("object_id = ?", objectID)
	if after != (models.Cursor{}) {
		db = db.Where("(created_at, id) < (?, ?)", models.Instant(after.At), after.ID)
	}
	var found []models.APIOperation
	limit = limited(limit)
	err := db.Order("created_at DESC, id DESC").Limit(limit + 1).Find(&found).Error
	return models.CutPage(found, limit, models.APIOperation.Cursor), translate(err)
}
