package store

import (
	"gorm.io/gorm"

	"keydesk/models"
)

// within limits a query to the folders in which the actor holds a permission. The empty set finds nothing: it never
// turns into "no condition".
func within(scope models.FolderScope) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		switch {
		case scope.All:
			return db
		case scope.None():
			return db.Where("1 = 0")
		}
		return db.Where("folder_id IN ?", scope.IDs)
	}
}
