package store

import (
	"context"

	"gorm.io/gorm/clause"

	"keydesk/models"
)

// flushesKept is how many flushes of a gate are remembered: far more than it has under way at once.
const flushesKept = 1000

// Flush adds up what a gate counted, once for each (gate, sequence): a repeat after a lost answer counts nothing. Counts
// only grow, and no time ever moves back, in whatever order flushes arrive. Digests under a newer pepper are written first,
// in a transaction of their own, because other gates must learn them.
func (s *Store) Flush(ctx context.Context, f models.Flush) error {
	if err := s.redigest(ctx, f.Redigest); err != nil {
		return err
	}
	return s.hotWrite(ctx, func(tx *Tx) error {
		fresh, err := tx.firstFlush(f.GateID, f.Sequence)
		if err != nil || !fresh {
			return err
		}
		if err := tx.addUses(mergeUses(f.Uses)); err != nil {
			return err
		}
		if err := tx.addTotals(totals(f.Uses)); err != nil {
			return err
		}
		if err := tx.addUnknown(mergeUnknown(f.Unknown)); err != nil {
			return err
		}
		return tx.moveLastUsed(mergeLast(f.Last))
	})
}

// firstFlush notes the flush, and reports whether it was not noted before.
func (tx *Tx) firstFlush(gateID string, sequence int64) (bool, error) {
	n, err := rows(tx.db.Exec(`INSERT INTO flushes (gate_id, sequence) VALUES (?, ?) ON CONFLICT DO NOTHING`, gateID, sequence))
	if err != nil || n == 0 {
		return false, err
	}
	return true, translate(tx.db.Exec(`DELETE FROM flushes WHERE gate_id = ? AND sequence < ?`, gateID, sequence-flushesKept).Error)
}

// redigest moves digests to a newer pepper; an older or equal one changes nothing, so that two gates may meet here.
func (s *Store) redigest(ctx context.Context, moved []models.Redigest) error {
	if len(moved) == 0 {
		return nil
	}
	_, err := s.Write(ctx, func(tx *Tx) error {
		for _, m := range moved {
			if err := tx.redigest(m); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

func (tx *Tx) redigest(m models.Redigest) error {
	if m.GatewayID != "" {
		n, err := rows(tx.db.Exec(`UPDATE gateways SET digest = ?, pepper_version = ? WHERE id = ? AND pepper_version < ?`,
			m.Digest[:], m.PepperVersion, m.GatewayID, m.PepperVersion))
		if n > 0 {
			tx.Change(models.ChangeGateway, m.GatewayID)
		}
		return err
	}
	n, err := rows(tx.db.Exec(`UPDATE api_key_secrets SET digest = ?, pepper_version = ?
		WHERE id = ? AND key_id = ? AND pepper_version < ?`, m.Digest[:], m.PepperVersion, m.SecretID, m.KeyID, m.PepperVersion))
	if n > 0 {
		tx.Change(models.ChangeKey, m.KeyID)
	}
	return err
}

const (
	usesSQLite = `INSERT INTO key_usage
			(key_id, secret_id, bucket, requested_scope, granted_scope, outcome, network, count, further, last_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key_id, bucket, secret_id, requested_scope, granted_scope, outcome, network)
		DO UPDATE SET count = key_usage.count + excluded.count, further = key_usage.further + excluded.further,
			last_at = MAX(key_usage.last_at, excluded.last_at)`
	usesPostgres = `INSERT INTO key_usage
			(key_id, secret_id, bucket, requested_scope, granted_scope, outcome, network, count, further, last_at)
		SELECT * FROM unnest(?::text[], ?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[],
			?::bigint[], ?::timestamptz[])
		ON CONFLICT (key_id, bucket, secret_id, requested_scope, granted_scope, outcome, network)
		DO UPDATE SET count = key_usage.count + excluded.count, further = key_usage.further + excluded.further,
			last_at = GREATEST(key_usage.last_at, excluded.last_at)`
)

// addUses adds counts. No two of them may be of one row.
func (tx *Tx) addUses(list []models.Use) error {
	if len(list) == 0 {
		return nil
	}
	if tx.postgres {
		c := useColumns(list)
		return translate(tx.db.Exec(usesPostgres, &c.key, &c.secret, &c.bucket, &c.requested, &c.granted, &c.outcome, &c.network,
			&c.count, &c.further, &c.lastAt).Error)
	}
	for _, u := range list {
		err := tx.db.Exec(usesSQLite, u.KeyID, u.SecretID, u.Bucket, u.Requested, u.Granted, u.Outcome, u.Network, u.Count,
			u.Further, u.LastAt).Error
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

const (
	totalsSQLite = `INSERT INTO account_usage (account_id, bucket, allowed, refused, last_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (account_id, bucket) DO UPDATE SET allowed = account_usage.allowed + excluded.allowed,
			refused = account_usage.refused + excluded.refused, last_at = MAX(account_usage.last_at, excluded.last_at)`
	totalsPostgres = `INSERT INTO account_usage (account_id, bucket, allowed, refused, last_at)
		SELECT * FROM unnest(?::text[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::timestamptz[])
		ON CONFLICT (account_id, bucket) DO UPDATE SET allowed = account_usage.allowed + excluded.allowed,
			refused = account_usage.refused + excluded.refused, last_at = GREATEST(account_usage.last_at, excluded.last_at)`
)

func (tx *Tx) addTotals(list []models.AccountUse) error {
	if len(list) == 0 {
		return nil
	}
	if tx.postgres {
		c := totalColumns(list)
		return translate(tx.db.Exec(totalsPostgres, &c.account, &c.bucket, &c.allowed, &c.refused, &c.lastAt).Error)
	}
	for _, t := range list {
		if err := tx.db.Exec(totalsSQLite, t.AccountID, t.Bucket, t.Allowed, t.Refused, t.LastAt).Error; err != nil {
			return translate(err)
		}
	}
	return nil
}

// addUnknown adds counts of unknown keys. They are bounded by the networks that a gate keeps apart.
func (tx *Tx) addUnknown(list []models.UnknownUse) error {
	for len(list) > 0 {
		n := min(len(list), batchRows)
		err := tx.db.Table("unknown_usage").Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "bucket"}, {Name: "network"}},
			DoUpdates: clause.Assignments(map[string]any{"count": clause.Expr{SQL: "unknown_usage.count + excluded.count"}}),
		}).Create(list[:n]).Error
		if err != nil {
			return translate(err)
		}
		list = list[n:]
	}
	return nil
}
