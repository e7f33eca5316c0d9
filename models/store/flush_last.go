package store

import (
	"time"

	"keydesk/models"
)

// A last use only ever moves forward: the row keeps what is newer, and of the same microsecond what is written later, as
// a gate's clock stands still for as long as the database's proves to be behind it. An allowed request touches nothing of the last refused
// one, and the other way round. A key without a row was never issued here, and gets none.
const (
	allowedSQLite = `UPDATE key_last_used
		SET allowed_at = ?, allowed_scope = ?, allowed_address = ?, allowed_agent = ?
		WHERE key_id = ? AND allowed_at <= ?`
	allowedPostgres = `UPDATE key_last_used u SET allowed_at = n.at, allowed_scope = n.scope, allowed_address = n.address,
			allowed_agent = n.agent
		FROM unnest(?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::text[]) AS n (key_id, at, scope, address, agent)
		WHERE u.key_id = n.key_id AND u.allowed_at <= n.at`
	refusedSQLite = `UPDATE key_last_used
		SET refused_at = ?, refused_scope = ?, refused_address = ?, refused_agent = ?, refused_reason = ?
		WHERE key_id = ? AND refused_at <= ?`
	refusedPostgres = `UPDATE key_last_used u SET refused_at = n.at, refused_scope = n.scope, refused_address = n.address,
			refused_agent = n.agent, refused_reason = n.reason
		FROM unnest(?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::text[], ?::text[])
			AS n (key_id, at, scope, address, agent, reason)
		WHERE u.key_id = n.key_id AND u.refused_at <= n.at`
)

// The day of a use moves forward in the list of keys, once a day: what is indexed there does not change with every request.
const (
	allowedDaySQLite   = `UPDATE key_list SET allowed_day = date(?) WHERE key_id = ? AND allowed_day < date(?)`
	refusedDaySQLite   = `UPDATE key_list SET refused_day = date(?) WHERE key_id = ? AND refused_day < date(?)`
	allowedDayPostgres = `UPDATE key_list l SET allowed_day = (n.at AT TIME ZONE 'UTC')::date
		FROM unnest(?::text[], ?::timestamptz[]) AS n (key_id, at)
		WHERE l.key_id = n.key_id AND l.allowed_day < (n.at AT TIME ZONE 'UTC')::date`
	refusedDayPostgres = `UPDATE key_list l SET refused_day = (n.at AT TIME ZONE 'UTC')::date
		FROM unnest(?::text[], ?::timestamptz[]) AS n (key_id, at)
		WHERE l.key_id = n.key_id AND l.refused_day < (n.at AT TIME ZONE 'UTC')::date`
)

func (tx *Tx) moveLastUsed(list []models.LastUsed) error {
	if len(list) == 0 {
		return nil
	}
	if !tx.postgres {
		return tx.moveEach(list)
	}
	allowed := sightingColumns(list, func(l models.LastUsed) models.Sighting { return l.Allowed })
	err := tx.db.Exec(allowedPostgres, &allowed.key, &allowed.at, &allowed.scope, &allowed.address, &allowed.agent).Error
	if err != nil {
		return translate(err)
	}
	refused := sightingColumns(list, func(l models.LastUsed) models.Sighting { return l.Refused })
	err = tx.db.Exec(refusedPostgres, &refused.key, &refused.at, &refused.scope, &refused.address, &refused.agent, &refused.reason).Error
	if err != nil {
		return translate(err)
	}
	if err := tx.db.Exec(allowedDayPostgres, &allowed.key, &allowed.at).Error; err != nil {
		return translate(err)
	}
	return translate(tx.db.Exec(refusedDayPostgres, &refused.key, &refused.at).Error)
}

func (tx *Tx) moveEach(list []models.LastUsed) error {
	for _, l := range list {
		if a := l.Allowed; !a.At.IsZero() {
			if err := tx.db.Exec(allowedSQLite, a.At, a.Scope, a.Address, a.Agent, l.KeyID, a.At).Error; err != nil {
				return translate(err)
			}
			if err := tx.db.Exec(allowedDaySQLite, a.At, l.KeyID, a.At).Error; err != nil {
				return translate(err)
			}
		}
		if r := l.Refused; !r.At.IsZero() {
			if err := tx.db.Exec(refusedSQLite, r.At, r.Scope, r.Address, r.Agent, r.Reason, l.KeyID, r.At).Error; err != nil {
				return translate(err)
			}
			if err := tx.db.Exec(refusedDaySQLite, r.At, l.KeyID, r.At).Error; err != nil {
				return translate(err)
			}
		}
	}
	return nil
}

type sightingArrays struct {
	key, scope, address, agent, reason []string
	at                                 []time.Time
}

func sightingColumns(list []models.LastUsed, pick func(models.LastUsed) models.Sighting) sightingArrays {
	var c sightingArrays
	for _, l := range list {
		s := pick(l)
		if s.At.IsZero() {
			continue
		}
		c.key, c.at, c.scope = append(c.key, l.KeyID), append(c.at, s.At), append(c.scope, s.Scope)
		c.address, c.agent, c.reason = append(c.address, s.Address), append(c.agent, s.Agent), append(c.reason, string(s.Reason))
	}
	return c
}
