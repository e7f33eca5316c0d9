package store

import (
	"strings"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// KeyFigures counts keys and accounts. Each count of keys reads one narrow index from end to end, the table itself nowhere:
// a million keys take some tenths of a second, so callers do it in the background, and seldom.
func (tx *Tx) KeyFigures(now time.Time) (models.KeyFigures, error) {
	f := models.KeyFigures{Keys: map[models.KeyState]int64{}, Expiring: map[int]int64{}, Accounts: map[models.AccountState]int64{}}
	var all, revoked, living, off int64
	for _, c := range []struct {
		into  *int64
		index query
		where query
	}{
		{&all, "key_list_created", ""},
		{&revoked, "key_list_revoked", "l.revoked"},
		{&living, "key_list_ending", alive},
		{&off, "key_list_disabled", alive + " AND " + isOff},
	} {
		rows := tx.indexed(c.index)
		switch {
		case strings.Contains(string(c.where), "@"):
			rows = rows.Where(string(c.where), marks(now))
		case c.where != "":
			rows = rows.Where(string(c.where))
		}
		if err := rows.Count(c.into).Error; err != nil {
			return f, translate(err)
		}
	}
	f.Keys[models.KeyActive], f.Keys[models.KeyDisabled] = living-off, off
	f.Keys[models.KeyRevoked], f.Keys[models.KeyExpired] = revoked, all-living-revoked
	for _, days := range models.ExpiringDays {
		var n int64
		until := models.Instant(now.AddDate(0, 0, days))
		err := tx.indexed("key_list_ending").Where(string(alive), marks(now)).Where("l.ends_at <= ?", until).Count(&n).Error
		if err != nil {
			return f, translate(err)
		}
		f.Expiring[days] = n
	}
	for _, state := range []models.AccountState{models.AccountActive, models.AccountSuspended, models.AccountExpired} {
		var n int64
		q := AccountQuery{State: state, Now: now}
		if err := q.inState(tx.db.Model(&models.Account{})).Count(&n).Error; err != nil {
			return f, translate(err)
		}
		f.Accounts[state] = n
	}
	return f, nil
}

// indexed is the list of keys by an index; SQLite is told which, as it plans without looking at the data.
func (tx *Tx) indexed(index query) *gorm.DB {
	if tx.postgres {
		return tx.db.Table("key_list AS l")
	}
	return tx.db.Table(string("key_list AS l INDEXED BY " + index))
}
