package store

import (
	"time"

	"gorm.io/gorm/clause"

	"keydesk/models"
)

// Failures returns how often a name failed to sign in. Inside Write it also keeps others from counting the same name until
// the transaction ends, so that no attempt is lost; for that a name without failures gets a row.
func (tx *Tx) Failures(key []byte) (models.SignInFailures, error) {
	f := models.SignInFailures{EmailKey: key}
	if tx.writes {
		if err := tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&f).Error; err != nil {
			return f, translate(err)
		}
	}
	err := tx.locking().Where("email_key = ?", key).Limit(1).Find(&f).Error
	return f, translate(err)
}

// PutFailures keeps the count in the place of the old one.
func (tx *Tx) PutFailures(f models.SignInFailures) error {
	return translate(tx.db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "email_key"}},
		DoUpdates: clause.AssignmentColumns([]string{"count", "first_at", "last_at", "locked_until"}),
	}).Create(&f).Error)
}

// ClearFailures forgets the failures of a name, as after a success.
func (tx *Tx) ClearFailures(key []byte) error {
	return translate(tx.db.Exec(`DELETE FROM sign_in_failures WHERE email_key = ?`, key).Error)
}

// PurgeFailures forgets the names that did not fail since and are not locked any more by then.
func (tx *Tx) PurgeFailures(since time.Time) error {
	since = models.Instant(since)
	return translate(tx.db.Exec(`DELETE FROM sign_in_failures WHERE last_at < ? AND locked_until < ?`, since, since).Error)
}

// Locks says of which names a lock holds at now, and until when, by the name's key.
func (tx *Tx) Locks(keys [][]byte, now time.Time) (map[string]time.Time, error) {
	held := map[string]time.Time{}
	if len(keys) == 0 {
		return held, nil
	}
	var found []models.SignInFailures
	err := tx.db.Where("email_key IN ? AND locked_until > ?", keys, models.Instant(now)).Find(&found).Error
	for _, f := range found {
		held[string(f.EmailKey)] = f.LockedUntil
	}
	return held, translate(err)
}
