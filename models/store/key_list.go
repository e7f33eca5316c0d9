package store

import (
	"context"
	"time"

	"keydesk/models"
)

// never is what lists keep for a date that does not come: it sorts after every other, as people read "never".
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// listed are the dates of a key as its row in the list has them.
type listed struct {
	expires, ends, off, offUntil time.Time
	revoked                      bool
}

func listing(key models.Key) listed {
	l := listed{
		expires: models.Instant(key.ExpiresAt), off: models.Instant(key.Disabled.At), offUntil: models.Instant(key.Disabled.Until),
		revoked: !key.Revoked.At.IsZero(),
	}
	if l.expires.IsZero() {
		l.expires = never
	}
	if !l.off.IsZero() && l.offUntil.IsZero() {
		l.offUntil = never
	}
	l.ends = l.expires
	if l.revoked {
		l.ends = models.Instant(key.Revoked.At)
	}
	return l
}

// enlist makes the row by which lists find a new key.
func (tx *Tx) enlist(key models.Key) error {
	l := listing(key)
	return translate(tx.db.Exec(`INSERT INTO key_list (key_id, account_id, folder_id, created_at, expires_at, ends_at, ended, revoked,
			off_at, off_until, default_scopes, broad, allowed_day, refused_day)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '0001-01-01', '0001-01-01')`,
		key.ID, key.AccountID, key.FolderID, models.Instant(key.CreatedAt), l.expires, l.ends, l.revoked, l.revoked,
		l.off, l.offUntil, key.DefaultScopes, len(key.Scopes) >= models.BroadScopes).Error)
}

// relist follows a change of the key. An expiry that moved ahead takes the hint back: the sweep sets it again in time.
func (tx *Tx) relist(key models.Key) error {
	l := listing(key)
	return translate(tx.db.Exec(`UPDATE key_list SET expires_at = ?, ends_at = ?, ended = ?, revoked = ?, off_at = ?, off_until = ?
		WHERE key_id = ?`, l.expires, l.ends, l.revoked, l.revoked, l.off, l.offUntil, key.ID).Error)
}

func (tx *Tx) relistScopes(keyID string, scopes []string, defaults bool) error {
	return translate(tx.db.Exec(`UPDATE key_list SET default_scopes = ?, broad = ? WHERE key_id = ?`,
		defaults, len(scopes) >= models.BroadScopes, keyID).Error)
}

// sweepMargin keeps a process whose clock is ahead from hiding keys that still live by the clock of another.
const sweepMargin = time.Minute

// sweepRows bounds one transaction of SweepKeys, so that flushes and changes wait for a moment only.
const sweepRows = 1000

// SweepKeys takes what expired since the last time out of the lists of living keys, and disables that ended by themselves
// out of the list of disabled ones. Lists are right without it; they would walk over what it takes out. Several processes
// may run it at once, and at any time again.
func (s *Store) SweepKeys(ctx context.Context, now time.Time) error {
	until := models.Instant(now.Add(-sweepMargin))
	if err := s.sweepExpired(ctx, until); err != nil {
		return err
	}
	for n := int64(sweepRows); n == sweepRows; {
		err := s.hotWrite(ctx, func(tx *Tx) (err error) {
			n, err = rows(tx.db.Exec(`UPDATE key_list SET off_at = ?, off_until = ?
				WHERE off_until > '0001-01-01 00:00:00+00:00' AND off_until <= ? AND key_id IN (SELECT key_id FROM key_list
					WHERE off_until > '0001-01-01 00:00:00+00:00' AND off_until < '9999-12-31 00:00:00+00:00' AND off_until <= ?
					ORDER BY off_until LIMIT ?)`, time.Time{}, time.Time{}, until, until, sweepRows))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepExpired goes along the index of what ends. It keeps its place: before that, the index is full of what was just
// taken out of it.
func (s *Store) sweepExpired(ctx context.Context, until time.Time) error {
	var last place
	for more := true; more; {
		next := last
		err := s.hotWrite(ctx, func(tx *Tx) error {
			var found []place
			err := tx.db.Raw(`SELECT key_id, ends_at AS at FROM key_list WHERE NOT ended AND ends_at <= ? AND (ends_at, key_id) > (?, ?)
				ORDER BY ends_at, key_id LIMIT ?`, until, time.Time(last.At), last.KeyID, sweepRows).Scan(&found).Error
			if more = len(found) == sweepRows; err != nil || len(found) == 0 {
				return translate(err)
			}
			ids := make([]string, len(found))
			for i, p := range found {
				ids[i] = p.KeyID
			}
			next = found[len(found)-1]
			return translate(tx.db.Exec(`UPDATE key_list SET ended = ? WHERE key_id IN ? AND NOT ended AND ends_at <= ?`, true, ids, until).Error)
		})
		if err != nil {
			return err
		}
		last = next
	}
	return nil
}
