package audit

import (
	"strings"

	"keydesk/models"
	"keydesk/views/ui"
)

// option is a choice of the filter.
type option struct{ value, label string }

var actorTypes = []option{
	{string(models.ActorPerson), "Person"},
	{string(models.ActorAccount), "Service account"},
	{string(models.ActorLocal), "Command line"},
	{string(models.ActorSystem), "Keydesk itself"},
}

var objectTypes = []option{
	{"key", "API key"},
	{"account", "Service account"},
	{"authorized_key", "Authorized key"},
	{"token", "IAM token"},
	{"folder", "Folder"},
	{"person", "Person"},
	{"session", "Session"},
	{"permission", "Permission"},
	{"gateway", "Gateway"},
	{"catalogue", "Scope catalogue"},
	{"pepper", "Pepper"},
	{"audit", "Audit log"},
	{"keys", "List of API keys"},
	{"accounts", "List of service accounts"},
}

var results = []option{{models.EventDone, "Done"}, {models.EventRefused, "Refused"}}

// labelOf is the label of a value; what the list does not have stands for itself.
func labelOf(list []option, value string) string {
	for _, o := range list {
		if o.value == value {
			return o.label
		}
	}
	return value
}

// with is the list, and the value chosen where the list does not have it: an address may ask for what only old events have.
func with(list []option, chosen string) []option {
	if chosen == "" || labelOf(list, chosen) != chosen {
		return list
	}
	return append([]option{{chosen, chosen}}, list...)
}

// group is a heading of the list of actions.
type group struct {
	title   string
	actions []option
}

// actionGroups lists the actions under their headings.
func actionGroups(chosen string) []group {
	var groups []group
	if _, known := models.ActionOf(chosen); chosen != "" && !known {
		groups = append(groups, group{"Asked for", []option{{chosen, chosen}}})
	}
	for _, a := range models.Actions {
		if len(groups) == 0 || groups[len(groups)-1].title != a.Group {
			groups = append(groups, group{title: a.Group})
		}
		g := &groups[len(groups)-1]
		g.actions = append(g.actions, option{a.Name, a.Did})
	}
	return groups
}

// what says what was done, or tried.
func (e Event) what() string {
	a, known := models.ActionOf(e.Action)
	if !e.Refused || !known || e.Action == "access.refuse" {
		return a.Did
	}
	return "Tried to " + a.Do
}

// object is what people call the object: its name, else its id.
func (e Event) object() string {
	switch {
	case e.ObjectType == "session", e.ObjectType == "catalogue":
		return "" // the actor's own; the only one
	case e.ObjectType == "token" && e.ObjectName != "":
		return "for " + e.ObjectName
	case e.ObjectName != "":
		return e.ObjectName
	}
	return e.ObjectID
}

// refusals are the words of refusals for people.
var refusals = map[string]string{
	"forbidden":              "Their access did not include it",
	"not_found":              "No such object, or not theirs to see",
	"invalid_fields":         "A value was not allowed",
	"account_name_ambiguous": "Several folders had an account of this name",
	"account_name_taken":     "The name was taken",
	"account_deleted":        "The account was deleted already",
	"account_not_active":     "The account was not active",
	"account_beyond_own":     "The account may more than they do",
	"account_not_suspended":  "The account was not suspended",
	"already_exists":         "There was one like it already",
	"changed_meanwhile":      "Somebody else had changed it meanwhile",
	"check_running":          "A check was under way already",
	"cross_origin":           "Another site sent the request",
	"folder_name_taken":      "The name was taken",
	"form_id":                "The form was not made for them",
	"form_token":             "The form was not of their session",
	"held_by_another":        "Somebody else had stopped it, and only who may lift that can change it",
	"invalid_catalogue":      "The catalogue had problems",
	"idempotency_key_reused": "Another request had come under the same Idempotency-Key",
	"key_expired":            "The key had expired",
	"key_not_disabled":       "The key was not disabled",
	"key_revoked":            "The key was revoked already",
	"key_state":              "The key's state did not allow it",
	"last_administrator":     "They were the last administrator",
	"last_secret":            "It was the key's only secret",
	"link_dead":              "The link was used or over",
	"many_bindings":          "There would have been too many roles on one resource",
	"not_replaceable":        "The key could not be replaced",
	"nothing_to_note":        "There was nothing to note",
	"pepper_in_use":          "The pepper was still in use",
	"person_active":          "The person was not disabled",
	"person_disabled":        "The person was disabled already",
	"person_in_folder":       "People hold no roles in folders",
	"person_not_active":      "The person was not active",
	"role_beyond_own":        "The role permits more than they may",
	"person_exists":          "Somebody had this mail address already",
	"secret_retired":         "The secret was retired already",
	"two_live_secrets":       "The key had two live secrets",
}

// reason is why it was refused, or the reason that was given.
func (e Event) reason() string {
	switch {
	case e.Reason == "":
		return ""
	case !e.Refused && models.Reason(e.Reason).Valid():
		return ui.ReasonWord(models.Reason(e.Reason))
	case refusals[e.Reason] != "":
		return refusals[e.Reason]
	}
	return sentence(e.Reason)
}

// RefusalText is why something was refused, in words.
func RefusalText(reason string) string { return Event{Refused: true, Reason: reason}.reason() }

// sentence makes words of a word for programs: "key_state" is "Key state".
func sentence(word string) string {
	text := strings.ReplaceAll(word, "_", " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

var methods = map[string]string{
	"session": "Signed-in session", "password": "Password", "local": "Command line on the host", "setup_link": "Setup link",
	"iam_token": "IAM token", "authorized_key": "Authorized key", "reset_link": "Sign-in link", "start": "Start of the server",
}

func (e Event) method() string {
	if words := methods[e.Method]; words != "" {
		return words
	}
	return sentence(e.Method)
}

// words say what was asked for: on paper and where nothing matches.
func (f Filter) words() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" “"+value+"”")
		}
	}
	add("by a", labelOf(actorTypes, f.ActorType))
	add("actor", f.Actor)
	if f.Action != "" {
		a, _ := models.ActionOf(f.Action)
		add("action", a.Did)
	}
	add("kind of object", labelOf(objectTypes, f.ObjectType))
	add("object", f.Object)
	add("service account", f.Account)
	add("result", labelOf(results, f.Result))
	add("from", f.From)
	add("to", f.To)
	return strings.Join(parts, ", ")
}

func caption(f Filter) string {
	if words := f.words(); words != "" {
		return "Events with " + words + "."
	}
	return "All events."
}
