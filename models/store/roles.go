package store

import (
	"keydesk/models"
)

// Subjects of role bindings.
const (
	subjectPerson  = "person"
	subjectAccount = "account"
)

// RolesOf returns the roles of each account in its folder, sorted. Accounts without any are left out.
func (tx *Tx) RolesOf(accountIDs ...string) (map[string][]string, error) {
	return tx.rolesOf(subjectAccount, accountIDs)
}

// SetRoles makes these the account's roles in its folder; a role that is named twice is held once.
func (tx *Tx) SetRoles(acct models.Account, roles []string) error {
	return tx.bind(subjectAccount, acct.ID, acct.FolderID, roles)
}

// AccessOf returns what access each person holds, sorted. People without any are left out.
func (tx *Tx) AccessOf(personIDs ...string) (map[string][]string, error) {
	return tx.rolesOf(subjectPerson, personIDs)
}

// SetAccess makes this the person's access, in all folders.
func (tx *Tx) SetAccess(personID string, access []string) error {
	return tx.bind(subjectPerson, personID, models.AllFolders, access)
}

func (tx *Tx) rolesOf(subject string, ids []string) (map[string][]string, error) {
	held := map[string][]string{}
	if len(ids) == 0 {
		return held, nil
	}
	var found []struct{ SubjectID, Role string }
	err := tx.db.Raw(`SELECT DISTINCT subject_id, role FROM role_bindings
		WHERE subject_type = ? AND subject_id IN ? ORDER BY subject_id, role`, subject, ids).Scan(&found).Error
	for _, b := range found {
		held[b.SubjectID] = append(held[b.SubjectID], b.Role)
	}
	return held, translate(err)
}

func (tx *Tx) bind(subject, id, folder string, roles []string) error {
	err := tx.db.Exec(`DELETE FROM role_bindings WHERE subject_type = ? AND subject_id = ? AND folder_id = ?`,
		subject, id, folder).Error
	if err != nil {
		return translate(err)
	}
	for _, role := range roles {
		err := tx.db.Exec(`INSERT INTO role_bindings (subject_type, subject_id, role, folder_id) VALUES (?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, subject, id, role, folder).Error
		if err != nil {
			return translate(err)
		}
	}
	return nil
}
