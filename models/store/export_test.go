package store

import "strings"

// Plans explains how the database reads each section of a search, from its beginning.
func (tx *Tx) Plans(q KeySearch) ([]string, error) {
	if err := tx.planAnew(); err != nil {
		return nil, err
	}
	var plans []string
	for _, s := range sections(q.Tab, q.Sort) {
		next := s.sort(tx.section(q, s, false, q.Limit), s.down)
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
