package store

import (
	"strings"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// OwnedAccounts selects the undeleted accounts whose owner is a mail address, whatever its capitals, sorted by name.
type OwnedAccounts struct {
	Scope models.FolderScope
	Owner string
	After models.Cursor // AccountRow.Cursor of the last row of the page before
	Limit int
}

// AccountsOwnedBy returns a page of them, without roles.
func (tx *Tx) AccountsOwnedBy(q OwnedAccounts) (models.Page[models.Account], error) {
	limit := limited(q.Limit)
	db := tx.db.Scopes(q.filter).Order("name, id").Limit(limit + 1)
	if q.After != (models.Cursor{}) {
		name, id, _ := strings.Cut(q.After.ID, "/")
		db = db.Where("(name, id) > (?, ?)", name, id)
	}
	var found []models.Account
	err := db.Find(&found).Error
	return models.CutPage(found, limit, func(a models.Account) models.Cursor { return AccountRow{Account: a}.Cursor() }), translate(err)
}

// CountAccountsOwnedBy counts them, up to the cap.
func (tx *Tx) CountAccountsOwnedBy(q OwnedAccounts, most int) (int, error) {
	var n int64
	capped := tx.db.Model(&models.Account{}).Scopes(q.filter).Select("id").Limit(most)
	err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, capped).Scan(&n).Error
	return int(n), translate(err)
}

func (q OwnedAccounts) filter(db *gorm.DB) *gorm.DB {
	return within(q.Scope)(db).Where("lower(owner) = ? AND deleted_at = ?", lowerASCII(q.Owner), time.Time{})
}

// SameOwner reports whether two mail addresses are one owner's: whatever their capitals, as in OwnedAccounts.
func SameOwner(a, b string) bool { return lowerASCII(a) == lowerASCII(b) }

// lowerASCII is what lower() answers on both databases: on SQLite, and for the collation "C" of Postgres, other letters
// stay as they are.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
