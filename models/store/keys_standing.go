package store

import (
	"strings"

	"gorm.io/gorm"

	"keydesk/models"
)

// standingColumns are what the API says of a key, in one statement: a page of it has up to 1,000 keys, and to look each up in
// one more table takes a third of the time that there is. The newest secret is the one that a mask shows.
const standingColumns query = `SELECT k.id, k.account_id, k.folder_id, k.description, k.created_at, k.one_scope, k.scope_list, k.expires_at, u.allowed_at,
		COALESCE((SELECT t.tail FROM api_key_secrets t WHERE t.key_id = k.id ORDER BY t.created_at DESC, t.id DESC LIMIT 1), '')
	FROM (?) AS k JOIN key_last_used u ON u.key_id = k.id
	ORDER BY k.created_at DESC, k.id DESC`

// StandingPage pages over the keys of an account that are not revoked, newest first: as far as the API tells of them, and
// when they were used last.
func (tx *Tx) StandingPage(
	scope models.FolderScope, accountID string, after models.Cursor, limit int,
) (models.Page[models.KeyWithUse], error) {
	limit = limited(limit)
	var k models.Key
	var created, expires, used instant
	var scopes, tail string
	list := make([]models.KeyWithUse, 0, limit+1)
	err := stream(tx.db.Raw(string(standingColumns), tx.standingKeys(scope, accountID, after, limit+1)), func() error {
		row := models.KeyWithUse{Key: k}
		row.CreatedAt, row.ExpiresAt, row.LastUsed.Allowed.At = created.time(), expires.time(), used.time()
		row.Scopes, row.Secrets = strings.Fields(scopes), []models.KeySecret{{KeyID: k.ID, Tail: tail}}
		list = append(list, row)
		return nil
	}, &k.ID, &k.AccountID, &k.FolderID, &k.Description, &created, &k.OneScope, &scopes, &expires, &used, &tail)
	return models.CutPage(list, limit, func(r models.KeyWithUse) models.Cursor { return r.Cursor() }), err
}

// standingKeys selects those keys, newest first.
func (tx *Tx) standingKeys(scope models.FolderScope, accountID string, after models.Cursor, limit int) *gorm.DB {
	q := KeyQuery{Scope: scope, AccountID: accountID, Life: StandingKeys, After: after}
	return tx.db.Model(&models.Key{}).Select("id, account_id, folder_id, description, created_at, one_scope, scope_list, expires_at").
		Scopes(q.filter, q.place).Limit(limit)
}
