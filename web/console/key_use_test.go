package console

import (
	"testing"
	"time"

	"keydesk/models"
	"keydesk/models/manage"
	"keydesk/models/scopes"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func catalogue(t *testing.T) *scopes.Catalogue {
	t.Helper()
	c, err := scopes.Build(models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{{
		Name: "orders", Title: "Orders", Scopes: []models.OwnScope{{Name: "orders.read"}, {Name: "orders.write"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGrantedAndUsedScopes(t *testing.T) {
	k := manage.KeyDetail{
		Key:     models.Key{Scopes: []string{"orders.read", "yc.postbox.send"}},
		Account: models.Account{Roles: []string{"orders.user"}},
		Usage: []models.Use{
			{Requested: "orders.read", Granted: "orders.read", Outcome: models.Allowed, Count: 5, LastAt: noon},
			{Requested: "orders.read", Granted: "orders.read", Outcome: models.Allowed, Count: 2, LastAt: noon.Add(-time.Hour)},
			{Requested: "orders.write", Outcome: models.InsufficientScope, Count: 3, LastAt: noon},
			{Requested: "yc.postbox.send", Outcome: models.PermissionDenied, Count: 1, LastAt: noon},
		},
	}
	got := scopeUse(catalogue(t), k)
	if len(got) != 3 {
		t.Fatalf("%d rows, want 3: %+v", len(got), got)
	}
	if r := got[0]; r.Scope != "orders.read" || !r.Granted || r.NoRole || r.Allowed != 7 || !r.LastUsed.Equal(noon) || r.Service != "Orders" {
		t.Errorf("used: %+v", r)
	}
	if r := got[1]; r.Scope != "yc.postbox.send" || !r.Granted || !r.NoRole || r.Allowed != 0 || r.Refused != 1 || !r.LastUsed.IsZero() {
		t.Errorf("granted, and no role permits it: %+v", r)
	}
	if r := got[2]; r.Scope != "orders.write" || r.Granted || r.Refused != 3 || !r.LastTried.Equal(noon) {
		t.Errorf("tried beyond what is granted: %+v", r)
	}
	if allowed, refused := sums(k.Usage); allowed != 7 || refused != 4 {
		t.Errorf("%d allowed, %d refused, want 7 and 4", allowed, refused)
	}
}

func TestUsageByDay(t *testing.T) {
	if got := usageByDay([]models.Use{{Outcome: models.Allowed, Count: 1}}, noon); got != nil {
		t.Errorf("counts without a bucket make a chart: %v", got)
	}
	days := usageByDay([]models.Use{
		{Outcome: models.Allowed, Count: 2, Bucket: noon},
		{Outcome: models.RevokedKey, Count: 3, Bucket: noon.AddDate(0, 0, -29)},
		{Outcome: models.Allowed, Count: 9, Bucket: noon.AddDate(0, 0, -30)}, // too long ago
		{Outcome: models.Allowed, Count: 9, Bucket: noon.AddDate(0, 0, 1)},   // a gate's clock ahead of ours
	}, noon)
	if len(days) != 30 || !days[29].Date.Equal(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%d days until %v", len(days), days[len(days)-1].Date)
	}
	if days[29].Allowed != 2 || days[0].Refused != 3 || days[0].Allowed != 0 {
		t.Errorf("today %+v, the first %+v", days[29], days[0])
	}
}

func TestScopesThatNoRolePermitsAreMarked(t *testing.T) {
	groups := scopeGroups(catalogue(t), []string{"orders.user"}, []string{"orders.read", "made.up"})
	seen := map[string]bool{}
	for _, g := range groups {
		for _, c := range g.Choices {
			seen[c.Value] = true
			switch {
			case c.Value == "orders.read" && (c.Warning != "" || !c.Selected), c.Value == "yc.postbox.send" && (c.Warning == "" || c.Selected), c.Value == "made.up" && !c.Selected:
				t.Errorf("%+v", c)
			}
		}
	}
	for _, scope := range []string{"orders.read", "orders.write", "yc.postbox.send", "made.up"} {
		if !seen[scope] {
			t.Errorf("%s is not offered", scope)
		}
	}
}

func TestRefusedSinceCountsWhatTheRestrictionCaused(t *testing.T) {
	uses := []models.Use{
		{Outcome: models.RevokedKey, Count: 2, LastAt: noon}, {Outcome: models.InsufficientScope, Count: 5, LastAt: noon},
		{Outcome: models.RevokedKey, Count: 7, LastAt: noon.Add(-2 * time.Hour)}, {Outcome: models.Allowed, Count: 9, LastAt: noon},
	}
	if got := refusedSince(uses, models.RevokedKey, noon.Add(-time.Hour)); got != 2 {
		t.Errorf("%d, want 2", got)
	}
}
