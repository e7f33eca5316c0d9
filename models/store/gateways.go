package store

import (
	"time"

	"keydesk/models"
)

// Gateways returns all gateways, revoked ones too, by name.
func (tx *Tx) Gateways() ([]models.Gateway, error) {
	var list []models.Gateway
	err := tx.db.Order("name, created_at, id").Find(&list).Error
	return list, translate(err)
}

// Gateway returns the gateway, or Missing.
func (tx *Tx) Gateway(id string) (models.Gateway, error) {
	var g models.Gateway
	err := tx.db.Where("id = ?", id).Take(&g).Error
	return g, missing(err, "gateway")
}

// GatewayByDigest returns the gateway with one of the digests, which are of one credential under different peppers; or Missing.
func (tx *Tx) GatewayByDigest(digests ...[]byte) (models.Gateway, error) {
	var g models.Gateway
	err := tx.db.Where("digest IN ?", digests).Take(&g).Error
	return g, missing(err, "gateway")
}

// InsertGateway keeps a new gateway.
func (tx *Tx) InsertGateway(g models.Gateway) error { return translate(tx.db.Create(&g).Error) }

// RevokeGateway revokes the gateway's credential. One that is revoked already keeps its time and its actor, and is answered
// with false.
func (tx *Tx) RevokeGateway(id string, at time.Time, by string) (bool, error) {
	n, err := rows(tx.db.Exec(`UPDATE gateways SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at = ?`,
		models.Instant(at), by, id, time.Time{}))
	if err == nil && n == 0 {
		_, err = tx.Gateway(id)
	}
	return n > 0, err
}
