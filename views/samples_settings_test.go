package views_test

import (
	"time"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/settings"
	"keydesk/views/ui"
)

// sampleCredential has the shape of a gateway's credential and opens nothing.
const sampleCredential = "keydeskgw_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefga1b2c3"

var canSettings = settings.Can{Manage: true, Gateways: true}

func catalogue() settings.ScopesPage {
	return settings.ScopesPage{
		Now: now, Can: canSettings, BuiltIn: true, Total: 31,
		Manage: []settings.Role{
			{Name: models.RoleAPIKeyAdmin, Text: "Manage API keys of service accounts. " + accounts.Manages(models.RoleAPIKeyAdmin)},
			{Name: models.RoleAdmin, Text: "The same, and manage access. " + accounts.Manages(models.RoleAdmin)},
		},
		Services: []settings.Service{
			{Name: "orders", Title: "Orders", Own: true, Role: "orders.user", Scopes: []settings.Scope{
				{Name: "orders.read", Description: "Read orders", Roles: []string{"orders.user"}, Keys: "14"},
				{Name: "orders.write", Description: "Change orders", Covers: []string{"orders.read"}, Roles: []string{"orders.user"}, Keys: "0"},
			}},
			{Name: "ai", Title: "AI Studio", Scopes: []settings.Scope{
				{Name: "yc.ai.foundationModels.execute", Description: "Send requests to the AI Assistant, Image Generation, Text Generation, SpeechKit, Translate and Vision OCR APIs", Default: true, Covers: manyScopes(6), Roles: []string{"ai.editor", "editor", "admin", "resource-manager.owner"}, Keys: "100+"},
			}},
		},
	}
}

func hostileCatalogue() settings.ScopesPage {
	m := catalogue()
	m.File, m.BuiltIn = "keydesk-data/"+longWord+".yaml", false
	m.Services = []settings.Service{{Name: longWord[:63], Title: markup + longWord + rtl, Own: true, Role: longWord[:63] + ".user", Scopes: []settings.Scope{
		{Name: longWord + ".read", Description: markup + longWord, Covers: manyScopes(40), Roles: manyScopes(12), Keys: "100+"},
	}}}
	m.Pager = ui.PagerProps{Prev: settings.ScopesPath + "?from=a.b", Next: settings.ScopesPath + "?from=c.d", PrevLabel: "Previous", NextLabel: "Next"}
	return m
}

func serviceForm() settings.ServiceForm {
	return settings.ServiceForm{Version: 3, Name: "orders", Edits: true, Title: "Orders", Rows: []settings.ScopeRow{
		{Name: "orders.read", Description: "Read orders", Edits: true},
		{Name: "orders.write", Description: "Change orders", Covers: "orders.read", Edits: true, Removed: true}, {}, {},
	}}
}

func badService() settings.ServiceForm {
	return settings.ServiceForm{Name: longWord, Title: markup, Rows: []settings.ScopeRow{{Name: longWord, Description: markup, Covers: longWord}, {}}, Problems: models.Fields{
		"name": "A name has 2 to 63 of a-z, 0-9 and -, begins with a letter, and not with \"yc\"", "scope_name_0": "A scope is written \"orders.<actions>\", in letters, digits, - and dots",
		"scope_covers_0": "It covers \"" + longWord + "\", which is not there", "": "The form was changed on its way.",
	}}
}

func gateway(name string) models.Gateway {
	return models.Gateway{ID: "gwyh5vb0q1s2d4f5g6h7", Name: name, Tail: "a1b2c3", CreatedAt: now.Add(-20 * day), CreatedBy: "olga@example.com"}
}

func gates() settings.GatesPage {
	return settings.GatesPage{Now: now, Can: canSettings, Head: 8812, Gates: []settings.Gate{
		{Name: "desk 127.0.0.1:8081", Version: "v1.2.3", Standing: models.GateAnswers, StaleFor: 10 * time.Second, Enforced: 8812, LeaseUntil: now.Add(9 * time.Second), SeenAt: now.Add(-time.Second), StartedAt: now.Add(-3 * day)},
		{Name: longWord + " 10.0.0.1:8081", Version: longWord, Standing: models.GateBehind, StaleFor: 10 * time.Second, Enforced: 8807, Behind: 5, Waiting: now.Add(-6 * time.Second), LeaseUntil: now.Add(4 * time.Second), SeenAt: now.Add(-6 * time.Second), StartedAt: now.Add(-3 * day)},
		{Name: "edge-4 10.0.0.4:8081", Version: "v1.2.3", Standing: models.GateSilent, StaleFor: 30 * time.Second, Enforced: 8812, LeaseUntil: now.Add(21 * time.Second), SeenAt: now.Add(-9 * time.Second), StartedAt: now.Add(-3 * day)},
		{Name: "edge-2 10.0.0.2:8081", Version: "v1.2.3", Standing: models.GateLoads, StaleFor: 10 * time.Second, Behind: 8812, LeaseUntil: now.Add(9 * time.Second), SeenAt: now, StartedAt: now.Add(-2 * time.Second)},
		{Name: "edge-5 10.0.0.5:8081", Version: "v1.2.3", Standing: models.GateTravels, Behind: 8812, LeaseUntil: now, SeenAt: now, StartedAt: now.Add(-2 * day)},
		{Name: "edge-6 10.0.0.6:8081", Version: "v1.2.3", Standing: models.GateAnswers, StaleFor: 10 * time.Second, Enforced: 8812, NoJournal: true, LeaseUntil: now.Add(9 * time.Second), SeenAt: now, StartedAt: now.Add(-2 * day)},
		{Name: "edge-3 10.0.0.3:8081", Version: "v1.2.2", Standing: models.GateGone, StaleFor: 10 * time.Second, Enforced: 8700, Behind: 112, LeaseUntil: now.Add(-5 * time.Hour), SeenAt: now.Add(-5 * time.Hour), StartedAt: now.Add(-9 * day)},
	}}
}

func keyPolicy() settings.PolicyPage {
	return settings.PolicyPage{Can: canSettings, Version: 2, Default: "90", Max: "180", Never: settings.NeverRefused, Beyond: settings.Beyond{
		Now: now, Endless: "1,000+ keys", Late: "1 key", Latest: now.Add(180 * day), First: []settings.BeyondKey{
			{ID: "ajeh5vb0q1s2d4f5g6h7", Name: "prod worker", AccountID: "ajek3vb0q1s2d4f5g6h7", Account: "billing-worker", ExpiresAt: now.Add(400 * day)},
			{ID: "ajeq7vb0q1s2d4f5g6h7", Name: markup + longWord + rtl, AccountID: "ajek3vb0q1s2d4f5g6h8", Account: longName},
		},
	}}
}

func settingsSamples() []sample {
	c, reader, old := confirmed(), catalogue(), gateway(markup+longWord)
	reader.Can = settings.Can{}
	old.RevokedAt, old.RevokedBy, old.CreatedBy = now.Add(-time.Hour), longMail, longMail
	saved := flashed(page(), ui.Flash{Kind: ui.KindOK, Text: "The catalogue is saved.", Confirmation: &c})
	badPolicy := keyPolicy()
	badPolicy.Default, badPolicy.Never, badPolicy.Beyond = "365", settings.NeverAllowed, settings.Beyond{Now: now}
	badPolicy.Problems = models.Fields{"default": "The default is longer than the maximum of 180 days", "never": "Keys without expiry live longer than any maximum"}
	used := settings.ConfirmPage{
		Title: "Remove orders", Text: "The service leaves the catalogue.", Action: settings.ServicePath("orders", "remove"), Version: 3, Button: "Remove service", Danger: true,
		Hits: []settings.Hit{{Name: "orders.read", Who: "14 live keys"}, {Name: longWord + ".user", Who: "1,000+ service accounts"}},
	}
	off := settings.ConfirmPage{Title: "Switch the built-in catalogue on", Text: "Its scopes can be granted.", Action: settings.ScopesPath + "/built-in", Button: "Switch on", Hidden: []settings.Hidden{{Name: "built_in", Value: "on"}}}
	about := settings.AboutPage{Now: now, Version: "v1.2.3-4-gabcdef0-dirty", Go: "go1.26.8", Database: "Postgres", StartedAt: now.Add(-50 * time.Hour), Since: now.Add(-266 * day)}
	return []sample{
		{"settings-scopes", settings.Scopes(saved, catalogue())},
		{"settings-scopes-reader", settings.Scopes(page(), reader)},
		{"settings-scopes-hostile", settings.Scopes(page(), hostileCatalogue())},
		{"settings-scopes-none", settings.Scopes(page(), settings.ScopesPage{Now: now, Can: canSettings})},
		{"settings-service-new", settings.NewService(page(), settings.ServiceForm{Rows: make([]settings.ScopeRow, 3)})},
		{"settings-service-problems", settings.NewService(page(), badService())},
		{"settings-service-edit", settings.EditService(page(), serviceForm())},
		{"settings-scopes-confirm", settings.Confirm(page(), used)},
		{"settings-scopes-confirm-free", settings.Confirm(page(), off)},
		{"settings-gateways", settings.Gateways(page(), settings.GatewaysPage{Now: now, Can: canSettings, Live: []models.Gateway{gateway("nginx in front of orders")}, Revoked: []models.Gateway{old}})},
		{"settings-gateways-none", settings.Gateways(page(), settings.GatewaysPage{Now: now, Can: canSettings})},
		{"settings-gateway-new", settings.NewGateway(page(), settings.GatewayForm{FormID: "one-time-form", Name: markup, Problems: models.Fields{"name": "Name the gateway"}})},
		{"settings-gateway-issued", settings.GatewayIssuedPage(page(), settings.GatewayIssued{Gateway: gateway("nginx in front of orders"), GateURL: "http://localhost:8081", Confirmation: &c}, sampleCredential)},
		{"settings-gateway-shown-once", settings.GatewayShownOnce(page(), gateway(markup))},
		{"settings-gateway-revoke", settings.RevokeGateway(page(), settings.RevokeGatewayPage{Gateway: gateway("nginx in front of orders")})},
		{"settings-gates", settings.Gates(page(), gates())},
		{"settings-gates-none", settings.Gates(page(), settings.GatesPage{Now: now, Head: 8812})},
		{"settings-policy", settings.Policy(page(), keyPolicy())},
		{"settings-policy-problems", settings.Policy(page(), badPolicy)},
		{"settings-about", settings.About(page(), about)},
	}
}
