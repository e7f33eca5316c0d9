package console

import (
	"slices"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

var keyFields = fields{"description": once, "scopes": many, "add_roles": many, "expires": once, "expires_date": once}

var (
	newKeyFields  = keyFields.and("form_id", "replaces")
	editKeyFields = keyFields.and("version")
)

const (
	noExpiryWarning = "A key without expiry works until somebody revokes it"
	scopesHint      = "Required. A request passes only if the key has its scope and a role of the account permits it."
)

// typedKeyForm is the form as it was typed.
func typedKeyForm(f *form) keys.Form {
	return keys.Form{
		FormID: f.one("form_id"), Description: f.raw("description"), Scopes: ui.Picker{Groups: picked(f.all("scopes"))},
		AddRoles: f.set("add_roles"),
		Expiry:   ui.ExpiryPicker{Selected: f.one("expires"), Date: f.one("expires_date")},
	}
}

// replacementForm copies what a revoked key was for. An expiry that has passed, or that the policy does not allow any more,
// is not copied.
func (h *Handler) replacementForm(policy models.KeyPolicy, old models.Key) keys.Form {
	m := keys.Form{Description: old.Description, Scopes: ui.Picker{Groups: picked(old.Scopes)}}
	switch {
	case !policy.Allows(old.ExpiresAt, h.now()):
		m.Expiry.Selected = defaultLife(policy)
	case old.ExpiresAt.IsZero():
		m.Expiry.Selected = ui.ExpiryNever
	case old.ExpiresAt.After(tomorrow(h.now())):
		m.Expiry.Selected, m.Expiry.Date = ui.ExpiryDate, ui.Date(old.ExpiresAt)
	default:
		m.Expiry.Selected = defaultLife(policy)
	}
	return m
}

func editKeyForm(k models.Key) keys.Form {
	return keys.Form{
		Description: k.Description, Scopes: ui.Picker{Groups: picked(k.Scopes)}, Expiry: ui.ExpiryPicker{Selected: ui.ExpiryKeep},
	}
}

// fillKeyForm adds what the form offers. k is the key that is edited; its id is empty where one is made.
func (h *Handler) fillKeyForm(cat *scopes.Catalogue, policy models.KeyPolicy, a models.Account, k models.Key, m *keys.Form) {
	m.Now, m.Account = h.now(), h.accountModel(a).Ref()
	chosen, selected, date := selection(m.Scopes.Groups), m.Expiry.Selected, m.Expiry.Date
	beside(m.Problems, "expires", selected)
	m.Expiry = keyLifetime(policy, m.Now, selected, date, m.Problems)
	if k.ID != "" {
		m.Key = h.keyModel(k, a)
		m.Expiry.Choices = append([]ui.Moment{keep(k.ExpiresAt)}, m.Expiry.Choices...)
	}
	m.Scopes = ui.Picker{
		Name: "scopes", Legend: "Scopes", Hint: scopesHint, Filter: "Find a scope", Problem: m.Problems["scopes"],
		Groups: scopeGroups(cat, a.Roles, chosen),
	}
	if m.MayAddRoles {
		offerRoles(cat, a.Roles, m.AddRoles, m.Scopes.Groups)
	}
	m.Scopes.Fold = foldGroups(m.Scopes.Groups)
}

// offerRoles puts beside each scope that no role of the account permits the narrowest role that would: it is given to the
// account together with the key.
func offerRoles(cat *scopes.Catalogue, roles, ticked []string, groups []ui.Group) {
	permitted, chosen := set(cat.Permitted(roles)), set(ticked)
	for _, g := range groups {
		for i, c := range g.Choices {
			if able := cat.RolesFor(c.Value); len(able) > 0 && !permitted[c.Value] {
				g.Choices[i].Warning = "No role of the account permits this"
				g.Choices[i].Extra = &ui.Extra{
					Name: "add_roles", Value: able[0], Label: "Add role " + able[0] + " to this account", Ticked: chosen[able[0]],
				}
			}
		}
	}
}

// foldGroups folds services away of which the account's roles permit nothing and of which nothing is chosen, so that the form is
// as long as what it is mostly opened for. Where that would be all of them it folds none.
func foldGroups(groups []ui.Group) string {
	n := 0
	for i, g := range groups {
		groups[i].Folded = !slices.ContainsFunc(g.Choices, func(c ui.Choice) bool {
			return c.Warning == "" || c.Selected || c.Extra != nil && c.Extra.Ticked
		})
		if groups[i].Folded {
			n++
		}
	}
	if n == len(groups) {
		for i := range groups {
			groups[i].Folded = false
		}
		return ""
	}
	return ui.Plural(int64(n), "service") + " that no role of the account permits"
}

// needScope says here what the desk would say later, so that all problems of a form are told at once.
func (f *form) needScope() {
	if len(f.all("scopes")) == 0 {
		f.problem("scopes", "Choose at least one scope")
	}
}

// keyExpiry reads the choice of an expiry.
func (f *form) keyExpiry(policy models.KeyPolicy, words ...string) (manage.Expiry, string) {
	return f.moment("expires", lifetimes(policy), append(words, ui.ExpiryNever)...)
}

// keyChanged says beside each field what somebody else made of it meanwhile.
func keyChanged(k models.Key, f *form) models.Fields {
	p := models.Fields{"": changedMeanwhile}
	if f.one("description") != k.Description {
		p["description"] = "It says now: " + orNone(k.Description)
	}
	if now := joined(k.Scopes); joined(f.all("scopes")) != now {
		p["scopes"] = "It says now: " + now
	}
	if f.one("expires") != ui.ExpiryKeep {
		p["expires"] = "It says now: " + orNone(ui.Exact(k.ExpiresAt))
	}
	return p
}
