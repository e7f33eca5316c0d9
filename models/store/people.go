package store

import (
	"gorm.io/gorm"

	"keydesk/models"
)

// Person returns the person with their access, or Missing.
func (tx *Tx) Person(id string) (models.Person, error) {
	return tx.person(tx.db.Where("id = ?", id))
}

// PersonByEmailKey returns the person of that unique spelling with their access, or Missing.
func (tx *Tx) PersonByEmailKey(key string) (models.Person, error) {
	return tx.person(tx.db.Where("email_key = ?", key))
}

func (tx *Tx) person(db *gorm.DB) (models.Person, error) {
	var p models.Person
	if err := db.Take(&p).Error; err != nil {
		return models.Person{}, missing(err, "person")
	}
	access, err := tx.AccessOf(p.ID)
	p.Access = access[p.ID]
	return p, err
}

// CountPeople counts everybody, disabled people too.
func (tx *Tx) CountPeople() (int, error) {
	var n int64
	err := tx.db.Model(&models.Person{}).Count(&n).Error
	return int(n), translate(err)
}

// InsertPerson keeps a new person. Access is SetAccess' business.
func (tx *Tx) InsertPerson(p models.Person) error {
	return taken(tx.db.Create(&p).Error, "email_taken", "Somebody with this mail address is there already.")
}

// UpdatePerson writes all that may change of the person, or answers Missing.
func (tx *Tx) UpdatePerson(p models.Person) error {
	n, err := rows(tx.db.Model(&models.Person{}).Where("id = ?", p.ID).
		Select("*").Omit("id", "created_at").Updates(&p))
	if err == nil && n == 0 {
		return models.Missing("person")
	}
	return taken(err, "email_taken", "Somebody with this mail address is there already.")
}
