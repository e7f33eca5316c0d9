package verify

import (
	"math/rand/v2"
	"slices"
	"testing"

	"keydesk/models"
	"keydesk/models/scopes"
)

// TestScopesOnlyNarrow draws catalogues, keys, roles and requests: what is allowed is in the key and in the account's
// roles, by the catalogue's own words and not by the bits that the gate made of them.
func TestScopesOnlyNarrow(t *testing.T) {
	w := newWorld(t)
	r := rand.New(w.rand)
	seen := map[models.Outcome]int{}
	for range 60 {
		own := drawCatalogue(r)
		c, err := scopes.Build(own)
		if err != nil {
			t.Fatal(err)
		}
		w.feed.Catalogue = &own
		for range 10 {
			w.feed.Keys[0].Scopes = drawSome(r, scopeNames(c), 4)
			w.feed.Accounts[0].Roles = drawSome(r, roleNames(c), 3)
			g := leased(t, w)
			for range 20 {
				asked := append(drawSome(r, scopeNames(c), 2), drawSome(r, []string{"", "*", "orders.*", "ORDERS.READ"}, 1)...)
				d := g.Check(w.ask(asked...))
				seen[d.Outcome]++
				if want := may(c, w.feed.Keys[0].Scopes, w.feed.Accounts[0].Roles, asked); (d.Outcome == models.Allowed) != want {
					t.Fatalf("key %v, roles %v, asked %v: %q", w.feed.Keys[0].Scopes, w.feed.Accounts[0].Roles, asked, d.Outcome)
				}
			}
		}
	}
	if seen[models.Allowed] < 100 || seen[models.InsufficientScope] < 100 || seen[models.PermissionDenied] < 100 {
		t.Errorf("the cases are lopsided: %v", seen)
	}
}

func may(c *scopes.Catalogue, held, roles, asked []string) bool {
	for _, scope := range asked {
		has := slices.ContainsFunc(held, func(own string) bool { return slices.Contains(c.Covers(own), scope) })
		if !has || !slices.Contains(c.Permitted(roles), scope) {
			return false
		}
	}
	return len(asked) > 0
}

func drawSome(r *rand.Rand, from []string, most int) (some []string) {
	for range r.IntN(most + 1) {
		some = append(some, from[r.IntN(len(from))])
	}
	return some
}

func drawCatalogue(r *rand.Rand) models.OwnCatalogue {
	own := models.OwnCatalogue{BuiltIn: r.IntN(4) == 0}
	for s := range 2 + r.IntN(3) {
		service := models.OwnService{Name: string(rune('a'+s)) + "service", Title: "A service"}
		for i := range 1 + r.IntN(4) {
			scope := models.OwnScope{Name: service.Name + "." + string(rune('a'+i)) + "scope", Description: "A scope"}
			if i > 0 && r.IntN(2) == 0 {
				scope.Covers = []string{service.Scopes[r.IntN(i)].Name}
			}
			service.Scopes = append(service.Scopes, scope)
		}
		own.Services = append(own.Services, service)
	}
	return own
}

func scopeNames(c *scopes.Catalogue) (names []string) {
	for i := range c.Len() {
		names = append(names, c.Name(i))
	}
	return names
}

func roleNames(c *scopes.Catalogue) (names []string) {
	for _, role := range c.Roles() {
		names = append(names, role.Name)
	}
	return names
}
