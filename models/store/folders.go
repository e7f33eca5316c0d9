package store

import "keydesk/models"

const defaultFolder = "b1gdefault0000000000"

// Folder returns the folder, or Missing.
func (tx *Tx) Folder(id string) (models.Folder, error) {
	var f models.Folder
	err := tx.db.Where("id = ?", id).Take(&f).Error
	return f, missing(err, "folder")
}

// DefaultFolder returns the folder that every database has from the first migration on.
func (tx *Tx) DefaultFolder() (models.Folder, error) { return tx.Folder(defaultFolder) }
