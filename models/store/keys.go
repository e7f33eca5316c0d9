package store

import (
	"strings"

	"gorm.io/gorm"

	"keydesk/models"
)

// Key returns the key with its scopes and secrets, whatever its state, or Missing.
func (tx *Tx) Key(scope models.FolderScope, id string) (models.Key, error) {
	return tx.key(tx.db.Scopes(withinAccount(scope)).Where("id = ?", id))
}

// LockKey is Key, and keeps others from changing it until the transaction ends. Lock its account first, where both are.
func (tx *Tx) LockKey(scope models.FolderScope, id string) (models.Key, error) {
	return tx.key(tx.locking().Scopes(withinAccount(scope)).Where("id = ?", id))
}

func (tx *Tx) key(db *gorm.DB) (models.Key, error) {
	var key models.Key
	if err := db.Take(&key).Error; err != nil {
		return models.Key{}, missing(err, "API key")
	}
	keys := []*models.Key{&key}
	return key, tx.fillKeys(keys)
}

// fillKeys adds scopes and secrets: one query each for all keys.
func (tx *Tx) fillKeys(keys []*models.Key) error {
	if len(keys) == 0 {
		return nil
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	scopes, err := tx.scopesOf(ids)
	if err != nil {
		return err
	}
	secrets, err := tx.secretsOf(ids)
	for _, k := range keys {
		k.Scopes, k.Secrets = scopes[k.ID], secrets[k.ID]
	}
	return err
}

// InsertKey keeps a new key, as version 1, with its scopes, its secrets and the row of its last use.
func (tx *Tx) InsertKey(key models.Key) error {
	key.Version = 1
	row := struct {
		models.Key
		ScopeList string
	}{key, scopeList(key.Scopes)}
	if err := tx.db.Table("api_keys").Create(&row).Error; err != nil {
		return translate(err)
	}
	if err := tx.insertScopes(key.ID, key.Scopes); err != nil {
		return err
	}
	if err := tx.enlist(key); err != nil {
		return err
	}
	for _, secret := range key.Secrets {
		secret.KeyID = key.ID
		if err := tx.InsertSecret(secret); err != nil {
			return err
		}
	}
	return tx.insertLastUsed(key)
}

// UpdateKey writes all that may change of the key itself, where the stored version is still key.Version, and counts it
// up. It answers Missing outside the scope, and Conflict where somebody was first. Scopes and secrets are written apart.
func (tx *Tx) UpdateKey(scope models.FolderScope, key models.Key) error {
	if !scope.HasAccount(key.FolderID, key.AccountID) {
		return models.Missing("API key")
	}
	old := key.Version
	key.Version++
	n, err := rows(tx.db.Model(&models.Key{}).
		Where("id = ? AND folder_id = ? AND account_id = ? AND version = ?", key.ID, key.FolderID, key.AccountID, old).
		Select("*").Omit("id", "account_id", "folder_id", "default_scopes", "created_at", "created_by", "created_via", "one_scope").Updates(&key))
	if err == nil && n == 0 {
		_, err := tx.Key(scope, key.ID)
		return changedUnless(err)
	}
	if err != nil {
		return err
	}
	return tx.relist(key)
}

// SetKeyScopes makes these the key's scopes, in this order, and says whether they are the defaults, and which one the API's
// older field has.
func (tx *Tx) SetKeyScopes(keyID string, scopes []string, defaults bool, one string) error {
	n, err := rows(tx.db.Exec(`UPDATE api_keys SET default_scopes = ?, one_scope = ?, scope_list = ? WHERE id = ?`,
		defaults, one, scopeList(scopes), keyID))
	if err != nil {
		return err
	}
	if n == 0 {
		return models.Missing("API key")
	}
	if err := tx.db.Exec(`DELETE FROM api_key_scopes WHERE key_id = ?`, keyID).Error; err != nil {
		return translate(err)
	}
	if err := tx.relistScopes(keyID, scopes, defaults); err != nil {
		return err
	}
	return tx.insertScopes(keyID, scopes)
}

// scopeList is how a key has its scopes beside itself. Their names have no spaces.
func scopeList(scopes []string) string { return strings.Join(scopes, " ") }

func (tx *Tx) insertScopes(keyID string, scopes []string) error {
	if len(scopes) == 0 {
		return nil
	}
	type row struct {
		KeyID    string
		Position int
		Scope    string
		Mode     string
	}
	list := make([]row, len(scopes))
	for i, scope := range scopes {
		list[i] = row{keyID, i, scope, "allow"}
	}
	return translate(tx.db.Table("api_key_scopes").Create(&list).Error)
}

func (tx *Tx) scopesOf(keyIDs []string) (map[string][]string, error) {
	var found []struct{ KeyID, Scope string }
	err := tx.db.Raw(`SELECT key_id, scope FROM api_key_scopes WHERE key_id IN ? ORDER BY key_id, position`, keyIDs).
		Scan(&found).Error
	scopes := make(map[string][]string, len(keyIDs))
	for _, f := range found {
		scopes[f.KeyID] = append(scopes[f.KeyID], f.Scope)
	}
	return scopes, translate(err)
}
