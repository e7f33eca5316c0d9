package store

import (
	"strings"

	"keydesk/models"
)

// number writes the place of a section.
var number = [...]query{"0", "1", "2", "3", "4", "5", "6", "7"}

// urgent reads places of the attention tab where the filters leave few keys: each is looked at once, and says in which
// section it stands. Section after section, they would be looked at eight times.
func (tx *Tx) urgent(q KeySearch, section, most int) ([]place, error) {
	is, at := tx.urgencies()
	// Materialized: Postgres would else look again for each mention of the section.
	sql := "WITH looked AS MATERIALIZED (SELECT l.key_id, l.created_at, l.ends_at, l.allowed_day, l.refused_day, " + is + " AS section FROM (?) AS l) " +
		"SELECT p.key_id, p.section, p.at FROM (SELECT l.key_id, l.section, " + at + " AS at FROM looked l WHERE l.section IS NOT NULL) AS p"
	args := []any{tx.list(q, keySection{}).Scopes(q.filter).Select("l.*")}
	if q.After != (models.Cursor{}) {
		_, id, _ := strings.Cut(q.After.ID, "/")
		s := reasons[section]
		sql += beyondPlace(q.Back, s.down != q.Back)
		args = append(args, section, section, s.by.value(q.After.At), id)
	}
	var found []place
	err := tx.db.Raw(string(sql+urgencyOrder(q.Back)+" LIMIT ?"), append(args, most, marks(q.Now))...).Scan(&found).Error
	return found, translate(err)
}

// urgencies are two CASEs: which section a key stands in, and by which column that is sorted.
func (tx *Tx) urgencies() (is, at query) {
	is, at = "CASE", "CASE l.section"
	for i, r := range urgencies {
		is += " WHEN " + r.is + " THEN " + number[i]
		name := r.by.name
		if r.by.day && tx.postgres { // the values of a CASE are of one type
			name = "(" + name + "::timestamp AT TIME ZONE 'UTC')"
		}
		at += " WHEN " + number[i] + " THEN " + name
	}
	return is + " END", at + " END"
}

// beyondPlace is what follows a place in the list, or what stands before it; less says which way the place's section is sorted.
func beyondPlace(back, less bool) query {
	next, beyond := query(">"), query(">")
	if back {
		next = "<"
	}
	if less {
		beyond = "<"
	}
	return " WHERE p.section " + next + " ? OR p.section = ? AND (p.at, p.key_id) " + beyond + " (?, ?)"
}

// urgencyOrder is the order of the tab, or the other: some sections begin with their latest.
func urgencyOrder(back bool) query {
	falls := query("p.section IN (-1")
	for i, r := range urgencies {
		if r.down {
			falls += ", " + number[i]
		}
	}
	falls += ")"
	up, down := query(""), query(" DESC")
	if back {
		up, down = down, up
	}
	return " ORDER BY p.section" + up + ", CASE WHEN " + falls + " THEN p.at END" + down + ", CASE WHEN " + falls + " THEN p.key_id END" + down +
		", p.at" + up + ", p.key_id" + up
}
