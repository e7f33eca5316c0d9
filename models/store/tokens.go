package store

import (
	"time"

	"gorm.io/gorm/clause"

	"keydesk/models"
)

// RevokeToken remembers a token that was given back, until it would have ended anyway. Once more is no mistake.
func (tx *Tx) RevokeToken(t models.RevokedToken) error {
	return translate(tx.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&t).Error)
}

// TokenStands reports whether a token was neither given back, nor made before its subject's tokens were all ended.
func (tx *Tx) TokenStands(id, subjectID string, issued time.Time) (bool, error) {
	var against int64
	err := tx.db.Raw(`SELECT (SELECT count(*) FROM revoked_tokens WHERE id = ?)
		+ (SELECT count(*) FROM token_floors WHERE subject_id = ? AND not_before > ?)`,
		id, subjectID, models.Instant(issued)).Scan(&against).Error
	return err == nil && against == 0, translate(err)
}

// EndTokens makes all tokens useless that the subject got before.
func (tx *Tx) EndTokens(subjectID string, before time.Time) error {
	at := models.Instant(before)
	return translate(tx.db.Exec(`INSERT INTO token_floors (subject_id, not_before) VALUES (?, ?)
		ON CONFLICT (subject_id) DO UPDATE SET not_before = excluded.not_before
		WHERE token_floors.not_before < excluded.not_before`, subjectID, at).Error)
}

// PurgeTokens forgets tokens that were given back and have ended since, and floors below the longest life of a token.
func (tx *Tx) PurgeTokens(now time.Time, longest time.Duration) error {
	if err := tx.db.Exec(`DELETE FROM revoked_tokens WHERE expires_at < ?`, models.Instant(now)).Error; err != nil {
		return translate(err)
	}
	return translate(tx.db.Exec(`DELETE FROM token_floors WHERE not_before < ?`, models.Instant(now.Add(-longest))).Error)
}
