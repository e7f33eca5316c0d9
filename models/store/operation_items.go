package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// NextItems returns the next rows that nothing was decided about, in their order.
func (tx *Tx) NextItems(operationID string, limit int) ([]models.OperationItem, error) {
	var items []models.OperationItem
	err := tx.db.Where("operation_id = ? AND state = ? AND at = ?", operationID, models.ItemWaiting, time.Time{}).
		Order("position").Limit(limited(limit)).Find(&items).Error
	return items, translate(err)
}

// SettleItems writes what became of rows that were waiting, and answers Conflict where one was not.
func (tx *Tx) SettleItems(operationID string, positions []int, state models.ItemState, reason string, at time.Time) error {
	n, err := rows(tx.db.Exec(`UPDATE operation_items SET state = ?, reason = ?, at = ?
		WHERE operation_id = ? AND position IN ? AND state = 'waiting'`, state, reason, models.Instant(at), operationID, positions))
	if err == nil && n != int64(len(positions)) {
		return errChanged
	}
	return err
}

// RestOf returns what another try would be about: rows that failed, and those that are waiting still, in their order.
func (tx *Tx) RestOf(operationID string) ([]string, error) {
	var given []string
	err := tx.db.Raw(`SELECT given FROM operation_items WHERE operation_id = ? AND state IN ('failed', 'waiting') ORDER BY position`,
		operationID).Scan(&given).Error
	return given, translate(err)
}

// ItemQuery selects rows of one operation: the latest first or, InOrder, as they were given.
type ItemQuery struct {
	OperationID string
	Scope       models.FolderScope // in which keys are shown beside their rows
	State       models.ItemState   // "": any
	InOrder     bool
	After       models.Cursor // of a row, or a page's Next; zero: the list's beginning
	Before      bool          // read the rows before After instead, still in the list's order
	Limit       int
}

// ItemRow is a row with the key that it names. Key.ID is "" where there is none, or none that may be seen.
type ItemRow struct {
	models.OperationItem
	Key     KeyRow
	Account models.Account
}

// Items returns a page of rows. The page's Next continues in the direction of the query.
func (tx *Tx) Items(q ItemQuery) (models.Page[ItemRow], error) {
	limit := limited(q.Limit)
	var found []models.OperationItem
	db := tx.db.Where("operation_id = ?", q.OperationID)
	if q.State != "" {
		db = db.Where("state = ?", q.State)
	}
	if err := db.Scopes(q.place).Limit(limit + 1).Find(&found).Error; err != nil {
		return models.Page[ItemRow]{}, translate(err)
	}
	list := make([]ItemRow, len(found))
	for i, item := range found {
		list[i].OperationItem = item
	}
	page := models.CutPage(list, limit, func(r ItemRow) models.Cursor { return r.OperationItem.Cursor() })
	if q.Before {
		slices.Reverse(page.Rows)
	}
	return page, tx.fillItems(q.Scope, page.Rows)
}

// Cursor is the row's own; that of the key within it is another.
func (r ItemRow) Cursor() models.Cursor { return r.OperationItem.Cursor() }

func (q ItemQuery) place(db *gorm.DB) *gorm.DB {
	at, position := models.Instant(q.After.At), models.PositionOf(q.After)
	switch {
	case q.InOrder && q.Before:
		return db.Where("position < ?", position).Order("position DESC")
	case q.InOrder:
		return db.Where("position > ?", position).Order("position")
	case q.Before:
		return db.Where("(at, position) > (?, ?)", at, position).Order("at, position")
	}
	if q.After != (models.Cursor{}) {
		db = db.Where("(at, position) < (?, ?)", at, position)
	}
	return db.Order("at DESC, position DESC")
}

func (tx *Tx) fillItems(scope models.FolderScope, list []ItemRow) error {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.Given
	}
	keys, err := tx.keysByID(scope, ids)
	if err != nil {
		return err
	}
	accounts, err := tx.accountsOf(keys)
	for i := range list {
		list[i].Key = keys[list[i].Given]
		list[i].Account = accounts[list[i].Key.AccountID]
	}
	return err
}

// keysByID reads keys as rows of a list, by their ids.
func (tx *Tx) keysByID(scope models.FolderScope, ids []string) (map[string]KeyRow, error) {
	byID := map[string]KeyRow{}
	if len(ids) == 0 {
		return byID, nil
	}
	var found []models.Key
	if err := tx.db.Scopes(withinAccount(scope)).Where("id IN ?", ids).Find(&found).Error; err != nil {
		return nil, translate(err)
	}
	list := make([]KeyRow, len(found))
	for i, key := range found {
		list[i].Key = key
	}
	err := tx.fillRows(list)
	for _, r := range list {
		byID[r.ID] = r
	}
	return byID, err
}

// accountsOf reads the accounts of keys, without their roles.
func (tx *Tx) accountsOf(keys map[string]KeyRow) (map[string]models.Account, error) {
	byID := map[string]models.Account{}
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.AccountID)
	}
	if len(ids) == 0 {
		return byID, nil
	}
	var found []models.Account
	err := tx.db.Where("id IN ?", ids).Find(&found).Error
	for _, a := range found {
		byID[a.ID] = a
	}
	return byID, translate(err)
}

// LockKeys reads keys for a change, by their ids, and keeps others from changing them until the transaction ends. They are
// locked in one order, whatever the order of the ids, so that two who lock several wait for each other at most once.
func (tx *Tx) LockKeys(scope models.FolderScope, ids []string) (map[string]models.Key, error) {
	var found []models.Key
	if err := tx.locking().Scopes(withinAccount(scope)).Where("id IN ?", ids).Order("id").Find(&found).Error; err != nil {
		return nil, translate(err)
	}
	keys := make([]*models.Key, len(found))
	for i := range found {
		keys[i] = &found[i]
	}
	err := tx.fillKeys(keys)
	byID := make(map[string]models.Key, len(found))
	for _, k := range found {
		byID[k.ID] = k
	}
	return byID, err
}

// LastDone returns the key that the operation changed last, or "". Lines are taken in their order, whoever works: the clocks
// of several workers may differ.
func (tx *Tx) LastDone(operationID string) (string, error) {
	var last []string
	err := tx.db.Raw(`SELECT given FROM operation_items WHERE operation_id = ? AND state = 'done' ORDER BY position DESC LIMIT 1`,
		operationID).Scan(&last).Error
	if len(last) == 0 {
		return "", translate(err)
	}
	return last[0], translate(err)
}
