package main

import (
	"time"

	"keydesk/models"
)

// demoKey is a key as it was made, and who uses it.
type demoKey struct {
	account, name string
	by            string
	born          when
	life          int      // days; 0: what the console offers, 90
	scopes        []string // none: the defaults
	replaces      string   // name of the revoked key of the account that it replaces
	uses          []demoUse
}

// never is the life of a key that does not expire.
const never = -1

// handle is how the story calls a key.
func (k demoKey) handle() string { return k.account + "/" + k.name }

// demoUse is one program that asks with a key. What it asks after the key's or the account's end is refused for that.
type demoUse struct {
	scope   string
	through string         // the scope of the key that covers it; empty: itself
	outcome models.Outcome // zero: allowed, for as long as the key is good
	daily   float64        // requests on a working day, by now
	hours   rhythm
	since   int     // days ago; 0: as soon as it can be
	until   int     // days ago; 0: as long as it can be
	early   float64 // what it asked 120 days ago, as a share of daily; 0: the same
	old     bool    // with the secret before the last reissue
	hosts   []string
	agent   string
	every   time.Duration // how often it really asks while the demo runs; 0: it does not
}

// rhythm is how the requests of a day spread over its hours, UTC, and what a day at the weekend has of them.
type rhythm struct {
	hours   [24]float64
	weekend float64
}

var (
	always    = rhythm{[24]float64{3, 2, 2, 2, 2, 3, 4, 6, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 8, 7, 5, 4}, 0.8}
	evenings  = rhythm{[24]float64{2, 1, 1, 0, 0, 1, 3, 4, 4, 4, 5, 6, 6, 5, 5, 5, 6, 8, 10, 12, 12, 9, 6, 3}, 1.3}
	office    = rhythm{[24]float64{7: 4, 8: 8, 9: 9, 10: 9, 11: 6, 12: 5, 13: 9, 14: 9, 15: 8, 16: 5, 17: 1}, 0.02}
	shifts    = rhythm{[24]float64{4: 2, 5: 8, 6: 9, 7: 9, 8: 8, 9: 6, 10: 9, 11: 8, 12: 5, 13: 8, 14: 9, 15: 9, 16: 8, 17: 5, 18: 7, 19: 7, 20: 3}, 0.4}
	nightly   = rhythm{[24]float64{2: 9, 3: 3}, 1}
	machinery = rhythm{[24]float64{8, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8}, 0.95}
)

// The networks that the company and its partners ask from.
var (
	webHosts   = []string{"10.20.4.11", "10.20.4.12", "10.20.5.11"}
	mobileNets = []string{"198.51.100.23", "198.51.100.140", "203.0.113.18", "192.0.2.77", "2001:db8:61::a4"}
	batchHosts = []string{"10.20.8.21", "10.20.8.22"}
	clusterA   = []string{"10.40.1.5", "10.40.1.6"}
	clusterB   = []string{"10.40.2.5", "2001:db8:40::5"}
	parcelNet  = []string{"192.0.2.14", "192.0.2.15"}
	officeNet  = []string{"10.20.0.52", "10.20.0.118"}
	stranger   = []string{"203.0.113.77"}
)

// The key that the terminal offers for a try. Its program asks about once a second: whoever revokes it sees the refusals
// climb. Its account may nothing in the scope that shows a refusal, and neither may the key.
const (
	demoTryKey     = "storefront/Shop, production"
	demoTryAllowed = "orders.read"
	demoTryRefused = "invoices.read"
)

var demoKeys = [][]demoKey{shopKeys, backOfficeKeys, platformKeys, partnerKeys, legacyKeys}

var shopKeys = []demoKey{
	{account: "storefront", name: "Shop, before the move", by: olga, born: day(119, 9, 20), life: 365, scopes: []string{"orders.read", "orders.write", "catalog.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 41000, hours: always, hosts: []string{"10.10.2.4"}, agent: "storefront/4.9.2"},
	}},
	{account: "storefront", name: "Shop, production", by: tomas, born: day(84, 9, 30), life: 180, scopes: []string{"orders.read", "orders.write", "catalog.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 52000, hours: always, early: 0.5, hosts: webHosts, agent: "storefront/4.12.0", every: 1100 * time.Millisecond},
		{scope: "orders.write", daily: 9400, hours: always, early: 0.5, hosts: webHosts, agent: "storefront/4.12.0", every: 7 * time.Second},
		{scope: "catalog.read", daily: 21000, hours: always, early: 0.6, hosts: webHosts, agent: "storefront/4.12.0", every: 4 * time.Second},
	}},
	{account: "storefront", name: "Shop, staging", by: tomas, born: day(75, 10, 0), life: 180, scopes: []string{"orders.read", "orders.write", "catalog.read"}, uses: []demoUse{
		{scope: "orders.write", daily: 140, hours: office, hosts: officeNet, agent: "storefront/4.13.0-rc2"},
		{scope: "catalog.read", daily: 320, hours: office, hosts: officeNet, agent: "storefront/4.13.0-rc2"},
	}},
	{account: "storefront", name: "Search widget", by: tomas, born: day(61, 10, 15), scopes: []string{"catalog.read"}, uses: []demoUse{
		{scope: "catalog.read", daily: 27000, hours: evenings, early: 0.4, hosts: webHosts, agent: "search-widget/2.1", every: 3200 * time.Millisecond},
	}},
	{account: "storefront", name: "Checkout canary", by: tomas, born: day(9, 11, 0), scopes: []string{"orders.write"}, uses: []demoUse{
		{scope: "orders.write", daily: 1440, hours: machinery, hosts: []string{"10.20.9.3"}, agent: "canary/1.0", every: 60 * time.Second},
	}},
	{account: "storefront", name: "Spring sale load test", by: jonas, born: day(101, 13, 0), life: 30, scopes: []string{"orders.read", "orders.write", "catalog.read"}, uses: []demoUse{
		{scope: "catalog.read", daily: 64000, hours: office, until: 88, hosts: []string{"10.20.9.40"}, agent: "k6/0.54.0"},
	}},
	{account: "storefront", name: "Gift cards, preview", by: tomas, born: day(2, 14, 0), life: 30, scopes: []string{"orders.read"}},

	{account: "mobile-app", name: "iOS 5.2", by: jonas, born: day(118, 16, 0), scopes: []string{"orders.read", "catalog.read"}, uses: []demoUse{
		{scope: "catalog.read", daily: 26000, hours: evenings, hosts: mobileNets, agent: "Larkspur/5.2 CFNetwork/1568.200.51 Darwin/24.1.0"},
		{scope: "catalog.read", outcome: models.ExpiredKey, daily: 700, hours: evenings, hosts: mobileNets, agent: "Larkspur/5.2 CFNetwork/1568.200.51 Darwin/24.1.0", every: 25 * time.Second},
	}},
	{account: "mobile-app", name: "Android 5.2", by: jonas, born: day(118, 16, 10), scopes: []string{"orders.read", "catalog.read"}, uses: []demoUse{
		{scope: "catalog.read", daily: 31000, hours: evenings, hosts: mobileNets, agent: "Larkspur/5.2 okhttp/4.12.0"},
		{scope: "catalog.read", outcome: models.ExpiredKey, daily: 320, hours: evenings, until: 6, hosts: mobileNets, agent: "Larkspur/5.2 okhttp/4.12.0"},
	}},
	{account: "mobile-app", name: "iOS 5.3", by: tomas, born: day(80, 15, 0), scopes: []string{"orders.read", "catalog.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 1900, hours: evenings, early: 9, hosts: mobileNets, agent: "Larkspur/5.3 CFNetwork/1568.300.101 Darwin/24.2.0"},
		{scope: "catalog.read", daily: 4100, hours: evenings, early: 9, hosts: mobileNets, agent: "Larkspur/5.3 CFNetwork/1568.300.101 Darwin/24.2.0", every: 21 * time.Second},
	}},
	{account: "mobile-app", name: "Android 5.3", by: tomas, born: day(80, 15, 10), scopes: []string{"orders.read", "catalog.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 2400, hours: evenings, early: 9, hosts: mobileNets, agent: "Larkspur/5.3 okhttp/4.12.0"},
		{scope: "catalog.read", daily: 5200, hours: evenings, early: 9, hosts: mobileNets, agent: "Larkspur/5.3 okhttp/4.12.0", every: 17 * time.Second},
	}},
	{account: "mobile-app", name: "iOS 5.4", by: tomas, born: day(35, 14, 0), scopes: []string{"orders.read", "orders.write", "catalog.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 12000, hours: evenings, early: 0.2, hosts: mobileNets, agent: "Larkspur/5.4 CFNetwork/1568.400.3 Darwin/24.3.0", every: 7 * time.Second},
		{scope: "catalog.read", daily: 29000, hours: evenings, early: 0.2, hosts: mobileNets, agent: "Larkspur/5.4 CFNetwork/1568.400.3 Darwin/24.3.0", every: 3 * time.Second},
	}},
	{account: "mobile-app", name: "Android 5.4", by: tomas, born: day(35, 14, 10), scopes: []string{"orders.read", "orders.write", "catalog.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 15000, hours: evenings, early: 0.2, hosts: mobileNets, agent: "Larkspur/5.4 okhttp/4.12.0", every: 6 * time.Second},
		{scope: "catalog.read", daily: 36000, hours: evenings, early: 0.2, hosts: mobileNets, agent: "Larkspur/5.4 okhttp/4.12.0", every: 2400 * time.Millisecond},
	}},
	{account: "mobile-app", name: "Push campaign", by: tomas, born: day(29, 10, 30), scopes: []string{"customers.read"}},

	{account: "search-indexer", name: "Indexer", by: tomas, born: day(108, 10, 0), life: 365, scopes: []string{"catalog.read", "yc.search-api.execute"}, uses: []demoUse{
		{scope: "catalog.read", daily: 11000, hours: machinery, early: 0.7, hosts: batchHosts, agent: "indexer/1.8", every: 8 * time.Second},
		{scope: "yc.search-api.execute", daily: 2400, hours: machinery, early: 0.7, hosts: batchHosts, agent: "indexer/1.8"},
	}},
	{account: "search-indexer", name: "Synonyms job", by: tomas, born: day(88, 11, 0), life: 180, scopes: []string{"catalog.read"}, uses: []demoUse{
		{scope: "catalog.read", daily: 900, hours: machinery, hosts: []string{"10.20.8.22"}, agent: "synonyms/0.9", every: 90 * time.Second},
		{scope: "catalog.read", outcome: models.RetiredSecret, daily: 5800, hours: machinery, old: true, hosts: []string{"10.20.8.21"}, agent: "synonyms/0.8", every: 15 * time.Second},
	}},
	{account: "search-indexer", name: "Query suggestions", by: tomas, born: day(45, 13, 30), scopes: []string{"yc.ai.languageModels.execute"}, uses: []demoUse{
		{scope: "yc.ai.languageModels.execute", daily: 2600, hours: evenings, early: 0.3, hosts: batchHosts, agent: "suggest/0.4", every: 33 * time.Second},
	}},
	{account: "search-indexer", name: "Relevance evaluation", by: jonas, born: day(66, 9, 50), life: 180, scopes: []string{"catalog.read", "yc.search-api.execute"}, uses: []demoUse{
		{scope: "yc.search-api.execute", daily: 3800, hours: office, until: 58, hosts: officeNet, agent: "python-requests/2.32.3"},
	}},
}

var backOfficeKeys = []demoKey{
	{account: "billing-worker", name: "Invoices, old cluster", by: jonas, born: day(117, 15, 0), life: 365, scopes: []string{
		"invoices.read", "invoices.write", "invoices.send", "orders.read", "yc.postbox.send",
	}, uses: []demoUse{
		{scope: "invoices.read", daily: 2200, hours: nightly, until: 38, hosts: []string{"10.10.3.9"}, agent: "invoice-run/2.6"},
	}},
	{account: "billing-worker", name: "Invoices, production", by: tomas, born: day(66, 10, 0), scopes: []string{"invoices.read", "invoices.write", "yc.postbox.send"}, uses: []demoUse{
		{scope: "invoices.write", daily: 3900, hours: office, early: 0.6, hosts: batchHosts, agent: "invoice-run/3.1", every: 20 * time.Second},
		{scope: "yc.postbox.send", daily: 3600, hours: nightly, early: 0.6, hosts: batchHosts, agent: "invoice-run/3.1"},
		{scope: "invoices.read", daily: 4700, hours: machinery, old: true, hosts: []string{"10.20.8.31"}, agent: "invoice-archive/1.2", every: 18 * time.Second},
	}},
	{account: "billing-worker", name: "Invoices, staging", by: tomas, born: day(66, 10, 10), scopes: []string{"invoices.read", "invoices.write", "yc.postbox.send"}},
	{account: "billing-worker", name: "Year-end closing", by: tomas, born: day(110, 13, 0), life: 365, scopes: []string{"invoices.read", "orders.read"}, uses: []demoUse{
		{scope: "invoices.read", daily: 5400, hours: office, until: 94, hosts: officeNet, agent: "closing-sheet/11"},
	}},
	{account: "billing-worker", name: "Dunning letters", by: tomas, born: day(86, 9, 0), scopes: []string{"invoices.read", "invoices.send"}, uses: []demoUse{
		{scope: "invoices.send", daily: 110, hours: office, hosts: batchHosts, agent: "dunning/2.0"},
	}},

	{account: "reports", name: "Data warehouse, nightly", by: jonas, born: day(111, 10, 0), life: 365, scopes: []string{
		"orders.read", "invoices.read", "customers.read", "customers.export", "yc.monitoring.read",
	}, uses: []demoUse{
		{scope: "orders.read", daily: 1300, hours: nightly, early: 0.6, hosts: []string{"10.20.8.40"}, agent: "dbt/1.9 etl-orders"},
	}},
	{account: "reports", name: "Finance dashboard", by: tomas, born: day(57, 11, 0), scopes: []string{"invoices.read", "orders.read"}, uses: []demoUse{
		{scope: "invoices.read", daily: 1900, hours: office, early: 0.5, hosts: []string{"10.20.6.4"}, agent: "Grafana/12.0.2", every: 45 * time.Second},
		{scope: "orders.read", daily: 800, hours: office, early: 0.5, hosts: []string{"10.20.6.4"}, agent: "Grafana/12.0.2"},
	}},
	{account: "reports", name: "Board report, quarterly", by: tomas, born: day(108, 14, 0), life: 365, scopes: []string{"orders.read", "invoices.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 60, hours: office, since: 64, until: 61, hosts: officeNet, agent: "board-report/7"},
	}},
	{account: "reports", name: "Notebook of Jonas", by: jonas, born: day(103, 10, 0), life: never, scopes: []string{"orders.read", "customers.read", "customers.export"}, uses: []demoUse{
		{scope: "customers.read", daily: 85, hours: office, until: 49, hosts: []string{"10.20.0.52"}, agent: "python-requests/2.32.3"},
	}},
	{account: "reports", name: "Customer data on request", by: tomas, born: day(26, 10, 0), scopes: []string{"customers.export"}, uses: []demoUse{
		{scope: "customers.export", daily: 4, hours: office, hosts: officeNet, agent: "privacy-desk/1.0"},
	}},

	{account: "support-desk", name: "Helpdesk", by: tomas, born: day(85, 14, 0), life: 180, scopes: []string{"orders.read", "customers.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 2900, hours: office, early: 0.7, hosts: []string{"192.0.2.201"}, agent: "Zammad/6.4", every: 28 * time.Second},
		{scope: "customers.read", daily: 1700, hours: office, early: 0.7, hosts: []string{"192.0.2.201"}, agent: "Zammad/6.4"},
	}},
	{account: "support-desk", name: "Translate replies", by: tomas, born: day(85, 14, 15), scopes: []string{"yc.ai.translate.execute"}, uses: []demoUse{
		{scope: "yc.ai.translate.execute", daily: 260, hours: office, hosts: []string{"192.0.2.201"}, agent: "Zammad/6.4"},
	}},
	{account: "support-desk", name: "Refund tool", by: tomas, born: day(37, 9, 15), scopes: []string{"orders.read", "orders.refund"}, uses: []demoUse{
		{scope: "orders.read", daily: 420, hours: office, hosts: officeNet, agent: "refund-tool/0.3"},
		{scope: "orders.refund", daily: 35, hours: office, until: 11, hosts: officeNet, agent: "refund-tool/0.3"},
		{scope: "orders.refund", outcome: models.InsufficientScope, daily: 900, hours: office, since: 8, hosts: officeNet, agent: "refund-tool/0.4", every: 16 * time.Second},
	}},
	{account: "support-desk", name: "Chat widget", by: tomas, born: day(55, 10, 40), scopes: []string{"orders.read"}},
}

var platformKeys = []demoKey{
	{account: "warehouse", name: "Scanners, hall 1 (before)", by: tomas, born: day(116, 9, 30), life: 180, scopes: []string{"inventory.read", "inventory.write"}, uses: []demoUse{
		{scope: "inventory.write", daily: 5100, hours: shifts, hosts: []string{"10.30.1.20", "10.30.1.21"}, agent: "warehouse-client/2.7"},
		{scope: "inventory.write", outcome: models.RevokedKey, daily: 40, hours: shifts, until: 66, hosts: []string{"203.0.113.140"}, agent: "warehouse-client/2.7"},
	}},
	{account: "warehouse", name: "Scanners, hall 1", by: tomas, born: day(72, 16, 20).atOnce(), life: 180, replaces: "Scanners, hall 1 (before)", scopes: []string{"inventory.read", "inventory.write"}, uses: []demoUse{
		{scope: "inventory.write", daily: 6200, hours: shifts, hosts: []string{"10.30.1.20", "10.30.1.22"}, agent: "warehouse-client/2.9", every: 13 * time.Second},
	}},
	{account: "warehouse", name: "Scanners, hall 2", by: tomas, born: day(70, 9, 30), life: 180, scopes: []string{"inventory.read", "inventory.write"}, uses: []demoUse{
		{scope: "inventory.write", daily: 4800, hours: shifts, hosts: []string{"10.30.2.20"}, agent: "warehouse-client/2.9", every: 16 * time.Second},
		{scope: "inventory.read", daily: 2100, hours: shifts, hosts: []string{"10.30.2.20"}, agent: "warehouse-client/2.9"},
	}},
	{account: "warehouse", name: "Label printers", by: tomas, born: day(96, 10, 0), life: 180, scopes: []string{"shipping.read", "shipping.labels"}, uses: []demoUse{
		{scope: "shipping.labels", daily: 1400, hours: shifts, early: 0.6, hosts: []string{"10.30.1.60"}, agent: "label-daemon/5", every: 50 * time.Second},
	}},
	{account: "warehouse", name: "Nightly stock count", by: tomas, born: day(87, 13, 0), scopes: []string{"inventory.read"}, uses: []demoUse{
		{scope: "inventory.read", daily: 40, hours: nightly, hosts: batchHosts, agent: "stock-count/1.1"},
	}},
	{account: "warehouse", name: "Forklift pilot", by: tomas, born: day(52, 9, 45), scopes: []string{"inventory.read", "shipping.read"}},
	{account: "warehouse", name: "Returns desk, old terminal", by: tomas, born: day(82, 10, 0), life: 365, scopes: []string{"orders.read", "inventory.write"}, uses: []demoUse{
		{scope: "inventory.write", daily: 75, hours: shifts, until: 47, hosts: []string{"10.30.1.90"}, agent: "returns/1.4"},
	}},

	{account: "ci-deploy", name: "Pipeline (leaked)", by: tomas, born: day(97, 9, 0), life: 180, scopes: []string{"yc.cloud-registry.artifacts.pull", "yc.cloud-registry.artifacts.push"}, uses: []demoUse{
		{scope: "yc.cloud-registry.artifacts.push", daily: 90, hours: office, hosts: []string{"10.20.7.10"}, agent: "docker/27.3.1"},
		{scope: "yc.cloud-registry.artifacts.pull", daily: 28000, hours: machinery, since: 23, hosts: stranger, agent: "python-requests/2.31.0"},
		{scope: "yc.cloud-registry.artifacts.pull", outcome: models.RevokedKey, daily: 8600, hours: machinery, hosts: stranger, agent: "python-requests/2.31.0", every: 9 * time.Second},
	}},
	{account: "ci-deploy", name: "Pipeline", by: tomas, born: day(23, 11, 5).atOnce(), replaces: "Pipeline (leaked)", scopes: []string{"yc.cloud-registry.artifacts.pull", "yc.cloud-registry.artifacts.push"}, uses: []demoUse{
		{scope: "yc.cloud-registry.artifacts.push", daily: 95, hours: office, hosts: []string{"10.20.7.10"}, agent: "docker/27.3.1"},
	}},
	{account: "ci-deploy", name: "Release notes", by: tomas, born: day(50, 15, 0), scopes: []string{"yc.serverless.functions.invoke"}, uses: []demoUse{
		{scope: "yc.serverless.functions.invoke", daily: 12, hours: office, hosts: []string{"10.20.7.10"}, agent: "curl/8.9.1"},
	}},
	{account: "ci-deploy", name: "Nightly cleanup", by: shell, born: day(109, 15, 30), life: never, scopes: []string{"yc.cloud-registry.artifacts.pull"}, uses: []demoUse{
		{scope: "yc.cloud-registry.artifacts.pull", daily: 24, hours: nightly, hosts: []string{"10.20.7.11"}, agent: "registry-gc/1.0"},
	}},

	{account: "log-shipper", name: "Cluster A, Fluentd", by: shell, born: day(112, 15, 10), life: 365, scopes: []string{"yc.logging.write"}, uses: []demoUse{
		{scope: "yc.logging.write", daily: 38000, hours: machinery, hosts: clusterA, agent: "fluentd/1.16.2"},
	}},
	{account: "log-shipper", name: "Cluster A", by: shell, born: day(107, 14, 0), life: never, scopes: []string{"yc.logging.write"}, uses: []demoUse{
		{scope: "yc.logging.write", daily: 46000, hours: machinery, early: 0.7, hosts: clusterA, agent: "vector/0.43.1", every: 1900 * time.Millisecond},
	}},
	{account: "log-shipper", name: "Cluster B", by: shell, born: day(107, 14, 5), life: never, scopes: []string{"yc.logging.write", "yc.monium.telemetry.write"}, uses: []demoUse{
		{scope: "yc.logging.write", daily: 41000, hours: machinery, early: 0.6, hosts: clusterB, agent: "vector/0.43.1", every: 2100 * time.Millisecond},
		{scope: "yc.monium.metrics.write", through: "yc.monium.telemetry.write", daily: 8600, hours: machinery, early: 0.6, hosts: clusterB, agent: "otelcol/0.117.0", every: 10 * time.Second},
	}},
	{account: "log-shipper", name: "Edge nodes", by: tomas, born: day(45, 9, 0), scopes: []string{"yc.monium.logs.write", "yc.monium.traces.write"}, uses: []demoUse{
		{scope: "yc.monium.logs.write", daily: 19000, hours: machinery, early: 0.4, hosts: []string{"198.51.100.200", "203.0.113.201", "192.0.2.202"}, agent: "otelcol/0.117.0", every: 4500 * time.Millisecond},
	}},
}

var partnerKeys = []demoKey{
	{account: "partner-parcelpoint", name: "ParcelPoint, migration", by: tomas, born: day(100, 9, 0), life: 14, scopes: []string{"shipping.read"}, uses: []demoUse{
		{scope: "shipping.read", daily: 2300, hours: office, hosts: parcelNet, agent: "PostmanRuntime/7.43.0"},
	}},
	{account: "partner-parcelpoint", name: "ParcelPoint, production", by: tomas, born: day(98, 9, 0), life: 180, scopes: []string{"shipping.read", "shipping.labels"}, uses: []demoUse{
		{scope: "shipping.labels", daily: 2700, hours: shifts, early: 0.3, hosts: parcelNet, agent: "parcelpoint-connect/2024.11", every: 32 * time.Second},
		{scope: "shipping.read", daily: 7900, hours: always, early: 0.3, hosts: parcelNet, agent: "parcelpoint-connect/2024.11", every: 11 * time.Second},
	}},
	{account: "partner-parcelpoint", name: "ParcelPoint, sandbox", by: tomas, born: day(98, 9, 10), life: 180, scopes: []string{"shipping.read", "shipping.labels"}, uses: []demoUse{
		{scope: "shipping.labels", daily: 900, hours: machinery, hosts: []string{"192.0.2.66"}, agent: "parcelpoint-connect/2025.2-beta"},
		{scope: "shipping.labels", outcome: models.DisabledKey, daily: 6200, hours: machinery, hosts: []string{"192.0.2.66"}, agent: "parcelpoint-connect/2025.2-beta", every: 14 * time.Second},
	}},

	{account: "marketing-mailer", name: "Campaigns", by: tomas, born: day(63, 11, 30), scopes: []string{"yc.postbox.send", "customers.read"}, uses: []demoUse{
		{scope: "yc.postbox.send", daily: 2100, hours: office, hosts: []string{"198.51.100.61"}, agent: "mautic/5.2", every: 40 * time.Second},
		{scope: "customers.read", daily: 640, hours: office, until: 20, hosts: []string{"198.51.100.61"}, agent: "mautic/5.2"},
		{scope: "customers.read", outcome: models.PermissionDenied, daily: 6600, hours: machinery, since: 20, hosts: []string{"198.51.100.61"}, agent: "mautic/5.2", every: 13 * time.Second},
	}},
	{account: "marketing-mailer", name: "Carts that were left", by: tomas, born: day(24, 9, 30), scopes: []string{"yc.postbox.send"}, uses: []demoUse{
		{scope: "yc.postbox.send", daily: 340, hours: evenings, hosts: batchHosts, agent: "carts/1.0"},
	}},
	{account: "marketing-mailer", name: "Survey tool", by: tomas, born: day(87, 11, 0), scopes: []string{"yc.postbox.send", "customers.read"}, uses: []demoUse{
		{scope: "yc.postbox.send", daily: 410, hours: office, until: 44, hosts: []string{"198.51.100.90"}, agent: "surveybot/3"},
	}},

	{account: "newsletter", name: "Newsletter", by: tomas, born: day(105, 11, 0), life: 365, scopes: []string{"yc.postbox.send"}, uses: []demoUse{
		{scope: "yc.postbox.send", daily: 1600, hours: office, hosts: []string{"198.51.100.61"}, agent: "phplist/3.6"},
	}},
	{account: "newsletter", name: "Newsletter, preview", by: tomas, born: day(105, 11, 10), life: 365, scopes: []string{"yc.postbox.send"}},

	{account: "speech-kiosk", name: "Kiosk in Vienna", by: tomas, born: day(91, 10, 0), life: 180, scopes: []string{"yc.ai.speechkitStt.execute", "yc.ai.speechkitTts.execute"}, uses: []demoUse{
		{scope: "yc.ai.speechkitStt.execute", daily: 520, hours: office, hosts: []string{"198.51.100.7"}, agent: "kiosk/0.7"},
		{scope: "yc.ai.speechkitStt.execute", outcome: models.SuspendedAccount, daily: 1900, hours: machinery, hosts: []string{"198.51.100.7"}, agent: "kiosk/0.7", every: 23 * time.Second},
	}},
	{account: "speech-kiosk", name: "Kiosk in Brno", by: tomas, born: day(91, 10, 10), life: 180, scopes: []string{"yc.ai.speechkitStt.execute", "yc.ai.speechkitTts.execute"}, uses: []demoUse{
		{scope: "yc.ai.speechkitTts.execute", daily: 610, hours: office, hosts: []string{"198.51.100.8"}, agent: "kiosk/0.7"},
	}},

	{account: "load-test", name: "Generators", by: tomas, born: day(59, 10, 0), scopes: []string{"orders.read", "orders.write", "catalog.read"}, uses: []demoUse{
		{scope: "orders.write", daily: 48000, hours: office, since: 20, until: 14, hosts: []string{"10.20.9.40", "10.20.9.41"}, agent: "k6/1.1.0"},
	}},
	{account: "load-test", name: "Mock payment provider", by: tomas, born: day(59, 10, 20), scopes: []string{"orders.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 5200, hours: office, since: 20, until: 14, hosts: []string{"10.20.9.42"}, agent: "mockpay/0.2"},
	}},
}

var legacyKeys = []demoKey{
	{account: "legacy-import", name: "Import, first try", by: shell, born: day(117, 16, 0), life: never},
	{account: "legacy-import", name: "Import", by: shell, born: day(116, 10, 0), life: never, uses: []demoUse{
		{scope: "yc.serverless.functions.invoke", daily: 720, hours: nightly, until: 63, hosts: []string{"10.10.1.3"}, agent: "import.pl"},
	}},
	{account: "legacy-import", name: "", by: shell, born: day(111, 17, 0), uses: []demoUse{
		{scope: "yc.monitoring.manage", daily: 130, hours: nightly, until: 70, hosts: []string{"10.10.1.3"}, agent: "import.pl"},
	}},
	{account: "legacy-import", name: "FTP bridge", by: jonas, born: day(106, 10, 0), life: never, scopes: []string{
		"orders.read", "orders.write", "catalog.read", "catalog.write", "inventory.write", "customers.read",
	}, uses: []demoUse{
		{scope: "orders.write", daily: 210, hours: nightly, until: 33, hosts: []string{"10.10.1.8"}, agent: "ftp-bridge/0.1"},
	}},
	{account: "legacy-import", name: "Cron on the old host", by: jonas, born: day(104, 11, 0), life: 365, scopes: []string{"orders.read", "catalog.read"}, uses: []demoUse{
		{scope: "orders.read", daily: 48, hours: nightly, until: 51, hosts: []string{"10.10.1.3"}, agent: "wget/1.21"},
	}},
	{account: "legacy-import", name: "Price export", by: tomas, born: day(79, 13, 0), life: 365, scopes: []string{"catalog.read"}, uses: []demoUse{
		{scope: "catalog.read", daily: 300, hours: nightly, until: 41, hosts: []string{"10.10.1.3"}, agent: "price-export.sh curl/7.88"},
	}},
	{account: "legacy-import", name: "Stock mirror", by: shell, born: day(48, 16, 0), life: never, scopes: []string{"inventory.read"}, uses: []demoUse{
		{scope: "inventory.read", daily: 288, hours: machinery, hosts: []string{"10.10.1.9"}, agent: "mirror/1.0"},
	}},
}
