package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// InsertOperation keeps a new operation with its rows, in their order from 1.
func (tx *Tx) InsertOperation(o models.Operation, items []models.OperationItem) error {
	if err := tx.db.Create(&o).Error; err != nil {
		return translate(err)
	}
	return translate(tx.db.CreateInBatches(items, batchRows).Error)
}

// Operation returns the operation, or Missing.
func (tx *Tx) Operation(id string) (models.Operation, error) {
	return operation(tx.db, id)
}

// LockOperation is Operation, and keeps others from changing it until the transaction ends. It comes before any key.
func (tx *Tx) LockOperation(id string) (models.Operation, error) {
	return operation(tx.locking(), id)
}

func operation(db *gorm.DB, id string) (models.Operation, error) {
	var o models.Operation
	err := db.Where("id = ?", id).Take(&o).Error
	return o, missing(err, "operation")
}

// UpdateOperation writes all that may change of the operation, which the transaction has locked.
func (tx *Tx) UpdateOperation(o models.Operation) error {
	n, err := rows(tx.db.Model(&models.Operation{}).Where("id = ?", o.ID).
		Select("*").Omit("id", "action", "retry_of", "created_at", "total", "duplicates").Updates(&o))
	return gone(n, err, "operation")
}

// DeleteDraft deletes an operation that was not started, with its rows, or answers Missing and deletes nothing.
func (tx *Tx) DeleteDraft(id string) error {
	o, err := tx.LockOperation(id)
	if err != nil {
		return err
	}
	if o.State != models.OperationDraft {
		return models.Missing("operation")
	}
	if err := tx.db.Exec(`DELETE FROM operation_items WHERE operation_id = ?`, id).Error; err != nil {
		return translate(err)
	}
	return translate(tx.db.Exec(`DELETE FROM operations WHERE id = ?`, id).Error)
}

// DraftsOf returns the ids of the drafts of one author, newest first.
func (tx *Tx) DraftsOf(a models.OperationActor) ([]string, error) {
	var ids []string
	err := tx.db.Raw(`SELECT id FROM operations WHERE state = 'draft' AND actor_type = ? AND actor_id = ? ORDER BY created_at DESC, id DESC`,
		a.Type, a.ID).Scan(&ids).Error
	return ids, translate(err)
}

// DraftsBefore returns the ids of drafts that are older, up to limit.
func (tx *Tx) DraftsBefore(at time.Time, limit int) ([]string, error) {
	var ids []string
	err := tx.db.Raw(`SELECT id FROM operations WHERE state = 'draft' AND created_at < ? ORDER BY created_at, id LIMIT ?`,
		models.Instant(at), limited(limit)).Scan(&ids).Error
	return ids, translate(err)
}

// Unclaimed returns the ids of running operations that the worker holds or may take over, oldest first.
func (tx *Tx) Unclaimed(worker string, limit int) ([]string, error) {
	now, err := tx.Clock()
	if err != nil {
		return nil, err
	}
	var ids []string
	err = tx.db.Raw(`SELECT id FROM operations WHERE state = 'running' AND (lease_by = ? OR lease_until <= ?) ORDER BY created_at, id LIMIT ?`,
		worker, now, limited(limit)).Scan(&ids).Error
	return ids, translate(err)
}

// ReleaseLeases lets others go on at once with what the worker carried out.
func (tx *Tx) ReleaseLeases(worker string) error {
	return translate(tx.db.Exec(`UPDATE operations SET lease_by = '', lease_until = ? WHERE lease_by = ? AND state = 'running'`,
		time.Time{}, worker).Error)
}

// OperationQuery selects operations, newest first: all that were started, and the drafts of one author.
type OperationQuery struct {
	DraftsOf models.OperationActor
	After    models.Cursor // of a row, or a page's Next; zero: the list's beginning
	Before   bool          // read the rows before After instead, still newest first
	Limit    int
}

// Operations returns a page of operations. The page's Next continues in the direction of the query.
func (tx *Tx) Operations(q OperationQuery) (models.Page[models.Operation], error) {
	limit := limited(q.Limit)
	var found []models.Operation
	db := tx.db.Where("(state <> 'draft' OR (actor_type = ? AND actor_id = ?))", q.DraftsOf.Type, q.DraftsOf.ID)
	if err := db.Scopes(KeyQuery{After: q.After, Before: q.Before}.place).Limit(limit + 1).Find(&found).Error; err != nil {
		return models.Page[models.Operation]{}, translate(err)
	}
	page := models.CutPage(found, limit, models.Operation.Cursor)
	if q.Before {
		slices.Reverse(page.Rows)
	}
	return page, nil
}
