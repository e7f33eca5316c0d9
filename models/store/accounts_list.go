package store

import (
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// AccountQuery selects accounts, sorted by name. State "" selects all but the deleted ones.
type AccountQuery struct {
	Scope  models.FolderScope
	Search string // part of a name, or the whole id of an account or of one of its keys
	State  models.AccountState
	Role   string // "": any
	Now    time.Time
	After  models.Cursor // of a row, or a page's Next; zero: the list's beginning
	Before bool          // read the rows before After instead, still in ascending order
	Limit  int
}

// AccountRow is an account in a list.
type AccountRow struct {
	models.Account
	LiveKeys int       // neither revoked nor expired
	LastUsed time.Time // of any of its keys; zero: never
}

// Cursor is the row's place: names may be equal across folders, and with deleted accounts.
func (r AccountRow) Cursor() models.Cursor { return models.Cursor{ID: r.Name + "/" + r.ID} }

// Accounts returns a page of accounts with their roles, live keys and last use. The page's Next continues in the direction
// of the query: after the last row, or before the first.
func (tx *Tx) Accounts(q AccountQuery) (models.Page[AccountRow], error) {
	limit := limited(q.Limit)
	var found []models.Account
	if err := tx.db.Scopes(q.filter, q.place).Limit(limit + 1).Find(&found).Error; err != nil {
		return models.Page[AccountRow]{}, translate(err)
	}
	list := make([]AccountRow, len(found))
	for i, acct := range found {
		list[i].Account = acct
	}
	page := models.CutPage(list, limit, AccountRow.Cursor)
	if q.Before {
		slices.Reverse(page.Rows)
	}
	return page, tx.fillAccounts(page.Rows, q.Now)
}

// CountAccounts counts what the query selects, up to the cap: a page says "1,000+" instead of reading everything.
func (tx *Tx) CountAccounts(q AccountQuery, most int) (int, error) {
	var n int64
	capped := tx.db.Model(&models.Account{}).Scopes(q.filter).Select("id").Limit(most)
	err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, capped).Scan(&n).Error
	return int(n), translate(err)
}

func (q AccountQuery) filter(db *gorm.DB) *gorm.DB {
	db = within(q.Scope)(db)
	if q.Search != "" {
		db = db.Where(`(name LIKE ? ESCAPE '\' OR id = ? OR id IN (SELECT account_id FROM api_keys WHERE id = ?))`,
			"%"+likeEscape(strings.ToLower(q.Search))+"%", q.Search, q.Search)
	}
	if q.Role != "" {
		db = db.Where(`id IN (SELECT subject_id FROM role_bindings WHERE subject_type = ? AND role = ?)`, subjectAccount, q.Role)
	}
	return q.inState(db)
}

// inState says Account.State in SQL.
func (q AccountQuery) inState(db *gorm.DB) *gorm.DB {
	none, now := time.Time{}, models.Instant(q.Now)
	if q.State == models.AccountDeleted {
		return db.Where("deleted_at > ?", none)
	}
	db = db.Where("deleted_at = ?", none)
	const suspended = "(suspended_at > ? AND (suspended_until = ? OR suspended_until > ?))"
	const expired = "(expires_at > ? AND expires_at <= ?)"
	switch q.State {
	case models.AccountSuspended:
		return db.Where(suspended, none, none, now)
	case models.AccountExpired:
		return db.Where("NOT "+suspended+" AND "+expired, none, none, now, none, now)
	case models.AccountActive:
		return db.Where("NOT "+suspended+" AND NOT "+expired, none, none, now, none, now)
	}
	return db
}

// place sorts, and starts where the page before ended.
func (q AccountQuery) place(db *gorm.DB) *gorm.DB {
	name, id, _ := strings.Cut(q.After.ID, "/")
	if q.Before {
		return db.Where("(name, id) < (?, ?)", name, id).Order("name DESC, id DESC")
	}
	if q.After != (models.Cursor{}) {
		db = db.Where("(name, id) > (?, ?)", name, id)
	}
	return db.Order("name, id")
}

// likeEscape makes text mean itself in a LIKE with the escape character \.
func likeEscape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
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
	if err != nil {
		return err
	}
	for i := range list {
		of := keys[list[i].ID]
		list[i].Roles, list[i].LiveKeys, list[i].LastUsed = roles[list[i].ID], of.Live, time.Time(of.LastUsed)
	}
	return nil
}

type accountKeys struct {
	AccountID string
	Live      int
	LastUsed  instant
}

func (tx *Tx) keysByAccount(ids []string, now time.Time) (map[string]accountKeys, error) {
	none := time.Time{}
	var found []accountKeys
	err := tx.db.Raw(`SELECT k.account_id,
			SUM(CASE WHEN k.revoked_at = ? AND (k.expires_at = ? OR k.expires_at > ?) THEN 1 ELSE 0 END) AS live,
			MAX(u.allowed_at) AS last_used
		FROM api_keys k JOIN key_last_used u ON u.key_id = k.id
		WHERE k.account_id IN ? GROUP BY k.account_id`, none, none, models.Instant(now), ids).Scan(&found).Error
	byAccount := make(map[string]accountKeys, len(found))
	for _, f := range found {
		byAccount[f.AccountID] = f
	}
	return byAccount, translate(err)
}
