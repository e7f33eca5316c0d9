package store

import (
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// BeyondQuery selects keys that are not revoked and live longer than a policy allows a new one: those that end after Latest,
// or, where Latest is zero, those that never end.
type BeyondQuery struct {
	Scope  models.FolderScope
	Latest time.Time
}

// BeyondKey is a key that outlives a policy.
type BeyondKey struct {
	ID          string
	Description string
	AccountID   string
	AccountName string
	ExpiresAt   time.Time
}

func (q BeyondQuery) filter(db *gorm.DB) *gorm.DB {
	db = within(q.Scope)(db).Where("revoked_at = ?", time.Time{})
	if q.Latest.IsZero() {
		return db.Where("expires_at = ?", time.Time{})
	}
	return db.Where("expires_at > ?", models.Instant(q.Latest))
}

// CountKeysBeyond counts what the query selects, up to the cap.
func (tx *Tx) CountKeysBeyond(q BeyondQuery, most int) (int, error) {
	return tx.countCapped(tx.db.Model(&models.Key{}).Scopes(q.filter).Select("id").Limit(most))
}

// KeysBeyond returns the first of what the query selects, those that end last first.
func (tx *Tx) KeysBeyond(q BeyondQuery, limit int) ([]BeyondKey, error) {
	var found []BeyondKey
	err := tx.db.Model(&models.Key{}).Scopes(q.filter).Select("id", "description", "account_id", "expires_at").
		Order("expires_at DESC, id DESC").Limit(limited(limit)).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return nil, translate(err)
	}
	ids := make([]string, len(found))
	for i, k := range found {
		ids[i] = k.AccountID
	}
	var accounts []struct{ ID, Name string }
	err = tx.db.Raw(`SELECT id, name FROM service_accounts WHERE id IN ?`, ids).Scan(&accounts).Error
	names := make(map[string]string, len(accounts))
	for _, a := range accounts {
		names[a.ID] = a.Name
	}
	for i := range found {
		found[i].AccountName = names[found[i].AccountID]
	}
	return found, translate(err)
}
