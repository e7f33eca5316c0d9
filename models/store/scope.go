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

// withinAccounts limits a query of accounts to where the actor holds a permission: in folders, or on single accounts.
func withinAccounts(scope models.FolderScope) func(*gorm.DB) *gorm.DB {
	return beside(scope, `(folder_id IN ? OR id IN ?)`)
}

// withinAccount is the same for what accounts have.
func withinAccount(scope models.FolderScope) func(*gorm.DB) *gorm.DB {
	return beside(scope, `(folder_id IN ? OR account_id IN ?)`)
}

func beside(scope models.FolderScope, either query) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if scope.All || len(scope.Accounts) == 0 {
			return within(scope)(db)
		}
		return db.Where(string(either), scope.IDs, scope.Accounts)
	}
}
