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

var (
	viewing  = []Permission{AccountsView, KeysView}
	stopping = []Permission{AccountsSuspend, KeysDisable, KeysRevoke}
	running  = []Permission{
		AccountsCreate, AccountsUpdate, AccountsReactivate, AccountsDelete,
		KeysCreate, KeysUpdate, KeysReissue, KeysEnable,
	}
	administering = []Permission{AuditView, PeopleManage, GatewaysManage, SettingsManage}
)

// permitted is the one table from access to permissions.
var permitted = map[string][]Permission{
	Administrator: slices.Concat(viewing, stopping, running, administering, []Permission{Export}),
	Operator:      slices.Concat(viewing, stopping, running, []Permission{Export}),
	Responder:     slices.Concat(viewing, stopping, []Permission{RestrictionsLiftOwn}),
	Reviewer:      slices.Concat(viewing, []Permission{AuditView, Export}),
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
