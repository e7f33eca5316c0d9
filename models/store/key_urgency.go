package store

import (
	"fmt"
	"strings"

	"keydesk/models"
)

// urgent reads places of the attention tab where the filters leave few keys: each is looked at once, and says in which
// section it stands. Section after section, they would be looked at eight times.
func (tx *Tx) urgent(q KeySearch, section, most int) ([]place, error) {
	is, at := tx.urgencies()
	looked := tx.list(q, keySection{}).Scopes(q.filter).
		Select("l.key_id, l.created_at, l.ends_at, l.allowed_day, l.refused_day, CASE"+is+" END AS section", marks(q.Now))
	// Materialized: Postgres would else look again for each mention of the section.
	sql, args := "WITH looked AS MATERIALIZED (?) SELECT p.key_id, p.section, p.at FROM (SELECT l.key_id, l.section, CASE l.section"+at+
		" END AS at FROM looked l WHERE l.section IS NOT NULL) AS p", []any{looked}
	if q.After != (models.Cursor{}) {
		_, id, _ := strings.Cut(q.After.ID, "/")
		next, beyond, s := ">", ">", reasons[section]
		if q.Back {
			next = "<"
		}
		if s.down != q.Back {
			beyond = "<"
		}
		sql += fmt.Sprintf(" WHERE p.section %s ? OR p.section = ? AND (p.at, p.key_id) %s (?, ?)", next, beyond)
		args = append(args, section, section, s.by.value(q.After.At), id)
	}
	var found []place
	err := tx.db.Raw(sql+" ORDER BY "+urgencyOrder(q.Back)+" LIMIT ?", append(args, most)...).Scan(&found).Error
	return found, translate(err)
}

// urgencies are the branches of two CASEs: which section a key stands in, and by which column that is sorted.
func (tx *Tx) urgencies() (is, at string) {
	for i, r := range urgencies {
		is += fmt.Sprintf(" WHEN %s THEN %d", r.is, i)
		name := string(r.by.name)
		if r.by.day && tx.postgres { // the values of a CASE are of one type
			name = "(" + name + "::timestamp AT TIME ZONE 'UTC')"
		}
		at += fmt.Sprintf(" WHEN %d THEN %s", i, name)
	}
	return is, at
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
