package store

import (
	"slices"
	"strings"
	"time"

	"keydesk/models"
)

// Bindings are of a resource: a folder, or a service account. Those of an account say who may manage it; those of a folder
// say what accounts may do in it. What people may do everywhere is their access, and no binding.

// resource is what roles are bound on, as its table is read and written.
type resource struct{ list, before, add, remove query }

var (
	ofFolder = resource{
		list: `SELECT role, subject_type, subject_id FROM role_bindings
			WHERE folder_id = ? AND subject_type <> 'person' AND EXISTS (SELECT 1 FROM service_accounts a WHERE a.id = subject_id AND a.deleted_at = ?)
			AND (subject_type, subject_id, role) > (?, ?, ?) ORDER BY subject_type, subject_id, role LIMIT ?`,
		before: `SELECT role, subject_type, subject_id FROM role_bindings
			WHERE folder_id = ? AND subject_type <> 'person' AND EXISTS (SELECT 1 FROM service_accounts a WHERE a.id = subject_id AND a.deleted_at = ?)
			AND (subject_type, subject_id, role) < (?, ?, ?) ORDER BY subject_type DESC, subject_id DESC, role DESC LIMIT ?`,
		add:    `INSERT INTO role_bindings (folder_id, subject_type, subject_id, role) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		remove: `DELETE FROM role_bindings WHERE folder_id = ? AND subject_type = ? AND subject_id = ? AND role = ?`,
	}
	ofAccount = resource{
		list: `SELECT role, subject_type, subject_id FROM account_bindings
			WHERE account_id = ? AND (subject_type = 'person' OR EXISTS (SELECT 1 FROM service_accounts a WHERE a.id = subject_id AND a.deleted_at = ?))
			AND (subject_type, subject_id, role) > (?, ?, ?) ORDER BY subject_type, subject_id, role LIMIT ?`,
		add:    `INSERT INTO account_bindings (account_id, subject_type, subject_id, role) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		remove: `DELETE FROM account_bindings WHERE account_id = ? AND subject_type = ? AND subject_id = ? AND role = ?`,
	}
)

// FolderBindings pages over the roles that service accounts hold in a folder; those of deleted ones are records. The cursor's id is the last binding's place.
func (tx *Tx) FolderBindings(folderID string, after models.Cursor, limit int) (models.Page[models.Binding], error) {
	return tx.bindings(ofFolder.list, folderID, after, limit)
}

// FolderBindingsBefore is the page that ends before a place, in the order of the list. More says that rows precede it.
func (tx *Tx) FolderBindingsBefore(folderID string, before models.Cursor, limit int) (models.Page[models.Binding], error) {
	page, err := tx.bindings(ofFolder.before, folderID, before, limit)
	slices.Reverse(page.Rows)
	return page, err
}

// AccountBindings pages over the roles that others hold on an account.
func (tx *Tx) AccountBindings(accountID string, after models.Cursor, limit int) (models.Page[models.Binding], error) {
	return tx.bindings(ofAccount.list, accountID, after, limit)
}

func (tx *Tx) bindings(list query, id string, from models.Cursor, limit int) (models.Page[models.Binding], error) {
	at := append(strings.SplitN(from.ID, models.BindingSep, 3), "", "") // of the list's beginning: nothing, which is before all
	var found []models.Binding
	limit = limited(limit)
	err := tx.db.Raw(string(list), id, time.Time{}, at[0], at[1], at[2], limit+1).Scan(&found).Error
	return models.CutPage(found, limit, models.Binding.Cursor), translate(err)
}

// AddFolderBinding gives a service account a role in a folder, and reports whether it did not hold it before.
func (tx *Tx) AddFolderBinding(folderID string, b models.Binding) (bool, error) {
	return tx.addBinding(ofFolder, folderID, b)
}

// AddAccountBinding gives a subject a role on an account, and reports whether it did not hold it before.
func (tx *Tx) AddAccountBinding(accountID string, b models.Binding) (bool, error) {
	return tx.addBinding(ofAccount, accountID, b)
}

// RemoveFolderBinding takes a role in a folder from a service account, and reports whether it held it.
func (tx *Tx) RemoveFolderBinding(folderID string, b models.Binding) (bool, error) {
	return tx.removeBinding(ofFolder, folderID, b)
}

// RemoveAccountBinding takes a role on an account from a subject, and reports whether it held it.
func (tx *Tx) RemoveAccountBinding(accountID string, b models.Binding) (bool, error) {
	return tx.removeBinding(ofAccount, accountID, b)
}

func (tx *Tx) addBinding(of resource, id string, b models.Binding) (bool, error) {
	n, err := rows(tx.db.Exec(string(of.add), id, b.SubjectType, b.SubjectID, b.Role))
	return n > 0, err
}

func (tx *Tx) removeBinding(of resource, id string, b models.Binding) (bool, error) {
	n, err := rows(tx.db.Exec(string(of.remove), id, b.SubjectType, b.SubjectID, b.Role))
	return n > 0, err
}

// GrantsOf is what a subject holds: roles in folders, and on accounts that are not deleted. A person's access is not in it.
func (tx *Tx) GrantsOf(subject models.ActorType, id string) ([]models.Grant, error) {
	var grants []models.Grant
	err := tx.db.Raw(`SELECT role, folder_id, '' AS account_id FROM role_bindings
		WHERE subject_type = ? AND subject_id = ? AND subject_type <> 'person'
		UNION ALL SELECT b.role, '', b.account_id FROM account_bindings b JOIN service_accounts a ON a.id = b.account_id
		WHERE b.subject_type = ? AND b.subject_id = ? AND a.deleted_at = ?
		ORDER BY account_id, folder_id, role`, subject, id, subject, id, time.Time{}).Scan(&grants).Error
	return grants, translate(err)
}

// DropBindingsOf takes from an account that is deleted what it held, and from others what they held on it.
func (tx *Tx) DropBindingsOf(acct models.Account) error {
	err := tx.db.Exec(`DELETE FROM account_bindings WHERE account_id = ? OR (subject_type = ? AND subject_id = ?)`,
		acct.ID, subjectAccount, acct.ID).Error
	if err != nil {
		return translate(err)
	}
	return translate(tx.db.Exec(`DELETE FROM role_bindings WHERE subject_type = ? AND subject_id = ? AND folder_id <> ?`,
		subjectAccount, acct.ID, acct.FolderID).Error)
}
