package people

import (
	"slices"
	"strings"

	"keydesk/models"
)

// Ability is a row of the matrix: what people do, and the permissions that it takes.
type Ability struct {
	Words string
	Of    []models.Permission
	Any   bool // one of them is enough
}

// Abilities is the matrix of who may do what. What stands in it is read from the table of permissions, never repeated.
var Abilities = []Ability{
	{"See service accounts and their keys", []models.Permission{models.AccountsView, models.KeysView, models.FoldersView}, false},
	{"Disable and revoke keys, suspend service accounts", []models.Permission{models.KeysDisable, models.KeysRevoke, models.AccountsSuspend}, false},
	{"Enable and reactivate what a responder stopped", []models.Permission{models.RestrictionsLiftOwn, models.KeysEnable}, true},
	{"Enable and reactivate whatever was stopped", []models.Permission{models.KeysEnable, models.AccountsReactivate}, false},
	{"Create, edit and reissue keys", []models.Permission{models.KeysCreate, models.KeysUpdate, models.KeysReissue}, false},
	{"Create, edit and delete service accounts, and give them roles", []models.Permission{models.AccountsCreate, models.AccountsUpdate, models.AccountsDelete, models.RolesBind}, false},
	{"Create authorized keys, by which service accounts manage", []models.Permission{models.AuthorizedKeysManage}, false},
	{"Read the audit log", []models.Permission{models.AuditView}, false},
	{"Export lists as files", []models.Permission{models.Export}, false},
	{"Manage people and their access", []models.Permission{models.PeopleManage}, false},
	{"Manage gateways", []models.Permission{models.GatewaysManage}, false},
	{"Change settings", []models.Permission{models.SettingsManage, models.FoldersCreate}, false},
}

// Held reports whether somebody with the access has the ability.
func (a Ability) Held(access ...string) bool {
	holds := func(p models.Permission) bool {
		return slices.ContainsFunc(access, func(role string) bool { return models.Permits(role, p) })
	}
	if a.Any {
		return slices.ContainsFunc(a.Of, holds)
	}
	return !slices.ContainsFunc(a.Of, func(p models.Permission) bool { return !holds(p) })
}

// Lost says in words what somebody can do with the access before, and not with the one after.
func Lost(before, after []string) []string {
	var words []string
	for _, a := range Abilities {
		if a.Held(before...) && !a.Held(after...) {
			words = append(words, a.Words)
		}
	}
	return words
}

// title begins a word with a capital.
func title(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// about is an access in one line.
func about(access string) string {
	switch access {
	case models.Administrator:
		return "Everything, people and settings too."
	case models.Operator:
		return "Creates and changes service accounts and keys."
	case models.Responder:
		return "Sees keys, and stops them: disables, suspends, revokes."
	case models.Reviewer:
		return "Sees everything, the audit log too, and exports it. Changes nothing."
	}
	return ""
}

// inWords lists access: "Operator, reviewer".
func inWords(access []string) string {
	if len(access) == 0 {
		return "None"
	}
	return title(strings.Join(access, ", "))
}

// words of events; what is not among them is printed as it is.
var eventWords = map[string]string{
	"person.create": "Added", "person.disable": "Disabled", "person.enable": "Enabled", "person.change_access": "Access changed",
	"person.reset_link": "One-time link made", "person.reset_password": "Password set by a link", "person.change_password": "Password changed",
	"person.end_sessions": "Sessions ended", "person.lock": "Locked out", "person.unlock": "Unlocked",
	"session.create": "Signed in", "session.delete": "Session ended", "access.refuse": "Not allowed",
}

func (e Event) words() string {
	if w := eventWords[e.Action]; w != "" {
		return w
	}
	return e.Action
}

func (p ListPage) filtered() bool { return p.Query != "" || p.Access != "" || p.State != "" }

func (p ListPage) filterText() string {
	if !p.filtered() {
		return "Everybody."
	}
	text := "Searched"
	if p.Query != "" {
		text += " for “" + p.Query + "”"
	}
	if p.State != "" {
		text += " among " + p.State + " people"
	}
	if p.Access != "" {
		text += " with the access " + p.Access
	}
	return text + "."
}

func some(count string) bool { return count != "" && count != "0" }

// accounts is a count with its noun.
func accounts(count string) string {
	if count == "1" {
		return "1 service account"
	}
	return count + " service accounts"
}
