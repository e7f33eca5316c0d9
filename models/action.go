package models

import (
	"strings"
	"unicode"
)

// Action is what an event's Action means, to people and to readers of Yandex's Audit Trails.
type Action struct {
	Name  string // as the event has it: "key.create"
	Group string // heading in a list of actions
	Did   string // after it was done: "Created API key"
	Do    string // to choose or to have tried: "create API key"
	Event string // last part of its Audit Trails type: "CreateApiKey"
}

// EventTypePrefix begins every Audit Trails type.
const EventTypePrefix = "yandex.cloud.audit.iam."

// Groups of actions, in the order in which pages offer them.
const (
	groupKeys     = "API keys"
	groupBulk     = "Many API keys"
	groupAccounts = "Service accounts"
	groupFolders  = "Folders"
	groupTokens   = "Access to the API"
	groupPeople   = "People"
	groupSessions = "Sessions"
	groupAudit    = "Audit and exports"
	groupDesk     = "Installation"
)

// Actions is the one table of what is recorded. The events of Yandex's control plane have their own names there: those are
// CreateApiKey, UpdateApiKey, DeleteApiKey, CreateServiceAccount, UpdateServiceAccount, DeleteServiceAccount,
// SuspendServiceAccount and ReactivateServiceAccount. Yandex has no name for the others; theirs follow its grammar, under
// the same prefix, and collide with none that it documents. A test holds the table to what the code records.
var Actions = []Action{
	{"key.create", groupKeys, "Created API key", "create API key", "CreateApiKey"},
	{"key.update", groupKeys, "Edited API key", "edit API key", "UpdateApiKey"},
	{"key.revoke", groupKeys, "Revoked API key", "revoke API key", "DeleteApiKey"},                           // the API's Delete
	{"key.revoke_again", groupKeys, "Revoked API key again", "revoke API key again", "ConfirmDeletedApiKey"}, // it was revoked already
	{"key.disable", groupKeys, "Disabled API key", "disable API key", "DisableApiKey"},
	{"key.enable", groupKeys, "Enabled API key", "enable API key", "EnableApiKey"},
	{"key.reissue", groupKeys, "Reissued secret of API key", "reissue secret of API key", "ReissueApiKey"},
	{"key.retire", groupKeys, "Retired old secret of API key", "retire old secret of API key", "RetireApiKeySecret"},
	{"key.note", groupKeys, "Edited note of API key", "edit note of API key", "UpdateApiKeyNote"},

	{"operation.draft", groupBulk, "Prepared change of many API keys", "prepare change of many API keys", "CreateOperation"},
	{"operation.start", groupBulk, "Started change of many API keys", "start change of many API keys", "StartOperation"},
	{"operation.cancel", groupBulk, "Cancelled change of many API keys", "cancel change of many API keys", "CancelOperation"},
	{"operation.discard", groupBulk, "Discarded change of many API keys", "discard change of many API keys", "DeleteOperation"},
	{"operation.end", groupBulk, "Finished change of many API keys", "finish change of many API keys", "CompleteOperation"},
	{"operation.export", groupBulk, "Exported result of a change", "export result of a change", "ExportOperation"},

	{"account.create", groupAccounts, "Created service account", "create service account", "CreateServiceAccount"},
	{"account.update", groupAccounts, "Edited service account", "edit service account", "UpdateServiceAccount"},
	{"account.delete", groupAccounts, "Deleted service account", "delete service account", "DeleteServiceAccount"},
	{"account.suspend", groupAccounts, "Suspended service account", "suspend service account", "SuspendServiceAccount"},
	{"account.reactivate", groupAccounts, "Reactivated service account", "reactivate service account", "ReactivateServiceAccount"},
	{"account.revoke_keys", groupAccounts, "Revoked all keys of service account", "revoke all keys of service account", "RevokeServiceAccountApiKeys"},
	{"account.end_tokens", groupAccounts, "Ended all IAM tokens of service account", "end all IAM tokens of service account", "RevokeServiceAccountIamTokens"},
	{"account.note", groupAccounts, "Edited note of service account", "edit note of service account", "UpdateServiceAccountNote"},

	{"account.bind", groupAccounts, "Changed who manages service account", "change who manages service account", "UpdateServiceAccountAccessBindings"},
	{"folder.create", groupFolders, "Created folder", "create folder", "CreateFolder"},
	{"folder.bind", groupFolders, "Changed roles in folder", "change roles in folder", "UpdateFolderAccessBindings"},

	{"authorized_key.create", groupTokens, "Created authorized key", "create authorized key", "CreateKey"},
	{"authorized_key.update", groupTokens, "Edited authorized key", "edit authorized key", "UpdateKey"},
	{"authorized_key.delete", groupTokens, "Deleted authorized key", "delete authorized key", "DeleteKey"},
	{"token.create", groupTokens, "Created IAM token", "create IAM token", "CreateIamToken"},
	{"token.revoke", groupTokens, "Revoked IAM token", "revoke IAM token", "RevokeIamToken"},
	{"token.replace_key", groupTokens, "Replaced key of IAM tokens", "replace key of IAM tokens", "ReplaceIamTokenKey"},
	{"token.end_all", groupTokens, "Ended all IAM tokens of person", "end all IAM tokens of person", "RevokeIamTokens"},

	{"person.create", groupPeople, "Added person", "add person", "CreatePerson"},
	{"person.disable", groupPeople, "Disabled person", "disable person", "DisablePerson"},
	{"person.enable", groupPeople, "Enabled person", "enable person", "EnablePerson"},
	{"person.end_sessions", groupPeople, "Ended sessions of person", "end sessions of person", "EndPersonSessions"},
	{"person.reset_link", groupPeople, "Made sign-in link for person", "make sign-in link for person", "CreatePersonResetLink"},
	{"person.reset_password", groupPeople, "Set password by link", "set password by link", "ResetPersonPassword"},
	{"person.change_access", groupPeople, "Changed access of person", "change access of person", "UpdatePersonAccess"},
	{"person.change_password", groupPeople, "Changed own password", "change own password", "UpdatePersonPassword"},
	{"person.unlock", groupPeople, "Unlocked sign-in of person", "unlock sign-in of person", "UnlockPerson"},
	{"person.lock", groupPeople, "Locked sign-in after failed attempts", "lock sign-in after failed attempts", "LockPerson"},

	{"session.create", groupSessions, "Signed in", "sign in", "CreateSession"},
	{"session.delete", groupSessions, "Signed out", "sign out", "DeleteSession"},
	{"request.refuse", groupSessions, "Sent a change without this session's form", "send a change", "RefuseRequest"},
	{"access.refuse", groupSessions, "Asked for more than their access", "use a permission", "RefuseAccess"},

	{"audit.export", groupAudit, "Exported audit log", "export audit log", "ExportAuditEvents"},
	{"audit.verify", groupAudit, "Verified audit log", "verify audit log", "VerifyAuditEvents"},
	{"keys.export", groupAudit, "Exported API keys", "export API keys", "ExportApiKeys"},
	{"people.export", groupAudit, "Exported people", "export people", "ExportPeople"},
	{"accounts.export", groupAudit, "Exported service accounts", "export service accounts", "ExportServiceAccounts"},

	{"catalogue.update", groupDesk, "Changed scope catalogue", "change scope catalogue", "UpdateScopeCatalogue"},
	{"policy.update", groupDesk, "Changed key policy", "change key policy", "UpdateKeyPolicy"},
	{"gateway.create", groupDesk, "Created gateway credential", "create gateway credential", "CreateGateway"},
	{"gateway.revoke", groupDesk, "Revoked gateway credential", "revoke gateway credential", "DeleteGateway"},
	{"database.accept", groupDesk, "Accepted database that went back in time", "accept database that went back in time", "AcceptDatabase"},
	{"pepper.replace", groupDesk, "Replaced pepper", "replace pepper", "ReplacePepper"},
	{"pepper.drop", groupDesk, "Dropped old pepper", "drop old pepper", "DeletePepper"},
}

// ActionOf looks an action up. One that the table does not have, such as an older version's, keeps its own name.
func ActionOf(name string) (Action, bool) {
	for _, a := range Actions {
		if a.Name == name {
			return a, true
		}
	}
	return Action{Name: name, Did: name, Do: name, Event: unnamed(name)}, false
}

// EventType is the action's name in an export for readers of Audit Trails.
func (a Action) EventType() string { return EventTypePrefix + a.Event }

// unnamed makes a type of an action that the table does not have, verb first as the others: "key.copy" is "CopyKey".
func unnamed(action string) string {
	object, verb, _ := strings.Cut(action, ".")
	var b strings.Builder
	for _, word := range strings.FieldsFunc(verb+" "+object, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		r := []rune(word)
		b.WriteRune(unicode.ToUpper(r[0]))
		b.WriteString(string(r[1:]))
	}
	return b.String()
}
