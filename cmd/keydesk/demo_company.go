package main

import (
	"time"

	"keydesk/models"
)

// The company of the demo is Larkspur, a shop for garden plants. What follows is who and what it has; what happened to them is
// in demo_story.go, and what its programs do all day in demo_keys.go.

// The people of the demo, by whom the story says did something.
const (
	olga  = "olga.brandt@larkspur.example" // administrator
	tomas = "tomas.riha@larkspur.example"  // operator
	mei   = "mei.tanaka@larkspur.example"  // reviewer
	sam   = "sam.okafor@larkspur.example"  // responder
	jonas = "jonas.weber@larkspur.example" // operator; left the company
	shell = ""                             // the command line on the company's host
)

// demoPerson is one of the company's people.
type demoPerson struct {
	email, access string
	joined        when
	desk          string // the address that they work from
	browser       string
}

var demoPeople = []demoPerson{
	{olga, models.Administrator, day(120, 8, 2), "10.20.0.14", firefoxLinux},
	{tomas, models.Operator, day(120, 8, 40), "10.20.0.31", chromeMac},
	{jonas, models.Operator, day(120, 8, 44), "10.20.0.52", chromeWindows},
	{sam, models.Responder, day(106, 9, 15), "10.20.0.77", firefoxLinux},
	{mei, models.Reviewer, day(92, 9, 30), "10.20.0.90", chromeMac},
}

// What browsers call themselves.
const (
	firefoxLinux  = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	chromeMac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
	chromeWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"
)

// demoCatalogue is what the company adds to the catalogue. No file manages it, so that it can be edited in the console.
var demoCatalogue = models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{
	{Name: "orders", Title: "Orders", Scopes: []models.OwnScope{
		{Name: "orders.read", Description: "Read orders and their state"},
		{Name: "orders.write", Description: "Create and change orders", Covers: []string{"orders.read"}},
		{Name: "orders.refund", Description: "Give money back"},
	}},
	{Name: "invoices", Title: "Invoices", Scopes: []models.OwnScope{
		{Name: "invoices.read", Description: "Read invoices"},
		{Name: "invoices.write", Description: "Create and correct invoices", Covers: []string{"invoices.read"}},
		{Name: "invoices.send", Description: "Send invoices to customers"},
	}},
	{Name: "catalog", Title: "Product catalogue", Scopes: []models.OwnScope{
		{Name: "catalog.read", Description: "Read products and prices"},
		{Name: "catalog.write", Description: "Change products and prices", Covers: []string{"catalog.read"}},
	}},
	{Name: "inventory", Title: "Inventory", Scopes: []models.OwnScope{
		{Name: "inventory.read", Description: "Read what is in stock"},
		{Name: "inventory.write", Description: "Book goods in and out", Covers: []string{"inventory.read"}},
	}},
	{Name: "shipping", Title: "Shipping", Scopes: []models.OwnScope{
		{Name: "shipping.read", Description: "Follow parcels"},
		{Name: "shipping.labels", Description: "Print labels and hand parcels over"},
	}},
	{Name: "customers", Title: "Customers", Scopes: []models.OwnScope{
		{Name: "customers.read", Description: "Read customers and their addresses"},
		{Name: "customers.export", Description: "Take customer data out as a file"},
	}},
}}

// demoAccount is a service account as it was made.
type demoAccount struct {
	name, owner, about string
	by                 string
	born               when
	ends               int // days after which it expires; 0: it does not
	roles              []string
	labels             map[string]string
}

var demoAccounts = []demoAccount{
	{
		name: "storefront", owner: "web@larkspur.example", about: "The shop itself: shows products and takes orders", by: olga, born: day(119, 9, 10),
		roles: []string{"orders.user", "catalog.user", "customers.user"}, labels: map[string]string{"team": "web", "env": "production"},
	},
	{
		name: "billing-worker", owner: "finance@larkspur.example", about: "Writes the invoices at night and sends them", by: tomas, born: day(118, 10, 5),
		roles: []string{"invoices.user", "orders.user", "postbox.sender"}, labels: map[string]string{"team": "finance", "env": "production"},
	},
	{
		name: "legacy-import", owner: jonas, about: "Orders of the old shop, until it is switched off", by: jonas, born: day(118, 14, 30),
		roles: []string{"editor"}, labels: map[string]string{"legacy": "yes"},
	},
	{
		name: "warehouse", owner: "logistics@larkspur.example", about: "Scanners, label printers and the nightly count in Brno", by: tomas, born: day(117, 9, 0),
		roles: []string{"inventory.user", "shipping.user", "orders.user"}, labels: map[string]string{"team": "logistics", "site": "brno"},
	},
	{
		name: "mobile-app", owner: "mobile@larkspur.example", about: "The app for iOS and Android, one key a release", by: tomas, born: day(119, 13, 25),
		roles: []string{"orders.user", "catalog.user", "customers.user"}, labels: map[string]string{"team": "mobile", "env": "production"},
	},
	{
		name: "reports", owner: "data@larkspur.example", about: "Dashboards and the data warehouse", by: jonas, born: day(115, 11, 0),
		roles: []string{"orders.user", "invoices.user", "customers.user", "monitoring.viewer"}, labels: map[string]string{"team": "data"},
	},
	{
		name: "search-indexer", owner: "search@larkspur.example", about: "Keeps the search index of the shop current", by: tomas, born: day(114, 9, 40),
		roles: []string{"catalog.user", "search-api.executor", "ai.languageModels.user"}, labels: map[string]string{"team": "web"},
	},
	{
		name: "support-desk", owner: "support@larkspur.example", about: "The helpdesk and its chat widget", by: tomas, born: day(113, 10, 20),
		roles: []string{"orders.user", "customers.user", "ai.translate.user"}, labels: map[string]string{"team": "support"},
	},
	{
		name: "ci-deploy", owner: "platform@larkspur.example", about: "Builds images and deploys them", by: olga, born: day(112, 8, 30),
		roles: []string{"cloud-registry.artifacts.pusher", "functions.functionInvoker"}, labels: map[string]string{"team": "platform"},
	},
	{
		name: "log-shipper", owner: "platform@larkspur.example", about: "Carries logs and metrics off the clusters", by: shell, born: day(112, 15, 0),
		roles: []string{"logging.writer", "monium.telemetry.writer"}, labels: map[string]string{"team": "platform", "env": "production"},
	},
	{
		name: "partner-parcelpoint", owner: "partners@larkspur.example", about: "ParcelPoint, who deliver in Austria", by: tomas, born: day(109, 11, 15),
		roles: []string{"shipping.user"}, labels: map[string]string{"partner": "parcelpoint"},
	},
	{
		name: "marketing-mailer", owner: "marketing@larkspur.example", about: "Campaigns, carts that were left, surveys", by: tomas, born: day(107, 10, 0),
		roles: []string{"postbox.sender", "customers.user"}, labels: map[string]string{"team": "marketing"},
	},
	{
		name: "newsletter", owner: "marketing@larkspur.example", about: "The old newsletter program", by: tomas, born: day(105, 10, 30),
		roles: []string{"postbox.sender"},
	},
	{
		name: "speech-kiosk", owner: "retail@larkspur.example", about: "Pilot: kiosks in two shops that listen and answer", by: tomas, born: day(93, 13, 0),
		roles: []string{"ai.speechkit-stt.user", "ai.speechkit-tts.user"}, labels: map[string]string{"pilot": "yes"},
	},
	{
		name: "load-test", owner: "web@larkspur.example", about: "The load test before the summer sale", by: tomas, born: day(60, 9, 30), ends: 48,
		roles: []string{"orders.user", "catalog.user"}, labels: map[string]string{"env": "test"},
	},
}

// when is a moment of the company's past: a day so many days ago at a time of day, UTC, or so long ago.
type when struct {
	days   int
	clock  time.Duration
	ago    time.Duration
	urgent bool
}

func day(days, hour, minute int) when {
	return when{days: days, clock: time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute}
}

// atOnce is for what could not wait until after the weekend.
func (w when) atOnce() when {
	w.urgent = true
	return w
}

func ago(d time.Duration) when { return when{ago: d} }

// planned is the moment, seen from now, whatever day of the week it is. The order of the story is that of these.
func (w when) planned(now time.Time) time.Time {
	if w.ago > 0 {
		return models.Instant(now.Add(-w.ago))
	}
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -w.days).Add(w.clock)
}

// worked is when it was done: people do not work at weekends, so what is planned for one was done on the Friday before.
func (w when) worked(now time.Time) time.Time {
	at := w.planned(now)
	for w.ago == 0 && !w.urgent && weekend(at) {
		at = at.AddDate(0, 0, -1)
	}
	return at
}

func weekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }
