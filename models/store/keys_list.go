package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// KeyLife selects keys by whether they can still pass.
type KeyLife string

// The lives of a key.
const (
	AnyLife      KeyLife = ""
	LiveKeys     KeyLife = "live" // neither revoked nor expired
	DeadKeys     KeyLife = "dead"
	StandingKeys KeyLife = "standing" // not revoked
)

// notRevoked is in the words of an index, which holds those keys alone.
const notRevoked = "revoked_at = '0001-01-01 00:00:00+00:00'"

// KeyQuery selects keys, newest first.
type KeyQuery struct {
	Scope     models.FolderScope
	AccountID string // "": of all accounts
	Life      KeyLife
	Now       time.Time
	After     models.Cursor // of a row, or a page's Next; zero: the list's beginning
	Before    bool          // read the rows before After instead, still newest first
	Limit     int
}

// KeyRow is a key in a list.
type KeyRow struct {
	models.Key
	LastUsed models.LastUsed
}

// Keys returns a page of keys with scopes, secrets and last use. The page's Next continues in the direction of the query.
func (tx *Tx) Keys(q KeyQuery) (models.Page[KeyRow], error) {
	limit := limited(q.Limit)
	var found []models.Key
	if err := tx.db.Scopes(q.filter, q.place).Limit(limit + 1).Find(&found).Error; err != nil {
		return models.Page[KeyRow]{}, translate(err)
	}
	list := make([]KeyRow, len(found))
	for i, key := range found {
		list[i].Key = key
	}
	page := models.CutPage(list, limit, func(r KeyRow) models.Cursor { return r.Cursor() })
	if q.Before {
		slices.Reverse(page.Rows)
	}
	return page, tx.fillRows(page.Rows)
}

// CountKeys counts what the query selects, up to the cap.
func (tx *Tx) CountKeys(q KeyQuery, most int) (int, error) {
	var n int64
	capped := tx.db.Model(&models.Key{}).Scopes(q.filter).Select("id").Limit(most)
	err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, capped).Scan(&n).Error
	return int(n), translate(err)
}

func (q KeyQuery) filter(db *gorm.DB) *gorm.DB {
	db = withinAccount(q.Scope)(db)
	if q.AccountID != "" {
		db = db.Where("account_id = ?", q.AccountID)
	}
	none, now := time.Time{}, models.Instant(q.Now)
	switch q.Life {
	case LiveKeys:
		return db.Where(notRevoked+" AND (expires_at = ? OR expires_at > ?)", none, now)
	case StandingKeys:
		return db.Where(notRevoked)
	case DeadKeys:
		return db.Where("(revoked_at > ? OR (expires_at > ? AND expires_at <= ?))", none, none, now)
	}
	return db
}

func (q KeyQuery) place(db *gorm.DB) *gorm.DB {
	at := models.Instant(q.After.At)
	if q.Before {
		return db.Where("(created_at, id) > (?, ?)", at, q.After.ID).Order("created_at, id")
	}
	if q.After != (models.Cursor{}) {
		db = db.Where("(created_at, id) < (?, ?)", at, q.After.ID)
	}
	return db.Order("created_at DESC, id DESC")
}

func (tx *Tx) fillRows(list []KeyRow) error {
	if len(list) == 0 {
		return nil
	}
	keys, ids := make([]*models.Key, len(list)), make([]string, len(list))
	for i := range list {
		keys[i], ids[i] = &list[i].Key, list[i].ID
	}
	if err := tx.fillKeys(keys); err != nil {
		return err
	}
	last, err := tx.lastUsedOf(ids)
	for i := range list {
		list[i].LastUsed = last[list[i].ID]
	}
	return err
}
