package store

import (
	"time"

	"keydesk/models"
)

// LastUsed returns the key's last allowed and last refused request. A key without any has zero times.
func (tx *Tx) LastUsed(keyID string) (models.LastUsed, error) {
	last, err := tx.lastUsedOf([]string{keyID})
	return last[keyID], err
}

func (tx *Tx) lastUsedOf(keyIDs []string) (map[string]models.LastUsed, error) {
	var found []models.LastUsed
	err := tx.db.Where("key_id IN ?", keyIDs).Find(&found).Error
	last := make(map[string]models.LastUsed, len(found))
	for _, l := range found {
		if !l.Allowed.At.IsZero() {
			l.Allowed.Reason = models.Allowed
		}
		last[l.KeyID] = l
	}
	return last, translate(err)
}

// insertLastUsed makes the key's row of last use, so that every flush is an update.
func (tx *Tx) insertLastUsed(key models.Key) error {
	none := time.Time{}
	return translate(tx.db.Exec(`INSERT INTO key_last_used (key_id, account_id, folder_id,
			allowed_at, allowed_scope, allowed_address, allowed_agent,
			refused_at, refused_scope, refused_address, refused_agent, refused_reason)
		VALUES (?, ?, ?, ?, '', '', '', ?, '', '', '', '')`,
		key.ID, key.AccountID, key.FolderID, none, none).Error)
}
