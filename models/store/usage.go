package store

import (
	"time"

	"keydesk/models"
)

// usageRow is a sum over usage: its time comes from an expression.
type usageRow struct {
	KeyID     string
	SecretID  string
	Bucket    time.Time
	Requested string
	Granted   string
	Outcome   models.Outcome
	Network   string
	Count     int64
	Further   int64
	LastAt    instant
}

func uses(keyID string, found []usageRow) []models.Use {
	list := make([]models.Use, len(found))
	for i, f := range found {
		list[i] = models.Use{
			KeyID: keyID, SecretID: f.SecretID, Bucket: f.Bucket, Requested: f.Requested, Granted: f.Granted,
			Outcome: f.Outcome, Network: f.Network, Count: f.Count, Further: f.Further, LastAt: time.Time(f.LastAt),
		}
	}
	return list
}

// Usage sums the key's uses in buckets from since on by requested and granted scope, outcome and network, latest first.
func (tx *Tx) Usage(keyID string, since time.Time) ([]models.Use, error) {
	var found []usageRow
	err := tx.db.Raw(`SELECT requested_scope AS requested, granted_scope AS granted, outcome, network,
			SUM(count) AS count, SUM(further) AS further, MAX(last_at) AS last_at
		FROM key_usage WHERE key_id = ? AND bucket >= ?
		GROUP BY requested_scope, granted_scope, outcome, network
		ORDER BY last_at DESC, requested_scope, outcome, network`, keyID, models.Instant(since)).Scan(&found).Error
	return uses(keyID, found), translate(err)
}

// UsageByBucket sums the key's uses from since on by bucket and outcome, in the order of time, for charts.
func (tx *Tx) UsageByBucket(keyID string, since time.Time) ([]models.Use, error) {
	var found []usageRow
	err := tx.db.Raw(`SELECT bucket, outcome, SUM(count) AS count, SUM(further) AS further, MAX(last_at) AS last_at
		FROM key_usage WHERE key_id = ? AND bucket >= ?
		GROUP BY bucket, outcome ORDER BY bucket, outcome`, keyID, models.Instant(since)).Scan(&found).Error
	return uses(keyID, found), translate(err)
}

// UsageBySecret sums the key's uses from since on by secret and outcome: who still uses the old one after a reissue.
func (tx *Tx) UsageBySecret(keyID string, since time.Time) ([]models.Use, error) {
	var found []usageRow
	err := tx.db.Raw(`SELECT secret_id, outcome, network, SUM(count) AS count, SUM(further) AS further, MAX(last_at) AS last_at
		FROM key_usage WHERE key_id = ? AND bucket >= ?
		GROUP BY secret_id, outcome, network ORDER BY secret_id, outcome, network`, keyID, models.Instant(since)).Scan(&found).Error
	return uses(keyID, found), translate(err)
}
