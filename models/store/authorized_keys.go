package store

import (
	"time"

	"keydesk/models"
)

// InsertAuthorizedKey keeps the public half of a key pair.
func (tx *Tx) InsertAuthorizedKey(k models.AuthorizedKey) error {
	return translate(tx.db.Create(&k).Error)
}

// AuthorizedKey returns the key, or Missing.
func (tx *Tx) AuthorizedKey(scope models.FolderScope, id string) (models.AuthorizedKey, error) {
	var k models.AuthorizedKey
	err := tx.db.Scopes(withinAccount(scope)).Where("id = ?", id).Take(&k).Error
	return k, missing(err, "authorized key")
}

// AuthorizedKeys pages over the keys of an account, newest first.
func (tx *Tx) AuthorizedKeys(accountID string, after models.Cursor, limit int) (models.Page[models.AuthorizedKey], error) {
	db := tx.db.Where("account_id = ?", accountID)
	if after != (models.Cursor{}) {
		db = db.Where("(created_at, id) < (?, ?)", models.Instant(after.At), after.ID)
	}
	var found []models.AuthorizedKey
	limit = limited(limit)
	err := db.Order("created_at DESC, id DESC").Limit(limit + 1).Find(&found).Error
	return models.CutPage(found, limit, models.AuthorizedKey.Cursor), translate(err)
}

// DescribeAuthorizedKey sets the description of a key.
func (tx *Tx) DescribeAuthorizedKey(id, description string) error {
	n, err := rows(tx.db.Exec(`UPDATE authorized_keys SET description = ? WHERE id = ?`, description, id))
	return gone(n, err, "authorized key")
}

// DeleteAuthorizedKey forgets a key: no token is given for it any more.
func (tx *Tx) DeleteAuthorizedKey(id string) error {
	n, err := rows(tx.db.Exec(`DELETE FROM authorized_keys WHERE id = ?`, id))
	return gone(n, err, "authorized key")
}

// DeleteAuthorizedKeysOf forgets all keys of an account, and counts them.
func (tx *Tx) DeleteAuthorizedKeysOf(accountID string) (int64, error) {
	return rows(tx.db.Exec(`DELETE FROM authorized_keys WHERE account_id = ?`, accountID))
}

// TouchAuthorizedKey notes a use; never an earlier one than the last.
func (tx *Tx) TouchAuthorizedKey(id string, at time.Time) error {
	return translate(tx.db.Exec(`UPDATE authorized_keys SET last_used_at = ? WHERE id = ? AND last_used_at < ?`,
		models.Instant(at), id, models.Instant(at)).Error)
}

// LastTokenOf is when the account got an IAM token by an authorized key last; zero: never.
func (tx *Tx) LastTokenOf(accountIDs ...string) (map[string]time.Time, error) {
	last := map[string]time.Time{}
	if len(accountIDs) == 0 {
		return last, nil
	}
	var found []models.AuthorizedKey
	err := tx.db.Select("account_id", "last_used_at").Where("account_id IN ?", accountIDs).Find(&found).Error
	for _, k := range found {
		if k.LastUsedAt.After(last[k.AccountID]) {
			last[k.AccountID] = k.LastUsedAt
		}
	}
	return last, translate(err)
}
