package console

import (
	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

var keyFields = fields{"description": once, "scopes": many, "expires": once, "expires_date": once}

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
		Expiry: ui.ExpiryPicker{Selected: f.one("expires"), Date: f.one("expires_date")},
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
