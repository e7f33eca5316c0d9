package store

import "keydesk/models"

// Peppers returns the peppers that the database knows of, newest first.
func (tx *Tx) Peppers() ([]models.Pepper, error) {
	var list []models.Pepper
	err := tx.db.Order("version DESC").Find(&list).Error
	return list, translate(err)
}

// InsertPepper keeps a pepper's version and check value. A current one takes the place of the one before.
func (tx *Tx) InsertPepper(p models.Pepper) error {
	if p.Current {
		if err := tx.db.Exec(`UPDATE peppers SET current = ? WHERE current = ?`, false, true).Error; err != nil {
			return translate(err)
		}
	}
	return translate(tx.db.Create(&p).Error)
}

// DeletePepper forgets a pepper that no credential depends on any more; otherwise it answers Precondition.
func (tx *Tx) DeletePepper(version int) error {
	left, err := tx.SecretsByPepper()
	if err != nil {
		return err
	}
	if left[version] > 0 {
		return models.NewError(models.Precondition, "pepper_in_use",
			"Secrets still depend on the old pepper: \"keydesk pepper status\" names them. A key moves at its next use, or by a reissue; "+
				"a gateway's credential moves when a gate that demands one sees it, else revoke it and create another.")
	}
	return translate(tx.db.Exec(`DELETE FROM peppers WHERE version = ?`, version).Error)
}
