package store

import (
	"gorm.io/gorm"

	"keydesk/models"
)

// Subjects of role bindings.
const (
	subjectPerson  = "person"
	subjectAccount = "account"
)

// RolesOf returns the roles of each account in its own folder, sorted: what its keys may do. Accounts without any are left
// out.
func (tx *Tx) RolesOf(accountIDs ...string) (map[string][]string, error) {
	return held(accountIDs, tx.db.Raw(rolesInOwnFolder+` WHERE b.subject_type = ? AND b.subject_id IN ? ORDER BY b.subject_id, b.role`,
		subjectAccount, accountIDs))
}

// rolesInOwnFolder leaves out what an account holds in other folders: it manages there, but its keys are of its own.
const rolesInOwnFolder = `SELECT b.subject_id, b.role FROM role_bindings b
	JOIN service_accounts a ON a.id = b.subject_id AND a.folder_id = b.folder_id`

// SetRoles makes these the account's roles in its own folder; a role that is named twice is held once.
func (tx *Tx) SetRoles(acct models.Account, roles []string) error {
	return tx.bind(subjectAccount, acct.ID, acct.FolderID, roles)
}

// AccessOf returns what access each person holds, sorted. People without any are left out.
func (tx *Tx) AccessOf(personIDs ...string) (map[string][]string, error) {
	return held(personIDs, tx.db.Raw(`SELECT subject_id, role FROM role_bindings
		WHERE subject_type = ? AND subject_id IN ? AND folder_id = ? ORDER BY subject_id, role`, subjectPerson, personIDs, models.AllFolders))
}

// SetAccess makes this the person's access, in all folders.
func (tx *Tx) SetAccess(personID string, access []string) error {
	return tx.bind(subjectPerson, personID, models.AllFolders, access)
}

func held(ids []string, query *gorm.DB) (map[string][]string, error) {
	held := map[string][]string{}
	if len(ids) == 0 {
		return held, nil
	}
	var found []struct{ SubjectID, Role string }
	err := query.Scan(&found).Error
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
