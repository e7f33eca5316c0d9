package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"keydesk/models"
)

// Beat writes the gate's own row and commits it. The clock is read first, so that the lease that others see never ends
// before the gate's own count from the beat's start does. It answers the row as it stands, with SeenAt the database's clock.
// A revision that is not this database's own, by its token, is not taken for one that the gate enforces: nobody may count
// it as the confirmation of a change. The answer's state is then GateAlarm.
func (s *Store) Beat(ctx context.Context, own models.Gate) (models.Gate, error) {
	own.StartedAt = models.Instant(own.StartedAt)
	err := s.hotWrite(ctx, func(tx *Tx) error {
		now, err := tx.Clock()
		if err != nil {
			return err
		}
		own.SeenAt, own.LeaseUntil = now, now.Add(own.StaleFor)
		if err := tx.disown(&own); err != nil {
			return err
		}
		return tx.db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "id"}},
			DoUpdates: clause.AssignmentColumns([]string{"name", "version", "state", "enforced", "stale_for", "lease_until", "seen_at", "epoch", "warning"}),
		}).Create(&own).Error
	})
	if err != nil {
		return models.Gate{}, err
	}
	return own, nil
}

// disown takes back what a gate says it enforces where that is of another history.
func (tx *Tx) disown(own *models.Gate) error {
	if own.Token == "" || own.Enforced == 0 {
		return nil
	}
	here, err := tx.ChangeAt(own.Enforced)
	if err == nil && here.Token != own.Token {
		own.Enforced, own.State = 0, models.GateAlarmed
	}
	return err
}

// PurgeGates forgets gates whose lease is over for longer than that: they went without leaving.
func (s *Store) PurgeGates(ctx context.Context, after time.Duration) error {
	return s.hotWrite(ctx, func(tx *Tx) error {
		now, err := tx.Clock()
		if err != nil {
			return err
		}
		return translate(tx.db.Exec(`DELETE FROM gates WHERE lease_until < ?`, models.Instant(now.Add(-after))).Error)
	})
}

// Leave deletes the gate's row: nobody waits for it any more. Its flushes stay known, in case one is sent again.
func (s *Store) Leave(ctx context.Context, gateID string) error {
	return s.hotWrite(ctx, func(tx *Tx) error {
		return tx.db.Exec(`DELETE FROM gates WHERE id = ?`, gateID).Error
	})
}

// Gates returns all gates that registered and did not leave, by name; those whose lease is long over, too.
func (tx *Tx) Gates() ([]models.Gate, error) {
	var list []models.Gate
	err := tx.db.Order("name, id").Find(&list).Error
	return list, translate(err)
}

// LastChange returns the newest revision that is about the object; 0 where there is none.
func (tx *Tx) LastChange(kind models.ChangeKind, objectID string) (int64, error) {
	var last int64
	err := tx.db.Raw(`SELECT COALESCE(MAX(revision), 0) FROM changes WHERE object_id = ? AND kind = ?`, objectID, kind).Scan(&last).Error
	return last, translate(err)
}

// GatesAt is what the gates say about a revision.
type GatesAt struct {
	Live    int           // how many may still answer
	Pending []models.Gate // those of them that do not yet enforce it, by name
	Before  []models.Gate // those that were last seen before the newest epoch began, by name; none in the first epoch
}

// GatesAt asks what the gates say about a revision, in one statement: many ask, again and again, while they wait for them.
func (s *Store) GatesAt(ctx context.Context, revision int64) (at GatesAt, err error) {
	err = s.glance(ctx, func(tx *Tx) error {
		at, err = tx.gatesAt(revision)
		return err
	})
	return at, err
}

// gatesAt passes over gates that cannot answer any more, but for those of before. One of before whose name, host and address
// that is, came again is not among them: two processes do not listen there.
func (tx *Tx) gatesAt(revision int64) (at GatesAt, err error) {
	var found []struct {
		models.Gate
		Live, Before bool
	}
	err = tx.db.Raw(string(`SELECT * FROM (
			SELECT g.*, g.lease_until > since.lease AS live,
				g.seen_at < since.epoch AND g.name NOT IN (SELECT name FROM gates WHERE seen_at >= since.epoch) AS before
			FROM gates g, (SELECT ` + tx.leasedSince() + ` AS lease, ` + newestEpoch + ` AS epoch) AS since) AS known
		WHERE live OR before ORDER BY name, id`)).Scan(&found).Error
	for _, g := range found {
		if g.Live {
			at.Live++
		}
		if g.Live && g.Enforced < revision {
			at.Pending = append(at.Pending, g.Gate)
		}
		if g.Before {
			at.Before = append(at.Before, g.Gate)
		}
	}
	return at, translate(err)
}

// newestEpoch is when the newest epoch began; of the first, before which there is nothing, the zero time.
const newestEpoch query = `COALESCE((SELECT at FROM epochs WHERE number > 1 ORDER BY number DESC LIMIT 1), '0001-01-01 00:00:00+00:00')`

// leasedSince is when leases ended of gates that may just still answer: clocks and commits are not exact.
func (tx *Tx) leasedSince() query {
	if tx.postgres {
		return `clock_timestamp() - interval '5 seconds'`
	}
	return `strftime('%Y-%m-%d %H:%M:%f+00:00', 'now', '-5 seconds')`
}

// GateProgress returns all gates with the first change that each does not enforce yet, and the newest revision.
func (tx *Tx) GateProgress() ([]models.GateProgress, int64, error) {
	head, err := tx.LastRevision()
	if err != nil {
		return nil, 0, err
	}
	gates, err := tx.Gates()
	if err != nil {
		return nil, 0, err
	}
	var waits []struct {
		ID    string
		Since instant
	}
	// One statement for all: a program that crashes again and again leaves a row each time, for a day.
	err = tx.db.Raw(`SELECT g.id, (SELECT c.at FROM changes c WHERE c.revision > g.enforced ORDER BY c.revision LIMIT 1) AS since
		FROM gates g WHERE g.enforced < ?`, head).Scan(&waits).Error
	since := map[string]time.Time{}
	for _, w := range waits {
		since[w.ID] = time.Time(w.Since)
	}
	list := make([]models.GateProgress, len(gates))
	for i, g := range gates {
		list[i] = models.GateProgress{Gate: g, Since: since[g.ID]}
	}
	return list, head, translate(err)
}
