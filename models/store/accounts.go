package store

import (
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"keydesk/models"
)

// Account returns the account with its roles, deleted ones too, or Missing.
func (tx *Tx) Account(scope models.FolderScope, id string) (models.Account, error) {
	return tx.account(tx.db.Scopes(withinAccounts(scope)).Where("id = ?", id))
}

// AccountByName returns the undeleted account of that name with its roles, or Missing. Where the scope has several
// folders with that name, it is the oldest one's.
func (tx *Tx) AccountByName(scope models.FolderScope, name string) (models.Account, error) {
	return tx.account(tx.db.Scopes(withinAccounts(scope)).Where("name = ? AND deleted_at = ?", name, time.Time{}).Order("created_at, id"))
}

// LockAccount is Account, and keeps others from changing it until the transaction ends. Where a key is locked too, the
// account comes first.
func (tx *Tx) LockAccount(scope models.FolderScope, id string) (models.Account, error) {
	return tx.account(tx.locking().Scopes(withinAccounts(scope)).Where("id = ?", id))
}

func (tx *Tx) account(db *gorm.DB) (models.Account, error) {
	var acct models.Account
	if err := db.Take(&acct).Error; err != nil {
		return models.Account{}, missing(err, "service account")
	}
	roles, err := tx.RolesOf(acct.ID)
	acct.Roles = roles[acct.ID]
	return acct, err
}

// locking begins a query that locks its rows. SQLite has one writer at a time, which is lock enough.
func (tx *Tx) locking() *gorm.DB {
	if tx.postgres && tx.writes {
		return tx.db.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return tx.db
}

// InsertAccount keeps a new account with its roles, as version 1. Its name may not be taken by another undeleted one.
func (tx *Tx) InsertAccount(acct models.Account) error {
	acct.Version = 1
	if acct.Labels == nil {
		acct.Labels = map[string]string{}
	}
	if err := tx.db.Create(&acct).Error; err != nil {
		return nameTaken(err)
	}
	if err := tx.insertAccountUse(acct.ID); err != nil {
		return err
	}
	return tx.SetRoles(acct, acct.Roles)
}

func nameTaken(err error) error {
	return taken(err, "account_name_taken", "There is already a service account of this name. Choose another name.")
}

// UpdateAccount writes all that may change, where the stored version is still acct.Version, and counts it up. It answers
// Missing outside the scope, and Conflict where somebody was first. Roles are SetRoles' business.
func (tx *Tx) UpdateAccount(scope models.FolderScope, acct models.Account) error {
	if !scope.HasAccount(acct.FolderID, acct.ID) {
		return models.Missing("service account")
	}
	old := acct.Version
	acct.Version++
	if acct.Labels == nil {
		acct.Labels = map[string]string{}
	}
	n, err := rows(tx.db.Model(&models.Account{}).
		Where("id = ? AND folder_id = ? AND version = ?", acct.ID, acct.FolderID, old).
		Select("*").Omit("id", "folder_id", "created_at", "created_by").Updates(&acct))
	if err != nil {
		return nameTaken(err)
	}
	if n == 0 {
		_, err := tx.Account(scope, acct.ID)
		return changedUnless(err)
	}
	return nil
}

// changedUnless explains an update that met no row: the object is gone, or somebody changed it meanwhile.
func changedUnless(err error) error {
	if err != nil {
		return err
	}
	return errChanged
}

// notDeleted is in the words of an index, which holds those accounts alone.
const notDeleted = "deleted_at = '0001-01-01 00:00:00+00:00'"

// FolderAccounts pages over the undeleted accounts of a folder by name, without their roles; a name finds that one alone.
func (tx *Tx) FolderAccounts(folderID, name string, after models.Cursor, limit int) (models.Page[models.Account], error) {
	db := tx.db.Where(notDeleted+" AND folder_id = ? AND name > ?", folderID, after.ID)
	if name != "" {
		db = db.Where("name = ?", name)
	}
	var found []models.Account
	limit = limited(limit)
	err := db.Order("name").Limit(limit + 1).Find(&found).Error
	return models.CutPage(found, limit, models.Account.Cursor), translate(err)
}
