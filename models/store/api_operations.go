package store

import (
	"time"

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

// PurgeBatch is the most rows of one table that a transaction of a purge deletes, so that others wait for a moment only.
const PurgeBatch = 1000

// OldAPIOperations are the oldest operations from before a time, with their ids and revisions: a batch at most.
func (tx *Tx) OldAPIOperations(before time.Time) ([]models.APIOperation, error) {
	var found []models.APIOperation
	err := tx.db.Select("id", "revision").Where("created_at < ?", models.Instant(before)).Order("created_at").Limit(PurgeBatch).Find(&found).Error
	return found, translate(err)
}

// DeleteAPIOperations forgets operations: a batch at most.
func (tx *Tx) DeleteAPIOperations(ids []string) error {
	return translate(tx.db.Exec(`DELETE FROM api_operations WHERE id IN ?`, ids).Error)
}
