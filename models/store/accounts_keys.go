package store

import (
	"time"

	"keydesk/models"
)

// AccountKeysMost is how many keys of an account a list looks at: the newest of those that are alive.
const AccountKeysMost = 1000

// AccountKeys is what the keys of an account sum up to.
type AccountKeys struct {
	LiveKeys  int  // neither revoked nor expired
	MoreKeys  bool // there are older ones, which were not looked at
	Attention []models.AttentionCount
}

// accountKeys counts live keys by models.Key.Attention: a test holds the two together. The oldest key that is looked at is
// found first, so that an account with very many keys is read from its newest to that one. A last use or refusal is compared
// by its day, and only where that does not decide by the moment.
const accountKeys = `SELECT account_id, COUNT(*) AS looked, SUM(live) AS live, SUM(live * tried) AS tried, SUM(live * expiring) AS expiring,
	SUM(live * unused) AS unused, SUM(live * never) AS never, SUM(live * broad) AS broad, SUM(live * defaults) AS defaults,
	SUM(live * endless) AS endless
FROM (SELECT l.account_id,
		CASE WHEN l.ends_at > @now THEN 1 ELSE 0 END AS live,
		CASE WHEN l.off_until > @now AND l.refused_day >= @tried_day AND EXISTS (SELECT 1 FROM key_last_used u
			WHERE u.key_id = l.key_id AND u.refused_at > l.off_at AND u.refused_at > @tried) THEN 1 ELSE 0 END AS tried,
		CASE WHEN l.expires_at <= @soon THEN 1 ELSE 0 END AS expiring,
		CASE WHEN l.allowed_day > '0001-01-01' AND (l.allowed_day < @unused_day OR l.allowed_day = @unused_day
			AND (SELECT u.allowed_at FROM key_last_used u WHERE u.key_id = l.key_id) <= @unused) THEN 1 ELSE 0 END AS unused,
		CASE WHEN l.allowed_day = '0001-01-01' AND l.created_at <= @aged THEN 1 ELSE 0 END AS never,
		CASE WHEN l.broad THEN 1 ELSE 0 END AS broad,
		CASE WHEN l.default_scopes THEN 1 ELSE 0 END AS defaults,
		CASE WHEN l.expires_at = '9999-12-31 00:00:00+00:00' THEN 1 ELSE 0 END AS endless
	FROM (SELECT a.id, (SELECT x.key_id FROM key_list x WHERE x.account_id = a.id AND NOT x.ended
				ORDER BY x.created_at DESC, x.key_id DESC LIMIT 1 OFFSET @skipped) AS oldest
			FROM service_accounts a WHERE a.id IN @ids) a
		LEFT JOIN key_list o ON o.key_id = a.oldest
		JOIN key_list l ON l.account_id = a.id AND NOT l.ended
			AND (l.created_at, l.key_id) >= (COALESCE(o.created_at, '0001-01-01 00:00:00+00:00'), COALESCE(o.key_id, ''))) AS looked_at
GROUP BY account_id`

// keysByAccount sums up the keys of accounts at now.
func (tx *Tx) keysByAccount(ids []string, now time.Time) (map[string]AccountKeys, error) {
	var found []struct {
		AccountID                                                string
		Looked, Live                                             int
		Tried, Expiring, Unused, Never, Broad, Defaults, Endless int
	}
	now = models.Instant(now)
	err := tx.db.Raw(accountKeys, map[string]any{
		"ids": ids, "now": now, "skipped": AccountKeysMost - 1, "soon": now.Add(models.ExpiringWithin), "aged": now.Add(-models.NeverUsedAfter),
		"tried": now.Add(-models.RefusedWithin), "tried_day": dayText(now.Add(-models.RefusedWithin)),
		"unused": now.Add(-models.UnusedFor), "unused_day": dayText(now.Add(-models.UnusedFor)),
	}).Scan(&found).Error
	byAccount := make(map[string]AccountKeys, len(found))
	for _, f := range found {
		sum := AccountKeys{LiveKeys: f.Live, MoreKeys: f.Looked >= AccountKeysMost}
		for i, n := range []int{f.Tried, f.Expiring, f.Unused, f.Never, f.Broad, f.Defaults, f.Endless} {
			if n > 0 {
				sum.Attention = append(sum.Attention, models.AttentionCount{Why: models.Attentions[i], Keys: n})
			}
		}
		byAccount[f.AccountID] = sum
	}
	return byAccount, translate(err)
}

// StandingKeys lists the ids of an account's keys that are not revoked, newest first, up to a number.
func (tx *Tx) StandingKeys(scope models.FolderScope, accountID string, most int) ([]string, error) {
	var ids []string
	err := tx.db.Model(&models.Key{}).Scopes(withinAccount(scope)).Where("account_id = ? AND "+notRevoked, accountID).
		Order("created_at DESC, id DESC").Limit(most).Pluck("id", &ids).Error
	return ids, translate(err)
}

// KeysByUse returns the living keys of an account that were used last, the latest first, with all that belongs to a row. It
// looks at the newest AccountKeysMost.
func (tx *Tx) KeysByUse(scope models.FolderScope, accountID string, most int) ([]KeyRow, error) {
	var ids []string
	err := tx.db.Raw(`SELECT u.key_id FROM (SELECT key_id FROM key_list WHERE account_id = ? AND NOT ended
			ORDER BY created_at DESC, key_id DESC LIMIT ?) l JOIN key_last_used u ON u.key_id = l.key_id
		WHERE u.allowed_at > ? ORDER BY u.allowed_at DESC, u.key_id LIMIT ?`,
		accountID, AccountKeysMost, time.Time{}, most).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return nil, translate(err)
	}
	var found []models.Key
	if err := tx.db.Scopes(withinAccount(scope)).Where("id IN ?", ids).Find(&found).Error; err != nil {
		return nil, translate(err)
	}
	byID := map[string]models.Key{}
	for _, k := range found {
		byID[k.ID] = k
	}
	var list []KeyRow
	for _, id := range ids {
		if k, seen := byID[id]; seen {
			list = append(list, KeyRow{Key: k})
		}
	}
	return list, tx.fillRows(list)
}
