package store

import (
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"keydesk/models"
)

// Catalogue returns what the installation adds to the built-in catalogue. Where nothing was stored, that is nothing, and
// the built-in one is offered.
func (tx *Tx) Catalogue() (models.OwnCatalogue, error) { return readCatalogue(tx.db) }

func readCatalogue(db *gorm.DB) (models.OwnCatalogue, error) {
	var documents []string
	if err := db.Raw(`SELECT document FROM catalogue`).Scan(&documents).Error; err != nil {
		return models.OwnCatalogue{}, translate(err)
	}
	if len(documents) == 0 {
		return models.OwnCatalogue{BuiltIn: true}, nil
	}
	var own models.OwnCatalogue
	if err := json.Unmarshal([]byte(documents[0]), &own); err != nil {
		return models.OwnCatalogue{}, fmt.Errorf("reading the stored catalogue: %w", err)
	}
	return own, nil
}

// PutCatalogue stores the installation's catalogue in the place of the old one.
func (tx *Tx) PutCatalogue(own models.OwnCatalogue) error {
	document, err := json.Marshal(own)
	if err != nil {
		return fmt.Errorf("writing the catalogue: %w", err)
	}
	return translate(tx.db.Exec(`INSERT INTO catalogue (id, document) VALUES (1, ?)
		ON CONFLICT (id) DO UPDATE SET document = excluded.document`, string(document)).Error)
}
