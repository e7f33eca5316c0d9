package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"keydesk/models"
)

// leaseGrace is how long after a lease's end a change still waits for its gate: clocks and commits are not exact.
const leaseGrace = 5 * time.Second

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

// GatesNotConfirmed returns the gates that may still answer and do not yet enforce the revision.
func (tx *Tx) GatesNotConfirmed(revision int64) ([]models.Gate, error) {
	since, err := tx.leasedSince()
	if err != nil {
		return nil, err
	}
	var list []models.Gate
	err = tx.db.Where("lease_until > ? AND enforced < ?", since, revision).Order("name, id").Find(&list).Error
	return list, translate(err)
}

// LiveGates counts the gates that may still answer.
func (tx *Tx) LiveGates() (int, error) {
	since, err := tx.leasedSince()
	if err != nil {
		return 0, err
	}
	var n int64
	err = tx.db.Model(&models.Gate{}).Where("lease_until > ?", since).Count(&n).Error
	return int(n), translate(err)
}

// GatesOfBefore returns the gates that were last seen before the newest epoch began, by name; none in the first epoch. One
// whose name, host and address that is, came again is not among them: two processes do not listen there.
func (tx *Tx) GatesOfBefore() ([]models.Gate, error) {
	newest, err := tx.Epoch()
	if err != nil || newest.Number < 2 {
		return nil, err
	}
	var list []models.Gate
	began := models.Instant(newest.At)
	err = tx.db.Where("seen_at < ? AND name NOT IN (SELECT name FROM gates WHERE seen_at >= ?)", began, began).Order("name, id").Find(&list).Error
	return list, translate(err)
}

func (tx *Tx) leasedSince() (time.Time, error) {
	now, err := tx.Clock()
	return now.Add(-leaseGrace), err
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
