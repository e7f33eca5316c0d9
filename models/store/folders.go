package store

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"keydesk/models"
)

const defaultFolder = "b1gdefault0000000000"

// Folder returns the folder, or Missing.
func (tx *Tx) Folder(id string) (models.Folder, error) {
	var f models.Folder
	err := tx.db.Where("id = ?", id).Take(&f).Error
	return f, missing(err, "folder")
}

// DefaultFolder returns the folder that every database has from the first migration on.
func (tx *Tx) DefaultFolder() (models.Folder, error) { return tx.Folder(defaultFolder) }

// LockFolder is Folder, and keeps others from changing its bindings until the transaction ends. It comes before any account.
// Accounts and keys are made in it meanwhile: they need its row to stay, and no more.
func (tx *Tx) LockFolder(id string) (models.Folder, error) {
	var f models.Folder
	db := tx.db
	if tx.postgres {
		db = db.Clauses(clause.Locking{Strength: "NO KEY UPDATE"})
	}
	err := db.Where("id = ?", id).Take(&f).Error
	return f, missing(err, "folder")
}

// InsertFolder keeps a new folder, whose name nobody may have taken.
func (tx *Tx) InsertFolder(f models.Folder) error {
	if f.Labels == nil {
		f.Labels = map[string]string{}
	}
	return taken(tx.db.Create(&f).Error, "folder_name_taken", "There is already a folder of this name. Choose another name.")
}

// Folders pages over the folders of the scope by name.
func (tx *Tx) Folders(scope models.FolderScope, after models.Cursor, limit int) (models.Page[models.Folder], error) {
	db := tx.db.Order("name")
	if after != (models.Cursor{}) {
		db = db.Where("name > ?", after.ID)
	}
	return tx.folders(db, scope, limit)
}

// FoldersBefore is the page that ends before a place, in the order of the list. More says that rows precede it.
func (tx *Tx) FoldersBefore(scope models.FolderScope, before models.Cursor, limit int) (models.Page[models.Folder], error) {
	page, err := tx.folders(tx.db.Order("name DESC").Where("name < ?", before.ID), scope, limit)
	slices.Reverse(page.Rows)
	return page, err
}

// FoldersNamed is Folders of that name: there is one at most.
func (tx *Tx) FoldersNamed(name string, scope models.FolderScope, after models.Cursor, limit int) (models.Page[models.Folder], error) {
	db := tx.db.Where("name = ?", name)
	if after != (models.Cursor{}) {
		db = db.Where("name > ?", after.ID)
	}
	return tx.folders(db, scope, limit)
}

func (tx *Tx) folders(db *gorm.DB, scope models.FolderScope, limit int) (models.Page[models.Folder], error) {
	switch {
	case scope.All:
	case len(scope.IDs) == 0:
		return models.Page[models.Folder]{}, nil
	default:
		db = db.Where("id IN ?", scope.IDs)
	}
	var found []models.Folder
	limit = limited(limit)
	err := db.Limit(limit + 1).Find(&found).Error
	return models.CutPage(found, limit, models.Folder.Cursor), translate(err)
}

// CountFolders counts up to two: whether there is more than the default one is all that pages ask.
func (tx *Tx) CountFolders() (int, error) {
	var n int64
	err := tx.db.Raw(`SELECT count(*) FROM (SELECT id FROM folders LIMIT 2) AS f`).Scan(&n).Error
	return int(n), translate(err)
}
