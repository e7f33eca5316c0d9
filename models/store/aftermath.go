package store

import (
	"time"

	"keydesk/models"
)

// RefusedOfKey counts the key's refusals for one of the reasons since then. What a restriction of before refused within the
// same hour counts along, where it is the same reason.
func (tx *Tx) RefusedOfKey(keyID string, since time.Time, because ...models.Outcome) (n int64, err error) {
	since = models.Instant(since)
	err = tx.db.Raw(`SELECT COALESCE(SUM(count), 0) FROM key_usage WHERE key_id = ? AND bucket >= ? AND outcome IN ? AND last_at >= ?`,
		keyID, since.Truncate(time.Hour), because, since).Scan(&n).Error
	return n, translate(err)
}

// RefusedOfAccount counts the same of all keys of an account.
func (tx *Tx) RefusedOfAccount(accountID string, since time.Time, because ...models.Outcome) (n int64, err error) {
	since = models.Instant(since)
	err = tx.db.Raw(`SELECT COALESCE(SUM(u.count), 0) FROM api_keys k JOIN key_usage u ON u.key_id = k.id
		WHERE k.account_id = ? AND u.bucket >= ? AND u.outcome IN ? AND u.last_at >= ?`,
		accountID, since.Truncate(time.Hour), because, since).Scan(&n).Error
	return n, translate(err)
}

// LastUseOfAccount returns when any key of the account was accepted last; zero for never.
func (tx *Tx) LastUseOfAccount(accountID string) (time.Time, error) {
	used, err := tx.accountUse([]models.Account{{ID: accountID}})
	return used[accountID], err
}

// LastRevokeOf returns when a key of the account was revoked last; zero where none was.
func (tx *Tx) LastRevokeOf(accountID string) (time.Time, error) {
	var last instant
	err := tx.db.Raw(`SELECT MAX(revoked_at) FROM api_keys WHERE account_id = ?`, accountID).Scan(&last).Error
	return time.Time(last), translate(err)
}
