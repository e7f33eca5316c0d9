package store

import (
	"time"

	"keydesk/models"
)

const joinAccountUse = `JOIN account_last_used ON account_last_used.account_id = service_accounts.id`

// minute is what the last use of an account is indexed by.
func minute(at time.Time) time.Time { return at.UTC().Truncate(time.Minute) }

// insertAccountUse makes the account's row of last use, so that every flush is an update.
func (tx *Tx) insertAccountUse(accountID string) error {
	return translate(tx.db.Exec(`INSERT INTO account_last_used (account_id, used_at, used_minute) VALUES (?, ?, ?)`,
		accountID, time.Time{}, time.Time{}).Error)
}

// The last use of an account moves forward with that of its keys.
const (
	accountUseSQLite = `UPDATE account_last_used SET used_at = ?, used_minute = ?
		WHERE account_id = (SELECT account_id FROM key_last_used WHERE key_id = ?) AND used_at < ?`
	accountUsePostgres = `UPDATE account_last_used a SET used_at = n.at, used_minute = date_trunc('minute', n.at)
		FROM (SELECT u.account_id, MAX(f.at) AS at FROM unnest(?::text[], ?::timestamptz[]) AS f (key_id, at)
			JOIN key_last_used u ON u.key_id = f.key_id GROUP BY u.account_id) n
		WHERE a.account_id = n.account_id AND a.used_at < n.at`
)

func (tx *Tx) moveAccountUse(list []models.LastUsed) error {
	if len(list) == 0 {
		return nil
	}
	if tx.postgres {
		c := sightingColumns(list, func(l models.LastUsed) models.Sighting { return l.Allowed })
		return translate(tx.db.Exec(accountUsePostgres, &c.key, &c.at).Error)
	}
	for _, l := range list {
		if at := l.Allowed.At; !at.IsZero() {
			if err := tx.db.Exec(accountUseSQLite, at, minute(at), l.KeyID, at).Error; err != nil {
				return translate(err)
			}
		}
	}
	return nil
}

// accountUse reads when each account was last used.
func (tx *Tx) accountUse(of []models.Account) (map[string]time.Time, error) {
	ids := make([]string, len(of))
	for i, a := range of {
		ids[i] = a.ID
	}
	return tx.LastUseOfAccounts(ids)
}

// LastUseOfAccounts is when a key of each account was accepted last; of one that never was, the zero time.
func (tx *Tx) LastUseOfAccounts(ids []string) (map[string]time.Time, error) {
	used := make(map[string]time.Time, len(ids))
	if len(ids) == 0 {
		return used, nil
	}
	var found []struct {
		AccountID string
		UsedAt    time.Time
	}
	err := tx.db.Raw(`SELECT account_id, used_at FROM account_last_used WHERE account_id IN ?`, ids).Scan(&found).Error
	for _, f := range found {
		used[f.AccountID] = models.Instant(f.UsedAt)
	}
	return used, translate(err)
}

const (
	accountDaysSQLite = `SELECT account_id, date(bucket) AS day, SUM(allowed) AS allowed, SUM(refused) AS refused
		FROM account_usage WHERE account_id IN ? AND bucket >= ? GROUP BY account_id, day ORDER BY account_id, day`
	accountDaysPostgres = `SELECT account_id, to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
			SUM(allowed) AS allowed, SUM(refused) AS refused
		FROM account_usage WHERE account_id IN ? AND bucket >= ? GROUP BY account_id, day ORDER BY account_id, day`
)

// AccountDays sums up the uses of accounts by day, UTC, from a day on, in the order of time. Days without any are left out.
func (tx *Tx) AccountDays(ids []string, since time.Time) (map[string][]models.AccountUse, error) {
	days := make(map[string][]models.AccountUse, len(ids))
	if len(ids) == 0 {
		return days, nil
	}
	var found []struct {
		AccountID, Day   string
		Allowed, Refused int64
	}
	sum := tx.db.Raw(accountDaysSQLite, ids, models.Instant(since))
	if tx.postgres {
		sum = tx.db.Raw(accountDaysPostgres, ids, models.Instant(since))
	}
	if err := sum.Scan(&found).Error; err != nil {
		return nil, translate(err)
	}
	for _, f := range found {
		at, err := time.Parse(time.DateOnly, f.Day)
		if err != nil {
			return nil, err
		}
		days[f.AccountID] = append(days[f.AccountID], models.AccountUse{
			AccountID: f.AccountID, Bucket: at, Allowed: f.Allowed, Refused: f.Refused,
		})
	}
	return days, nil
}

// RecentOfAccount counts the accepted requests of all keys of an account, dead ones too. What is older than two days is kept
// by the day, so the longer windows begin with one.
func (tx *Tx) RecentOfAccount(accountID string, w models.RecentWindows) (models.RecentCount, error) {
	w = w.ByDay()
	var sum struct {
		Day, Week, Month int64
		LastAt           instant
	}
	err := tx.db.Raw(`SELECT COALESCE(SUM(CASE WHEN bucket >= ? THEN allowed ELSE 0 END), 0) AS day,
			COALESCE(SUM(CASE WHEN bucket >= ? THEN allowed ELSE 0 END), 0) AS week,
			COALESCE(SUM(allowed), 0) AS month, MAX(last_at) AS last_at
		FROM account_usage WHERE account_id = ? AND bucket >= ?`,
		models.Instant(w.Day), models.Instant(w.Week), accountID, models.Instant(w.Month)).Scan(&sum).Error
	return models.RecentCount{Day: sum.Day, Week: sum.Week, Month: sum.Month, LastAt: time.Time(sum.LastAt)}, translate(err)
}
