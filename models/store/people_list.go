package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"keydesk/models"
)

// PersonQuery selects people, sorted by the unique spelling of their mail addresses. Empty fields select everybody.
type PersonQuery struct {
	Key    string // part of the unique spelling
	Typed  string // where Key is given: the same as it was typed, for addresses that are spelt otherwise there; or a whole id
	State  models.PersonState
	Access string
	After  models.Cursor // of a row, or a page's Next; zero: the list's beginning
	Before bool          // read the rows before After instead, still in ascending order
	Limit  int
}

// People returns a page of people with their access. The page's Next continues in the direction of the query.
func (tx *Tx) People(q PersonQuery) (models.Page[models.Person], error) {
	limit := limited(q.Limit)
	var found []models.Person
	if err := tx.db.Scopes(q.filter, q.place).Limit(limit + 1).Find(&found).Error; err != nil {
		return models.Page[models.Person]{}, translate(err)
	}
	page := models.CutPage(found, limit, models.Person.Cursor)
	if q.Before {
		slices.Reverse(page.Rows)
	}
	access, err := tx.AccessOf(idsOf(page.Rows)...)
	for i, p := range page.Rows {
		page.Rows[i].Access = access[p.ID]
	}
	return page, err
}

func idsOf(people []models.Person) []string {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}

// CountPeopleIn counts what the query selects, up to the cap.
func (tx *Tx) CountPeopleIn(q PersonQuery, most int) (int, error) {
	var n int64
	capped := tx.db.Model(&models.Person{}).Scopes(q.filter).Select("id").Limit(most)
	err := tx.db.Raw(`SELECT count(*) FROM (?) AS capped`, capped).Scan(&n).Error
	return int(n), translate(err)
}

func (q PersonQuery) filter(db *gorm.DB) *gorm.DB {
	if q.Key != "" {
		db = db.Where(`(email_key LIKE ? ESCAPE '\' OR email LIKE ? ESCAPE '\' OR id = ?)`,
			"%"+likeEscape(q.Key)+"%", "%"+likeEscape(q.Typed)+"%", q.Typed)
	}
	if q.Access != "" {
		db = db.Scopes(holding(q.Access))
	}
	return q.inState(db)
}

// inState says Person.State in SQL.
func (q PersonQuery) inState(db *gorm.DB) *gorm.DB {
	none := time.Time{}
	switch q.State {
	case models.PersonDisabled:
		return db.Where("disabled_at > ?", none)
	case models.PersonInvited:
		return db.Where("disabled_at = ? AND password_hash = ''", none)
	case models.PersonActive:
		return db.Where("disabled_at = ? AND password_hash <> ''", none)
	}
	return db
}

// place sorts, and starts where the page before ended.
func (q PersonQuery) place(db *gorm.DB) *gorm.DB {
	if q.Before {
		return db.Where("email_key < ?", q.After.ID).Order("email_key DESC")
	}
	if q.After != (models.Cursor{}) {
		db = db.Where("email_key > ?", q.After.ID)
	}
	return db.Order("email_key")
}

// holding limits a query of people to those with the access.
func holding(access string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where(`id IN (SELECT subject_id FROM role_bindings WHERE subject_type = ? AND role = ?)`, subjectPerson, access)
	}
}

// AnotherAdministrator reports whether an administrator who is not disabled exists beside the person; with a password,
// where that is asked for: who was only invited cannot sign in yet.
func (tx *Tx) AnotherAdministrator(beside string, withPassword bool) (bool, error) {
	db := tx.db.Model(&models.Person{}).Scopes(holding(models.Administrator)).Where("id <> ? AND disabled_at = ?", beside, time.Time{})
	if withPassword {
		db = db.Where("password_hash <> ''")
	}
	var found []string
	err := db.Limit(1).Pluck("id", &found).Error
	return len(found) > 0, translate(err)
}

// EventsOfPerson returns the newest events about a person and of what they did themselves, newest first.
func (tx *Tx) EventsOfPerson(id string, limit int) ([]models.Event, error) {
	limit = limited(limit)
	var about, by []models.Event
	if err := tx.db.Where("object_id = ?", id).Order("number DESC").Limit(limit).Find(&about).Error; err != nil {
		return nil, translate(err)
	}
	if err := tx.db.Where("actor_id = ?", id).Order("number DESC").Limit(limit).Find(&by).Error; err != nil {
		return nil, translate(err)
	}
	all := slices.Concat(about, by)
	slices.SortFunc(all, func(a, b models.Event) int { return int(b.Number - a.Number) })
	all = slices.CompactFunc(all, func(a, b models.Event) bool { return a.Number == b.Number })
	return all[:min(limit, len(all))], nil
}
