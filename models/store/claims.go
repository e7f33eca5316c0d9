package store

import (
	"time"

	"keydesk/models"
)

// ClaimOnce takes a one-time key for its actor: an idempotency key, or the id of a form. It answers the claim that holds,
// and whether that is this one. Of two at the same time one waits for the other's commit and then sees its result.
func (tx *Tx) ClaimOnce(actor, key, requestHash, resultID string) (models.Claim, bool, error) {
	n, err := rows(tx.db.Exec(string(`INSERT INTO idempotency (actor, key, request_hash, result_id, created_at)
		VALUES (?, ?, ?, ?, `+tx.clock()+`) ON CONFLICT DO NOTHING`), actor, key, requestHash, resultID))
	if err != nil || n == 1 {
		return models.Claim{Actor: actor, Key: key, RequestHash: requestHash, ResultID: resultID}, n == 1, err
	}
	held, err := tx.Claimed(actor, key)
	return held, false, err
}

// Claimed is the claim that holds of a one-time key, or Missing.
func (tx *Tx) Claimed(actor, key string) (models.Claim, error) {
	var held models.Claim
	err := tx.db.Where("actor = ? AND key = ?", actor, key).Take(&held).Error
	return held, missing(err, "claim")
}

// PurgeClaims forgets what was claimed before, under keys that begin so: a batch at most. It answers how many those were.
func (tx *Tx) PurgeClaims(prefix string, before time.Time) (int64, error) {
	return rows(tx.db.Exec(`DELETE FROM idempotency WHERE (actor, key) IN
			(SELECT actor, key FROM idempotency WHERE created_at < ? AND key LIKE ? ESCAPE '\' LIMIT ?)`,
		models.Instant(before), likeEscape(prefix)+"%", PurgeBatch))
}
