package store

import (
	"context"
	"strings"
)

// MigrateTo brings the schema to an older version, for tests of what a migration does to a filled database.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	p, err := s.migrator()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// Plans explains how the database reads each section of a search, from its beginning.
func (tx *Tx) Plans(q KeySearch) ([]string, error) {
	if err := tx.planAnew(); err != nil {
		return nil, err
	}
	var plans []string
	for _, s := range sections(q.Tab, q.Sort) {
		next := tx.section(q, s, false, q.Limit)
		var err error
		lines := []string{}
		if tx.postgres {
			err = tx.db.Raw(`EXPLAIN (FORMAT TEXT) SELECT * FROM (?) AS explained`, next).Scan(&lines).Error
		} else {
			var steps []struct{ Detail string }
			err = tx.db.Raw(`EXPLAIN QUERY PLAN SELECT * FROM (?) AS explained`, next).Scan(&steps).Error
			for _, step := range steps {
				lines = append(lines, step.Detail)
			}
		}
		if err != nil {
			return nil, err
		}
		plans = append(plans, strings.Join(lines, "\n"))
	}
	return plans, nil
}
