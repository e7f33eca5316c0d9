package store

import (
	"slices"
	"time"

	"keydesk/models"
)

// ItemSummary counts the keys that the waiting rows of an operation name, as they are now.
type ItemSummary struct {
	Found    int
	Revoked  int
	Expired  int // and not revoked
	Disabled int // and neither of these
	Used     int // allowed since the time that was asked about
	Accounts int
}

// waitingKeys are the keys that waiting rows name, each with its last use: values are the operation, and whether every
// folder is in the scope, or else which.
const waitingKeys = `
	FROM operation_items i JOIN api_keys k ON k.id = i.given JOIN key_last_used u ON u.key_id = k.id
	WHERE i.operation_id = ? AND i.state = 'waiting' AND (? = 1 OR k.folder_id IN ?)`

// SummariseItems counts them, within the scope.
func (tx *Tx) SummariseItems(scope models.FolderScope, operationID string, now, since time.Time) (ItemSummary, error) {
	none := time.Time{}
	now, since = models.Instant(now), models.Instant(since)
	var s ItemSummary
	err := tx.db.Raw(`SELECT COUNT(*) AS found, COUNT(DISTINCT k.account_id) AS accounts,
			COALESCE(SUM(CASE WHEN k.revoked_at > ? THEN 1 ELSE 0 END), 0) AS revoked,
			COALESCE(SUM(CASE WHEN k.revoked_at = ? AND k.expires_at > ? AND k.expires_at <= ? THEN 1 ELSE 0 END), 0) AS expired,
			COALESCE(SUM(CASE WHEN k.revoked_at = ? AND NOT (k.expires_at > ? AND k.expires_at <= ?)
				AND k.disabled_at > ? AND (k.disabled_until = ? OR k.disabled_until > ?) THEN 1 ELSE 0 END), 0) AS disabled,
			COALESCE(SUM(CASE WHEN u.allowed_at >= ? THEN 1 ELSE 0 END), 0) AS used`+waitingKeys,
		none, none, none, now, none, none, now, none, none, now, since, operationID, everywhere(scope), scope.IDs).Scan(&s).Error
	return s, translate(err)
}

// AccountShare is how many of an operation's keys belong to one account.
type AccountShare struct {
	ID   string
	Name string
	Keys int
}

// ShareItems says to which accounts the waiting rows' keys belong: those with the most keys first, up to limit.
func (tx *Tx) ShareItems(scope models.FolderScope, operationID string, limit int) ([]AccountShare, error) {
	var list []AccountShare
	err := tx.db.Raw(`SELECT k.account_id AS id, COUNT(*) AS keys`+waitingKeys+`
		GROUP BY k.account_id ORDER BY COUNT(*) DESC, k.account_id LIMIT ?`,
		operationID, everywhere(scope), scope.IDs, limited(limit)).Scan(&list).Error
	if err != nil || len(list) == 0 {
		return list, translate(err)
	}
	ids := make([]string, len(list))
	for i, a := range list {
		ids[i] = a.ID
	}
	var found []models.Account
	err = tx.db.Where("id IN ?", ids).Find(&found).Error
	for _, a := range found {
		list[slices.Index(ids, a.ID)].Name = a.Name
	}
	return list, translate(err)
}

// everywhere is 1 for the scope of all folders; of any other the folders are asked for, and none of them is none.
func everywhere(scope models.FolderScope) int {
	if scope.All {
		return 1
	}
	return 0
}
