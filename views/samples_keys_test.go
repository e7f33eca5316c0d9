package views_test

import (
	"time"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/audit"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

// sampleSecret has the shape of a secret and opens nothing.
const sampleSecret = "keydesk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefga1b2c3"

var canKey = keys.Can{Edit: true, Reissue: true, Disable: true, Revoke: true, Replace: true}

func key() keys.Key {
	return keys.Key{
		ID: "ajeh5vb0q1s2d4f5g6h7", Description: "prod worker", Mask: "****a1b2c3", State: models.KeyActive,
		Account:   keys.AccountRef{ID: "ajek3vb0q1s2d4f5g6h7", Name: "billing-worker", State: models.AccountActive},
		Scopes:    []string{"yc.postbox.send", "yc.monitoring.read"},
		CreatedAt: now.Add(-20 * day), CreatedBy: "olga@example.com", CreatedVia: "console", ExpiresAt: now.Add(70 * day), Version: 2,
	}
}

func sighting() keys.Sighting {
	return keys.Sighting{At: now.Add(-4 * time.Minute), Service: "Postbox", Scope: "yc.postbox.send", Address: "10.2.3.4", Agent: "curl/8.5.0", Reason: models.Allowed}
}

func refused() keys.Sighting {
	return keys.Sighting{At: now.Add(-2 * time.Hour), Service: "YDB", Scope: "yc.ydb.tables.manage", Address: "2001:db8:1234:5678:9abc:def0:1234:5678", Agent: longAgent, Reason: models.InsufficientScope}
}

func keyRow() keys.Row { return keys.Row{Key: key(), LastUsed: sighting(), Can: canKey} }

func use() keys.Use {
	u := keys.Use{
		Now: now, Key: key(), LastUsed: sighting(), LastRefused: refused(), Allowed: 31204, Refused: 12, LagMillis: 2000,
		Scopes: []keys.ScopeUse{
			{Scope: "yc.postbox.send", Service: "Postbox", Granted: true, LastUsed: now.Add(-4 * time.Minute), Allowed: 31204},
			{Scope: "yc.monitoring.read", Service: "Monitoring", Granted: true, NoRole: true, Removable: true},
			{Scope: "yc.search-api.execute", Service: "Search API", Granted: true, Removable: true, LastUsed: now.Add(-41 * day)},
			{Scope: "yc.ydb.tables.manage", Service: "YDB", LastTried: now.Add(-2 * time.Hour), Refused: 12},
		},
		Networks: []keys.NetworkUse{
			{Network: "10.2.3.0/24", Allowed: 31204, Refused: 1, Last: now.Add(-4 * time.Minute)},
			{Network: "2001:db8:1234::/48", Refused: 11, Last: now.Add(-2 * time.Hour)},
			{Network: models.OtherName, Allowed: 3, Last: now.Add(-20 * day)},
		},
		Refusals: []keys.Refusal{
			{At: now.Add(-2 * time.Hour), Scope: "yc.ydb.tables.manage", Reason: models.InsufficientScope, Network: "2001:db8:1234::/48", Count: 11},
			{At: now.Add(-50 * time.Hour), Scope: models.OtherName, Reason: models.RetiredSecret, Network: "10.2.3.0/24", Count: 1},
		},
	}
	for i := range 30 {
		u.Days = append(u.Days, keys.Day{Date: now.Add(time.Duration(i-29) * day), Allowed: int64(400 + i*i*3%700), Refused: int64(i % 7 * (i % 2))})
	}
	return u
}

func stillTried(k keys.Key) keys.Use {
	u := use()
	u.Key, u.Stopped, u.StillTried, u.LastRefused.Reason = k, "it was revoked", 14, models.RevokedKey
	return u
}

func neverUsed() keys.Use {
	return keys.Use{Now: now, Key: key(), Scopes: []keys.ScopeUse{{Scope: "orders.read", Service: "Orders", Granted: true}}}
}

func hostileKey() keys.Key {
	k := key()
	k.Description, k.Account.Name, k.CreatedBy, k.Scopes = markup+longWord+rtl, longName, longMail, manyScopes(40)
	k.ExpiresAt, k.DefaultScopes, k.Account.State, k.State = time.Time{}, true, models.AccountSuspended, models.KeyDisabled
	k.Disabled = models.Restriction{At: now.Add(-time.Hour), Reason: models.ReasonLeaked, Note: markup + longWord, By: longMail}
	return k
}

// recentCounts are n counts, each of fewer requests than the one before.
func recentCounts(names ...string) []models.RecentCount {
	list := make([]models.RecentCount, len(names))
	for i, name := range names {
		list[i] = models.RecentCount{Name: name, Day: int64(1204 / (i + 1)), Week: int64(8412 / (i + 1)), Month: int64(31204 / (i + 1)), LastAt: now}
	}
	return list
}

func recent() keys.Recent {
	return keys.Recent{
		Now: now, Name: key().Name(), Crumbs: keys.Crumbs(key()), Last: sighting(), Total: recentCounts("")[0],
		Scopes: recentCounts(key().Scopes...), Networks: recentCounts("10.2.3.0/24", "2001:db8:1234::/48", models.OtherName),
	}
}

func accountRecent() keys.Recent {
	m := recent()
	m.Name, m.Crumbs, m.LastKey, m.Partial = account().Name, accounts.Crumbs(account()), ui.Link{Label: "prod worker ****a1b2c3", Href: "/keys/a"}, true
	for i, c := range recentCounts("a", "b", "c") {
		m.Keys = append(m.Keys, keys.RecentRow{RecentCount: c, Label: []string{"prod worker ****a1b2c3", markup + longWord, cyrillic}[i], Href: "/keys/a"})
	}
	m.Scopes = recentCounts(append(manyScopes(12), longWord)...)
	return m
}

func folded() ui.Picker {
	p := scopePicker()
	p.Fold = "2 services that no role of the account permits"
	for i := range p.Groups {
		p.Groups[i].Folded = i == 0 || i == 2
		for j, c := range p.Groups[i].Choices {
			if p.Groups[i].Folded || c.Value == "yc.monitoring.manage" {
				p.Groups[i].Choices[j].Warning = "No role of the account permits this"
				p.Groups[i].Choices[j].Extra = &ui.Extra{Name: "add_roles", Value: "orders.user", Label: "Add role orders.user to this account", Ticked: j == 1}
			}
		}
	}
	return p
}

func nameless() keys.DetailPage {
	k := key()
	k.Description, k.State, k.Revoked = "", models.KeyRevoked, models.Restriction{At: now.Add(-time.Hour), Reason: models.ReasonUnused, By: "olga@example.com"}
	return keys.DetailPage{Now: now, Key: k, Use: stillTried(k)}
}

func hostileUse() keys.Use {
	u := use()
	u.Networks = append(u.Networks, keys.NetworkUse{Network: longWord, Allowed: 1, Last: now})
	u.MoreNets = 12
	u.LastUsed.Agent, u.LastUsed.Scope, u.LastUsed.Address = markup+longWord, longWord, longWord
	for _, s := range manyScopes(40) {
		u.Scopes = append(u.Scopes, keys.ScopeUse{Scope: s, Service: longWord, Granted: true})
	}
	return u
}

func twoSecrets() []keys.Secret {
	return []keys.Secret{
		{ID: "secn", Mask: "****a1b2c3", CreatedAt: now.Add(-time.Hour), LastUsed: now.Add(-4 * time.Minute)},
		{ID: "seco", Mask: "****zz91kq", CreatedAt: now.Add(-20 * day), RetiresAt: now.Add(23 * time.Hour), ReplacedAt: now.Add(-time.Hour), LastUsed: now.Add(-9 * time.Minute), UsedFrom: []string{"10.2.3.0/24", "2001:db8:1234::/48"}},
	}
}

func scopePicker() ui.Picker {
	return ui.Picker{
		Name: "scopes", Legend: "Scopes", Filter: "Find a scope", Hint: "The key works only in these, and only as far as the account's roles permit. Choose at least one.",
		Starts: []ui.Link{{Label: "None", Href: "?from=none"}, {Label: "API defaults", Href: "?from=defaults"}, {Label: "Copy of prod worker ****a1b2c3", Href: "?from=ajeh5vb0q1s2d4f5g6h7"}},
		Groups: []ui.Group{
			{Title: "AI Studio", Choices: []ui.Choice{
				{Value: "yc.ai.foundationModels.execute", Text: "Send requests to the AI Assistant, Image Generation, Text Generation, SpeechKit, Translate and Vision OCR APIs", Covers: manyScopes(6), Warning: "No role of this account permits this: requests are refused."},
				{Value: "yc.ai.languageModels.execute", Text: "Send requests to text generation models"},
			}},
			{Title: "Monitoring", Choices: []ui.Choice{
				{Value: "yc.monitoring.read", Text: "View metrics", Selected: true},
				{Value: "yc.monitoring.manage", Text: "View and write metrics"},
			}},
			{Title: "Orders", Choices: []ui.Choice{{Value: "orders.read", Text: "Read orders"}, {Value: "orders.write", Text: markup}}},
			{Title: "Postbox", Choices: []ui.Choice{{Value: "yc.postbox.send", Text: "Send emails", Selected: true}}},
		},
	}
}

func expiryPicker() ui.ExpiryPicker {
	return ui.ExpiryPicker{
		Name: "expires", Legend: "Expires", Selected: "90d", Earliest: now.Add(day),
		Choices: []ui.Moment{
			{Value: "7d", Label: "7 days", At: now.Add(7 * day)},
			{Value: "30d", Label: "30 days", At: now.Add(30 * day)},
			{Value: "90d", Label: "90 days", At: now.Add(90 * day)},
			{Value: "1y", Label: "1 year", At: now.AddDate(1, 0, 0), Off: "The key policy allows 180 days at most."},
			{Value: ui.ExpiryDate, Label: "On a date"},
			{Value: ui.ExpiryNever, Label: "Never", Warning: "A leaked key then works until someone notices."},
		},
	}
}

func overlapPicker() ui.ExpiryPicker {
	return ui.ExpiryPicker{
		Name: "overlap", Legend: "The old secret is accepted until", Selected: "24h", Earliest: now.Add(day), Latest: now.Add(69 * day),
		DateHelp: "Retires at 00:00 UTC on that day.",
		Choices: []ui.Moment{
			{Value: "now", Label: "Now", Warning: "Callers with the old secret are refused at once."},
			{Value: "1h", Label: "1 hour", At: now.Add(time.Hour)},
			{Value: "24h", Label: "24 hours", At: now.Add(day)},
			{Value: "7d", Label: "7 days", At: now.Add(7 * day)},
			{Value: ui.ExpiryDate, Label: "On a date"},
		},
	}
}

// revokedAt is where the page of a revoke asks for itself.
const revokedAt = "/keys/ajeh5vb0q1s2d4f5g6h7/revoked?done=revoked&ms=41&revision=8812"

func keySamples() []sample {
	k, c := key(), confirmed()
	form := keys.Form{Now: now, Account: k.Account, FormID: "one-time-form", Scopes: scopePicker(), Expiry: expiryPicker()}
	bad := form
	bad.Description, bad.Replaces = markup, k
	bad.Scopes.Problem, bad.Expiry.DateBad, bad.Expiry.Selected, bad.Expiry.Date = "Choose at least one scope.", "This day is past. Choose a later one.", ui.ExpiryDate, "2020-01-01"
	bad.Problems = models.Fields{"scopes": "Choose at least one scope.", "expires_date": "The expiry is past.", "description": "Use at most 256 characters.", "": "The form was changed on its way."}
	edit := form
	edit.Key, edit.Description, edit.Expiry.Selected = k, k.Description, ui.ExpiryKeep
	edit.Expiry.Choices = append([]ui.Moment{{Value: ui.ExpiryKeep, Label: "As it is", At: k.ExpiresAt}}, edit.Expiry.Choices...)
	dead := k
	dead.State = models.KeyRevoked
	dead.Revoked = models.Restriction{At: now, Reason: models.ReasonLeaked, Note: "Found in a public repository.", By: "resp@example.com"}
	off := k
	off.State, off.Disabled = models.KeyDisabled, hostileKey().Disabled
	stop := c
	stop.Stops = true
	issued := keys.Issued{Now: now, Key: k, GateURL: "http://localhost:8081", Confirmation: &c}
	reissued := issued
	reissued.Reissued, reissued.OldMask, reissued.OldUntil = true, "****zz91kq", now.Add(day)
	return []sample{
		{"key", keys.Detail(flashed(page(), ui.Flash{Kind: ui.KindOK, Text: "Saved.", Confirmation: &stop}), keys.DetailPage{Now: now, Key: k, Can: canKey, Secrets: twoSecrets(), Use: use(), Events: audit.Timeline{Rows: events()[:3], Self: k.ID, Audit: "/audit?object=" + k.ID}})},
		{"key-never-used", keys.Detail(page(), keys.DetailPage{Now: now, Key: k, Can: canKey, Use: neverUsed()})},
		{"key-revoked", keys.Detail(page(), keys.DetailPage{Now: now, Key: dead, Can: keys.Can{Replace: true, Note: true}, Use: stillTried(dead)})},
		{"key-hostile", keys.Detail(page(), keys.DetailPage{Now: now, Key: hostileKey(), Can: keys.Can{Enable: true, Revoke: true}, Use: hostileUse()})},
		{"key-new", keys.NewPage(page(), form)},
		{"key-new-problems", keys.NewPage(page(), bad)},
		{"key-edit", keys.EditPage(page(), edit)},
		{"key-issued", keys.IssuedPage(page(), issued, sampleSecret)},
		{"key-reissued", keys.IssuedPage(page(), reissued, sampleSecret)},
		{"key-shown-once", keys.ShownOncePage(page(), keys.ShownOnce{Key: k, MayReissue: true})},
		{"key-reissue", keys.Reissue(page(), keys.ReissuePage{Now: now, Key: k, LastUsed: sighting(), FormID: "one-time-form", Overlap: overlapPicker(), Two: true})},
		{"key-retire", keys.Retire(page(), keys.RetirePage{Now: now, Key: k, Old: twoSecrets()[1]})},
		{"key-disable", keys.Disable(page(), keys.DisablePage{Now: now, Key: k, LastUsed: sighting(), Form: restriction(models.ReasonUnused)})},
		{"key-enable", keys.Enable(page(), keys.EnablePage{Now: now, Key: off})},
		{"key-note", keys.Note(page(), keys.NotePage{Key: off, Note: off.Disabled.Note})},
		{"key-note-problems", keys.Note(page(), keys.NotePage{Key: dead, Note: markup, Problems: models.Fields{"": "Somebody changed this since you opened the form.", "note": "It says now: nothing"}})},
		{"key-revoke", keys.Revoke(page(), keys.RevokePage{Now: now, Key: k, Secrets: 2, LastUsed: sighting(), MayUndo: true, Form: ui.RestrictionForm{Reasons: models.Reasons, Reason: models.ReasonLeaked}})},
		{"key-revoked-proof", keys.Revoked(page(), keys.RevokedPage{Now: now, Key: dead, Confirmation: c, Can: canKey, Self: revokedAt})},
		{"key-revoked-unknown", keys.Revoked(page(), keys.RevokedPage{Now: now, Key: dead, Confirmation: ui.Confirmation{Revision: 8812, Now: now, Unknown: true}, Can: canKey, Self: revokedAt})},
		{"key-nameless", keys.Detail(page(), nameless())},
		{"key-narrow", keys.Narrow(page(), keys.NarrowPage{Now: now, Key: k, Scope: "yc.monitoring.read", Covers: manyScopes(4), LastUsed: sighting()})},
		{"key-narrow-hostile", keys.Narrow(page(), keys.NarrowPage{Now: now, Key: hostileKey(), Scope: longWord})},
		{"key-recent", keys.RecentPage(page(), recent())},
		{"key-recent-none", keys.RecentPage(page(), keys.Recent{Now: now, Name: markup + longWord, Crumbs: keys.Crumbs(hostileKey())})},
		{"key-new-folded", keys.NewPage(page(), keys.Form{Now: now, Account: k.Account, FormID: "one-time-form", Scopes: folded(), Expiry: expiryPicker(), MayAddRoles: true})},
		{"key-revoked-pending", keys.Revoked(page(), keys.RevokedPage{Now: now, Key: dead, Confirmation: unconfirmed(), Can: canKey, Self: revokedAt})},
		{"key-revoked-unproven", keys.Revoked(page(), keys.RevokedPage{Now: now, Key: dead, Confirmation: unproven(), Can: canKey, Self: revokedAt})},
	}
}
