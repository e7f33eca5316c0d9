package store

import (
	"time"

	"keydesk/models"
)

// AccountKeysMost is how many keys of an account a list looks at: the newest of those that are not revoked.
const AccountKeysMost = 1000

// AccountKeys is what the keys of an account sum up to.
type AccountKeys struct {
	LiveKeys  int  // neither revoked nor expired
	MoreKeys  bool // there are older ones, which were not looked at
	Attention []models.AttentionCount
}

// accountKeys counts live keys by models.Key.Attention: a test holds the two together. The oldest key that is looked at is
// found first, so that an account with very many keys is read from its newest to that one.
const accountKeys = `SELECT account_id, COUNT(*) AS looked, SUM(live) AS live, SUM(live * tried) AS tried, SUM(live * expiring) AS expiring,
	SUM(live * unused) AS unused, SUM(live * never) AS never, SUM(live * broad) AS broad, SUM(live * defaults) AS defaults,
	SUM(live * endless) AS endless
FROM (SELECT k.account_id,
		CASE WHEN k.expires_at = '0001-01-01 00:00:00+00:00' OR k.expires_at > @now THEN 1 ELSE 0 END AS live,
		CASE WHEN k.disabled_at > @none AND (k.disabled_until = @none OR k.disabled_until > @now)
			AND u.refused_at > k.disabled_at AND u.refused_at > @tried THEN 1 ELSE 0 END AS tried,
		CASE WHEN k.expires_at > @none AND k.expires_at <= @soon THEN 1 ELSE 0 END AS expiring,
		CASE WHEN u.allowed_at > @none AND u.allowed_at <= @unused THEN 1 ELSE 0 END AS unused,
		CASE WHEN u.allowed_at = @none AND k.created_at <= @aged THEN 1 ELSE 0 END AS never,
		CASE WHEN EXISTS (SELECT 1 FROM api_key_scopes s WHERE s.key_id = k.id AND s.position = @broad) THEN 1 ELSE 0 END AS broad,
		CASE WHEN k.default_scopes THEN 1 ELSE 0 END AS defaults,
		CASE WHEN k.expires_at = @none THEN 1 ELSE 0 END AS endless
	FROM (SELECT a.id, (SELECT x.id FROM api_keys x
				WHERE x.account_id = a.id AND x.revoked_at = '0001-01-01 00:00:00+00:00'
				ORDER BY x.created_at DESC, x.id DESC LIMIT 1 OFFSET @skipped) AS oldest
			FROM service_accounts a WHERE a.id IN @ids) a
		LEFT JOIN api_keys o ON o.id = a.oldest
		JOIN api_keys k ON k.account_id = a.id AND k.revoked_at = '0001-01-01 00:00:00+00:00'
			AND (k.created_at, k.id) >= (COALESCE(o.created_at, '0001-01-01 00:00:00+00:00'), COALESCE(o.id, ''))
		JOIN key_last_used u ON u.key_id = k.id) AS looked_at
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
		"ids": ids, "now": now, "none": time.Time{}, "skipped": AccountKeysMost - 1, "broad": models.BroadScopes - 1,
		"tried": now.Add(-models.RefusedWithin), "soon": now.Add(models.ExpiringWithin), "unused": now.Add(-models.UnusedFor),
		"aged": now.Add(-models.NeverUsedAfter),
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

// standing selects the ids of an account's keys that are not revoked, newest first.
const standing = `SELECT id FROM api_keys WHERE account_id = ? AND revoked_at = '0001-01-01 00:00:00+00:00'
	ORDER BY created_at DESC, id DESC LIMIT ?`

// StandingKeys lists the ids of an account's keys that are not revoked, newest first, up to a number.
func (tx *Tx) StandingKeys(scope models.FolderScope, accountID string, most int) ([]string, error) {
	var ids []string
	err := tx.db.Model(&models.Key{}).Scopes(within(scope)).
		Where("account_id = ? AND revoked_at = '0001-01-01 00:00:00+00:00'", accountID).
		Order("created_at DESC, id DESC").Limit(most).Pluck("id", &ids).Error
	return ids, translate(err)
}

// KeysByUse returns the keys of an account that were used last and are not revoked, the latest first, with all that belongs
// to a row. It looks at the newest AccountKeysMost.
func (tx *Tx) KeysByUse(scope models.FolderScope, accountID string, most int) ([]KeyRow, error) {
	var ids []string
	err := tx.db.Raw(`SELECT u.key_id FROM (`+standing+`) k JOIN key_last_used u ON u.key_id = k.id
		WHERE u.allowed_at > ? ORDER BY u.allowed_at DESC, u.key_id LIMIT ?`,
		accountID, AccountKeysMost, time.Time{}, most).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return nil, translate(err)
	}
	var found []models.Key
	if err := tx.db.Scopes(within(scope)).Where("id IN ?", ids).Find(&found).Error; err != nil {
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
