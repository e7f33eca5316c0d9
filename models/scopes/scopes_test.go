package scopes

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"keydesk/models"
)

func build(t *testing.T, own models.OwnCatalogue) *Catalogue {
	t.Helper()
	c, err := Build(own)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func orders(scopes ...models.OwnScope) []models.OwnService {
	return []models.OwnService{{Name: "orders", Title: "Orders", Scopes: scopes}}
}

func TestBuiltInIsWhole(t *testing.T) {
	c := build(t, models.OwnCatalogue{BuiltIn: true})
	if c.Len() != 28 {
		t.Errorf("%d scopes, want 28", c.Len())
	}
	want := []string{
		"yc.ai.imageGeneration.execute", "yc.ai.languageModels.execute", "yc.ai.speechkitStt.execute", "yc.ai.speechkitTts.execute",
		"yc.ai.translate.execute", "yc.ai.vision.execute", "yc.monitoring.manage", "yc.search-api.execute",
		"yc.serverless.containers.invoke", "yc.serverless.functions.invoke",
	}
	if got := c.Defaults(); !slices.Equal(got, want) {
		t.Errorf("defaults %v", got)
	}
	for i := range c.Len() {
		if at, ok := c.Index(c.Name(i)); !ok || at != i {
			t.Errorf("index of %s", c.Name(i))
		}
		if len(c.RolesFor(c.Name(i))) == 0 {
			t.Errorf("no role permits %s", c.Name(i))
		}
	}
	if got := c.Covers("yc.ai.foundationModels.execute"); len(got) != 7 || got[0] != "yc.ai.foundationModels.execute" {
		t.Errorf("foundationModels covers %v", got)
	}
	if got := c.RolesFor("yc.monitoring.read"); got[0] != "viewer" && got[0] != "monitoring.viewer" {
		t.Errorf("narrowest first: %v", got)
	}
	if got := c.Permitted([]string{"editor"}); len(got) != c.Len() {
		t.Errorf("editor permits %d", len(got))
	}
	if got := c.Permitted([]string{"nobody", ""}); len(got) != 0 {
		t.Errorf("unknown roles permit %v", got)
	}
}

func TestBuiltInCanBeSwitchedOff(t *testing.T) {
	c := build(t, models.OwnCatalogue{Services: orders(models.OwnScope{Name: "orders.read"})})
	if c.Len() != 1 || len(c.Defaults()) != 0 {
		t.Errorf("%d scopes, defaults %v", c.Len(), c.Defaults())
	}
	for _, name := range []string{models.RoleViewer, models.RoleEditor, models.RoleAdmin, models.RoleAuditor, models.RoleAPIKeyAdmin,
		models.RoleAuthorizedKeys, models.RoleKeyAdmin, models.RoleAccountAdmin, models.RoleTokenCreator} {
		if r, ok := c.Role(name); !ok || r.Description == "" {
			t.Errorf("the role %s, which manages, went with the scopes", name)
		}
	}
	if _, ok := c.Role("postbox.sender"); ok || !slices.Equal(c.Permitted([]string{models.RoleEditor}), []string{"orders.read"}) {
		t.Errorf("a role for scopes that are not there: %v; editor permits %v", ok, c.Permitted([]string{models.RoleEditor}))
	}
}

func TestOwnServiceBringsARole(t *testing.T) {
	c := build(t, models.OwnCatalogue{BuiltIn: true, Services: orders(
		models.OwnScope{Name: "orders.read"},
		models.OwnScope{Name: "orders.write", Covers: []string{"orders.read"}},
		models.OwnScope{Name: "orders.all", Covers: []string{"orders.write"}},
	)})
	if got := c.Permitted([]string{"orders.user"}); len(got) != 3 {
		t.Errorf("orders.user permits %v", got)
	}
	if got := c.Covers("orders.all"); !slices.Equal(got, []string{"orders.all", "orders.read", "orders.write"}) {
		t.Errorf("covers to the end: %v", got)
	}
	if s := c.Services(); s[0].Name != "orders" || !s[0].Own || len(s[0].Scopes[2].Covers) != 2 {
		t.Errorf("own services first, with covers resolved: %+v", s[0])
	}
	if r := c.Roles(); r[0].Name != "orders.user" {
		t.Errorf("own roles first: %v", r[0].Name)
	}
}

func TestCoversMayGoInACircle(t *testing.T) {
	c := build(t, models.OwnCatalogue{Services: orders(
		models.OwnScope{Name: "orders.a", Covers: []string{"orders.b"}}, models.OwnScope{Name: "orders.b", Covers: []string{"orders.a"}},
	)})
	if got := c.Covers("orders.b"); len(got) != 2 {
		t.Errorf("covers %v", got)
	}
}

func TestBadOwnServices(t *testing.T) {
	ok := models.OwnScope{Name: "orders.read"}
	for name, tc := range map[string]struct {
		services []models.OwnService
		says     string
	}{
		"imitates the built-in": {[]models.OwnService{{Name: "yc", Scopes: []models.OwnScope{{Name: "yc.x.read"}}}}, "yc"},
		"upper case":            {[]models.OwnService{{Name: "Orders", Scopes: []models.OwnScope{ok}}}, "Orders"},
		"no scopes":             {orders(), "no scopes"},
		"foreign prefix":        {orders(models.OwnScope{Name: "billing.read"}), "billing.read"},
		"wildcard":              {orders(models.OwnScope{Name: "orders.*"}), "orders.*"},
		"space":                 {orders(models.OwnScope{Name: "orders.a b"}), "a b"},
		"trailing dot":          {orders(models.OwnScope{Name: "orders.a."}), "orders.a."},
		"homoglyph":             {orders(models.OwnScope{Name: "orders.reаd"}), "orders."},
		"twice":                 {orders(ok, ok), "twice"},
		"service twice":         {append(orders(ok), orders(models.OwnScope{Name: "orders.b"})...), "twice"},
		"built-in name":         {[]models.OwnService{{Name: "monitoring", Scopes: []models.OwnScope{{Name: "monitoring.x"}}}}, "built in"},
		"a built-in role":       {[]models.OwnService{{Name: "speech-sense", Scopes: []models.OwnScope{{Name: "speech-sense.x"}}}}, "built in"},
		"covers nothing there":  {orders(models.OwnScope{Name: "orders.a", Covers: []string{"orders.zzz"}}), "orders.zzz"},
		"covers another's":      {orders(models.OwnScope{Name: "orders.a", Covers: []string{"yc.monitoring.read"}}), "own service"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Build(models.OwnCatalogue{BuiltIn: true, Services: tc.services})
			if models.CodeOf(err) != models.Invalid || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("err = %v, want one that names %q", err, tc.says)
			}
		})
	}
}

// TestProblemsHaveTheirPlaces: a form shows each problem beside the field that it is about, and all of them at once.
func TestProblemsHaveTheirPlaces(t *testing.T) {
	own := models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{
		{Name: "orders", Scopes: []models.OwnScope{{Name: "orders.read"}, {Name: "orders.*"}, {Name: "orders.read", Covers: []string{"orders.none"}}}},
		{Name: "X"},
	}}
	found, err := Problems(own)
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, p := range found {
		places = append(places, fmt.Sprint(p.Service, " ", p.Scope, " ", p.Field))
	}
	want := []string{"0 1 name", "0 2 name", "0 2 covers", "1 -1 name", "1 -1 scopes"}
	if !slices.Equal(places, want) {
		t.Errorf("places %q, want %q", places, want)
	}
	if _, err := Build(own); err == nil || !strings.Contains(err.Error(), "orders.none") || !strings.Contains(err.Error(), `service "X"`) {
		t.Errorf("Build says %v, want all of them", err)
	}
}
