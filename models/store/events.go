package store

import (
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"keydesk/models"
)

// EventsFrom returns up to limit events from the number on, oldest first, for verification.
func (tx *Tx) EventsFrom(number int64, limit int) ([]models.Event, error) {
	var events []models.Event
	err := tx.db.Where("number >= ?", number).Order("number").Limit(limited(limit)).Find(&events).Error
	return events, translate(err)
}

// LastEvent returns the newest event, or the zero one where there is none.
func (tx *Tx) LastEvent() (models.Event, error) {
	var last models.Event
	err := tx.db.Order("number DESC").Limit(1).Take(&last).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Event{}, nil
	}
	return last, translate(err)
}

// HeadsFrom returns the signed heads from one number to another, both included, oldest first.
func (tx *Tx) HeadsFrom(number, to int64) ([]models.Head, error) {
	var heads []models.Head
	err := tx.db.Where("number >= ? AND number <= ?", number, to).Order("number, signed_at").Find(&heads).Error
	return heads, translate(err)
}

// LastHead returns the signed head that reaches furthest, or the zero one where there is none.
func (tx *Tx) LastHead() (models.Head, error) {
	var last models.Head
	err := tx.db.Order("number DESC, signed_at DESC").Limit(1).Take(&last).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Head{}, nil
	}
	return last, translate(err)
}

// InsertHead keeps a signed head. One that is there already, of the same number and signer, stays.
func (tx *Tx) InsertHead(h models.Head) error {
	return translate(tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&h).Error)
}

// CountRefusal adds n refusals of requests that nobody signed in stands behind, by minute and kind.
func (tx *Tx) CountRefusal(minute time.Time, kind string, n int64) error {
	return translate(tx.db.Exec(`INSERT INTO audit_refusals (minute, kind, count) VALUES (?, ?, ?)
		ON CONFLICT (minute, kind) DO UPDATE SET count = audit_refusals.count + excluded.count`,
		models.Instant(minute).Truncate(time.Minute), kind, n).Error)
}

// Refusals sums the refusals of strangers from a time on, by kind.
func (tx *Tx) Refusals(since time.Time) (map[string]int64, error) {
	var found []struct {
		Kind  string
		Count int64
	}
	err := tx.db.Raw(`SELECT kind, SUM(count) AS count FROM audit_refusals WHERE minute >= ? GROUP BY kind`,
		models.Instant(since).Truncate(time.Minute)).Scan(&found).Error
	counts := make(map[string]int64, len(found))
	for _, f := range found {
		counts[f.Kind] = f.Count
	}
	return counts, translate(err)
}

// pageMax is the most rows that one page holds, of whatever list.
const pageMax = 1000

// EventsMax is the most events that one call answers.
const EventsMax = pageMax

// limited keeps a page's size between 1 and pageMax.
func limited(limit int) int { return min(max(limit, 1), pageMax) }
