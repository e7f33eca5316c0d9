package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// Retention of usage: hours for a month, days for a year and a bit.
const (
	hoursKept = 31 * 24 * time.Hour
	daysKept  = 400 * 24 * time.Hour
)

// compactRows bounds one transaction of Compact, so that flushes wait for a moment only.
const compactRows = 1000

// gatesKept is how long a gate that vanished stays listed.
const gatesKept = 24 * time.Hour

// Compact turns hour buckets that are older than 31 days into day buckets, deletes days that are older than 400, and
// forgets gates that vanished a day ago. It may run in several processes, and at any time again.
func (s *Store) Compact(ctx context.Context, now time.Time) error {
	hours := day(now.Add(-hoursKept))
	for _, m := range []merge{mergeUsage, mergeAccounts, mergeStrangers} {
		if err := s.hourly(ctx, hours, m); err != nil {
			return err
		}
	}
	if err := s.deleteOld(ctx, day(now.Add(-daysKept))); err != nil {
		return err
	}
	return s.hotWrite(ctx, func(tx *Tx) error {
		if err := tx.db.Exec(`DELETE FROM gates WHERE lease_until < ?`, models.Instant(now.Add(-gatesKept))).Error; err != nil {
			return err
		}
		return tx.db.Exec(`DELETE FROM flushes WHERE gate_id NOT IN (SELECT id FROM gates)`).Error
	})
}

// day returns the beginning of the day, UTC.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// merge says how one table's hour buckets become days: the first bucket after a time, and one batch of a bucket, which
// answers how many rows it moved.
type merge struct {
	next  func(tx *Tx, after time.Time) (time.Time, error)
	batch func(tx *Tx, bucket time.Time) (int, error)
}

// hourly moves the hour buckets before until, oldest first, batch by batch. The first hour of a day is the day already.
func (s *Store) hourly(ctx context.Context, until time.Time, m merge) error {
	var bucket time.Time
	for {
		err := s.hotWrite(ctx, func(tx *Tx) (err error) {
			bucket, err = m.next(tx, bucket)
			return err
		})
		if err != nil || bucket.IsZero() || !bucket.Before(until) {
			return err
		}
		moved := 1
		for moved > 0 && !bucket.Equal(day(bucket)) {
			err := s.hotWrite(ctx, func(tx *Tx) (err error) {
				moved, err = m.batch(tx, bucket)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
}

var mergeUsage = merge{
	next: func(tx *Tx, after time.Time) (time.Time, error) {
		return first(tx.db.Raw(`SELECT MIN(bucket) FROM key_usage WHERE bucket > ?`, after))
	},
	batch: func(tx *Tx, bucket time.Time) (int, error) {
		var found []usageRow
		err := tx.db.Raw(`DELETE FROM key_usage WHERE bucket = ? AND key_id IN
				(SELECT key_id FROM key_usage WHERE bucket = ? ORDER BY key_id LIMIT ?)
			RETURNING key_id, secret_id, requested_scope AS requested, granted_scope AS granted, outcome, network, count, further, last_at`,
			bucket, bucket, compactRows).Scan(&found).Error
		if err != nil {
			return 0, translate(err)
		}
		list := uses("", found)
		for i := range list {
			list[i].KeyID, list[i].Bucket = found[i].KeyID, day(bucket)
		}
		return len(list), tx.addUses(mergeUses(list))
	},
}

var mergeAccounts = merge{
	next: func(tx *Tx, after time.Time) (time.Time, error) {
		return first(tx.db.Raw(`SELECT MIN(bucket) FROM account_usage WHERE bucket > ?`, after))
	},
	batch: func(tx *Tx, bucket time.Time) (int, error) {
		var found []struct {
			AccountID        string
			Allowed, Refused int64
			LastAt           instant
		}
		err := tx.db.Raw(`DELETE FROM account_usage WHERE bucket = ? AND account_id IN
				(SELECT account_id FROM account_usage WHERE bucket = ? ORDER BY account_id LIMIT ?)
			RETURNING account_id, allowed, refused, last_at`, bucket, bucket, compactRows).Scan(&found).Error
		if err != nil {
			return 0, translate(err)
		}
		list := make([]models.AccountUse, len(found))
		for i, f := range found {
			list[i] = models.AccountUse{
				AccountID: f.AccountID, Bucket: day(bucket), Allowed: f.Allowed, Refused: f.Refused, LastAt: time.Time(f.LastAt),
			}
		}
		return len(list), tx.addTotals(list)
	},
}

var mergeStrangers = merge{
	next: func(tx *Tx, after time.Time) (time.Time, error) {
		return first(tx.db.Raw(`SELECT MIN(bucket) FROM unknown_usage WHERE bucket > ?`, after))
	},
	batch: func(tx *Tx, bucket time.Time) (int, error) {
		var list []models.UnknownUse
		err := tx.db.Raw(`DELETE FROM unknown_usage WHERE bucket = ? AND network IN
				(SELECT network FROM unknown_usage WHERE bucket = ? ORDER BY network LIMIT ?)
			RETURNING network, count`, bucket, bucket, compactRows).Scan(&list).Error
		for i := range list {
			list[i].Bucket = day(bucket)
		}
		if err != nil {
			return 0, translate(err)
		}
		return len(list), tx.addUnknown(list)
	},
}

// first reads the one time that a query computes; the zero time of an empty table.
func first(query *gorm.DB) (time.Time, error) {
	var at instant
	err := query.Row().Scan(&at)
	return time.Time(at), translate(err)
}

// expire deletes one batch of each table's buckets before a time. Those are days by then.
var expire = []func(tx *Tx, until time.Time) *gorm.DB{
	func(tx *Tx, until time.Time) *gorm.DB {
		return tx.db.Exec(`DELETE FROM key_usage WHERE bucket < ? AND (bucket, key_id) IN
			(SELECT bucket, key_id FROM key_usage WHERE bucket < ? ORDER BY bucket, key_id LIMIT ?)`, until, until, compactRows)
	},
	func(tx *Tx, until time.Time) *gorm.DB {
		return tx.db.Exec(`DELETE FROM account_usage WHERE bucket < ? AND (bucket, account_id) IN
			(SELECT bucket, account_id FROM account_usage WHERE bucket < ? ORDER BY bucket, account_id LIMIT ?)`,
			until, until, compactRows)
	},
	func(tx *Tx, until time.Time) *gorm.DB {
		return tx.db.Exec(`DELETE FROM unknown_usage WHERE bucket < ? AND (bucket, network) IN
			(SELECT bucket, network FROM unknown_usage WHERE bucket < ? ORDER BY bucket, network LIMIT ?)`,
			until, until, compactRows)
	},
}

func (s *Store) deleteOld(ctx context.Context, until time.Time) error {
	for _, batch := range expire {
		for n := int64(1); n > 0; {
			err := s.hotWrite(ctx, func(tx *Tx) (err error) {
				n, err = rows(batch(tx, until))
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
