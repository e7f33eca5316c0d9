package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// Catalogue is Tx.Catalogue of this moment.
func (s *Store) Catalogue(ctx context.Context) (own models.OwnCatalogue, err error) {
	err = s.glance(ctx, func(tx *Tx) error {
		own, err = tx.Catalogue()
		return err
	})
	return own, err
}

// Catalogue returns what the installation adds to the built-in catalogue. Where nothing was stored, that is nothing, and
// the built-in one is offered.
func (tx *Tx) Catalogue() (models.OwnCatalogue, error) {
	var found []struct {
		Document string
		Version  int64
	}
	if err := tx.db.Raw(`SELECT document, version FROM catalogue`).Scan(&found).Error; err != nil {
		return models.OwnCatalogue{}, translate(err)
	}
	if len(found) == 0 {
		return models.OwnCatalogue{BuiltIn: true}, nil
	}
	var own models.OwnCatalogue
	if err := json.Unmarshal([]byte(found[0].Document), &own); err != nil {
		return models.OwnCatalogue{}, fmt.Errorf("reading the stored catalogue: %w", err)
	}
	own.Version = found[0].Version
	return own, nil
}

// PutCatalogue stores the installation's catalogue where the stored version is still own.Version, and counts it up. It
// answers Conflict where somebody was first.
func (tx *Tx) PutCatalogue(own models.OwnCatalogue) error {
	document, err := json.Marshal(own)
	if err != nil {
		return fmt.Errorf("writing the catalogue: %w", err)
	}
	db := tx.db.Exec(`UPDATE catalogue SET document = ?, version = version + 1 WHERE id = 1 AND version = ?`, string(document), own.Version)
	if own.Version == 0 {
		db = tx.db.Exec(`INSERT INTO catalogue (id, document, version) VALUES (1, ?, 1) ON CONFLICT (id) DO NOTHING`, string(document))
	}
	n, err := rows(db)
	if err == nil && n == 0 {
		return errChanged
	}
	return err
}

// CountKeysWithScope counts the live keys that hold the scope, up to the cap.
func (tx *Tx) CountKeysWithScope(in models.FolderScope, scope string, now time.Time, most int) (int, error) {
	none := time.Time{}
	capped := tx.db.Table("api_key_scopes AS s").Joins("JOIN api_keys k ON k.id = s.key_id").Scopes(within(in)).
		Where("s.scope = ? AND k.revoked_at = ? AND (k.expires_at = ? OR k.expires_at > ?)", scope, none, none, models.Instant(now)).
		Select("s.key_id").Limit(most)
	return tx.countCapped(capped)
}

// CountAccountsWithRole counts the undeleted accounts that hold the role, up to the cap.
func (tx *Tx) CountAccountsWithRole(in models.FolderScope, role string, most int) (int, error) {
	capped := tx.db.Model(&models.Account{}).Scopes(within(in)).
		Where("deleted_at = ?", time.Time{}).Where(holdsRole, subjectAccount, role).
		Select("id").Limit(most)
	return tx.countCapped(capped)
}

func (tx *Tx) countCapped(capped *gorm.DB) (int, error) {
	var n int64
	err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, capped).Scan(&n).Error
	return int(n), translate(err)
}
