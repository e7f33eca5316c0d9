package views_test

import (
	"fmt"
	"time"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

const day = 24 * time.Hour

var canAll = accounts.Can{Create: true, Edit: true, Suspend: true, Delete: true, CreateKey: true}

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
		{ID: "ajek3vb0q1s2d4f5g6h7", Name: "billing-worker", Owner: "olga@example.com", Roles: []string{"monitoring.editor", "postbox.sender"}, State: models.AccountActive, Keys: 3, LastUsed: now.Add(-4 * time.Minute)},
		{ID: "ajel3vb0q1s2d4f5g6h7", Name: longName, Owner: longMail, Roles: manyScopes(8), State: models.AccountSuspended, Keys: 1204, LastUsed: now.Add(-2 * day)},
		{ID: "ajem3vb0q1s2d4f5g6h7", Name: "legacy-import", Owner: "data@example.com", State: models.AccountExpired, Keys: 0, LastUsed: now.Add(-200 * day)},
	}
	for i := range 9 {
		rows = append(rows, accounts.Row{
			ID: fmt.Sprintf("ajen3vb0q1s2d4f5g6h%d", i), Name: fmt.Sprintf("service-%02d", i), Owner: "platform@example.com",
			Roles: []string{"orders.user"}, State: models.AccountActive, Keys: int64(i),
		})
	}
	return rows
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
	list := accounts.ListPage{Now: now, Total: "214", Rows: accountRows(), Can: canAll, LagMillis: 2000, Pager: ui.PagerProps{Prev: "/service-accounts", Next: "/service-accounts?after=x", PrevLabel: "Previous", NextLabel: "Next", Shown: "51–62"}}
	none := accounts.ListPage{Now: now, Can: canAll}
	noMatch := accounts.ListPage{Now: now, Query: markup + longWord, State: "suspended", Can: canAll}
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
		{"account-new", accounts.NewPage(page(), accountForm())},
		{"account-new-problems", accounts.NewPage(page(), bad)},
		{"account-edit", accounts.EditPage(page(), edit)},
		{"account-suspend", accounts.Suspend(page(), accounts.SuspendPage{Now: now, Account: account(), LiveKeys: 3, LastUsed: last, Form: restriction(models.ReasonLeaked)})},
		{"account-note", accounts.Note(page(), accounts.NotePage{Account: hostile, Note: hostile.Suspended.Note})},
		{"account-reactivate", accounts.Reactivate(page(), accounts.ReactivatePage{Now: now, Account: hostile, LiveKeys: 2})},
		{"account-delete", accounts.Delete(page(), accounts.DeletePage{Now: now, Account: account(), LiveKeys: 3, LastUsed: last, Typed: "billing", Problems: models.Fields{"confirm_name": "Type billing-worker, exactly.", "password": "The password is wrong."}})},
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
