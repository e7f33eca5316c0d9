package store

import (
	"strings"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

func (q AccountQuery) filter(db *gorm.DB) *gorm.DB {
	db = within(q.Scope)(db)
	if q.Search != "" {
		db = db.Where(`(name LIKE ? ESCAPE '\' OR id = ? OR id IN (SELECT account_id FROM api_keys WHERE id = ?))`,
			"%"+likeEscape(strings.ToLower(q.Search))+"%", q.Search, q.Search)
	}
	if q.Owner != "" {
		db = db.Where(`lower(owner) LIKE ? ESCAPE '\'`, "%"+likeEscape(lowerASCII(q.Owner))+"%")
	}
	if q.FolderID != "" {
		db = db.Where("folder_id = ?", q.FolderID)
	}
	if q.Role != "" {
		db = db.Where(holdsRole, subjectAccount, q.Role)
	}
	return q.inState(q.ofKeys(db))
}

// ofKeys selects by the live keys of an account. Each condition looks at the keys of one account after the other, and is
// done with it at the first that fits: a page is found without reading the keys of all. A last use is compared by its day,
// and only where that does not decide by the moment.
func (q AccountQuery) ofKeys(db *gorm.DB) *gorm.DB {
	now := models.Instant(q.Now)
	switch {
	case q.byScope:
		db = db.Where(`id IN (SELECT l.account_id FROM api_key_scopes s JOIN key_list l ON l.key_id = s.key_id
			WHERE s.scope = ? AND NOT l.ended AND l.ends_at > ?)`, q.HasScope, now)
	case q.HasScope != "":
		db = db.Where(`(SELECT 1 FROM key_list l WHERE l.account_id = service_accounts.id AND NOT l.ended AND l.ends_at > ?
			AND (SELECT 1 FROM api_key_scopes s WHERE s.key_id = l.key_id AND s.scope = ? LIMIT 1) = 1 LIMIT 1) = 1`, now, q.HasScope)
	}
	if !q.UnusedSince.IsZero() {
		since, day := models.Instant(q.UnusedSince), dayText(q.UnusedSince)
		db = db.Where(`EXISTS (SELECT 1 FROM key_list l
			WHERE l.account_id = service_accounts.id AND NOT l.ended AND l.ends_at > ? AND l.created_at <= ? AND (l.allowed_day < ?
				OR l.allowed_day = ? AND (SELECT u.allowed_at FROM key_last_used u WHERE u.key_id = l.key_id) <= ?))`,
			now, since, day, day, since)
	}
	if !q.ExpiringBefore.IsZero() {
		db = db.Where(`EXISTS (SELECT 1 FROM key_list l
			WHERE l.account_id = service_accounts.id AND NOT l.ended AND l.ends_at > ? AND l.expires_at <= ?)`,
			now, models.Instant(q.ExpiringBefore))
	}
	return db
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

// likeEscape makes text mean itself in a LIKE with the escape character \.
func likeEscape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// holdsRole selects accounts by a role in their own folder.
const holdsRole = `(id, folder_id) IN (SELECT subject_id, folder_id FROM role_bindings WHERE subject_type = ? AND role = ?)`
