package models

import "slices"

// Permission is one thing that a route, a command or an RPC asks for. Its zero value is held by nobody, so a route that
// forgets to declare one is shut.
type Permission string

// Permissions of objects and pages.
const (
	AccountsView       Permission = "accounts.view"
	AccountsCreate     Permission = "accounts.create"
	AccountsUpdate     Permission = "accounts.update" // name, description, owner, expiry, roles
	AccountsSuspend    Permission = "accounts.suspend"
	AccountsReactivate Permission = "accounts.reactivate"
	AccountsDelete     Permission = "accounts.delete"
	KeysView           Permission = "keys.view"
	KeysCreate         Permission = "keys.create"
	KeysUpdate         Permission = "keys.update"
	KeysReissue        Permission = "keys.reissue"
	KeysDisable        Permission = "keys.disable"
	KeysEnable         Permission = "keys.enable"
	KeysRevoke         Permission = "keys.revoke"
	// RestrictionsLiftOwn lets a responder enable or reactivate what was restricted by somebody who acted as a responder.
	RestrictionsLiftOwn Permission = "restrictions.liftOwn"
	AuditView           Permission = "audit.view"
	Export              Permission = "export" // lists as files, each an event
	PeopleManage        Permission = "people.manage"
	GatewaysManage      Permission = "gateways.manage"
	SettingsManage      Permission = "settings.manage"
	FoldersView         Permission = "folders.view"
	FoldersCreate       Permission = "folders.create"
	// RolesBind gives roles to service accounts, and takes them: in a folder, or on one account.
	RolesBind Permission = "roles.bind"
	// AuthorizedKeysManage makes and deletes the keys by which a service account itself gets IAM tokens.
	AuthorizedKeysManage Permission = "authorizedKeys.manage"
	// TokensImpersonate makes an IAM token of a service account.
	TokensImpersonate Permission = "tokens.impersonate"
)

// Access: what a person may do. A person holds one or more, and they add up.
const (
	Administrator = "administrator"
	Operator      = "operator"
	Responder     = "responder"
	Reviewer      = "reviewer"
)

// AccessNames lists every access, in the order in which pages offer them.
var AccessNames = []string{Administrator, Operator, Responder, Reviewer}

// Roles of service accounts that manage. The others permit scopes alone: see the catalogue.
const (
	RoleViewer         = "viewer"
	RoleAuditor        = "auditor"
	RoleEditor         = "editor"
	RoleAdmin          = "admin"
	RoleAPIKeyAdmin    = "iam.serviceAccounts.apiKeyAdmin"
	RoleAuthorizedKeys = "iam.serviceAccounts.authorizedKeyAdmin"
	RoleKeyAdmin       = "iam.serviceAccounts.keyAdmin"
	RoleAccountAdmin   = "iam.serviceAccounts.admin"
	RoleTokenCreator   = "iam.serviceAccounts.tokenCreator"
)

var (
	viewing  = []Permission{AccountsView, KeysView, FoldersView}
	stopping = []Permission{AccountsSuspend, KeysDisable, KeysRevoke}
	running  = []Permission{
		AccountsCreate, AccountsUpdate, AccountsReactivate, AccountsDelete,
		KeysCreate, KeysUpdate, KeysReissue, KeysEnable,
	}
	administering = []Permission{AuditView, PeopleManage, GatewaysManage, SettingsManage, FoldersCreate, TokensImpersonate}
	ofKeys        = []Permission{KeysCreate, KeysUpdate, KeysReissue, KeysDisable, KeysEnable, KeysRevoke}
	handing       = []Permission{RolesBind, AuthorizedKeysManage}
)

// permitted is the one table from access, and from roles of service accounts, to permissions.
var permitted = map[string][]Permission{
	Administrator: slices.Concat(viewing, stopping, running, handing, administering, []Permission{Export}),
	Operator:      slices.Concat(viewing, stopping, running, handing, []Permission{Export}),
	Responder:     slices.Concat(viewing, stopping, []Permission{RestrictionsLiftOwn}),
	Reviewer:      slices.Concat(viewing, []Permission{AuditView, Export}),

	RoleViewer:         viewing,
	RoleAuditor:        viewing,
	RoleEditor:         slices.Concat(viewing, stopping, running, []Permission{AuthorizedKeysManage}),
	RoleAdmin:          slices.Concat(viewing, stopping, running, handing, []Permission{TokensImpersonate}),
	RoleAPIKeyAdmin:    slices.Concat(viewing, ofKeys),
	RoleAuthorizedKeys: slices.Concat(viewing, []Permission{AuthorizedKeysManage}),
	RoleKeyAdmin:       slices.Concat(viewing, ofKeys, []Permission{AuthorizedKeysManage}),
	RoleAccountAdmin:   slices.Concat(viewing, stopping, running, []Permission{AuthorizedKeysManage, TokensImpersonate}),
	RoleTokenCreator:   slices.Concat(viewing, []Permission{TokensImpersonate}),
}

// Manages lists what a role of service accounts permits beside scopes: nothing, of most.
func Manages(role string) []Permission {
	if access(role) {
		return nil
	}
	return permitted[role]
}

// Permits reports whether a role holds a permission. An unknown role holds none.
func Permits(role string, p Permission) bool { return slices.Contains(permitted[role], p) }

// KnownPermission reports whether some role can hold the permission: a route that declares another is a mistake.
func KnownPermission(p Permission) bool {
	for _, ps := range permitted {
		if slices.Contains(ps, p) {
			return true
		}
	}
	return false
}
