package console

import (
	"slices"
	"strconv"
	"strings"

	"keydesk/models"
	"keydesk/models/scopes"
	"keydesk/views/accounts"
	"keydesk/views/ui"
)

// Words of an expiry choice that are no presets.
const (
	neverExpiry = ui.ExpiryNever
	keepExpiry  = ui.ExpiryKeep
)

func newAccountForm(formID string) accounts.Form {
	return accounts.Form{FormID: formID, Expiry: ui.ExpiryPicker{Selected: neverExpiry}}
}

func editAccountForm(a models.Account) accounts.Form {
	return accounts.Form{
		Name: a.Name, Description: a.Description, Owner: a.Owner,
		Expiry: ui.ExpiryPicker{Selected: keepExpiry}, Roles: ui.Picker{Groups: picked(a.Roles)},
	}
}

// typedAccountForm is the form as it was typed.
func typedAccountForm(_ models.Account, f *form) accounts.Form {
	return accounts.Form{
		FormID: f.one("form_id"), Name: f.one("name"), Description: f.raw("description"), Owner: f.one("owner"),
		Expiry: ui.ExpiryPicker{Selected: f.one("expires"), Date: f.one("expires_date")}, Roles: ui.Picker{Groups: picked(f.all("roles"))},
	}
}

// picked carries a selection to where the choices are known.
func picked(values []string) []ui.Group {
	var g ui.Group
	for _, v := range values {
		g.Choices = append(g.Choices, ui.Choice{Value: v, Selected: true})
	}
	return []ui.Group{g}
}

func selection(groups []ui.Group) []string {
	var values []string
	for _, g := range groups {
		for _, c := range g.Choices {
			values = append(values, c.Value)
		}
	}
	return values
}

// fillAccountForm adds what the form offers.
func (h *Handler) fillAccountForm(cat *scopes.Catalogue, a models.Account, m *accounts.Form) {
	m.Now = h.now()
	chosen, date, selected := selection(m.Roles.Groups), m.Expiry.Date, m.Expiry.Selected
	beside(m.Problems, "expires", selected)
	m.Expiry = lifetime(m.Now, selected, date, m.Problems)
	m.Expiry.Hint = "After it all keys of the account are refused."
	m.Expiry.Choices = []ui.Moment{never(""), {Value: ui.ExpiryDate, Label: "On a date"}}
	if a.ID != "" {
		m.Account = h.accountModel(a)
		m.Expiry.Choices = append([]ui.Moment{keep(a.ExpiresAt)}, m.Expiry.Choices...)
	}
	m.Roles = ui.Picker{
		Name: "roles", Legend: "Roles", Filter: "Find a role", Problem: m.Problems["roles"],
		Hint:   "What the account may do. A key of the account works in those of its scopes that a role permits.",
		Groups: roleGroups(cat, chosen),
	}
}

// roleGroups lists the catalogue's roles by service, and what is chosen beyond them: a forged role comes back as typed.
func roleGroups(cat *scopes.Catalogue, chosen []string) []ui.Group {
	var groups []ui.Group
	add := func(title string, c ui.Choice) {
		i := slices.IndexFunc(groups, func(g ui.Group) bool { return g.Title == title })
		if i < 0 {
			i, groups = len(groups), append(groups, ui.Group{Title: title})
		}
		groups[i].Choices = append(groups[i].Choices, c)
	}
	for _, r := range cat.Roles() {
		add(roleTitle(cat, r), ui.Choice{Value: r.Name, Text: roleText(r), Selected: slices.Contains(chosen, r.Name), Covers: r.Permits(), Role: true})
	}
	for _, name := range chosen {
		if _, known := cat.Role(name); !known {
			add("Not in the catalogue", ui.Choice{Value: name, Selected: true})
		}
	}
	return groups
}

// roleText says what a role is for, and what it manages.
func roleText(r scopes.Role) string {
	if manages := accounts.Manages(r.Name); manages != "" {
		return r.Description + ". " + manages
	}
	return r.Description
}

// managingTitle is over the roles that manage, and permit no scope.
const managingTitle = "Manages service accounts"

// roleTitle groups a role with its service: the part of its name before the dot, where there is such a service.
func roleTitle(cat *scopes.Catalogue, r scopes.Role) string {
	name, _, dotted := strings.Cut(r.Name, ".")
	if s, ok := cat.Service(name); ok && dotted {
		return s.Title
	}
	if r.Own {
		return "Own services"
	}
	if len(r.Permits()) == 0 && len(models.Manages(r.Name)) > 0 {
		return managingTitle
	}
	if !dotted {
		return "All services"
	}
	if title := onlyService(cat, r); title != "" {
		return title
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// onlyService is the service that all scopes of a role are of, "" where there are several.
func onlyService(cat *scopes.Catalogue, r scopes.Role) (title string) {
	for _, scope := range r.Permits() {
		if of := serviceTitle(cat, scope); title == "" {
			title = of
		} else if of != title {
			return ""
		}
	}
	return title
}

// accountChanged says beside each field what somebody else made of it meanwhile.
func accountChanged(a models.Account, f *form) models.Fields {
	p := models.Fields{"": changedMeanwhile}
	differs := func(field, typed, now string) {
		if typed != now {
			p[field] = "It says now: " + orNone(now)
		}
	}
	differs("name", f.one("name"), a.Name)
	differs("description", f.one("description"), a.Description)
	differs("owner", f.one("owner"), a.Owner)
	differs("roles", joined(f.all("roles")), joined(a.Roles))
	if f.one("expires") != keepExpiry {
		p["expires"] = "It says now: " + orNone(ui.Exact(a.ExpiresAt))
	}
	return p
}

const changedMeanwhile = "Somebody changed this since you opened the form. What it says now stands beside each field that differs; " +
	"save again to put yours in its place"

// joined is a set in words.
func joined(values []string) string { return strings.Join(slices.Sorted(slices.Values(values)), ", ") }

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// version reads which version of an object a form was opened with.
func (f *form) version() int64 {
	n, err := strconv.ParseInt(f.one("version"), 10, 64)
	if err != nil || n < 1 {
		f.problem("", "The form is damaged: reload the page and fill it in again")
		return 0
	}
	return n
}
