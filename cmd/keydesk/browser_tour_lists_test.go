package main

import "slices"

// everything are the pages of the lists, of people, of the log and of the settings: those of the tour that no single key
// or account is about.
func (c *company) everything() []stop {
	return slices.Concat(c.listPages(), c.peoplePages(), c.settingsPages())
}

func (c *company) listPages() []stop {
	return []stop{
		{"keys", "/keys", nil},
		{"keys-attention", "/keys?tab=attention", nil},
		{"keys-filtered", "/keys?owner=billing%40example.org&state=disabled", nil},
		{"keys-bad-filter", "/keys?unused_since=yesterday", nil},
		{"keys-no-match", "/keys?owner=nobody%40example.org", nil},
		{"account-roles", c.accountAt(longName) + "?tab=roles", nil},
		{"account-activity", c.accountAt("billing-worker") + "?tab=activity", nil},
		{"account-revoke-all", c.accountAt("report-reader", "revoke-all"), nil},
		{"key-narrow", c.keyAt("every scope", "narrow?scope="+scopeWrite), nil},
		{"key-note", c.keyAt("revoked", "note"), nil},
		{"find", "/find", nil},
		{"find-problem", "/find", func(b *tab) { b.leaving(func() { b.clickAt(`controls("Find")[1]`) }) }},
		{"find-found", "/find", func(b *tab) {
			b.fill("What you have of it", "Invoices")
			b.leaving(func() { b.clickAt(`controls("Find")[1]`) })
		}},
		{"operations", "/operations", nil},
		{"operation-new", "/operations/new", nil},
		{"operation-draft", "/operations/new", func(b *tab) {
			b.tick("Disable (can be enabled again)")
			b.fill("Key IDs", c.keys["used"].ID+"\n"+c.keys["of long name"].ID+"\nnonsense")
			b.follow("Look at what would change")
		}},
		{"audit", "/audit", nil},
		{"audit-filtered", "/audit?action=key.create", nil},
		{"audit-refused", "/audit?result=refused", nil},
	}
}

func (c *company) peoplePages() []stop {
	person := func(then func(*tab)) func(*tab) {
		return func(b *tab) {
			b.follow(reviewer)
			if then != nil {
				then(b)
			}
		}
	}
	return []stop{
		{"people", "/people", nil},
		{"person-new", "/people/new", nil},
		{"person", "/people", person(nil)},
		{"person-access", "/people", person(func(b *tab) { b.follow("Change access") })},
		{"person-disable", "/people", person(func(b *tab) { b.open(b.address() + "/disable") })},
		{"person-link", "/people", person(func(b *tab) { b.open(b.address() + "/link") })},
		{"own-account", "/account", nil},
		{"own-password", "/account/password", nil},
	}
}

func (c *company) settingsPages() []stop {
	return []stop{
		{"settings-scopes", "/settings/scopes", nil},
		{"settings-scopes-built-in", "/settings/scopes/built-in", nil},
		{"settings-service-new", "/settings/scopes/new", nil},
		{"settings-gateways", "/settings/gateways", nil},
		{"settings-gateway-new", "/settings/gateways/new", nil},
		{"settings-gates", "/settings/gates", nil},
		{"settings-policy", "/settings/policy", nil},
		{"settings-about", "/settings/about", nil},
	}
}
