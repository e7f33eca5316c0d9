package manage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"keydesk/models"
	"keydesk/models/manage"
)

func orders(scopes ...string) *models.OwnService {
	s := &models.OwnService{Name: "orders", Title: "Orders"}
	for _, name := range scopes {
		s.Scopes = append(s.Scopes, models.OwnScope{Name: name, Description: "About " + name})
	}
	return s
}

// edit makes an edit of the catalogue as it is now.
func (b *bench) edit(in manage.CatalogueEdit) error {
	b.t.Helper()
	in.Version = must(b.OwnCatalogue(b.t.Context(), admin))(b.t).Version
	_, err := b.EditCatalogue(b.t.Context(), admin, in)
	return err
}

func TestAServicesLife(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		must(0, b.edit(manage.CatalogueEdit{Put: orders("orders.read", "orders.write")}))(t)
		if e := b.lastEvent(); e.Action != "catalogue.update" || e.ObjectName != "orders" || e.Before != "" || !strings.Contains(e.After, "orders.write") {
			t.Errorf("event %+v", e)
		}
		k := b.key(b.account("worker", "orders.user"), "orders.write").Key
		must(0, b.edit(manage.CatalogueEdit{Service: "orders", Put: orders("orders.write", "orders.all")}))(t) // nobody holds orders.read

		without := manage.CatalogueEdit{Service: "orders", Put: orders("orders.all")}
		err := b.edit(without)
		wantCode(t, err, models.Precondition)
		var used *manage.InUse
		if !errors.As(err, &used) || len(used.Hits) != 1 || used.Hits[0].Name != "orders.write" || used.Hits[0].Held.N != 1 {
			t.Errorf("refused with %v", err)
		}
		if e := b.lastEvent(); e.Result != models.EventRefused || e.Reason != "in_use" {
			t.Errorf("event %+v", e)
		}
		without.Agreed = []string{"orders.write"}
		must(0, b.edit(without))(t)
		if now := must(b.Key(t.Context(), admin, k.ID))(t).Key; !slices.Equal(now.Scopes, k.Scopes) {
			t.Errorf("the key lost its scopes: %v", now.Scopes)
		}

		away := manage.CatalogueEdit{Service: "orders"}
		away.Version = must(b.OwnCatalogue(t.Context(), admin))(t).Version
		hits := must(b.CatalogueHits(t.Context(), admin, away))(t)
		if len(hits) != 1 || hits[0].Name != "orders.user" || !hits[0].Role || hits[0].Held.N != 1 {
			t.Errorf("removing the service hits %+v", hits)
		}
		wantCode(t, b.edit(away), models.Precondition)
		away.Agreed = []string{"orders.user"}
		must(0, b.edit(away))(t)
		wantCode(t, b.edit(away), models.NotFound)
	})
}

// TestAnothersCatalogueHolds from the next key on: another process may have changed what this one made its catalogue from.
func TestAnothersCatalogueHolds(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		other, a := newDesk(t, b.Store), b.account("worker")
		create := func() error {
			_, err := b.CreateKey(t.Context(), operator, manage.NewKey{AccountID: a.ID, Scopes: []string{"orders.read"}, Via: manage.ViaAPI})
			return err
		}
		for range 2 {
			wantField(t, create(), "scopes")
			own := models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{*orders("orders.read")}}
			must(other.SetCatalogue(t.Context(), admin, own))(t)
			must(0, create())(t)
			must(other.SetCatalogue(t.Context(), admin, models.OwnCatalogue{BuiltIn: true}))(t)
		}
		wantField(t, create(), "scopes")
	})
}

func TestTheBuiltInCatalogueIsSwitched(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		off, on := false, true
		b.key(b.account("worker", "postbox.sender"), "yc.postbox.send")
		wantCode(t, b.edit(manage.CatalogueEdit{BuiltIn: &off}), models.Precondition)
		must(0, b.edit(manage.CatalogueEdit{BuiltIn: &off, Agreed: []string{"yc.postbox.send", "postbox.sender"}}))(t)
		if c := must(b.Catalogue(t.Context()))(t); c.Len() != 0 {
			t.Errorf("%d scopes are left", c.Len())
		}
		taken := orders("monitoring.x")
		taken.Name = "monitoring"
		must(0, b.edit(manage.CatalogueEdit{Put: taken}))(t)
		wantField(t, b.edit(manage.CatalogueEdit{BuiltIn: &on}), "")
	})
}

func TestRefusedServices(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		must(0, b.edit(manage.CatalogueEdit{Put: orders("orders.read")}))(t)
		secret := b.key(b.account("worker"), "yc.postbox.send").Secret.Reveal()
		change := func(fn func(s *models.OwnService)) *models.OwnService {
			s := orders("orders.read", "orders.write")
			s.Name = "billing"
			for i := range s.Scopes {
				s.Scopes[i].Name = strings.Replace(s.Scopes[i].Name, "orders", "billing", 1)
			}
			fn(s)
			return s
		}
		for name, tc := range map[string]struct {
			field string
			set   func(s *models.OwnService)
		}{
			"a name that is none":      {"name", func(s *models.OwnService) { s.Name = "Billing" }},
			"a name that is taken":     {"name", func(s *models.OwnService) { s.Name = "orders" }},
			"a built-in name":          {"name", func(s *models.OwnService) { s.Name = "monitoring" }},
			"a title with a secret":    {"title", func(s *models.OwnService) { s.Title = secret }},
			"a title in two lines":     {"title", func(s *models.OwnService) { s.Title = "a\nb" }},
			"no scopes":                {"scopes", func(s *models.OwnService) { s.Scopes = nil }},
			"a scope of another":       {"scope_name_1", func(s *models.OwnService) { s.Scopes[1].Name = "orders.read" }},
			"a scope twice":            {"scope_name_1", func(s *models.OwnService) { s.Scopes[1].Name = s.Scopes[0].Name }},
			"a long description":       {"scope_description_0", func(s *models.OwnService) { s.Scopes[0].Description = strings.Repeat("x", 257) }},
			"covers what is not there": {"scope_covers_0", func(s *models.OwnService) { s.Scopes[0].Covers = []string{"billing.none"} }},
		} {
			err := b.edit(manage.CatalogueEdit{Put: change(tc.set)})
			if fields, _ := models.FieldErrors(err); fields[tc.field] == "" {
				t.Errorf("%s: %v, want a problem at %q", name, err, tc.field)
			}
		}
		if own := must(b.OwnCatalogue(t.Context(), admin))(t); len(own.Services) != 1 {
			t.Errorf("refused services are there: %+v", own.Services)
		}
		for _, e := range b.events() {
			if strings.Contains(e.ObjectName+e.After+e.Before, secret) {
				t.Error("the secret is in an event")
			}
		}
	})
}

// TestTwoAdministratorsAtOnce: the second is told, from the very first edit on.
func TestTwoAdministratorsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for range 2 {
			seen := must(b.OwnCatalogue(t.Context(), admin))(t).Version
			on := true
			_, err := b.EditCatalogue(t.Context(), admin, manage.CatalogueEdit{Version: seen, BuiltIn: &on})
			must(0, err)(t)
			_, err = b.EditCatalogue(t.Context(), admin, manage.CatalogueEdit{Version: seen, BuiltIn: &on})
			wantCode(t, err, models.Conflict)
		}
	})
}

// TestAFileTakesOverAndLeaves: while a file manages the catalogue the console only shows it; afterwards the last state is
// the console's.
func TestAFileTakesOverAndLeaves(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		must(0, b.edit(manage.CatalogueEdit{Put: orders("orders.read")}))(t)
		if must(b.ReleaseCatalogue(ctx, local))(t) {
			t.Error("a start without a file changed what the console made")
		}
		billing := models.OwnService{Name: "billing", Scopes: []models.OwnScope{{Name: "billing.read"}}}
		file := models.OwnCatalogue{BuiltIn: true, Services: []models.OwnService{billing}, Source: models.SourceFile, File: "etc/services.yaml"}
		if !must(b.SetCatalogue(ctx, local, file))(t) || must(b.SetCatalogue(ctx, local, file))(t) {
			t.Error("a file changes the catalogue once")
		}
		err := b.edit(manage.CatalogueEdit{Put: orders("orders.read")})
		wantCode(t, err, models.Precondition)
		if !strings.Contains(err.Error(), "etc/services.yaml") {
			t.Errorf("the refusal does not name the file: %v", err)
		}
		if !must(b.ReleaseCatalogue(ctx, local))(t) {
			t.Error("without the file nothing is released")
		}
		must(0, b.edit(manage.CatalogueEdit{Put: orders("orders.read")}))(t)
		own := must(b.OwnCatalogue(ctx, admin))(t)
		if own.Source != "" || own.File != "" || own.Service("billing") == nil || own.Service("orders") == nil {
			t.Errorf("left %+v", own)
		}
	})
}

func TestKeysWithScopes(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.key(b.account("worker"), "yc.postbox.send")
		if got := must(b.KeysWithScopes(t.Context(), reviewer, []string{"yc.postbox.send", "yc.search-api.execute"}))(t); got["yc.postbox.send"].N != 1 || got["yc.search-api.execute"].N != 0 {
			t.Errorf("got %+v", got)
		}
		if got := must(b.KeysWithScopes(t.Context(), stranger, []string{"yc.postbox.send"}))(t); got["yc.postbox.send"].N != 0 {
			t.Errorf("a stranger counts %+v", got)
		}
	})
}
