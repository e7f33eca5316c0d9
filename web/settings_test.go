package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/store"
	"keydesk/models/store/storetest"
	"keydesk/web"
	"keydesk/web/console"
)

const (
	scopesPath  = "/settings/scopes"
	newService  = scopesPath + "/new"
	editOrders  = scopesPath + "/orders/edit"
	gatewayPath = "/settings/gateways"
	policyPath  = "/settings/policy"
)

// service is a service's form with a row for each scope, written "name|description|covers".
func service(version, name string, rows ...string) url.Values {
	f := url.Values{"version": {version}, "title": {"Billing"}, "rows": {itoa(len(rows))}}
	if name != "" {
		f.Set("name", name)
	}
	for i, r := range rows {
		part := strings.Split(r+"||", "|")
		f.Set("scope_name_"+itoa(i), part[0])
		f.Set("scope_description_"+itoa(i), part[1])
		f.Set("scope_covers_"+itoa(i), part[2])
	}
	return f
}

func itoa(n int) string { return strconv.Itoa(n) }

// TestALargeServiceIsEdited: as many scopes as there may be, each described in letters that a form writes six times as long.
func TestALargeServiceIsEdited(t *testing.T) {
	app := start(t, storetest.New(t))
	rows := make([]string, 900)
	for i := range rows {
		rows[i] = "billing.scope" + itoa(i) + "|" + strings.Repeat("ж", 100)
	}
	b := app.as(models.Administrator)
	b.post(newService, service(itoa(int(app.own().Version)), "billing", rows...)).want(t, 303)
	edit := scopesPath + "/billing/edit"
	rows[899] += " and more"
	b.post(edit, service(itoa(int(app.own().Version)), "", rows...)).want(t, 303)
}

// TestMadeUpLinksSayNothing: what no page could bear out is said once, to the session whose change it was.
func TestMadeUpLinksSayNothing(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	for path, text := range map[string]string{
		"/account?done=password": "Your password is changed", "/people/" + b.me() + "?done=access": "The access is changed",
		policyPath + "?done=saved": "The key policy is saved", scopesPath + "?done=saved": "The catalogue is saved",
	} {
		if b.get(path).says(text) {
			t.Errorf("%s says %q", path, text)
		}
	}
	b.follow(b.post("/account/sessions/end", nil)).want(t, 200, "All other sessions are ended.")
	if b.get("/account").says("All other sessions are ended.") {
		t.Error("it is said again")
	}
}

// altered is the form with fields in the place of its own.
func altered(f url.Values, pairs ...string) url.Values {
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// typed is what a text field of the page holds.
func (p page) typed(name string) string {
	m := regexp.MustCompile(`value="([^"]*)"[^>]* name="` + name + `"`).FindStringSubmatch(p.text)
	if m == nil {
		return "no field " + name
	}
	return html.UnescapeString(m[1])
}

func (a *app) own() models.OwnCatalogue {
	a.t.Helper()
	return must(a.desk.OwnCatalogue(a.t.Context(), local))(a.t)
}

func TestTheCatalogueIsShownToWhoeverSeesKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		app.key(app.account("billing-worker", "orders.user"), "prod")
		for _, access := range []string{models.Reviewer, models.Responder, models.Operator} {
			got := app.as(access).get(scopesPath)
			got.want(t, 200, "orders.write", "yc.ai.foundationModels.execute", "orders.user", "Built-in catalogue")
			for _, control := range []string{newService, "/built-in", "/orders/edit", "/orders/remove", gatewayPath, policyPath} {
				if strings.Contains(got.text, `href="`+control) || strings.Contains(got.text, scopesPath+control) {
					t.Errorf("%s is shown %s, which would refuse", access, control)
				}
			}
		}
		b := app.as(models.Administrator)
		got := b.get(scopesPath)
		for _, control := range []string{newService, scopesPath + "/built-in", editOrders, scopesPath + "/orders/remove", gatewayPath, policyPath} {
			if !strings.Contains(got.text, `href="`+control+`"`) {
				t.Errorf("an administrator is not shown %s", control)
			}
		}
		b.follow(b.get("/settings")).want(t, 200, "Scopes")
		b.get(scopesPath+"?from=orders.write").want(t, 200, "orders.write", "Previous")
		b.get(scopesPath+"?from=no.such").want(t, 200, "orders.read")
		b.get(scopesPath+"?what=ever").want(t, 400)
	})
}

func TestAServicesLifeInForms(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		app.withGate(s)
		b := app.as(models.Administrator)
		version := func(path string) string { return b.get(path).field("version") }

		more := b.post(newService, altered(service(version(newService), "billing", "billing.read|Read bills"), "more", "1"))
		more.want(t, 200, "Read bills")
		if more.field("rows") != "4" || app.own().Service("billing") != nil {
			t.Errorf("more rows: %s rows, service %v", more.field("rows"), app.own().Service("billing"))
		}
		b.follow(b.post(newService, service(version(newService), "billing", "", "billing.read|Read bills", "", "billing.write|Write bills|billing.read"))).
			want(t, 200, "The catalogue is saved.", "1 of 1 gate", "billing.write", "billing.user")

		k := app.key(app.account("worker", "billing.user"), "prod").Key
		_, _, err := app.desk.UpdateKey(t.Context(), local, k.ID, manage.KeyEdit{Scopes: []string{"billing.write"}})
		must(0, err)(t)
		edit := scopesPath + "/billing/edit"
		b.get(edit).want(t, 200, "Read bills", "Remove")
		drop := altered(service(version(edit), "", "billing.read|Read all bills", "billing.write|Write bills"), "scope_remove_1", "yes")
		asked := b.post(edit, drop)
		asked.want(t, 200, "Remove scopes of billing", "billing.write", "1 live key")
		if app.own().Service("billing").Scopes[0].Description != "Read bills" {
			t.Error("it was saved before it was agreed to")
		}
		b.follow(b.post(edit, altered(drop, "agreed", asked.field("agreed")))).want(t, 200, "The catalogue is saved.", "Read all bills")
		if got := app.own().Service("billing").Scopes; len(got) != 1 {
			t.Errorf("scopes %+v", got)
		}

		remove := scopesPath + "/billing/remove"
		page := b.get(remove)
		page.want(t, 200, "Remove billing", "billing.user", "1 service account")
		b.post(remove, url.Values{"version": {page.field("version")}}).want(t, 409, "1 service account") // not agreed to
		b.follow(b.post(remove, url.Values{"version": {page.field("version")}, "agreed": {page.field("agreed")}})).want(t, 200, "The catalogue is saved.")
		b.get(remove).want(t, 404)
		b.get(edit).want(t, 404)
		b.post(edit, service("1", "", "billing.read")).want(t, 404)
		b.post(remove, url.Values{"version": {"1"}}).want(t, 409)
	})
}

func TestRefusedServiceForms(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	secret := app.key(app.account("worker"), "x").Secret.Reveal()
	before := app.own()
	for name, tc := range map[string]struct {
		in   url.Values
		says []string
	}{
		"no name":                {service("", "", "billing.read|typed"), []string{"A name has 2 to 63"}},
		"a name that is taken":   {service("", "orders", "orders.new|typed"), []string{"there twice, or built in"}},
		"no scopes":              {service("", "billing"), []string{"add at least one"}},
		"a scope of another":     {service("", "billing", "", "orders.read|typed"), []string{`id="f-scope_name_1-problem"`}},
		"a description alone":    {service("", "billing", "billing.read", "|typed"), []string{`id="f-scope_name_1-problem"`}},
		"covers nothing there":   {service("", "billing", "", "billing.read|typed|billing.none"), []string{`id="f-scope_covers_1-problem"`}},
		"a secret":               {service("", "billing", "billing.read|"+secret), []string{"was taken out"}},
		"NUL":                    {service("", "billing", "billing.read|ty\x00ped"), []string{"Remove control characters"}},
		"a forged field":         {altered(service("", "billing", "billing.read|typed"), "source", "file"), []string{"a field that it does not have"}},
		"a row beyond the rows":  {altered(service("", "billing", "billing.read|typed"), "scope_name_7", "x"), []string{"a field that it does not have"}},
		"a version that is none": {service("latest", "billing", "billing.read|typed"), []string{"damaged"}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.in.Get("version") == "" {
				tc.in.Set("version", b.get(newService).field("version"))
			}
			got := b.post(newService, tc.in)
			got.want(t, 422)
			for _, text := range append(tc.says, "Add service") {
				if !strings.Contains(got.text, text) && !got.says(text) {
					t.Errorf("it does not say %q: %s", text, excerpt(got.text))
				}
			}
			if d := tc.in.Get("scope_description_0") + tc.in.Get("scope_description_1"); d == "typed" && !got.says("typed") {
				t.Error("the form came back without what was typed")
			}
		})
	}
	if app.own().Version != before.Version {
		t.Error("a refused form changed the catalogue")
	}
	b.post(editOrders, altered(service(b.get(editOrders).field("version"), "", "orders.read|typed", "bad name|typed"), "title", "a\u202eb")).
		want(t, 422, "invisible control characters", "typed", "Edit orders")
}

// TestTwoEditTheCatalogue: the second is told what the first did, and takes nothing away unseen.
func TestTwoEditTheCatalogue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		first, second := app.as(models.Administrator), app.as(models.Administrator)
		opened, created := second.get(editOrders).field("version"), second.get(newService).field("version")
		switched := second.get(scopesPath + "/built-in").field("version")
		first.post(editOrders, altered(service(first.get(editOrders).field("version"), "", "orders.read|Read them", "orders.write|Write orders", "orders.added|Added"), "title", "All orders")).want(t, 303)

		got := second.post(editOrders, altered(service(opened, "", "orders.read|Mine", "orders.write|Write orders"), "title", "Orders"))
		got.want(t, 409, "Somebody changed the catalogue", "It says now: All orders", "It says now: Read them", "was added meanwhile", "Mine")
		second.post(newService, service(created, "billing", "billing.read|typed")).want(t, 409, "Somebody changed the catalogue", "typed")
		second.post(scopesPath+"/built-in", url.Values{"version": {switched}, "built_in": {"off"}}).want(t, 409, "Somebody changed this")
		if o := app.own(); !o.BuiltIn || o.Service("billing") != nil || o.Service("orders").Title != "All orders" {
			t.Errorf("the first one's edit was overwritten: %+v", o)
		}
		again := service(got.field("version"), "", "orders.read|Mine", "orders.write|Write orders", "orders.added|Added")
		second.post(editOrders, again).want(t, 303)
		if o := app.own().Service("orders"); len(o.Scopes) != 3 || o.Scopes[0].Description != "Mine" {
			t.Errorf("after the second: %+v", o)
		}
	})
}

func TestTheBuiltInCatalogueIsSwitchedInForms(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	a := app.account("mailer", "postbox.sender")
	must(app.desk.CreateKey(t.Context(), local, manage.NewKey{AccountID: a.ID, Scopes: []string{"yc.postbox.send"}, Via: "cli"}))(t)
	at := scopesPath + "/built-in"
	ask := b.get(at)
	ask.want(t, 200, "Switch the built-in catalogue off", "yc.postbox.send", "1 live key", "postbox.sender", "1 service account")
	form := url.Values{"version": {ask.field("version")}, "built_in": {"off"}}
	b.post(at, form).want(t, 409, "1 live key")
	b.post(at, altered(url.Values{"version": {ask.field("version")}}, "built_in", "perhaps")).want(t, 422)
	form["agreed"] = []string{"yc.postbox.send", "postbox.sender"}
	b.follow(b.post(at, form)).want(t, 200, "The catalogue is saved.", "Off")
	on := b.get(at)
	on.want(t, 200, "Switch the built-in catalogue on", "No live key and no service account is affected.")
	b.post(newService, service(on.field("version"), "monitoring", "monitoring.read")).want(t, 303)
	b.get(at).want(t, 409, `Service "monitoring"`, "built in")
	b.post(at, url.Values{"version": {"3"}, "built_in": {"on"}}).want(t, 409, `Service "monitoring"`)
}

// TestAFileManagesTheCatalogue: the console shows it, and says where to change it.
func TestAFileManagesTheCatalogue(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	version := b.get(newService).field("version")
	own := app.own()
	own.Source, own.File = models.SourceFile, "keydesk-data/services.yaml"
	must(app.desk.SetCatalogue(t.Context(), local, own))(t)
	got := b.get(scopesPath)
	got.want(t, 200, "keydesk-data/services.yaml", "Here it is read-only", "orders.read")
	for _, path := range []string{newService, editOrders, scopesPath + "/orders/remove", scopesPath + "/built-in"} {
		if strings.Contains(got.text, `href="`+path) {
			t.Errorf("%s is offered", path)
		}
		b.get(path).want(t, 409, "managed by keydesk-data/services.yaml")
		b.post(path, altered(service(version, "billing", "billing.read"), "built_in", "off")).want(t, 409, "managed by keydesk-data/services.yaml")
	}
	if now := app.own(); now.Version != own.Version+1 || !now.BuiltIn {
		t.Errorf("the catalogue was changed: %+v", now)
	}
}

func TestAGatewaysCredentialIsShownOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		app.withGate(s)
		b := app.as(models.Administrator)
		b.get(gatewayPath).want(t, 200, "No gateway has a credential")
		form := url.Values{"form_id": {b.get(gatewayPath + "/new").field("form_id")}, "name": {"nginx <b>in front</b>"}}
		got := b.post(gatewayPath+"/new", form)
		got.want(t, 201, "Credential created: nginx <b>in front</b>", "1 of 1 gate")
		_, after, _ := strings.Cut(got.text, "keydeskgw_")
		secret := "keydeskgw_" + after[:49]
		if got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Location") != "" || !strings.Contains(got.text, "Keydesk-Gateway: "+secret) {
			t.Errorf("the answer has %v", got.Header)
		}
		hidden(t, got.text, secret)
		b = reopened(b)
		b.post(gatewayPath+"/new", form).want(t, 409, "The credential was shown once", "nginx <b>in front</b>")
		list := must(app.desk.Gateways(t.Context(), local))(t)
		if len(list) != 1 {
			t.Fatalf("%d credentials, want one", len(list))
		}
		b.get(gatewayPath).want(t, 200, "nginx <b>in front</b>", list[0].Mask(), "Active")

		at := gatewayPath + "/" + list[0].ID + "/revoke"
		b.get(at).want(t, 200, "This is final", list[0].Mask())
		b.post(at, url.Values{"forged": {"x"}}).want(t, 422)
		b.follow(b.post(at, nil)).want(t, 200, "is revoked: every request with it is refused.", "1 of 1 gate", "1 revoked credential")
		b.get(at).want(t, 409, "revoked already")
		b.post(at, nil).want(t, 409, "revoked already")
		if n := app.events("gateway.revoke"); n != 3 { // of which the forged one before and this one are refusals
			t.Errorf("%d events of the revoke", n)
		}
		b.post("/find", url.Values{"q": {"Keydesk-Gateway: " + secret}}).want(t, 200, "the credential of a gateway, and it is revoked", "nginx <b>in front</b>")
		b.get(gatewayPath+"/gwy00000000000000000/revoke").want(t, 404)
		b.post(gatewayPath+"/gwy00000000000000000/revoke", nil).want(t, 404)
		for _, seen := range append(b.seen, app.log.String()) {
			if strings.Contains(seen, secret) {
				t.Errorf("the credential is elsewhere: %s", excerpt(seen))
			}
		}
	})
}

func TestRefusedGatewayForms(t *testing.T) {
	app := start(t, storetest.New(t))
	b := app.as(models.Administrator)
	at := gatewayPath + "/new"
	for name, tc := range map[string]struct {
		change []string
		status int
		says   string
	}{
		"no name":          {[]string{"name", " "}, 422, "Name the gateway"},
		"a long name":      {[]string{"name", strings.Repeat("x", 257)}, 422, "256 characters at most"},
		"a forged field":   {[]string{"secret", "x"}, 422, "a field that it does not have"},
		"a forged form id": {[]string{"form_id", "forged"}, 403, "not made for you"},
		"another's form":   {[]string{"form_id", b.get("/service-accounts/new").field("form_id")}, 403, "not made for you"},
		"invalid UTF-8":    {[]string{"name", "a\xff"}, 422, "Remove control characters"},
	} {
		t.Run(name, func(t *testing.T) {
			form := altered(url.Values{"form_id": {b.get(at).field("form_id")}, "name": {"typed"}}, tc.change...)
			b.post(at, form).want(t, tc.status, tc.says)
		})
	}
	if list := must(app.desk.Gateways(t.Context(), local))(t); len(list) != 0 {
		t.Errorf("%d credentials were made", len(list))
	}
}

func TestGatesAreShown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Reviewer)
		b.get("/settings/gates").want(t, 200, "No gate is running")
		app.withGate(s)
		got := b.get("/settings/gates")
		got.want(t, 200, "here:8081", "Answers", "the newest")
		part := b.part(got.polls(t))
		part.want(t, 200, "here:8081")
		if strings.Contains(part.text, "<html") || got.says("is behind") {
			t.Errorf("the part is %s", excerpt(part.text))
		}
		app.pass(-10 * time.Second) // a change that waits for ten seconds
		app.account("worker")
		_, err := s.Beat(t.Context(), models.Gate{
			ID: "gat00000000000000009", Name: "edge", Version: "v0", State: models.GateReady, StaleFor: time.Minute, StartedAt: time.Now(),
			Enforced: must(app.desk.Gates(t.Context(), local))(t).Head - 1,
		})
		must(0, err)(t)
		b.get("/settings/gates").want(t, 200, "edge is behind", "1 change waiting since", "Behind")
	})
}

func TestAlarmsOfGatesAreShown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Reviewer)
		for _, g := range []models.Gate{
			{ID: "gat00000000000000008", Name: "inner", State: models.GateAlarmed, Epoch: 1},
			{ID: "gat00000000000000009", Name: "outer", State: models.GateReady, StaleFor: time.Minute, Warning: models.WarnJournal},
		} {
			must(s.Beat(t.Context(), g))(t)
		}
		b.get("/settings/gates").want(t, 200, "inner refuses everything: the database went back in time", "keydesk restore accept", "Alarm",
			"outer cannot write its revocation journal", "Answers nothing")
	})
}

// TestGatesThatAreGoneAreAnAlarmOfTheirOwnPage: of each gate its list says more than the banners of other pages.
func TestGatesThatAreGoneAreAnAlarmOfTheirOwnPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		b := app.as(models.Reviewer)
		gone := models.Gate{ID: "gat00000000000000008", Name: "inner", State: models.GateReady, StaleFor: time.Millisecond}
		must(s.Beat(t.Context(), gone))(t)
		time.Sleep(10 * time.Millisecond)
		b.get("/settings/gates").want(t, 200, "No gate is running", "inner", "Gone")
		must(s.Beat(t.Context(), models.Gate{ID: "gat00000000000000009", Name: "outer", State: models.GateAlarmed, Epoch: 1}))(t)
		if got := b.get("/settings/gates"); got.says("No gate is running") || strings.Count(got.text, "went back in time") != 1 {
			t.Errorf("with a gate in alarm: %s", excerpt(got.text))
		}
	})
}

func TestTheKeyPolicyInForms(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		old := app.key(a, "old one").Key
		b, second := app.as(models.Administrator), app.as(models.Administrator)
		page := b.get(policyPath)
		page.want(t, 200, "No key does.")
		if page.typed("default") != "90" || page.typed("max") != "" {
			t.Errorf("default %s, max %s", page.typed("default"), page.typed("max"))
		}
		form := url.Values{"version": {page.field("version")}, "default": {"45"}, "max": {"60"}, "never": {"refused"}}
		for name, tc := range map[string]struct {
			change []string
			says   string
		}{
			"no default":           {[]string{"default", ""}, "Enter whole days"},
			"half a day":           {[]string{"default", "0.5"}, "Enter whole days"},
			"beyond the maximum":   {[]string{"default", "61"}, "longer than the maximum"},
			"a maximum of nothing": {[]string{"max", "0"}, "Enter whole days"},
			"a contradiction":      {[]string{"never", "allowed"}, "live longer than any maximum"},
			"no choice":            {[]string{"never", "perhaps"}, "Choose one of these"},
			"a forged field":       {[]string{"days", "9"}, "a field that it does not have"},
			"no version":           {[]string{"version", "x"}, "damaged"},
		} {
			t.Run(name, func(t *testing.T) {
				typed := url.Values{}
				for field, values := range form {
					typed[field] = values
				}
				got := b.post(policyPath, altered(typed, tc.change...))
				got.want(t, 422, tc.says)
				if got.typed("max") != typed.Get("max") || got.typed("default") != typed.Get("default") {
					t.Error("the form came back without what was typed")
				}
			})
		}
		stale := second.get(policyPath).field("version")
		b.follow(b.post(policyPath, form)).want(t, 200, "The key policy is saved", "old one", "1 key")
		second.post(policyPath, url.Values{"version": {stale}, "default": {"10"}, "max": {""}, "never": {"allowed"}}).
			want(t, 409, "Somebody changed this", "It says now: 45", "It says now: 60")

		b.get("/keys/"+old.ID).want(t, 200, "in 90 days") // it stays as it is
	})
}

// TestTheKeyPolicyInTheFormsOfKeys: what it does not allow is shown, cannot be chosen, and is refused.
func TestTheKeyPolicyInTheFormsOfKeys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		app := start(t, s)
		a := app.account("billing-worker", "orders.user")
		old := app.key(a, "old one").Key
		must(app.desk.SetKeyPolicy(t.Context(), local, models.KeyPolicy{DefaultDays: 45, MaxDays: 60}))(t)
		o := app.as(models.Operator)
		fresh := o.get(newKeyPath(a))
		fresh.want(t, 200, "45 days", "The key policy allows 60 days at most", "The key policy does not allow keys without expiry")
		if !strings.Contains(fresh.text, `value="45d" checked`) || strings.Contains(fresh.text, `value="7d" disabled`) || !strings.Contains(fresh.text, `value="90d" disabled`) {
			t.Error("the choices are not what the policy allows")
		}
		for choice, status := range map[string]int{"45d": 201, "90d": 422, "1y": 422, "never": 422} {
			o.post(newKeyPath(a), altered(newKeyForm(o.get(newKeyPath(a)).field("form_id")), "expires", choice)).want(t, status)
		}
		edit := "/keys/" + old.ID + "/edit"
		o.post(edit, altered(editForm(o, old.ID), "expires", "never")).want(t, 422, "does not allow keys without expiry")
		o.post(edit, editForm(o, old.ID)).want(t, 303) // kept
		o.post("/keys/"+old.ID+"/revoke", url.Values{"reason": {"unused"}}).want(t, 303)
		again := o.follow(o.get("/keys/" + old.ID + "/replace"))
		again.want(t, 200, "This key replaces one")
		if !strings.Contains(again.text, `value="45d" checked`) {
			t.Error("a replacement offers an expiry that the policy refuses")
		}
	})
}

func TestAboutSaysWhatRuns(t *testing.T) {
	s := storetest.New(t)
	app := start(t, s, func(cfg *web.Config) {
		cfg.Console.Program = console.Program{
			Version: "v9.9.9-test", Go: "go9.9", Database: "SQLite", StartedAt: time.Now().Add(-time.Hour), Licence: []byte("Apache <License>"), ThirdParty: []byte("# Others' work"),
		}
	})
	b := app.as(models.Reviewer)
	b.get("/settings/about").want(t, 200, "v9.9.9-test", "go9.9", "SQLite", "1 h", time.Now().UTC().Format(time.DateOnly))
	for path, want := range map[string]string{"/settings/about/licence": "Apache <License>", "/settings/about/third-party": "# Others' work"} {
		got := b.get(path)
		if got.StatusCode != http.StatusOK || got.text != want || got.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d %s %q", path, got.StatusCode, got.Header.Get("Content-Type"), got.text)
		}
	}
	app.visitor().get("/settings/about/licence").want(t, 303)
}
