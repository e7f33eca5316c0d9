package store

import (
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// KeySecretByDigest finds what is kept of a secret by any of its digests, one for each pepper, or Missing. Retired ones
// are found too.
func (tx *Tx) KeySecretByDigest(digests ...[]byte) (models.KeySecret, error) {
	if len(digests) == 0 {
		return models.KeySecret{}, models.Missing("API key")
	}
	var secret models.KeySecret
	err := tx.db.Where("digest IN ?", digests).Order("created_at DESC").Take(&secret).Error
	return secret, missing(err, "API key")
}

// InsertSecret keeps what is known of a new secret of a key.
func (tx *Tx) InsertSecret(secret models.KeySecret) error {
	return translate(tx.db.Create(&secret).Error)
}

// UpdateSecret writes when the secret retires or retired, the only things about it that change.
func (tx *Tx) UpdateSecret(secret models.KeySecret) error {
	n, err := rows(tx.db.Exec(`UPDATE api_key_secrets SET retires_at = ?, retired_at = ? WHERE id = ? AND key_id = ?`,
		models.Instant(secret.RetiresAt), models.Instant(secret.RetiredAt), secret.ID, secret.KeyID))
	if err == nil && n == 0 {
		return models.Missing("API key")
	}
	return err
}

// secretsOf returns the secrets by key: those that are not retired first, newest first.
func (tx *Tx) secretsOf(keyIDs []string) (map[string][]models.KeySecret, error) {
	var found []models.KeySecret
	err := tx.db.Where("key_id IN ?", keyIDs).
		Order("key_id, retired_at, created_at DESC, id").Find(&found).Error
	secrets := make(map[string][]models.KeySecret, len(keyIDs))
	for _, s := range found {
		secrets[s.KeyID] = append(secrets[s.KeyID], s)
	}
	return secrets, translate(err)
}

// SecretsByPepper counts, by pepper version, the credentials that still depend on it: live secrets of keys that are not
// revoked, and gateways. The clock is the database's.
func (tx *Tx) SecretsByPepper() (map[int]int, error) {
	now, err := tx.Clock()
	if err != nil {
		return nil, err
	}
	none := time.Time{}
	left := map[int]int{}
	err = tx.countByPepper(left, tx.db.Raw(`SELECT s.pepper_version, count(*) AS n
		FROM api_key_secrets s JOIN api_keys k ON k.id = s.key_id
		WHERE s.retired_at = ? AND (s.retires_at = ? OR s.retires_at > ?) AND k.revoked_at = ?
		GROUP BY s.pepper_version`, none, none, now, none))
	if err != nil {
		return nil, err
	}
	err = tx.countByPepper(left, tx.db.Raw(`SELECT pepper_version, count(*) AS n FROM gateways WHERE revoked_at = ?
		GROUP BY pepper_version`, none))
	return left, err
}

// Depends is a credential whose digest is of an old pepper: a key, or a gateway.
type Depends struct {
	Kind          string // "key" or "gateway"
	ID            string
	Name          string // the description or name
	Account       string // a key's service account
	PepperVersion int
}

// DependOn lists, up to the limit, the credentials that still need another pepper than the current one: keys with a live
// secret, then gateways, by id.
func (tx *Tx) DependOn(current, limit int) ([]Depends, error) {
	now, err := tx.Clock()
	if err != nil {
		return nil, err
	}
	none := time.Time{}
	var keys, gateways []Depends
	err = tx.db.Raw(`SELECT DISTINCT 'key' AS kind, k.id, k.description AS name, a.name AS account, s.pepper_version
		FROM api_key_secrets s JOIN api_keys k ON k.id = s.key_id JOIN service_accounts a ON a.id = k.account_id
		WHERE s.pepper_version <> ? AND s.retired_at = ? AND (s.retires_at = ? OR s.retires_at > ?) AND k.revoked_at = ?
		ORDER BY k.id LIMIT ?`, current, none, none, now, none, limit).Scan(&keys).Error
	if err != nil {
		return nil, translate(err)
	}
	err = tx.db.Raw(`SELECT 'gateway' AS kind, id, name, '' AS account, pepper_version FROM gateways
		WHERE pepper_version <> ? AND revoked_at = ? ORDER BY id LIMIT ?`, current, none, limit).Scan(&gateways).Error
	return append(keys, gateways...), translate(err)
}

// DeadUnder counts the secrets that no key needs any more and that only this pepper recognises: without it they are unknown.
func (tx *Tx) DeadUnder(version int) (int, error) {
	var all int64
	err := tx.db.Raw(`SELECT (SELECT count(*) FROM api_key_secrets WHERE pepper_version = ?)
		+ (SELECT count(*) FROM gateways WHERE pepper_version = ?)`, version, version).Scan(&all).Error
	if err != nil {
		return 0, translate(err)
	}
	left, err := tx.SecretsByPepper()
	return int(all) - left[version], err
}

func (tx *Tx) countByPepper(into map[int]int, query *gorm.DB) error {
	var found []struct{ PepperVersion, N int }
	err := query.Scan(&found).Error
	for _, f := range found {
		into[f.PepperVersion] += f.N
	}
	return translate(err)
}
