package store

import (
	"gorm.io/gorm"

	"keydesk/models"
)

// FoundKey is a key that was looked for, with its account.
type FoundKey struct {
	KeyRow
	Account models.Account
}

// KeysByTail returns keys one of whose secrets, live or not, ends like this: a tail is a checksum, so few do.
func (tx *Tx) KeysByTail(scope models.FolderScope, tail string, limit int) ([]FoundKey, error) {
	return tx.foundKeys(tx.db.Scopes(withinAccount(scope)).
		Where("id IN (SELECT key_id FROM api_key_secrets WHERE tail = ?)", tail).Order("created_at DESC, id DESC"), limit)
}

// KeysByDescription returns keys whose description begins like this, in upper or lower case.
func (tx *Tx) KeysByDescription(scope models.FolderScope, beginning string, limit int) ([]FoundKey, error) {
	db := tx.db.Scopes(withinAccount(scope))
	if tx.postgres {
		db = db.Where(`lower(description) COLLATE "C" >= lower(?) AND lower(description) COLLATE "C" < lower(?) || ?`,
			beginning, beginning, lastRune).Order(`lower(description) COLLATE "C", id`)
	} else {
		db = db.Where(`lower(description) >= lower(?) AND lower(description) < lower(?) || ?`, beginning, beginning, lastRune).
			Order("lower(description), id")
	}
	return tx.foundKeys(db, limit)
}

// lastRune sorts after every other: a beginning and it end what begins so.
const lastRune = "\U0010FFFF"

// KeysByID returns these keys, as far as they are there and in the scope.
func (tx *Tx) KeysByID(scope models.FolderScope, ids ...string) ([]FoundKey, error) {
	return tx.foundKeys(tx.db.Scopes(withinAccount(scope)).Where("id IN ?", ids).Order("id"), len(ids))
}

func (tx *Tx) foundKeys(db *gorm.DB, limit int) ([]FoundKey, error) {
	var keys []models.Key
	if err := db.Limit(limit).Find(&keys).Error; err != nil || len(keys) == 0 {
		return nil, translate(err)
	}
	rows, ids := make([]KeyRow, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		rows[i].Key, ids[i] = k, k.AccountID
	}
	if err := tx.fillRows(rows); err != nil {
		return nil, err
	}
	var accounts []models.Account
	if err := tx.db.Where("id IN ?", ids).Find(&accounts).Error; err != nil {
		return nil, translate(err)
	}
	byID := make(map[string]models.Account, len(accounts))
	for _, a := range accounts {
		byID[a.ID] = a
	}
	found := make([]FoundKey, len(rows))
	for i, r := range rows {
		found[i] = FoundKey{KeyRow: r, Account: byID[r.AccountID]}
	}
	return found, nil
}
