package views_test

import (
	"fmt"
	"time"

	"keydesk/models"
	"keydesk/views/accounts"
	"keydesk/views/people"
	"keydesk/views/ui"
)

// sampleLink is a one-time link, as it is shown once.
const sampleLink = "https://keydesk.example.com/reset/Zm9yIHNhbXBsZXMgb25seSwgbm8gbGluayBvZiBvdXJz"

func person() people.Person {
	return people.Person{
		ID: "bfbk3vb0q1s2d4f5g6h7", Email: "ivan@example.com", Access: []string{models.Operator, models.Reviewer}, State: models.PersonActive,
		CreatedAt: now.Add(-200 * day), LastSignInAt: now.Add(-3 * time.Hour),
	}
}

func hostilePerson() people.Person {
	p := person()
	p.ID, p.Email, p.State, p.DisabledAt, p.Access = "bfbl3vb0q1s2d4f5g6h7", longMail, models.PersonDisabled, now.Add(-2*day), []string{models.Administrator, models.Operator, models.Responder, models.Reviewer}
	return p
}

func invited() people.Person {
	p := person()
	p.ID, p.Email, p.State, p.LastSignInAt = "bfbm3vb0q1s2d4f5g6h7", "почта@пример.example", models.PersonInvited, time.Time{}
	return p
}

func me() people.Person {
	p := person()
	p.ID, p.Email, p.Access, p.Self, p.LastSignInAt = "bfbn3vb0q1s2d4f5g6h7", "olga@example.com", []string{models.Administrator}, true, now.Add(-4*time.Minute)
	return p
}

func lockedOut() people.Person {
	p := person()
	p.LockedUntil = now.Add(7 * time.Minute)
	return p
}

func sessions() []people.Session {
	return []people.Session{
		{Ref: "00112233aabbccdd", Address: "192.0.2.17", Agent: longAgent, Since: now.Add(-2 * time.Hour), Seen: now.Add(-5 * time.Second), This: true},
		{Ref: "10112233aabbccdd", Address: "2001:db8:1234:5678:9abc:def0:1234:5678", Agent: markup + longWord, Since: now.Add(-5 * time.Hour), Seen: now.Add(-12 * time.Minute)},
		{Ref: "20112233aabbccdd", Since: now.Add(-11 * time.Hour), Seen: now.Add(-29 * time.Minute)},
	}
}

func ownedAccounts(n int) people.Owned {
	o := people.Owned{Total: fmt.Sprint(n)}
	for i := range min(n, 5) {
		o.Accounts = append(o.Accounts, people.Account{ID: fmt.Sprintf("ajen3vb0q1s2d4f5g6h%d", i), Name: fmt.Sprintf("service-%02d", i), State: models.AccountActive})
	}
	if n > 5 {
		o.Accounts = append(o.Accounts, people.Account{ID: "ajel3vb0q1s2d4f5g6h7", Name: longName, State: models.AccountSuspended})
		o.Next = "/people/bfbk3vb0q1s2d4f5g6h7/owner?page=x"
	}
	return o
}

func personEvents() []people.Event {
	return []people.Event{
		{At: now.Add(-2 * day), Action: "person.disable", By: longMail, Address: "192.0.2.17"},
		{At: now.Add(-2 * day), Action: "person.change_access", By: "olga@example.com", Address: "192.0.2.17", Refused: true, Reason: "last_administrator"},
		{At: now.Add(-3 * day), Action: "key.revoke", Object: markup + longWord, By: "ivan@example.com", Address: "2001:db8::1", Personal: true},
		{At: now.Add(-3 * day), Action: "session.create", By: "ivan@example.com", Address: "198.51.100.7", Personal: true},
		{At: now.Add(-200 * day), Action: "person.create", By: "root@desk"},
	}
}

func personRows() []people.Row {
	rows := []people.Row{{Person: me(), Sessions: 2}, {Person: hostilePerson()}, {Person: invited()}, {Person: lockedOut(), Sessions: 1}}
	for i := range 4 {
		p := person()
		p.ID, p.Email, p.Access = fmt.Sprintf("bfbo3vb0q1s2d4f5g6h%d", i), fmt.Sprintf("person-%d@example.com", i), models.AccessNames[i:i+1]
		rows = append(rows, people.Row{Person: p, Sessions: int64(i)})
	}
	return rows
}

func peopleSamples() []sample {
	all := people.Can{Access: true, Disable: true, Link: true, Sessions: true}
	list := people.ListPage{Now: now, Total: "214", Rows: personRows(), File: "/people.csv", Pager: ui.PagerProps{Prev: "/people", Next: "/people?page=x", PrevLabel: "Previous", NextLabel: "Next"}}
	noMatch := people.ListPage{Now: now, Total: "0", Query: markup + longWord, Access: models.Reviewer, State: "disabled", File: "/people.csv?q=x"}
	confirm := people.ConfirmPage{Now: now, Person: person(), Sessions: 2, Owned: "3", Fresh: true, FormID: "one-time-form"}
	wrong := confirm
	wrong.Person, wrong.Problems = hostilePerson(), models.Fields{"password": "This is not your password."}
	own := people.AccessPage{Person: me(), Seen: "administrator", Access: []string{models.Reviewer}, Losing: people.Lost([]string{models.Administrator}, []string{models.Reviewer}),
		Problems: models.Fields{"understood": "This takes something from yourself. Read what, and say that you mean it.", "access": "Choose one or more.", "password": "Type your password."}}
	link := people.LinkPage{Person: invited(), Invited: true, Until: now.Add(day)}
	return []sample{
		{"people", people.List(page(), list)},
		{"people-no-match", people.List(page(), noMatch)},
		{"person", people.Detail(page(), people.DetailPage{Now: now, Person: person(), Can: all, Sessions: sessions()[1:], Owned: ownedAccounts(3), Events: personEvents()})},
		{"person-hostile", people.Detail(insecure(page()), people.DetailPage{Now: now, Person: hostilePerson(), Can: people.Can{Access: true, Enable: true}, Owned: ownedAccounts(31), Events: personEvents()})},
		{"person-invited", people.Detail(page(), people.DetailPage{Now: now, Person: invited(), Can: people.Can{Access: true, Disable: true, Link: true}, LinkUntil: now.Add(20 * time.Hour), Owned: ownedAccounts(0)})},
		{"person-last", people.Detail(flashed(page(), ui.Flash{Kind: ui.KindOK, Text: "The sessions are ended."}), people.DetailPage{Now: now, Person: me(), Last: true, Can: people.Can{Access: true, Link: true, Sessions: true}, LinkUntil: now.Add(day), Sessions: sessions(), Owned: ownedAccounts(0), Events: personEvents()[4:]})},
		{"person-locked", people.Detail(page(), people.DetailPage{Now: now, Person: lockedOut(), Can: people.Can{Access: true, Disable: true, Link: true, Unlock: true}, Owned: ownedAccounts(1)})},
		{"person-new", people.Invite(page(), people.InvitePage{FormID: "one-time-form"})},
		{"person-new-problems", people.Invite(page(), people.InvitePage{FormID: "one-time-form", Email: markup + longWord, Access: []string{models.Administrator}, Problems: models.Fields{
			"email": "Type one mail address, such as olga@example.com.", "access": "Choose one or more.", "password": "This is not your password.",
		}})},
		{"person-link", people.Link(page(), link, sampleLink)},
		{"person-link-reset", people.Link(page(), people.LinkPage{Person: hostilePerson(), Until: now.Add(day)}, sampleLink)},
		{"person-link-shown", people.LinkShown(page(), link, true)},
		{"person-link-make", people.MakeLink(page(), confirm)},
		{"person-access", people.Access(page(), people.AccessPage{Person: person(), Seen: "operator reviewer", Access: person().Access})},
		{"person-access-own", people.Access(page(), own)},
		{"person-access-last", people.Access(page(), people.AccessPage{Person: me(), Seen: "administrator", Access: me().Access, Last: true})},
		{"person-disable", people.Disable(page(), confirm)},
		{"person-disable-problems", people.Disable(page(), wrong)},
		{"person-enable", people.Enable(page(), wrong)},
		{"person-sessions", people.EndSessions(page(), confirm)},
		{"person-unlock", people.Unlock(page(), people.ConfirmPage{Now: now, Person: lockedOut()})},
		{"person-owner", people.Owner(flashed(page(), ui.Flash{Kind: ui.KindOK, Text: longMail + " is disabled, and signed out everywhere."}), people.OwnerPage{Person: hostilePerson(), Owned: ownedAccounts(31), Owner: markup, Problems: models.Fields{"owner": "One mail address, such as team@example.com"}})},
		{"person-owner-none", people.Owner(page(), people.OwnerPage{Person: person(), Owned: ownedAccounts(0)})},
		{"own", people.Own(page(), people.OwnPage{Now: now, Person: me(), Manages: true, Sessions: sessions()})},
		{"own-reviewer", people.Own(page(), people.OwnPage{Now: now, Person: person(), Sessions: sessions()[:1]})},
		{"own-password", people.Password(page(), people.PasswordPage{Email: longMail, Problems: models.Fields{"password": "This is not your password.", "new_password": "Use at least 15 characters."}})},
		{"account-owner-gone", accounts.Detail(page(), accounts.DetailPage{Now: now, Account: account(), Can: canAll, OwnerGone: "/people/bfbk3vb0q1s2d4f5g6h7/owner", Keys: accounts.KeysTable{Now: now, Self: "/service-accounts/a/keys", AccountID: "a"}})},
	}
}
