package store

import (
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// AccountQuery selects accounts. State "" selects all but the deleted ones; another zero field selects nothing away.
type AccountQuery struct {
	Scope          models.FolderScope
	Search         string // part of a name, or the whole id of an account or of one of its keys
	State          models.AccountState
	Role           string
	FolderID       string
	Owner          string    // part of the owner's mail address, in capitals or not
	HasScope       string    // a live key was granted it
	UnusedSince    time.Time // a live key that is older was not used since
	ExpiringBefore time.Time // a live key ends before it
	Now            time.Time
	By             models.AccountOrder
	Down           bool          // the last name, the latest use, the newest account first
	After          models.Cursor // of a row, or a page's Next; zero: the list's beginning
	Before         bool          // read the rows before After instead, still in the order of the list
	Limit          int

	byScope bool // few keys have the scope: they are found first
}

// resolve looks how many keys have the scope: see Tx.ResolveKeys.
func (q AccountQuery) resolve(tx *Tx) (AccountQuery, error) {
	var err error
	if q.HasScope != "" {
		q.byScope, err = tx.few(tx.db.Table("api_key_scopes").Where("scope = ?", q.HasScope), fewRows)
	}
	return q, err
}

// AccountRow is an account in a list.
type AccountRow struct {
	models.Account
	AccountKeys
	LastUsed time.Time // of any of its keys, dead ones too; zero: never

	place models.Cursor
}

// Cursor is the row's place in the list that it was read from; by name where it was read from none. Names may be equal
// across folders, and with deleted accounts.
func (r AccountRow) Cursor() models.Cursor {
	if r.place != (models.Cursor{}) {
		return r.place
	}
	return models.Cursor{ID: r.Name + "/" + r.ID}
}

// Accounts returns a page of accounts with their roles, what their keys sum up to, and last use. The page's Next continues
// in the direction of the query: after the last row, or before the first.
func (tx *Tx) Accounts(q AccountQuery) (models.Page[AccountRow], error) {
	limit := limited(q.Limit)
	q, err := q.resolve(tx)
	if err != nil {
		return models.Page[AccountRow]{}, err
	}
	var found []models.Account
	if err := tx.db.Scopes(q.filter, q.sorted, q.begin).Limit(limit + 1).Find(&found).Error; err != nil {
		return models.Page[AccountRow]{}, translate(err)
	}
	used, err := tx.accountUse(found)
	if err != nil {
		return models.Page[AccountRow]{}, err
	}
	list := make([]AccountRow, len(found))
	for i, acct := range found {
		list[i] = AccountRow{Account: acct, LastUsed: used[acct.ID]}
		switch q.By {
		case models.AccountsByUse:
			list[i].place = models.Cursor{At: list[i].LastUsed, ID: acct.ID}
		case models.AccountsByCreated:
			list[i].place = models.Cursor{At: acct.CreatedAt, ID: acct.ID}
		}
	}
	page := models.CutPage(list, limit, AccountRow.Cursor)
	if q.Before {
		slices.Reverse(page.Rows)
	}
	return page, tx.fillAccounts(page.Rows, q.Now)
}

// CountAccounts counts what the query selects, up to the cap: a page says "1,000+" instead of reading everything.
func (tx *Tx) CountAccounts(q AccountQuery, most int) (int, error) {
	q, err := q.resolve(tx)
	if err != nil {
		return 0, err
	}
	var n int64
	capped := tx.db.Model(&models.Account{}).Scopes(q.filter).Select("id").Limit(most)
	err = tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, capped).Scan(&n).Error
	return int(n), translate(err)
}

// sorted puts the rows in the order of the list, or in the other one where the page before is read.
func (q AccountQuery) sorted(db *gorm.DB) *gorm.DB {
	down := q.Down != q.Before
	switch {
	case q.By == models.AccountsByUse && down:
		return db.Joins(joinAccountUse).Order("used_minute DESC, used_at DESC, id DESC")
	case q.By == models.AccountsByUse:
		return db.Joins(joinAccountUse).Order("used_minute, used_at, id")
	case q.By == models.AccountsByCreated && down:
		return db.Order("created_at DESC, id DESC")
	case q.By == models.AccountsByCreated:
		return db.Order("created_at, id")
	case down:
		return db.Order("name DESC, id DESC")
	}
	return db.Order("name, id")
}

// begin starts where the page before ended.
func (q AccountQuery) begin(db *gorm.DB) *gorm.DB {
	if q.After == (models.Cursor{}) {
		return db
	}
	down, at := q.Down != q.Before, models.Instant(q.After.At)
	name, id, _ := strings.Cut(q.After.ID, "/")
	switch {
	case q.By == models.AccountsByUse && down:
		return db.Where("(used_minute, used_at, id) < (?, ?, ?)", minute(at), at, q.After.ID)
	case q.By == models.AccountsByUse:
		return db.Where("(used_minute, used_at, id) > (?, ?, ?)", minute(at), at, q.After.ID)
	case q.By == models.AccountsByCreated && down:
		return db.Where("(created_at, id) < (?, ?)", at, q.After.ID)
	case q.By == models.AccountsByCreated:
		return db.Where("(created_at, id) > (?, ?)", at, q.After.ID)
	case down:
		return db.Where("(name, id) < (?, ?)", name, id)
	}
	return db.Where("(name, id) > (?, ?)", name, id)
}

// fillAccounts adds what stands in other tables: one query each for the whole page.
func (tx *Tx) fillAccounts(list []AccountRow, now time.Time) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	roles, err := tx.RolesOf(ids...)
	if err != nil {
		return err
	}
	keys, err := tx.keysByAccount(ids, now)
	for i := range list {
		list[i].Roles, list[i].AccountKeys = roles[list[i].ID], keys[list[i].ID]
	}
	return err
}
