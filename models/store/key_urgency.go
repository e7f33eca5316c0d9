package store

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"keydesk/models"
)

// urgent reads places of the attention tab where the filters leave few rows: each row is looked at once, and says in which
// section it stands. Section after section, they would be looked at eight times.
func (tx *Tx) urgent(q KeySearch, section, most int) ([]place, error) {
	rows := tx.db.Table("(?) AS p", tx.urgencyOf(q))
	if q.After != (models.Cursor{}) {
		_, id, _ := strings.Cut(q.After.ID, "/")
		next, beyond, s := ">", ">", reasons[section]
		if q.Back {
			next = "<"
		}
		if s.down != q.Back {
			beyond = "<"
		}
		rows = rows.Where(fmt.Sprintf("(p.section %s ? OR p.section = ? AND (p.at, p.key_id) %s (?, ?))", next, beyond), section, section, s.by.value(q.After.At), id)
	}
	var found []place
	err := rows.Order(urgencyOrder(q.Back)).Limit(most).Scan(&found).Error
	return found, translate(err)
}

// urgencyOf is the query of all rows that the filters leave in the attention tab: key_id, section and at.
func (tx *Tx) urgencyOf(q KeySearch) *gorm.DB {
	var section, at strings.Builder
	for i, r := range urgencies {
		_, _ = fmt.Fprintf(&section, " WHEN %s THEN %d", r.is, i)
		name := string(r.by.name)
		if r.by.day && tx.postgres { // the values of a CASE are of one type
			name = "(" + name + "::timestamp AT TIME ZONE 'UTC')"
		}
		_, _ = fmt.Fprintf(&at, " WHEN %d THEN %s", i, name)
	}
	looked := tx.list(q, keySection{}).Scopes(q.filter).
		Select("l.key_id, l.created_at, l.ends_at, l.allowed_day, l.refused_day, CASE"+section.String()+" END AS section", marks(q.Now))
	return tx.db.Table("(?) AS l", looked).Where("l.section IS NOT NULL").Select("l.key_id, l.section, CASE l.section" + at.String() + " END AS at")
}

// urgencyOrder is the order of the tab, or the other: some sections begin with their latest.
func urgencyOrder(back bool) string {
	var down []string
	for i, r := range urgencies {
		if r.down {
			down = append(down, fmt.Sprint(i))
		}
	}
	up, in := "", "p.section IN ("+strings.Join(down, ", ")+")"
	other := " DESC"
	if back {
		up, other = other, up
	}
	return fmt.Sprintf("p.section%[1]s, CASE WHEN %[3]s THEN p.at END%[2]s, CASE WHEN %[3]s THEN p.key_id END%[2]s, p.at%[1]s, p.key_id%[1]s", up, other, in)
}
