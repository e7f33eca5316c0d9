package accounts

import (
	"slices"
	"strings"

	"keydesk/models"
)

// managing says permissions in words, as something that an account with a role does. What a role permits is read from the
// table of permissions, never repeated.
var managing = []struct {
	words string
	of    []models.Permission // all of them
}{
	{"see service accounts and their keys", []models.Permission{models.AccountsView, models.KeysView}},
	{"create, edit, suspend and delete service accounts", []models.Permission{
		models.AccountsCreate, models.AccountsUpdate, models.AccountsSuspend, models.AccountsReactivate, models.AccountsDelete,
	}},
	{"create, edit, disable and revoke API keys", []models.Permission{
		models.KeysCreate, models.KeysUpdate, models.KeysReissue, models.KeysDisable, models.KeysEnable, models.KeysRevoke,
	}},
	{"create and delete authorized keys", []models.Permission{models.AuthorizedKeysManage}},
	{"give and take roles", []models.Permission{models.RolesBind}},
	{"get IAM tokens of service accounts", []models.Permission{models.TokensImpersonate}},
}

// Manages says in words what an account with the role may do through the management API; "" of a role that permits scopes
// alone.
func Manages(role string) string {
	held := models.Manages(role)
	var words []string
	for _, m := range managing {
		if !slices.ContainsFunc(m.of, func(p models.Permission) bool { return !slices.Contains(held, p) }) {
			words = append(words, m.words)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "Through the management API: " + strings.Join(words, "; ")
}
