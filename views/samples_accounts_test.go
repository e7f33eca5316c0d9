package views_test

import (
	"fmt"
	"time"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/audit"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

const day = 24 * time.Hour

var canAll = accounts.Can{Create: true, Export: true, RevokeAll: true, Edit: true, Suspend: true, Delete: true, CreateKey: true}

func account() accounts.Account {
	return accounts.Account{
		ID: "ajek3vb0q1s2d4f5g6h7", Name: "billing-worker", Description: "Sends invoices and their reminders, and reads the metrics of both.",
		Owner: "olga@example.com", Roles: []string{"monitoring.editor", "postbox.sender"}, State: models.AccountActive,
		Labels:    []accounts.Label{{Name: "env", Value: "production"}, {Name: "team", Value: "billing"}},
		CreatedAt: now.Add(-266 * day), CreatedBy: "olga@example.com", Version: 3,
	}
}

func hostileAccount() accounts.Account {
	a := account()
	a.Name, a.Description, a.Owner, a.CreatedBy = longName, markup+" "+longWord+" "+rtl, longMail, longMail
	a.Roles = manyScopes(12)
	a.Labels = []accounts.Label{{Name: longWord[:63], Value: markup}, {Name: "команда", Value: cyrillic}}
	a.State = models.AccountSuspended
	a.Suspended = models.Restriction{At: now.Add(-3 * time.Hour), Until: now.Add(5 * day), Reason: models.ReasonLeaked, Note: markup + longWord, By: longMail}
	a.ExpiresAt = now.Add(12 * day)
	return a
}

func accountRows() []accounts.Row {
	rows := []accounts.Row{
		{ID: "ajek3vb0q1s2d4f5g6h7", Name: "billing-worker", Owner: "olga@example.com", Roles: []string{"monitoring.editor", "postbox.sender"}, State: models.AccountActive, Keys: 3, LastUsed: now.Add(-4 * time.Minute), Attention: []models.AttentionCount{{Why: models.Unused, Keys: 1}}},
		{ID: "ajel3vb0q1s2d4f5g6h7", Name: longName, Owner: longMail, Roles: manyScopes(8), State: models.AccountSuspended, Keys: 1000, MoreKeys: true, LastUsed: now.Add(-2 * day), Attention: everyReason()},
		{ID: "ajem3vb0q1s2d4f5g6h7", Name: "legacy-import", Owner: "data@example.com", State: models.AccountExpired, Keys: 0, LastUsed: now.Add(-200 * day)},
	}
	for i := range 9 {
		rows = append(rows, accounts.Row{
			ID: fmt.Sprintf("ajen3vb0q1s2d4f5g6h%d", i), Name: fmt.Sprintf("service-%02d", i), Owner: "platform@example.com",
			Roles: []string{"orders.user"}, State: models.AccountActive, Keys: int64(i), Attention: everyReason()[:i%3],
		})
	}
	for i := range rows {
		rows[i].CreatedAt, rows[i].Days = now.Add(-time.Duration(20*i)*day), fortnight(i)
	}
	return rows
}

// everyReason is what a row says at its longest.
func everyReason() []models.AttentionCount {
	all := make([]models.AttentionCount, len(models.Attentions))
	for i, why := range models.Attentions {
		all[i] = models.AttentionCount{Why: why, Keys: 3 + 97*i}
	}
	return all
}

// fortnight is the use of an account; that of every third has none.
func fortnight(n int) []keys.Day {
	list := make([]keys.Day, 14)
	for i := range list {
		list[i].Date = now.Add(time.Duration(i-13) * day)
		if n%3 < 2 {
			list[i].Allowed, list[i].Refused = int64((i*i*7+n*31)%90), int64(n%2*(i%4))
		}
	}
	return list
}

func listPage() accounts.ListPage {
	return accounts.ListPage{
		Now: now, Total: "214", Rows: accountRows(), Can: canAll, LagMillis: 2000, Export: accounts.CSVPath + "?sort=-used",
		Filter:    accounts.Filter{Sort: "-used"},
		Scopes:    []accounts.Scopes{{Service: "Orders", Names: []string{"orders.read", "orders.write"}}, {Service: "Long", Names: manyScopes(30)}},
		ByName:    ui.SortProps{Label: "Name", Href: accounts.ListPath},
		ByUse:     ui.SortProps{Label: "Last used", Href: accounts.ListPath + "?sort=used", Sort: "descending"},
		ByCreated: ui.SortProps{Label: "Created", Href: accounts.ListPath + "?sort=-created", Class: "cell-created"},
		Pager:     ui.PagerProps{Prev: "/service-accounts", Next: "/service-accounts?after=x", PrevLabel: "Previous", NextLabel: "Next", Shown: "51–62"},
	}
}

func rolesTab() accounts.RolesTab {
	many := make([]accounts.Need, 8)
	for i := range many {
		many[i] = accounts.Need{Key: ui.Link{Label: fmt.Sprintf("worker %d ****a1b2c%d", i, i), Href: "/keys/a"}, Scopes: manyScopes(1 + i)}
	}
	many[1].Key.Label = markup + longWord
	return accounts.RolesTab{
		Looked: 200, More: true,
		Roles: []accounts.Role{
			{Name: "monitoring.editor", Description: "View and write metrics", Permits: []string{"yc.monitoring.read", "yc.monitoring.manage"}, Needed: many},
			{Name: "postbox.sender", Description: "Send emails", Permits: []string{"yc.postbox.send"}},
			{Name: "editor", Description: markup, Permits: manyScopes(12), Shared: 3},
			{Name: models.RoleKeyAdmin, Description: "Manage API keys and authorized keys of service accounts", Manages: accounts.Manages(models.RoleKeyAdmin)},
			{Name: longName, Unknown: true},
		},
		Uncovered: []accounts.ScopeKeys{
			{Scope: "yc.ydb.tables.manage", Keys: []ui.Link{{Label: "prod worker ****a1b2c3", Href: "/keys/a"}, {Label: longWord, Href: "/keys/b"}}},
		},
	}
}

func activityTab() accounts.ActivityTab {
	return accounts.ActivityTab{Days: use().Days, Allowed: 31204, Refused: 12, LagMillis: 2000, Events: audit.Timeline{Rows: events()[:3], Self: account().ID, Audit: "/audit?account=x"}}
}

func revokeAll() accounts.RevokeAllPage {
	return accounts.RevokeAllPage{
		Now: now, Account: account(), Keys: liveRows(), Count: "3", MayUndo: true,
		Form: ui.RestrictionForm{Reasons: models.Reasons, Reason: models.ReasonLeaked},
	}
}

func revokeAllProblems() accounts.RevokeAllPage {
	m := revokeAll()
	m.Account, m.Keys, m.Count, m.Typed, m.MayUndo = hostileAccount(), hostileRows(), "1,000+", markup, false
	m.Problems = models.Fields{"confirm_name": "This is not the account's name: " + longName, "reason": "Choose one of the reasons"}
	m.Form.Problems, m.Form.Note = models.Fields{"reason": "Choose one of the reasons"}, markup+longWord
	return m
}

func manyScopes(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("yc.cloud-registry.artifacts.scope-with-a-long-name-%02d", i)
	}
	return out
}

func accountForm() accounts.Form {
	return accounts.Form{
		Now: now, FormID: "one-time-form",
		Roles: ui.Picker{
			Name: "roles", Legend: "Roles", Filter: "Find a role", Hint: "What the account may do. A key narrows it further to its scopes.",
			Groups: []ui.Group{
				{Title: "Everything in the folder", Choices: []ui.Choice{
					{Value: "viewer", Text: "View everything in the folder. Permits yc.monitoring.read"},
					{Value: "editor", Text: "Use and change everything in the folder. Permits all scopes"},
				}},
				{Title: "Orders", Choices: []ui.Choice{{Value: "orders.user", Text: "Permits orders.read, orders.write", Selected: true}}},
				{Title: "Postbox", Choices: []ui.Choice{{Value: "postbox.sender", Text: "Send emails. Permits yc.postbox.send", Selected: true}}},
			},
		},
		Expiry: ui.ExpiryPicker{
			Name: "expires", Legend: "Expires", Selected: ui.ExpiryNever, Earliest: now.Add(day),
			Choices: []ui.Moment{{Value: ui.ExpiryNever, Label: "Never"}, {Value: ui.ExpiryDate, Label: "On a date"}},
		},
	}
}

func accountSamples() []sample {
	p := page()
	list := listPage()
	none := accounts.ListPage{Now: now, Can: canAll}
	noMatch := accounts.ListPage{Now: now, Can: canAll, Scopes: list.Scopes, Filter: accounts.Filter{
		Query: markup + longWord, State: "suspended", Owner: rtl, Scope: longWord, Unused: "30", Expiring: "7",
	}}
	table := accounts.KeysTable{Now: now, AccountID: account().ID, Self: "/service-accounts/ajek3vb0q1s2d4f5g6h7/keys?page=x", LagMillis: 2000, Live: liveRows(), Dead: deadRows(), MayCreate: true}
	bad := accountForm()
	bad.Name, bad.Description, bad.Owner, bad.Expiry.Selected, bad.Expiry.Date = "Billing Worker", markup, "nobody", ui.ExpiryDate, "2020-01-01"
	bad.Expiry.DateBad = "This day is past. Choose a later one."
	bad.Problems = models.Fields{"name": "Use lower-case letters, digits and hyphens.", "owner": "Type a mail address.", "expires_date": "The expiry is past."}
	edit := accountForm()
	edit.Account, edit.Name, edit.Description, edit.FormID = account(), "billing-worker", account().Description, ""
	hostile := hostileAccount()
	last := sighting()
	return []sample{
		{"accounts", accounts.List(flashed(p, ui.Flash{Kind: ui.KindOK, Text: "Suspended billing-worker.", Undo: &ui.UndoProps{Action: "/service-accounts/a/reactivate", Label: "Undo", Fields: map[string]string{"version": "4"}}}), list)},
		{"accounts-empty", accounts.List(p, none)},
		{"accounts-no-match", accounts.List(p, noMatch)},
		{"account", accounts.Detail(page(), accounts.DetailPage{Now: now, Account: account(), Can: canAll, Keys: table})},
		{"account-bare", accounts.Detail(page(), accounts.DetailPage{Now: now, Account: bare(), Can: canAll, Keys: accounts.KeysTable{Now: now, Self: "/service-accounts/a/keys", AccountID: "a", MayCreate: true}})},
		{"account-hostile", accounts.Detail(insecure(page()), accounts.DetailPage{Now: now, Account: hostile, Can: accounts.Can{Reactivate: true, Note: true}, Keys: accounts.KeysTable{Now: now, Self: "/service-accounts/a/keys", AccountID: "a", Live: hostileRows(), Dead: deadRows(), MoreDead: true}})},
		{"account-roles", accounts.Detail(page(), accounts.DetailPage{Now: now, Account: account(), Can: canAll, Tab: accounts.TabRoles, Roles: rolesTab()})},
		{"account-roles-none", accounts.Detail(page(), accounts.DetailPage{Now: now, Account: bare(), Can: canAll, Tab: accounts.TabRoles})},
		{"account-activity", accounts.Detail(page(), accounts.DetailPage{Now: now, Account: account(), Can: canAll, Tab: accounts.TabActivity, Activity: activityTab()})},
		{"account-activity-none", accounts.Detail(page(), accounts.DetailPage{Now: now, Account: bare(), Can: canAll, Tab: accounts.TabActivity})},
		{"account-revoke-all", accounts.RevokeAll(page(), revokeAll())},
		{"account-revoke-all-problems", accounts.RevokeAll(page(), revokeAllProblems())},
		{"account-recent", keys.RecentPage(page(), accountRecent())},
		{"account-new", accounts.NewPage(page(), accountForm())},
		{"account-new-problems", accounts.NewPage(page(), bad)},
		{"account-edit", accounts.EditPage(page(), edit)},
		{"account-suspend", accounts.Suspend(page(), accounts.SuspendPage{Now: now, Account: account(), LiveKeys: 3, LastUsed: last, Form: restriction(models.ReasonLeaked)})},
		{"account-note", accounts.Note(page(), accounts.NotePage{Account: hostile, Note: hostile.Suspended.Note})},
		{"account-reactivate", accounts.Reactivate(page(), accounts.ReactivatePage{Now: now, Account: hostile, LiveKeys: 2})},
		{"account-delete", accounts.Delete(page(), accounts.DeletePage{Now: now, Account: account(), LiveKeys: 3, LastUsed: last, MayUndo: true, Typed: "billing", Problems: models.Fields{"confirm_name": "Type billing-worker, exactly.", "password": "The password is wrong."}})},
	}
}

func bare() accounts.Account {
	return accounts.Account{ID: "ajek3vb0q1s2d4f5g6h7", Name: "new-one", Owner: "olga@example.com", State: models.AccountActive, CreatedAt: now, CreatedBy: "olga@example.com"}
}

func restriction(r models.Reason) ui.RestrictionForm {
	return ui.RestrictionForm{Reasons: models.Reasons, Reason: r, HasUntil: true, Earliest: now.Add(day)}
}

func liveRows() []keys.Row {
	a, b := keyRow(), keyRow()
	b.Key.ID, b.Key.Description, b.Key.Mask, b.Key.DefaultScopes = "ajeq7vb0q1s2d4f5g6h7", "", "****9xk20q", true
	b.Key.Scopes, b.Key.ExpiresAt, b.LastUsed, b.LastRefused = manyScopes(10), time.Time{}, keys.Sighting{}, refused()
	c := keyRow()
	c.Key.ID, c.Key.State, c.Key.Description = "ajer9vb0q1s2d4f5g6h7", models.KeyDisabled, cyrillic
	c.Key.Disabled = models.Restriction{At: now, Until: now.Add(7 * day), Reason: models.ReasonUnused, By: "rev@example.com"}
	c.Can = keys.Can{Edit: true, Enable: true, Revoke: true}
	c.OldUntil, c.StillTried = now.Add(day), true
	return []keys.Row{a, b, c}
}

func deadRows() []keys.Row {
	a, b := keyRow(), keyRow()
	a.Key.ID, b.Key.ID = "ajes1vb0q1s2d4f5g6h7", "ajet1vb0q1s2d4f5g6h7"
	a.Key.State, a.Can = models.KeyRevoked, keys.Can{}
	b.Key.State, b.Key.ExpiresAt, b.Can = models.KeyExpired, now.Add(-40*day), keys.Can{Edit: true}
	return []keys.Row{a, b}
}

func hostileRows() []keys.Row {
	a, b := keyRow(), keyRow()
	a.Key.Description, a.Key.Scopes, a.LastUsed.Scope, a.LastRefused = markup+longWord, manyScopes(40), longWord, refused()
	a.Key.Account.State = models.AccountSuspended
	b.Key.ID, b.Key.Description, b.Can = "ajeu1vb0q1s2d4f5g6h7", rtl, keys.Can{}
	return []keys.Row{a, b}
}
