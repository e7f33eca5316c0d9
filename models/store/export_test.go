package store

import (
	"strings"

	"gorm.io/gorm"

	"keydesk/models"
)

// Plans explains how the database reads each section of a search, from its beginning.
func (tx *Tx) Plans(q KeySearch) ([]string, error) {
	if err := tx.planAnew(); err != nil {
		return nil, err
	}
	var plans []string
	for _, s := range sections(q.Tab, q.Sort) {
		next := s.sort(tx.section(q, s, false, q.Limit), s.down)
		plan, err := tx.plan(`SELECT * FROM (?) AS explained`, next)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// StandingPlan explains how the database reads a page of an account's keys for the API.
func (tx *Tx) StandingPlan(scope models.FolderScope, accountID string, after models.Cursor, limit int) (string, error) {
	return tx.plan(standingColumns, tx.standingKeys(scope, accountID, after, limit))
}

func (tx *Tx) plan(statement query, next *gorm.DB) (string, error) {
	var lines []string
	if tx.postgres {
		err := tx.db.Raw(string(`EXPLAIN (FORMAT TEXT) `+statement), next).Scan(&lines).Error
		return strings.Join(lines, "\n"), err
	}
	var steps []struct{ Detail string }
	err := tx.db.Raw(string(`EXPLAIN QUERY PLAN `+statement), next).Scan(&steps).Error
	for _, step := range steps {
		lines = append(lines, step.Detail)
	}
	return strings.Join(lines, "\n"), err
}
