package views_test

import (
	"strings"
	"time"

	"keydesk/models"
	"keydesk/views/errorview"
	"keydesk/views/layout"
	"keydesk/views/signin"
	"keydesk/views/ui"

	"github.com/a-h/templ"
)

// now is the instant at which every sample page is drawn.
var now = time.Date(2026, 11, 23, 14, 3, 7, 0, time.UTC)

// What people and programs could put into a field to harm a page or its layout.
const (
	markup   = `<script>alert("x")</script> <img src=x onerror=alert(1)> & "quotes" 'too'`
	rtl      = "مفتاح الإنتاج للخدمة الرئيسية \u202eevil.exe"
	cyrillic = "Рабочий ключ сервиса рассылок, боевой контур"
)

var (
	longWord  = strings.Repeat("averylongwordwithoutanybreak", 9)
	longAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 " + strings.Repeat("Component/1.2.3 ", 12)
	longName  = "a" + strings.Repeat("-very-long-account-name", 2) + "-that-ends-here0"
	longMail  = "a.person.with.quite.a.long.name.for.a.mail.address@subsidiary.department.example.com"
)

// sample is a page under a name that is also its golden file and its address in the browser tests.
type sample struct {
	name string
	page templ.Component
}

func page() layout.Page {
	return layout.Page{
		Person: "olga@example.com", FormToken: "form-token", RequestPath: "/service-accounts", ThemeAction: "/theme",
		Nav: layout.Navigation(func(models.Permission) bool { return true }),
	}
}

func nobody() layout.Page { return layout.Page{FormToken: "form-token"} }

// samples lists every page in every shape that differs.
func samples() []sample {
	all := []sample{
		{"signin", signin.SignInPage(nobody(), signin.SignIn{Return: "/keys/aje"})},
		{"signin-wrong", signin.SignInPage(nobody(), signin.SignIn{Email: "olga@example.com", Problem: "Email or password is wrong."})},
		{"signin-locked", signin.SignInPage(nobody(), signin.SignIn{Email: longMail, LockedIn: "4 min"})},
		{"setup", signin.SetupPage(nobody(), signin.Setup{Token: "one-time"})},
		{"setup-problems", signin.SetupPage(nobody(), signin.Setup{Token: "one-time", Email: markup, Problems: models.Fields{
			"email": "Type a mail address, such as olga@example.com.", "password": "Use at least 15 characters.",
		}})},
		{"reset", signin.ResetPage(nobody(), signin.Reset{Token: "one-time", Email: longMail})},
		{"link-dead-setup", signin.LinkDeadPage(nobody(), signin.LinkDead{Kind: models.LinkSetup})},
		{"link-dead-reset", signin.LinkDeadPage(insecure(nobody()), signin.LinkDead{Kind: models.LinkReset})},
		{"error", errorview.Page(page(), errorview.Problem{
			Title: "Not found", Text: "There is no such key, or you may not see it.", Todo: "Check the address, or ask an administrator for access.",
			RequestID: "req0123456789abcdefg", Back: ui.Link{Label: "Service accounts", Href: "/service-accounts"},
		})},
		{"error-nobody", errorview.Page(layout.Page{}, errorview.Problem{
			Title: "Not available", Text: "The database did not answer. Nothing was changed.", Todo: "Try again in a moment.",
		})},
	}
	all = append(all,
		sample{"error-gates", errorview.Page(alarmed(page(), models.AlarmBehind, models.AlarmSilent), errorview.Problem{Title: "Not found", Text: "There is no such key."})},
		sample{"error-no-gate", errorview.Page(alarmed(page(), models.AlarmNoGate), errorview.Problem{Title: "Not found", Text: "There is no such key."})},
		sample{"demo", errorview.Page(inDemo(page()), errorview.Problem{
			Title: "Not found", Text: "There is no such key, or you may not see it.", Todo: "Check the address, or ask an administrator for access.",
		})},
		sample{"demo-signin", signin.SignInPage(inDemo(nobody()), signin.SignIn{Return: "/"})},
	)
	all = append(all, accountSamples()...)
	all = append(all, keyListSamples()...)
	all = append(all, settingsSamples()...)
	all = append(all, findSamples()...)
	all = append(all, peopleSamples()...)
	all = append(all, operationSamples()...)
	all = append(all, auditSamples()...)
	all = append(all, apiSamples()...)
	return append(all, keySamples()...)
}

func insecure(p layout.Page) layout.Page {
	p.InsecureHTTP = true
	return p
}

// alarmed is a page with what every page says of gates.
func alarmed(p layout.Page, kinds ...models.GateAlarmKind) layout.Page {
	for _, kind := range kinds {
		a := models.GateAlarm{Kind: kind, Gates: []string{"edge-1 10.0.0.1:8081"}, Since: now.Add(-6 * time.Second), Until: now.Add(4 * time.Second)}
		if kind == models.AlarmSilent {
			a.Gates = append(a.Gates, longWord, markup, rtl, "edge-5", "edge-6")
		}
		p.Alarms = append(p.Alarms, a)
	}
	return p
}

func inDemo(p layout.Page) layout.Page {
	p.Demo = &layout.Demo{Action: "/demo/switch", People: []layout.DemoPerson{
		{Access: models.Administrator, Label: "Administrator", Email: "olga@example.com"},
		{Access: models.Operator, Label: "Operator", Email: longMail},
		{Access: models.Reviewer, Label: "Reviewer", Email: "mei@example.com"},
		{Access: models.Responder, Label: "Responder", Email: "sam@example.com"},
	}}
	return p
}

func flashed(p layout.Page, f ui.Flash) layout.Page {
	p.Flash = &f
	return p
}

func confirmed() ui.Confirmation {
	return ui.Confirmation{
		Revision: 8812, Gates: 3, Confirmed: 3, Millis: 41, Now: now,
		LastAccepted: now.Add(-16 * time.Second), RefusedSince: 14,
	}
}

// unproven is after a promotion: some gates did not come again.
func unproven() ui.Confirmation {
	c := confirmed()
	c.Unproven = []string{"edge-1.internal:8081", longWord}
	return c
}

func unconfirmed() ui.Confirmation {
	return ui.Confirmation{
		Revision: 8812, Gates: 3, Confirmed: 1, Millis: 2000, Now: now, LastAccepted: now.Add(-time.Second), RefusedSince: 2,
		Pending: []ui.PendingGate{
			{Gate: "edge-1.internal:8081", RefusesBy: now.Add(8 * time.Second)},
			{Gate: longWord, RefusesBy: now.Add(9 * time.Second)},
		},
	}
}
