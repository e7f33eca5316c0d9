package views_test

import (
	"fmt"
	"slices"
	"time"

	"keydesk/models"
	"keydesk/views/keys"
	"keydesk/views/ui"
)

func keyList() keys.ListPage {
	m := keys.ListPage{
		Now: now, Total: "1,000+", Any: true, Sort: models.KeySort{By: models.ByCreated, Down: true}, Scopes: manyScopes(20), Clear: keys.ListPath,
		CSV: keys.CSVPath, JSON: keys.JSONPath, Disable: true, Revoke: true, LagMillis: 2000,
		SortLinks: map[models.KeyOrder]string{models.ByCreated: "/keys?sort=created", models.ByUsed: "/keys?sort=used", models.ByExpires: "/keys?sort=expires"},
		Pager:     ui.PagerProps{Prev: "/keys", Next: "/keys?page=x"},
	}
	counts := []string{"1,000+", "1,000+", "214", "37", "12", "61", "9", "3", "0"}
	for i, tab := range models.KeyTabs {
		m.Tabs = append(m.Tabs, keys.ListTab{Tab: tab, Href: "/keys?tab=" + string(tab), Count: counts[i]})
	}
	return m
}

// listRows are fifty keys such as an honest company has.
func listRows() []keys.ListRow {
	owners := []string{"olga@example.com", "platform@example.com", "data@example.com"}
	var rows []keys.ListRow
	for i := range 50 {
		k := key()
		k.ID, k.Mask = fmt.Sprintf("ajeh5vb0q1s2d4f5g6%02d", i), fmt.Sprintf("****a1b2%02d", i)
		k.CreatedAt, k.ExpiresAt = now.Add(-time.Duration(i*i)*time.Hour), now.Add(time.Duration(90-2*i)*day)
		k.Account.Name = []string{"billing-worker", "legacy-import", "orders-api"}[i%3]
		r := keys.ListRow{Key: k, Owner: owners[i%3], LastUsed: sighting(), Select: true}
		r.LastUsed.At = now.Add(-time.Duration(i*i*i) * time.Minute)
		switch i % 5 {
		case 1:
			r.Key.Description, r.LastUsed, r.Attention = "", keys.Sighting{}, []models.Attention{models.NeverUsed, models.DefaultScopes}
			r.Key.Scopes = []string{"yc.ai.foundationModels.execute", "yc.monitoring.manage", "yc.postbox.send"}
		case 2:
			r.Key.State, r.LastRefused, r.Attention = models.KeyDisabled, refused(), []models.Attention{models.StillTried, models.Unused}
		case 3:
			r.Key.ExpiresAt, r.Attention = time.Time{}, []models.Attention{models.NoExpiry}
		case 4:
			r.Key.State, r.Select = models.KeyRevoked, false
		}
		rows = append(rows, r)
	}
	return rows
}

func hostileListRow() keys.ListRow {
	r := keys.ListRow{Key: hostileKey(), Owner: longMail, LastUsed: sighting(), LastRefused: refused(), Select: true, Attention: []models.Attention{
		models.StillTried, models.Expiring, models.Unused, models.NeverUsed, models.Broad, models.DefaultScopes, models.NoExpiry,
	}}
	r.Key.ID = "ajezzvb0q1s2d4f5g6h7"
	return r
}

func keyListSamples() []sample {
	full := keyList()
	full.Rows, full.Beyond, full.Selection = listRows(), true, "tab=unused"
	hostile := keyList()
	hostile.Tab, hostile.Rows, hostile.Sort, hostile.Chosen = models.AttentionKeys, append([]keys.ListRow{hostileListRow()}, listRows()[:6]...), models.KeySort{By: models.ByUsed}, "used"
	hostile.Filter = keys.Filter{Account: longName, Owner: longMail, Scope: longWord, State: models.KeyActive, UnusedSince: "2026-10-01", ExpiringBefore: "2027-01-01", Network: "10.2.3.0/24"}
	reading := keyList()
	reading.Tab, reading.Sort, reading.Disable, reading.Revoke = models.RefusedKeys, models.KeySort{}, false, false
	reading.Rows = slices.Clone(listRows()[:4])
	nothing := keyList()
	nothing.Rows, nothing.CSV, nothing.Pager, nothing.Total = nil, "", ui.PagerProps{}, "0"
	none := nothing
	none.Any, none.Tabs = false, nil
	tab, filtered, bad := nothing, nothing, nothing
	tab.Tab = models.DisabledKeys
	filtered.Filter = keys.Filter{Owner: markup + rtl, State: models.KeyExpired}
	bad.Filter = keys.Filter{UnusedSince: "yesterday", Network: markup + longWord}
	bad.Problems = models.Fields{"unused_since": "Enter a day as 2027-02-21", "network": "An address such as 10.2.3.4, or a network as usage counts it: 10.2.3.0/24, 2001:db8::/48"}
	return []sample{
		{"keys", keys.List(page(), full)},
		{"keys-hostile", keys.List(page(), hostile)},
		{"keys-reading", keys.List(page(), reading)},
		{"keys-none", keys.List(page(), none)},
		{"keys-empty-tab", keys.List(page(), tab)},
		{"keys-no-match", keys.List(page(), filtered)},
		{"keys-bad-filter", keys.List(page(), bad)},
	}
}
