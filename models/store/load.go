package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// Load streams everything that a gate knows out of one snapshot: catalogue, accounts, keys, gateways. It answers the newest
// change in that snapshot, from which the feed goes on, and the database's clock. It has no deadline but the caller's.
func (s *Store) Load(ctx context.Context, into models.Loaded) (models.Change, time.Time, error) {
	var head models.Change
	var now time.Time
	err := s.once(ctx, s.pools.feeds, snapshot, func(tx *Tx) error {
		if err := tx.unhurried(); err != nil {
			return err
		}
		var err error
		if now, err = tx.Clock(); err != nil {
			return err
		}
		if head, err = tx.lastChange(); err != nil {
			return err
		}
		if err := tx.tellStanding(head, into.Standing); err != nil {
			return err
		}
		return tx.roomy(func() error { return tx.load(into) })
	})
	return head, now, err
}

// roomy runs fn with 64 MB for SQLite's pages instead of two: what lies in an index in the order of random ids is found in
// memory more often. The memory is given back after it.
func (tx *Tx) roomy(fn func() error) error {
	if tx.postgres {
		return fn()
	}
	if err := tx.db.Exec(`PRAGMA cache_size = -65536`).Error; err != nil {
		return translate(err)
	}
	return errors.Join(fn(), translate(tx.db.Exec(`PRAGMA cache_size = -2000`).Error), translate(tx.db.Exec(`PRAGMA shrink_memory`).Error))
}

func (tx *Tx) tellStanding(head models.Change, tell func(models.Standing) error) error {
	if tell == nil {
		return nil
	}
	s, err := tx.standing(head)
	if err != nil {
		return err
	}
	return tell(s)
}

// unhurried lifts the deadlines that Postgres keeps for ordinary statements.
func (tx *Tx) unhurried() error {
	if !tx.postgres {
		return nil
	}
	if err := tx.db.Exec(`SET LOCAL statement_timeout = 0`).Error; err != nil {
		return translate(err)
	}
	return translate(tx.db.Exec(`SET LOCAL idle_in_transaction_session_timeout = 0`).Error)
}

func (tx *Tx) lastChange() (models.Change, error) {
	var last models.Change
	err := tx.db.Order("revision DESC").Limit(1).Find(&last).Error
	return last, translate(err)
}

func (tx *Tx) load(into models.Loaded) error {
	own, err := tx.Catalogue()
	if err != nil {
		return err
	}
	if err := into.Catalogue(own); err != nil {
		return err
	}
	if err := tx.loadAccounts(into.Account); err != nil {
		return err
	}
	if err := tx.loadKeys(into.Key); err != nil {
		return err
	}
	return tx.loadGateways(into.Gateway)
}

// loadAccounts reads the roles first: of an account there are a few, and accounts are few beside keys.
func (tx *Tx) loadAccounts(each func(models.GateAccount) error) error {
	roles := map[string][]string{}
	var id, role string
	err := stream(tx.db.Raw(rolesInOwnFolder+` WHERE b.subject_type = ? ORDER BY b.subject_id, b.role`, subjectAccount), func() error {
		roles[id] = append(roles[id], role)
		return nil
	}, &id, &role)
	if err != nil {
		return err
	}
	var a models.GateAccount
	return stream(tx.db.Raw(`SELECT id, folder_id, suspended_at > ?, suspended_until, expires_at, deleted_at > ?
		FROM service_accounts`, time.Time{}, time.Time{}), func() error {
		a.Roles = roles[a.ID]
		return each(a)
	}, &a.ID, &a.FolderID, &a.Suspended, &a.SuspendedUntil, &a.ExpiresAt, &a.Deleted)
}

// Keys come ordered and joined with their secrets, one row each, so that a key is put together from neighbours. Scopes are
// one column: their names have no spaces. SQLite is asked in the order in which the keys were made: ids are random, and in
// their order each key would be read from another page of each table. Its times come as text, and the usual one, none, as
// NULL: the driver tries one layout after the other on what it knows to be a time.
const (
	loadKeysPostgres = `SELECT k.id, k.account_id, k.expires_at, k.disabled_at > ?, k.disabled_until, k.revoked_at > ?,
			u.allowed_at > ?, COALESCE(s.scopes, ''), t.id, t.digest, t.pepper_version, t.retires_at, t.retired_at > ?
		FROM api_keys k
		JOIN key_last_used u ON u.key_id = k.id
		JOIN api_key_secrets t ON t.key_id = k.id
		LEFT JOIN (SELECT key_id, string_agg(scope, ' ' ORDER BY position) AS scopes
			FROM api_key_scopes GROUP BY key_id) s ON s.key_id = k.id
		ORDER BY k.id`
	loadKeysSQLite = `SELECT k.id, k.account_id, NULLIF(k.expires_at, @none), k.disabled_at > @none, NULLIF(k.disabled_until, @none),
			k.revoked_at > @none, u.allowed_at > @none,
			COALESCE((SELECT group_concat(scope, ' ') FROM (SELECT scope FROM api_key_scopes WHERE key_id = k.id ORDER BY position)), ''),
			t.id, t.digest, t.pepper_version, NULLIF(t.retires_at, @none), t.retired_at > @none
		FROM api_keys k
		CROSS JOIN key_last_used u ON u.key_id = k.id
		CROSS JOIN api_key_secrets t ON t.key_id = k.id
		ORDER BY k.rowid`
)

func (tx *Tx) loadKeys(each func(models.GateKey) error) error {
	none := time.Time{}
	query := tx.db.Raw(loadKeysSQLite, sql.Named("none", none))
	if tx.postgres {
		query = tx.db.Raw(loadKeysPostgres, none, none, none, none)
	}
	var key, next models.GateKey
	var secret models.GateSecret
	var expires, until, retires instant
	var scopes string
	var digest sql.RawBytes
	err := stream(query, func() error {
		next.ExpiresAt, next.DisabledUntil, secret.RetiresAt = time.Time(expires), time.Time(until), time.Time(retires)
		if next.ID != key.ID && key.ID != "" {
			if err := each(key); err != nil {
				return err
			}
		}
		if next.ID != key.ID {
			key = next
			key.Scopes, key.Secrets = strings.Fields(scopes), nil
		}
		copy(secret.Digest[:], digest)
		key.Secrets = append(key.Secrets, secret)
		return nil
	}, &next.ID, &next.AccountID, &expires, &next.Disabled, &until, &next.Revoked, &next.UsedBefore, &scopes,
		&secret.ID, &digest, &secret.PepperVersion, &retires, &secret.Retired)
	if err != nil || key.ID == "" {
		return err
	}
	return each(key)
}

func (tx *Tx) loadGateways(each func(models.Gateway) error) error {
	list, err := tx.Gateways()
	if err != nil {
		return err
	}
	for _, g := range list {
		if err := each(g); err != nil {
			return err
		}
	}
	return nil
}

// stream scans row after row into the same variables. What each keeps of them it must copy.
func stream(query *gorm.DB, each func() error, into ...any) error {
	found, err := query.Rows()
	if err != nil {
		return translate(err)
	}
	defer func() { _ = found.Close() }() // Err tells
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
	return translate(found.Err())
}
